package follow_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// The operators are told what is wrong, where, and what is wanted.
func TestWhatOperatorsAreTold(t *testing.T) {
	ics := follow.Place{Form: follow.ICS, Name: "x.ics"}
	for _, tc := range []struct {
		name  string
		place follow.Place
		path  string // of what is wrong in the world's folder; "/" ends a folder's
		text  string
		want  string
	}{
		{"a file for a folder", folder(), "hibiscus", grid, "can't be read: it is no folder; want one with schedule.yaml and schedule.rst. Its dates are not known."},
		{"a folder for a file", ics, "x.ics/", "", "can't be read: it is a folder; want a file. Its dates are not known."},
		{"a tab", folder(), "hibiscus/schedule.yaml", "cycle:\n\t- start: '2026-08-24'\n", "can't be read: schedule.yaml:2: not valid YAML: found a tab that cannot start any token, and 1 more. Its dates are not known."},
		{"nothing in it", ics, "x.ics", "x\n", "can't be read: it is no iCalendar file; want one that begins with BEGIN:VCALENDAR. Its dates are not known."},
		{"an event that does not end", ics, "x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "can't be read: line 2: an event without END:VEVENT. Its dates are not known."},
		{"a byte of another encoding", ics, "x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:Caf\xe9\nDTSTART:20260610\nEND:VEVENT\nEND:VCALENDAR\n", "can be read only in part: line 4: not all of it is UTF-8: what is not is shown as \uFFFD."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, []follow.Place{tc.place}, func(w *world) {
				if strings.HasSuffix(tc.path, "/") {
					if err := os.Mkdir(filepath.Join(w.dir, tc.path), 0o700); err != nil {
						t.Fatal(err)
					}
				} else {
					w.write(tc.path, tc.text)
				}
				w.start()
				w.wantTold("The calendar of Glance at " + tc.place.Name + " " + tc.want)
			})
		})
	}
}

// One byte of another encoding costs a character, and not what is new.
func TestAByteOfAnotherEncoding(t *testing.T) {
	for _, place := range []follow.Place{folder(), remote()} {
		story(t, []follow.Place{place}, func(w *world) {
			w.publish(grid, page)
			w.start()
			w.publish(grid, movedPage+"\nThe caf\xe9 is open.\n")
			w.pass(time.Hour)
			w.wantEvents(moved)
			w.wantTold("The calendar of Glance at " + place.Name + " can be read only in part: schedule.rst:26: not all of it is UTF-8: what is not is shown as \uFFFD.")
			w.publish(grid, page)
			w.pass(time.Hour)
			w.wantTold("The calendar of Glance at " + place.Name + " is well again.")
		})
	}
}

// A schedule whose grid was taken away is said to be without it.
func TestAGridThatIsGone(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.write("hibiscus/schedule.yaml", "")
		w.pass(time.Hour)
		w.wantEvents(published)
		w.wantTold("The calendar of Glance at hibiscus is not taken over: schedule.yaml is gone. What was read on 2000-01-01 00:00 UTC counts until it is well again.")
	})
}

// A start waits less for an address than a reading does later, and says so; of an
// answer that ends too early, that.
func TestSlowAndShortAnswers(t *testing.T) {
	const told = "The calendar of Glance at " + address + " "
	silent := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	story(t, []follow.Place{remote()}, func(w *world) {
		w.site.answering(silent)
		w.start()
		w.wantTold(told + "can't be read: the server has not answered within the 15s that a start waits for it. Its dates are not known.")
	})
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.site.answering(silent)
		w.pass(3 * time.Hour)
		w.wantTold(told + "is not taken over: the server does not answer within 30s. What was read on 2000-01-01 00:00 UTC counts until it is well again.")
	})
	story(t, []follow.Place{remote()}, func(w *world) {
		w.site.answering(func(*http.Request) (*http.Response, error) {
			short := answers(200, "", nil)
			short.Body = io.NopCloser(io.MultiReader(strings.NewReader(grid), cutOff{}))
			return short, nil
		})
		w.start()
		w.wantTold(told + "can't be read: the server's answer was cut off. Its dates are not known.")
	})
}

// cutOff is where an answer ends before its length.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Who has an authority of their own hears what Go reads it from.
func TestAnAuthorityOfOnesOwn(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake
	server.StartTLS()
	defer server.Close()
	at := follow.Place{Form: follow.ICS, Name: "x", Path: server.URL + "/x.ics"}
	for name, tc := range map[string]struct {
		client http.RoundTripper
		want   string
	}{
		"not trusted": {&http.Transport{}, "the server can't be read: x509: certificate signed by unknown authority; a CA of your own: SSL_CERT_FILE"},
		"trusted":     {server.Client().Transport, "there is no such file"},
	} {
		f := follow.New(follow.Options{
			Teams:  []follow.Team{{ID: "glance", Name: "Glance", Zone: time.UTC, Places: []follow.Place{at}}},
			Client: tc.client, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err := f.Load(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := f.Sources()[0].Fault; got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

// Of every source it is known when it is read again, well or not.
func TestWhenASourceIsReadNext(t *testing.T) {
	for _, every := range []time.Duration{0, 3 * time.Hour} {
		story(t, []follow.Place{remote(), folder()}, func(w *world) {
			w.team.Every = every
			w.publish(grid, page)
			w.write("hibiscus/schedule.yaml", "")
			w.write("hibiscus/schedule.rst", "")
			began := time.Now().UTC()
			if s := follow.New(follow.Options{Teams: []follow.Team{w.team}, Now: time.Now}).Sources()[0]; !s.Next.IsZero() {
				t.Errorf("every %s: next at %s before anything was read", every, s.Next)
			}
			w.start()
			want := began.Add(max(every, time.Hour))
			for _, s := range w.Sources() {
				if s.Next != want {
					t.Errorf("every %s, %s (%s): next at %s, want %s", every, s.Name, s.Fault, s.Next, want)
				}
			}
			w.site.requests()
			w.pass(time.Until(want) - time.Second)
			w.wantRequests()
			w.pass(time.Second)
			if n := len(w.site.requests()); n != 2 {
				t.Errorf("every %s: %d requests at %s, want 2", every, n, want)
			}
		})
	}
}
