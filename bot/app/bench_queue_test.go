package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// sizes are how many open changes the bot is measured with: what is done to each
// must not cost more where there are many.
var sizes = []int{1_000, 3_000, 10_000}

// mostStored is what the store may take for a change.
const mostStored = 3 << 10

// TestQueueIsSmall holds the mirror to its size, on histories as they are.
func TestQueueIsSmall(t *testing.T) {
	srv := longQueue(t, 200)
	q := queued{url: srv.URL, transport: srv.Transport()}
	store := opened(t, filepath.Join(t.TempDir(), "torchbearer.db"))
	defer closed(t, store)
	_, stop := running(t, q.options(glance(t), store, time.Now, &crowd{said: map[bot.Room]string{}}))
	q.known(t)
	stop()
	changes, sum, most := stored(t, store)
	t.Logf("%d bytes a change, at most %d", sum/max(changes, 1), most)
	if changes != 200 || most > mostStored {
		t.Errorf("got %d changes of up to %d bytes, want 200 of up to %d", changes, most, mostStored)
	}
}

func closed(tb testing.TB, store *bolt.Store) {
	tb.Helper()
	if err := store.Close(); err != nil {
		tb.Error(err)
	}
}

// TestNothingNew polls a server on which nothing happens: one request each time,
// and nothing is written.
func TestNothingNew(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		srv := longQueue(t, 300)
		const every = 5 * time.Minute
		q := queued{url: srv.URL, transport: srv.Transport(), every: every}
		store := opened(t, filepath.Join(dir, "torchbearer.db"))
		_, stop := running(t, q.options(glance(t), store, time.Now, &crowd{said: map[bot.Room]string{}}))
		q.known(t)
		time.Sleep(every / 2)
		synctest.Wait()

		const polls = 10
		before, commits := len(srv.Requests()), store.Commits()
		time.Sleep(polls * every)
		synctest.Wait()
		for _, r := range srv.Requests()[before:] {
			if !strings.Contains(r.Query, "after:") {
				t.Errorf("asked for %s?q=%s, want polls only", r.Path, r.Query)
			}
		}
		if got := len(srv.Requests()) - before; got != polls {
			t.Errorf("%d polls took %d requests, want one each", polls, got)
		}
		if got := store.Commits() - commits; got != 0 {
			t.Errorf("%d polls wrote %d times to the store, want never", polls, got)
		}
		stop()
		closed(t, store)
		srv.Close()
	})
}

// cpu is what this process has used so far.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// From an empty store to a queue that is known, without the pauses between
// requests. The time is the bot's and the server's together: BenchmarkQueueChild
// tells them apart.
func BenchmarkQueueSync(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			srv, cfg := longQueue(b, n), glance(b)
			dir := b.TempDir()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				store := opened(b, filepath.Join(dir, fmt.Sprint(i)))
				q := queued{url: srv.URL, transport: srv.Transport()}
				sent, asked := srv.Sent(), len(srv.Requests())
				b.StartTimer()
				a, stop := running(b, q.options(cfg, store, time.Now))
				q.known(b)
				b.StopTimer()
				if s, err := a.Status(b.Context()); err != nil || s.Reviews[0].Open != n {
					b.Fatalf("got %+v, error %v; want %d changes", s.Reviews, err, n)
				}
				stop()
				searches := 0
				for _, r := range srv.Requests()[asked:] {
					if strings.Contains(r.Query, "is:open") {
						searches++
					}
				}
				changes, sum, _ := stored(b, store)
				b.ReportMetric(float64(len(srv.Requests())-asked), "requests")
				b.ReportMetric(float64(searches), "pages")
				b.ReportMetric(float64(srv.Sent()-sent)/1e6, "MB-packed")
				b.ReportMetric(float64(q.client.Cost().Bytes)/1e6, "MB-unpacked")
				b.ReportMetric(float64(store.Commits()), "commits")
				b.ReportMetric(float64(sum)/float64(changes), "stored-B/change")
				closed(b, store)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/change")
		})
	}
}

// full is a store that holds the queue.
func full(tb testing.TB, srv *bottest.Gerrit) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "torchbearer.db")
	store := opened(tb, path)
	q := queued{url: srv.URL, transport: srv.Transport()}
	_, stop := running(tb, q.options(glance(tb), store, time.Now))
	q.known(tb)
	stop()
	closed(tb, store)
	return path
}

// onWire runs a whole bot that knows the queue, on a wire.
func onWire(tb testing.TB, srv *bottest.Gerrit, path string) (w *wire, store *bolt.Store, end func()) {
	tb.Helper()
	cfg := glance(tb)
	store, w = opened(tb, path), newWire()
	q := queued{url: srv.URL, transport: srv.Transport()}
	_, stop := running(tb, q.options(cfg, store, time.Now, irc.New(irc.Options{
		Config: irc.Config{Network: "test", Address: "irc.test:6667", Nick: "glancebot", Rooms: cfg.Teams[0].Rooms},
		Dial:   w.dial, Now: time.Now, Log: quiet,
	})))
	<-w.home
	q.known(tb)
	return w, store, func() {
		stop()
		closed(tb, store)
	}
}

// line is what somebody says in the team's room.
func line(text string) []byte {
	return []byte("@account=reviewer01;msgid=kGJ5UW1iU2nO9xM0aA7lyQ;time=" + time.Now().UTC().Format("2006-01-02T15:04:05.000Z") +
		" :reviewer01!r@dev.example.org PRIVMSG #team-00 :" + text + "\r\n")
}

// From the line received to the line handed to the socket.
func BenchmarkQueueAnswers(b *testing.B) {
	for _, n := range sizes {
		srv := longQueue(b, n)
		path := full(b, srv)
		for _, c := range []struct{ say, want string }{
			{"!backlog", "Review queue: "},
			{"!next", "Next"},
			{"!starved", "without review for over 14 days"},
			{"!turn 900002", `900002 "`},
			{"!freeze", "Spec freeze: "},
		} {
			b.Run(fmt.Sprintf("%s/%d", strings.Fields(c.say)[0][1:], n), func(b *testing.B) {
				w, store, end := onWire(b, srv, path)
				defer end()
				asked := line(c.say)
				got := w.whole(b, asked)
				if !bytes.Contains(got, []byte(c.want)) {
					b.Fatalf("got %q, want …%s…", got, c.want)
				}
				lines := bytes.Count(got, []byte("\n"))
				before := store.Commits()
				b.ReportAllocs()
				for b.Loop() {
					w.lines(b, asked, lines)
				}
				b.ReportMetric(float64(store.Commits()-before)/float64(b.N), "commits/op")
			})
		}
	}
}

// From the moment that the nightly line is due to its acknowledgement stored.
func BenchmarkQueueNight(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			srv := longQueue(b, n)
			store := opened(b, full(b, srv))
			defer closed(b, store)
			var clock atomic.Int64
			set := func(t time.Time) { clock.Store(t.UnixNano()) }
			night := time.Now().UTC().Truncate(24 * time.Hour).Add(6 * time.Hour)
			set(time.Now())
			now := func() time.Time { return time.Unix(0, clock.Load()) }
			net := &crowd{said: map[bot.Room]string{}}
			q := queued{url: srv.URL, transport: srv.Transport(), jumps: true}
			a, stop := running(b, q.options(glance(b), store, now, net))
			defer stop()
			q.known(b)
			look(b, a)
			var commits uint64
			nights := 0
			for b.Loop() {
				b.StopTimer()
				night = night.AddDate(0, 0, 1)
				set(night.Add(-time.Second))
				look(b, a)
				before := store.Commits()
				b.StartTimer()
				set(night)
				look(b, a)
				b.StopTimer()
				commits += store.Commits() - before
				nights++
				b.StartTimer()
			}
			b.StopTimer()
			net.mu.Lock()
			defer net.mu.Unlock()
			said := net.said[bot.Room{Network: "test", Name: "#team-00"}]
			if got := strings.Count(said, "Review queue: "); got != nights {
				b.Errorf("%d nights were said, want %d: %q", got, nights, said)
			}
			b.ReportMetric(float64(commits)/float64(nights), "commits/op")
		})
	}
}

// From the start, with the queue in the store, to the first answer.
func BenchmarkQueueRestart(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			srv := longQueue(b, n)
			path, cfg := full(b, srv), glance(b)
			if info, err := os.Stat(path); err == nil {
				defer func() { b.ReportMetric(float64(info.Size())/1e6, "MB-on-disk") }()
			}
			asked := line("!backlog")
			for b.Loop() {
				store, w := opened(b, path), newWire()
				q := queued{url: srv.URL, transport: srv.Transport()}
				_, stop := running(b, q.options(cfg, store, time.Now, irc.New(irc.Options{
					Config: irc.Config{Network: "test", Address: "irc.test:6667", Nick: "glancebot", Rooms: cfg.Teams[0].Rooms},
					Dial:   w.dial, Now: time.Now, Log: quiet,
				})))
				<-w.home
				got := w.ask(b, asked)
				b.StopTimer()
				if !bytes.Contains(got, []byte("Review queue: ")) {
					b.Fatalf("got %q", got)
				}
				stop()
				closed(b, store)
				b.StartTimer()
			}
		})
	}
}

// From ten changes written on the server to their facts in the store, by a bot
// that looks all the time; the server's search is part of it.
func BenchmarkQueuePoll(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			srv := longQueue(b, n)
			store := opened(b, full(b, srv))
			defer closed(b, store)
			q := queued{url: srv.URL, transport: srv.Transport(), every: time.Millisecond}
			_, stop := running(b, q.options(glance(b), store, time.Now))
			defer stop()
			q.known(b)
			time.Sleep(100 * time.Millisecond)
			before := store.Commits()
			news := func() {
				for i := range 10 {
					srv.Review(reviewer(20), named(i*7), bottest.GerritReview{Message: "and another thought"})
				}
			}
			for b.Loop() {
				seen := store.Commits()
				news()
				for store.Commits() == seen {
					time.Sleep(100 * time.Microsecond)
				}
			}
			b.ReportMetric(float64(store.Commits()-before)/float64(b.N), "commits/op")
		})
	}
}
