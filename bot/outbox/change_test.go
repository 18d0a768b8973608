package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/outbox"
)

func TestDropAndAmend(t *testing.T) {
	ready := false
	net := &network{ready: func(bot.Room) bool { return ready }}
	tell(t, net, func(w *world) {
		amend := func(key, text string) {
			w.do(func(tx bot.Tx) error {
				return w.box.Amend(tx, bot.Key(key), bot.Target{Room: roomA}, saying(text, w.now().Add(time.Hour)))
			})
		}
		for _, key := range []string{"spec/10/T-7d", "spec/10/T-3d", "spec/100/T-7d", "spec", "speculation/T-7d"} {
			w.say(key, roomA, key)
		}
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "spec/10") })
		if waiting, _ := w.report(); !slices.Equal(waiting, []bot.Key{"spec/100/T-7d", "spec", "speculation/T-7d"}) {
			t.Errorf("after the drop %v wait", waiting)
		}
		amend("spec", "spec, amended")
		amend("nobody said that", "x")
		w.say("spec/10/T-7d", roomA, "dropped, and said after all")
		ready = true
		w.box.Wake()
		synctest.Wait()
		want := "#a spec/100/T-7d; #a spec, amended; #a speculation/T-7d; #a dropped, and said after all"
		w.want(want)
		amend("spec", "too late")
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "spec") })
		w.say("spec", roomA, "said before")
		w.want(want)
	})
}

// A message that may have arrived, or is under way, says something else at its
// next attempt, though its bytes are young enough to be sent again; with the id
// it had. One that arrives as it was is done.
func TestAmendWhileSending(t *testing.T) {
	lost := errors.New("no acknowledgement")
	for _, tc := range []struct {
		name  string
		takes time.Duration // an attempt
		err   error         // of the first
		want  string
	}{
		{"it may have arrived", 0, lost, "#a before; #a after"},
		{"under way, may have arrived", time.Second, lost, "#a before; #a after"},
		{"under way, nothing left", time.Second, bot.ErrNotReady, "#a before; #a after"},
		{"under way, muted", time.Second, &bot.Refusal{Why: "muted"}, "#a before; #a after"},
		{"under way, arrived", time.Second, nil, "#a before"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			net := &network{does: func(attempt int, _ bot.Room, _ string) error {
				time.Sleep(tc.takes)
				if attempt == 1 {
					return tc.err
				}
				return nil
			}}
			tell(t, net, func(w *world) {
				w.say("k", roomA, "before")
				w.do(func(tx bot.Tx) error {
					return w.box.Amend(tx, "k", bot.Target{Room: roomA}, saying("after", w.now().Add(time.Hour)))
				})
				w.pass(time.Minute)
				w.want(tc.want)
				if waiting, failed := w.report(); len(waiting)+len(failed) > 0 || net.lines[0].ID != net.lines[len(net.lines)-1].ID {
					t.Errorf("waiting %v, failed %v, lines %v; want nothing, and one id", waiting, failed, net.lines)
				}
			})
		})
	}
}

// Whoever waits until everything is settled waits for an attempt under way, and
// not for a room that rests, nor for what waits behind in it.
func TestSettle(t *testing.T) {
	net := &network{does: func(attempt int, r bot.Room, _ string) error {
		time.Sleep(3 * time.Second)
		if r == roomB {
			return &bot.Refusal{Why: "muted", After: 10 * time.Minute}
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.say("k", roomA, "x")
		w.say("k", roomB, "x")
		w.say("l", roomB, "y")
		began := time.Now()
		if err := w.box.Settle(w.t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("settled after %s, want 3 s", took)
		}
	})
}

// The loop drops a message just while an attempt is under way: what the attempt
// came to is nobody's business any more.
func TestDropWhileSending(t *testing.T) {
	net := &network{does: func(attempt int, _ bot.Room, _ string) error {
		time.Sleep(time.Second)
		if attempt == 1 {
			return errors.New("no acknowledgement")
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.say("old", roomA, "old")
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "old") })
		w.say("new", roomA, "new")
		w.want("#a old") // one after the other, all the same
		w.pass(time.Minute)
		w.want("#a old; #a new")
		if waiting, failed := w.report(); len(waiting)+len(failed) > 0 {
			t.Errorf("waiting %v, failed %v; want nothing", waiting, failed)
		}
	})
}

// The loop changes its mind between the outbox's reading and its marking: what
// it decided last is what is sent.
func TestChangedBeforeTheMark(t *testing.T) {
	var w *world
	once := true
	net := &network{}
	net.ready = func(bot.Room) bool {
		// Called between the two.
		if once && w != nil {
			once = false
			if err := w.store.Update(context.Background(), func(tx bot.Tx) error {
				if err := w.box.Drop(tx, "b"); err != nil {
					return err
				}
				return w.box.Amend(tx, "a", bot.Target{Room: roomA}, saying("amended", w.now().Add(time.Hour)))
			}); err != nil {
				t.Error(err)
			}
		}
		return true
	}
	synctest.Test(t, func(t *testing.T) {
		net.began, net.busy = time.Now(), map[bot.Room]bool{}
		w = &world{t: t, net: net, store: bottest.NewStore()}
		w.start()
		w.do(func(tx bot.Tx) error {
			if err := w.box.Add(tx, w.now(), "a", bot.Target{Room: roomA}, saying("first", w.now().Add(time.Hour))); err != nil {
				return err
			}
			return w.box.Add(tx, w.now(), "b", bot.Target{Room: roomB}, saying("dropped", w.now().Add(time.Hour)))
		})
		w.want("#a amended")
		w.stop()
	})
}

// Orders continue those of an earlier life, though the clock was set back.
func TestOrderAfterTheClockWasSetBack(t *testing.T) {
	ready := false
	net := &network{ready: func(bot.Room) bool { return ready }}
	tell(t, net, func(w *world) {
		w.say("a", roomA, "first")
		w.stop()
		w.offset.Store(int64(-time.Hour))
		w.start()
		w.say("b", roomA, "second")
		ready = true
		w.box.Wake()
		synctest.Wait()
		w.want("#a first; #a second")
	})
}

// Forty rooms in a second: one transaction marks them, few acknowledge them.
func TestGather(t *testing.T) {
	net := &network{does: func(attempt int, _ bot.Room, _ string) error {
		time.Sleep(time.Duration(attempt%5) * time.Millisecond)
		return nil
	}}
	tell(t, net, func(w *world) {
		before := w.store.Commits()
		w.do(func(tx bot.Tx) error {
			for i := range 40 {
				r := bot.Room{Network: "net", Name: fmt.Sprint("#", i)}
				if err := w.box.Add(tx, w.now(), "k", bot.Target{Room: r}, saying("x", w.now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		})
		w.pass(time.Second)
		if got := w.store.Commits() - before; len(net.lines) != 40 || got > 3 {
			t.Errorf("%d lines in %d transactions, want 40 in at most 3", len(net.lines), got)
		}
	})
}

// An attempt under way when the bot stops gets its acknowledgement, if that
// comes within 5 s; it does not hold up the end for longer.
func TestStop(t *testing.T) {
	for _, tc := range []struct {
		takes, stops time.Duration
		attempts     string
	}{
		{3 * time.Second, 3 * time.Second, "#a x"},
		{time.Hour, 5 * time.Second, "#a x; #a x"},
	} {
		t.Run(tc.takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := &slowSender{network: network{began: time.Now(), busy: map[bot.Room]bool{}}, takes: tc.takes}
				w := &world{t: t, net: &slow.network, store: bottest.NewStore()}
				for life := range 2 {
					w.box = outbox.New(outbox.Options{
						Store: w.store, Senders: map[string]bot.Sender{"net": slow}, Now: w.now, Log: slog.New(slog.DiscardHandler),
					})
					ctx, cancel := context.WithCancel(context.Background())
					ended := make(chan error, 1)
					go func() { ended <- w.box.Run(ctx) }()
					w.say("k", roomA, "x")
					if life == 1 {
						w.pass(10 * time.Second)
					}
					cancel()
					began := time.Now()
					if err := <-ended; err != nil {
						t.Error(err)
					}
					if took := time.Since(began); took > tc.stops {
						t.Errorf("the end took %s, want at most %s", took, tc.stops)
					}
					slow.takes = 0
					time.Sleep(time.Minute)
				}
				if got := w.net.texts(); got != tc.attempts {
					t.Errorf("got  %s\nwant %s", got, tc.attempts)
				}
			})
		})
	}
}

// slowSender takes its time for an acknowledgement, unless it is told to stop.
type slowSender struct {
	network
	takes time.Duration
}

func (s *slowSender) Deliver(ctx context.Context, id string, r bot.Room, payload []byte) error {
	if err := s.network.Deliver(ctx, id, r, payload); err != nil {
		return err
	}
	select {
	case <-time.After(s.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A message that can't be put into words, and a record that can't be read, cost
// nobody else anything.
func TestBrokenRecords(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.do(func(tx bot.Tx) error { return tx.Put("outbox/open/0000000000000001", []byte("{broken")) })
		w.say("empty", roomA, "")
		w.say("whole", roomA, "whole")
		w.want("#a whole")
		if _, failed := w.report(); !slices.Equal(failed, []bot.Key{"empty"}) {
			t.Errorf("failed %v, want the message that says nothing", failed)
		}
	})
}

func TestReport(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { return &bot.Refusal{Why: "muted"} }}
	tell(t, net, func(w *world) {
		since := w.now()
		w.say("k", roomA, "x")
		rep, err := w.box.Report(w.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []outbox.Waiting{{Key: "k", Room: roomA, Since: since, Expires: since.Add(24 * time.Hour), Attempts: 1, Why: "muted", Text: "x"}}
		if diff := cmp.Diff(want, rep.Waiting); diff != "" {
			t.Errorf("waiting (-want +got):\n%s", diff)
		}
	})
}
