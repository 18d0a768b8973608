package gerrit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

// hours is how often a poller looks that somebody else has to wake.
const hours = 6 * time.Hour

// run follows a stream until the test's bubble ends, and counts how often it woke.
func run(t *testing.T, s *gerrit.Stream) *atomic.Int64 {
	t.Helper()
	var woken atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go s.Run(ctx, []string{glance}, func() { woken.Add(1) })
	synctest.Wait()
	return &woken
}

// idle keeps a stream open and says nothing.
func idle(h *heard) { <-h.closed }

// after lets some time pass, and all that happens then.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWokenPollerLooksSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		p := w.poll(gerrit.PollOptions{Every: hours})
		after(time.Hour)
		w.Review("zoe", "cache", bottest.GerritReview{Labels: map[string]int{"Code-Review": 2}})
		after(time.Minute)
		if got := len(w.mirror.get(n).Votes); got != 0 {
			t.Fatalf("%d votes are known, and nobody looked", got)
		}
		p.Wake()
		after(4 * time.Second)
		if got := len(w.mirror.get(n).Votes); got != 1 {
			t.Errorf("%d votes are known 4 s after the poller was woken, want 1", got)
		}
	})
}

func TestManyWakesAreFewPolls(t *testing.T) {
	for _, tc := range []struct {
		name        string
		wakes       int
		gap         time.Duration
		least, most int // polls
	}{
		{"a burst", 500, 0, 1, 1},
		{"a burst that takes two seconds", 500, 4 * time.Millisecond, 1, 1},
		{"a burst that takes five seconds", 500, 10 * time.Millisecond, 1, 2},
		{"a minute of noise", 6000, 10 * time.Millisecond, 6, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, bottest.GerritOptions{})
				p := w.poll(gerrit.PollOptions{Every: hours})
				after(time.Hour)
				before := len(w.Requests())
				for range tc.wakes {
					p.Wake()
					time.Sleep(tc.gap)
				}
				after(time.Minute)
				if got := len(w.Requests()) - before; got < tc.least || got > tc.most {
					t.Errorf("%d polls, want %d to %d", got, tc.least, tc.most)
				}
			})
		})
	}
}

// A server in trouble is left alone, whatever its stream says.
func TestFailingServerIsNotAskedSooner(t *testing.T) {
	asked := func(t *testing.T, wake bool) (requests int) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, bottest.GerritOptions{})
			p := w.poll(gerrit.PollOptions{Every: time.Minute})
			after(time.Hour)
			w.mirror.lose(errors.New("disk full"))
			w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
			after(time.Hour)
			before := len(w.Requests())
			for range 900 {
				if wake {
					p.Wake()
				}
				time.Sleep(time.Second)
			}
			requests = len(w.Requests()) - before
		})
		return requests
	}
	quietly, woken := asked(t, false), asked(t, true)
	if quietly == 0 || woken > quietly+2 {
		t.Errorf("%d requests in a quarter of an hour of failure when woken, %d otherwise", woken, quietly)
	}
}

// An event is a look at the server within seconds; what it says is not believed.
func TestEventWakesThePoller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		news := make(chan string, 10)
		d := newSSHD(t, func(h *heard) {
			for {
				select {
				case line := <-news:
					h.says(line)
				case <-h.closed:
					return
				}
			}
		})
		w := newWorld(t, bottest.GerritOptions{})
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		p := w.poll(gerrit.PollOptions{Every: hours, Stream: d.stream(d.public)})
		after(time.Hour)
		if got := p.State().NoStream; got != "" {
			t.Fatalf("no stream: %s", got)
		}
		w.Review("zoe", "cache", bottest.GerritReview{Labels: map[string]int{"Code-Review": 2}})
		before := len(w.Requests())
		news <- event("comment-added", "openstack/nova")
		after(time.Minute)
		if got := len(w.Requests()) - before; got != 0 {
			t.Errorf("%d requests after another project's event", got)
		}
		news <- event("change-abandoned", glance)
		after(5 * time.Second)
		if got := w.mirror.get(n); len(got.Votes) != 1 || got.Status != review.Open {
			t.Errorf("after an event that lies the mirror has %d votes, status %q; want what the server holds", len(got.Votes), got.Status)
		}
		if got := len(w.Requests()) - before; got != 1 {
			t.Errorf("%d requests after it, want 1", got)
		}
	})
}

func TestWhatWakes(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		want       int64
	}{
		{"a vote", event("comment-added", glance), 1},
		{"a type of the future", event("mood-changed", glance), 1},
		{"events that were left out", `{"type":"dropped-output"}`, 1},
		{"another project", event("comment-added", "openstack/glance_store"), 0},
		{"a branch", `{"type":"ref-updated","refUpdate":{"project":"openstack/glance"}}`, 0},
		{"nothing", "", 0},
		{"no object", `[{"change":{"project":"openstack/glance"}}]`, 0},
		{"fields of other kinds", `{"type":7,"change":"openstack/glance"}`, 0},
		{"half an event", event("comment-added", glance)[:40], 0},
		{"nested without end", strings.Repeat("[", 100_000), 0},
		{"no text", "\x00\xff\x1b[2J", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				say := make(chan struct{})
				d := newSSHD(t, func(h *heard) {
					<-say
					h.says(tc.line)
					idle(h)
				})
				s := d.stream(d.public)
				woken := run(t, s)
				after(time.Minute) // the stream's begin wakes too
				before := woken.Load()
				close(say)
				after(time.Minute)
				if got := woken.Load() - before; got != tc.want {
					t.Errorf("woken %d times, want %d", got, tc.want)
				}
				if s.Trouble() != "" || d.count() != 1 {
					t.Errorf("the line ended the stream: %q, %d connections", s.Trouble(), d.count())
				}
			})
		})
	}
}

// Everything that a server can do to a stream: said plainly, tried again at a
// decent pace, and nothing to the polls.
func TestTroubleOfAStream(t *testing.T) {
	for _, tc := range []struct {
		name        string
		do          func(*sshd)
		want        string // in what is said
		least, most int    // connections in an hour
	}{
		{"nobody listens", func(d *sshd) { d.refuse = errors.New("connection refused") }, "connect to review.example.org:29418: connection refused", 14, 25},
		{"takes the connection and is silent", func(d *sshd) {
			d.raw = func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
		}, "no answer within 30s", 12, 22},
		{"hangs up", func(d *sshd) { d.raw = func(net.Conn) {} }, "handshake failed", 14, 25},
		{"is no ssh", func(d *sshd) {
			d.raw = func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); c.Close() }
		}, "handshake failed", 14, 25},
		{"another host key", func(d *sshd) { d.host = newKey(d.t, 9) }, "has another host key than the configured one: SHA256:", 11, 17},
		{"the account has another key", func(d *sshd) { d.knows = func(string) bool { return false } }, "does not take the ssh key of glancebot", 11, 17},
		{"not permitted", func(d *sshd) {
			d.serve = func(h *heard) { h.exit(1, "fatal: stream events not permitted\n") }
		}, "not permitted; the server's administrators can grant the account the global capability Stream Events", 11, 17},
		{"does not know the command", func(d *sshd) {
			d.serve = func(h *heard) { h.exit(1, "fatal: gerrit: \x1b[31mstream-events: not found\n") }
		}, "the server ended it: fatal: gerrit: [31mstream-events: not found", 14, 25},
		{"goes away at once", func(d *sshd) { d.serve = func(*heard) { time.Sleep(time.Second) } }, "the server ended it", 12, 25},
		{"ends and says no more", func(d *sshd) {
			d.serve = func(h *heard) { _ = h.CloseWrite(); idle(h) }
		}, "the server ended it", 14, 25},
		{"a line without end", func(d *sshd) {
			d.serve = func(h *heard) {
				for {
					if _, err := io.WriteString(h, strings.Repeat("x", 32<<10)); err != nil {
						return
					}
				}
			}
		}, "an event of more than 1 MiB", 14, 25},
		{"complains without end", func(d *sshd) {
			d.serve = func(h *heard) {
				_, _ = io.WriteString(h.Stderr(), strings.Repeat("fatal ", 64<<10))
				h.exit(1, "")
			}
		}, "the server ended it: fatal fatal", 14, 25},
		{"no sign of life", func(d *sshd) { d.alive = false; d.serve = idle }, "no sign of life for 30s", 40, 56},
		{"no key", func(d *sshd) { _ = os.Remove(d.keyFile) }, "read ssh key: no such file", 0, 0},
		{"a key that is none", func(d *sshd) { _ = os.WriteFile(d.keyFile, []byte("hunter2"), 0o600) }, "read ssh key: ssh: no key found", 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newSSHD(t, idle)
				d.set(tc.do)
				if err := d.stream(d.public).Try(t.Context()); tc.want != "no sign of life for 30s" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
					t.Errorf("tried: %v, want %q", err, tc.want)
				}
				w := newWorld(t, bottest.GerritOptions{})
				p := w.poll(gerrit.PollOptions{Every: time.Minute, Stream: d.stream(d.public)})
				before := d.count()
				time.Sleep(time.Hour)
				// Silence is only known for trouble after half a minute, and a
				// stream that began anew is none before that.
				said := ""
				for range 120 {
					synctest.Wait()
					if said = p.State().NoStream; said != "" {
						break
					}
					time.Sleep(time.Second)
				}
				if !strings.Contains(said, tc.want) || strings.ContainsAny(said, "\n\x1b") || len(said) > 400 || strings.Contains(said, d.keyFile) {
					t.Errorf("said %q, want one line with %q", said, tc.want)
				}
				if got := d.count() - before; got < tc.least || got > tc.most {
					t.Errorf("%d connections in an hour, want %d to %d", got, tc.least, tc.most)
				}
				if s := p.State(); s.Failing != "" || time.Since(s.ReadAt) > 70*time.Second {
					t.Errorf("the polls suffer: %+v", s)
				}
				// What was in its way is gone.
				d.set(func(d *sshd) {
					fresh := newSSHD(d.t, idle)
					key, err := os.ReadFile(fresh.keyFile)
					if err == nil {
						err = os.WriteFile(d.keyFile, key, 0o600)
					}
					if err != nil {
						t.Error(err)
					}
					d.host, d.refuse, d.raw, d.serve, d.alive, d.knows = fresh.host, nil, nil, idle, true, nil
				})
				after(6 * time.Minute)
				if got := p.State().NoStream; got != "" {
					t.Errorf("6 minutes after its end the trouble is still %q", got)
				}
			})
		})
	}
}

// What happened while nobody listened is looked up when the stream is back.
func TestDropIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := make(chan struct{})
		d := newSSHD(t, func(h *heard) {
			select {
			case <-drop:
			case <-h.closed:
			}
		})
		w := newWorld(t, bottest.GerritOptions{})
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		w.poll(gerrit.PollOptions{Every: hours, Stream: d.stream(d.public)})
		after(time.Hour)
		drop <- struct{}{}
		w.Review("zoe", "cache", bottest.GerritReview{Labels: map[string]int{"Code-Review": 2}})
		after(20 * time.Second)
		if got := d.count(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
		if got := len(w.mirror.get(n).Votes); got != 1 {
			t.Errorf("%d votes are known 20 s after a cut, want 1", got)
		}
	})
}

// A stream that is there stays, however quiet; and it ends with its context.
func TestQuietStreamStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		d := newSSHD(t, func(h *heard) { idle(h); close(gone) })
		s := d.stream(d.public)
		if err := s.Try(t.Context()); err != nil {
			t.Errorf("tried: %v", err)
		}
		<-gone // trying leaves
		gone = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { s.Run(ctx, []string{glance}, func() {}); close(ended) }()
		after(24 * time.Hour)
		if s.Trouble() != "" || d.count() != 2 {
			t.Errorf("after a quiet day: %q, %d connections, want 2", s.Trouble(), d.count())
		}
		cancel()
		<-ended
		<-gone
	})
}

// A server has several host keys, and is asked for the one that is configured.
func TestHostKeyOfItsKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newSSHD(t, idle)
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		second, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		d.second = second
		for _, key := range []string{d.public, authorized(second), authorized(second) + " root@review"} {
			if err := d.stream(key).Try(t.Context()); err != nil {
				t.Errorf("host key %q: %v", key, err)
			}
		}
	})
	for _, bad := range []string{"", "ssh-ed25519", "SHA256:AAAA", "ssh-ed25519 AAAA"} {
		if _, err := gerrit.NewStream(gerrit.StreamOptions{StreamConfig: gerrit.StreamConfig{HostKey: bad}}); err == nil {
			t.Errorf("host key %q is taken", bad)
		}
	}
}
