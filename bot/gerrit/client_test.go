package gerrit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

// Each fault of a server, met twice and then never again: what the reader of one
// change sees of it.
func TestFaults(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	answer := func(status int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, tc := range []struct {
		name     string
		fault    http.HandlerFunc
		attempts int           // in all
		wait     time.Duration // at least
		err      string        // part of; "": it gets over it
	}{
		{"too many requests, seconds", answer(429, "Retry-After", "5", "quota"), 3, 10 * time.Second, ""},
		{"too many requests, date", answer(429, "Retry-After", "Sat, 01 Jan 2000 00:00:20 GMT", "quota"), 3, 20 * time.Second, ""},
		{"too many requests, for long", answer(429, "Retry-After", "3600", "quota spent"), 1, 0, "429 Too Many Requests: quota spent"},
		{"bad gateway", answer(502, "Content-Type", "text/html", "<html>proxy"), 3, 3 * time.Second, ""},
		{"unavailable", answer(503, "", "", "down"), 3, 3 * time.Second, ""},
		{"gateway time-out", answer(504, "", "", ""), 3, 3 * time.Second, ""},
		{"a web page", answer(200, "Content-Type", "text/html; charset=UTF-8", "<!DOCTYPE html>Please log in"), 3, 3 * time.Second, ""},
		{"cut in the middle", answer(200, "Content-Type", "application/json", ")]}'\n"+`{"_number": 1, "pro`), 3, 3 * time.Second, ""},
		{"cut by the connection", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, ")]}'\n{")
			panic(http.ErrAbortHandler)
		}, 3, 3 * time.Second, ""},
		{"no answer at all", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 3, 3 * time.Second, ""},
		{"an answer without end", func(w http.ResponseWriter, _ *http.Request) {
			for range 40 {
				if _, err := io.WriteString(w, long); err != nil {
					return
				}
			}
		}, 1, 0, "more than 32 MiB"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 1, 30 * time.Second, "no answer in time"},
		{"bad request", answer(400, "", "", "invalid project\x02\r\nname"), 1, 0, "400 Bad Request: invalid project name"},
		{"wrong password", answer(401, "", "", "Unauthorized"), 1, 0, "401 Unauthorized: Unauthorized"},
		{"elsewhere", answer(302, "Location", "https://login.example.com/", ""), 1, 0, "302 Found: is elsewhere: https://login.example.com/"},
		{"internal error", answer(500, "", "", "Internal server error"), 1, 0, "500 Internal Server Error: Internal server error"},
		{"other JSON", answer(200, "Content-Type", "application/json", ")]}'\n[1]"), 1, 0, "an answer of another form"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var met atomic.Int32
				w := newWorld(t, bottest.GerritOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
					if met.Add(1) <= 2 {
						tc.fault(rw, r)
						return true
					}
					return false
				}})
				began := time.Now()
				members, err := w.client.Members(t.Context(), "glance-core")
				if took := time.Since(began); took < tc.wait {
					t.Errorf("took %s, want at least %s", took, tc.wait)
				}
				if got := len(w.Requests()); got != tc.attempts {
					t.Errorf("%d attempts, want %d", got, tc.attempts)
				}
				if got := w.client.Cost(); got.Requests != int64(tc.attempts) || got.Bytes > 32<<20+1 {
					t.Errorf("cost %+v, want %d requests and no more than was allowed", got, tc.attempts)
				}
				switch {
				case tc.err == "" && (err != nil || len(members) != 2):
					t.Errorf("members %v, error %v", members, err)
				case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
					t.Errorf("error %v, want it to say %q", err, tc.err)
				case err != nil && strings.ContainsAny(err.Error(), "\r\n\x02"):
					t.Errorf("error %q has control characters", err)
				case err != nil && strings.Contains(err.Error(), bottest.GerritPassword("glancebot")):
					t.Errorf("error %q has the password", err)
				}
			})
		})
	}
}

// A re-read takes at most 3 s, whatever the server does.
func TestChangeIsQuick(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fault  func(http.ResponseWriter, *http.Request)
		within time.Duration
		err    bool
	}{
		{"in order", nil, 0, false},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3 * time.Second, true},
		{"unavailable", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) }, 3 * time.Second, true},
		{"unavailable for longer than that", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "10")
			http.Error(w, "down", http.StatusServiceUnavailable)
		}, 0, true},
		{"hangs over whether it merges", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/mergeable") {
				<-r.Context().Done()
			}
		}, 3 * time.Second, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var on atomic.Bool
				w := newWorld(t, bottest.GerritOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
					if !on.Load() || tc.fault == nil || tc.name == "hangs over whether it merges" && !strings.HasSuffix(r.URL.Path, "/mergeable") {
						return false
					}
					tc.fault(rw, r)
					return true
				}})
				n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
				if _, err := w.client.Probe(t.Context(), nil, nil); err != nil {
					t.Fatal(err)
				}
				on.Store(true)
				began := time.Now()
				raw, err := w.client.Change(t.Context(), fmt.Sprint(n))
				if took := time.Since(began); took > tc.within {
					t.Errorf("took %s, want %s at most", took, tc.within)
				}
				if (err != nil) != tc.err || err == nil && raw.Number != n {
					t.Errorf("change %d, error %v; want an error: %v", raw.Number, err, tc.err)
				}
			})
		})
	}
}

// Where rows don't say whether a change merges, a re-read asks.
func TestMergeable(t *testing.T) {
	for _, served := range []bool{true, false} {
		t.Run(fmt.Sprintf("served %v", served), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, bottest.GerritOptions{Mergeability: served})
				n := w.Create("clash", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Will clash"})
				w.Conflict("clash", true)
				p := w.poll(gerrit.PollOptions{})
				want := map[bool]review.Fact{true: review.No, false: review.Unknown}[served]
				if got := w.mirror.get(n).Mergeable; got != want {
					t.Errorf("in the mirror: %q, want %q", got, want)
				}
				if got := p.State().Abilities.Mergeable; got != map[bool]review.Fact{true: review.Yes, false: review.No}[served] {
					t.Errorf("served: %q", got)
				}
				raw, err := w.client.Change(t.Context(), fmt.Sprint(n))
				if err != nil || raw.Mergeable != review.No {
					t.Errorf("read again: %q, %v, want %q", raw.Mergeable, err, review.No)
				}
			})
		})
	}
}

func TestChangeIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		raw, err := w.client.Change(t.Context(), fmt.Sprint(n))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.client.Change(t.Context(), raw.ID); err != nil || again.Number != n {
			t.Errorf("by Change-Id: %d, %v", again.Number, err)
		}
		asked := len(w.Requests())
		for _, id := range []string{"", "0", "../accounts/self", "1?q=", "I123", "1/revisions/current/review", "99999999999"} {
			if _, err := w.client.Change(t.Context(), id); !errors.Is(err, gerrit.ErrNotFound) {
				t.Errorf("%q: %v, want %v", id, err, gerrit.ErrNotFound)
			}
		}
		if got := len(w.Requests()); got != asked {
			t.Errorf("what is no change was asked for: %v", w.Requests()[asked:])
		}
		if _, err := w.client.Change(t.Context(), "4711"); !errors.Is(err, gerrit.ErrNotFound) {
			t.Errorf("4711: %v, want %v", err, gerrit.ErrNotFound)
		}
	})
}

func TestMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		w.Account("left", "Left for good")
		w.Deactivate("left")
		w.Group("half-core", false, []string{"zoe", "left"}, []string{"secret-core", "half-core"})
		for _, tc := range []struct {
			as, group string
			want      []string
			status    int
		}{
			{"glancebot", "glance-core", []string{"bob", "zoe"}, 0},
			{"glancebot", "half-core", []string{"zoe"}, 0},
			{"erin", "half-core", []string{"erin", "zoe"}, 0},
			{"glancebot", "secret-core", nil, 404},
			{"glancebot", "no such/group?", nil, 404},
			{"", "glance-core", nil, 403},
		} {
			var got []string
			members, err := w.as(tc.as).Members(t.Context(), tc.group)
			for _, m := range members {
				got = append(got, m.Username)
			}
			status := 0
			if e, ok := errors.AsType[*gerrit.Error](err); ok {
				status = e.Status
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || status != tc.status {
				t.Errorf("%s reads %s: %v, want status %d; members (-want +got):\n%s", tc.as, tc.group, err, tc.status, diff)
			}
		}
	})
}

func TestAnonymous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		w.client = w.as("")
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		p := w.poll(gerrit.PollOptions{Groups: []string{"glance-core"}})
		if diff := cmp.Diff([]int{n}, w.mirror.numbers()); diff != "" {
			t.Errorf("mirror (-want +got):\n%s", diff)
		}
		want := map[string]string{"glance-core": "Authentication required"}
		if diff := cmp.Diff(want, p.State().Abilities.Unreadable); diff != "" {
			t.Errorf("unreadable (-want +got):\n%s", diff)
		}
		for _, r := range w.Requests() {
			if strings.HasPrefix(r.Path, "/a/") {
				t.Errorf("asked for %s without a login", r.Path)
			}
		}
	})
}

// counted counts the bodies that are open.
type counted struct {
	http.RoundTripper
	open atomic.Int32
}

type countedBody struct {
	io.ReadCloser
	c    *counted
	done atomic.Bool
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		c.open.Add(1)
		resp.Body = &countedBody{ReadCloser: resp.Body, c: c}
	}
	return resp, err
}

func (b *countedBody) Close() error {
	if !b.done.Swap(true) {
		b.c.open.Add(-1)
	}
	return b.ReadCloser.Close()
}

func TestBodiesAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		transport := w.Transport()
		defer transport.CloseIdleConnections()
		c := &counted{RoundTripper: transport}
		client, err := gerrit.New(gerrit.Options{Config: gerrit.Config{URL: w.URL}, Transport: c, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := client.Change(t.Context(), "4711"); !errors.Is(err, gerrit.ErrNotFound) {
				t.Fatal(err)
			}
			if _, err := client.Probe(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.open.Load(); got != 0 {
			t.Errorf("%d bodies are open", got)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for _, url := range []string{"", "review.opendev.org", "ftp://review.opendev.org", "https://bot:pw@review.opendev.org", "https://", "://"} {
		if _, err := gerrit.New(gerrit.Options{Config: gerrit.Config{URL: url}}); err == nil {
			t.Errorf("%q is taken", url)
		} else if strings.Contains(err.Error(), "pw") {
			t.Errorf("error %q shows a password", err)
		}
	}
}

// A request that is given up does not wait out what a server asked for.
func TestGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{Hook: func(rw http.ResponseWriter, _ *http.Request) bool {
			rw.Header().Set("Retry-After", "50")
			http.Error(rw, "busy", http.StatusServiceUnavailable)
			return true
		}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		began := time.Now()
		_, err := w.client.Members(ctx, "glance-core")
		if took := time.Since(began); err == nil || took != 10*time.Second {
			t.Errorf("error %v after %s, want one after 10s", err, took)
		}
	})
}

func TestAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := bottest.NewGerrit(bottest.GerritOptions{})
		defer srv.Close()
		srv.Account("nina", "maria")
		srv.Account("maria", "Maria M.")
		srv.Account("gone", "Gone")
		srv.Deactivate("gone")
		c, err := gerrit.New(gerrit.Options{Config: gerrit.Config{Name: "opendev", URL: srv.URL}, Transport: srv.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.Account(t.Context(), "maria")
		if err != nil || a.Username != "maria" || a.Name != "Maria M." || a.ID == 0 {
			t.Errorf("maria is %+v, %v", a, err)
		}
		for _, name := range []string{"gone", "nobody", "", `x" OR is:active "`} {
			if a, err := c.Account(t.Context(), name); !errors.Is(err, gerrit.ErrNotFound) {
				t.Errorf("%q is %+v, %v; want %v", name, a, err, gerrit.ErrNotFound)
			}
		}
	})
}
