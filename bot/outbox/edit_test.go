package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// open lists what is stored below a part of the outbox.
func (w *world) open(space string) (keys []string) {
	w.t.Helper()
	if err := w.store.View(w.t.Context(), func(tx bot.ReadTx) error {
		for key := range tx.Scan(space) {
			keys = append(keys, strings.TrimPrefix(key, space))
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// nothing checks that nothing waits, for status or in truth.
func (w *world) nothing() {
	w.t.Helper()
	if waiting, failed := w.report(); len(waiting)+len(failed) > 0 {
		w.t.Errorf("waiting %v, failed %v; want nothing", waiting, failed)
	}
	if open := w.open("outbox/open/"); len(open) > 0 {
		w.t.Errorf("%d records are open, want none", len(open))
	}
}

// A ping is asked, delivered, reviewed: one message, edited where it was said,
// to whom it was said. Each edit has an id of its own.
func TestLivingMessage(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		b := w.board()
		w.enter("zoe", roomA)
		zoe := bot.Target{Person: "zoe", Room: roomB}
		w.edit("glance/ask/k", zoe, "too early")
		w.ping("k", "zoe", func(to *bot.Target, _ *bot.Say) { to.Room = roomB })
		w.enter("zoe", roomB) // the message is where it is
		w.edit("glance/ask/k", zoe, "delivered")
		w.pass(10 * 24 * time.Hour)
		w.edit("glance/ask/k", zoe, "reviewed")
		w.want("#a zoe_: k; #a zoe_: delivered; #a zoe_: reviewed")
		id := net.lines[0].ID
		if want := []string{"", id, id}; !slices.Equal(b.ofs, want) {
			t.Errorf("edits of %q, want %q", b.ofs, want)
		}
		if net.lines[1].ID == net.lines[2].ID || net.lines[1].ID == id {
			t.Errorf("the ids are %v, want three", net.lines)
		}
		w.nothing()
		if got := w.outcomes(); !slices.Equal(got, []string{"k delivered #a "}) {
			t.Errorf("outcomes %q, want that of the ping alone", got)
		}
		w.pass(36 * 24 * time.Hour)
		w.edit("glance/ask/k", zoe, "forgotten")
		w.want("#a zoe_: k; #a zoe_: delivered; #a zoe_: reviewed")
		if kept := w.open("outbox/"); len(kept) > 0 {
			t.Errorf("after 46 days %q are kept", kept)
		}
	})
}

// Where nothing was said there is nothing to edit: not of what waits, nor of what
// was refused, nor where the network can't.
func TestNothingToEdit(t *testing.T) {
	t.Run("waits", func(t *testing.T) {
		var ready atomic.Bool
		tell(t, &network{ready: func(bot.Room) bool { return ready.Load() }}, func(w *world) {
			w.board()
			w.say("k", roomA, "before")
			w.edit("k", bot.Target{Room: roomA}, "after")
			ready.Store(true)
			w.pass(time.Hour)
			w.want("#a before")
			w.nothing()
		})
	})
	t.Run("refused", func(t *testing.T) {
		tell(t, &network{does: func(int, bot.Room, string) error {
			time.Sleep(time.Second)
			return &bot.Refusal{Why: "banned", Final: true}
		}}, func(w *world) {
			w.board()
			w.say("k", roomA, "before")
			w.edit("k", bot.Target{Room: roomA}, "while it is sent")
			w.pass(time.Hour)
			w.edit("k", bot.Target{Room: roomA}, "after")
			w.pass(time.Hour)
			w.want("#a before")
			if open := w.open("outbox/open/"); len(open) > 0 {
				t.Errorf("%q are open", open)
			}
		})
	})
	t.Run("no editor", func(t *testing.T) {
		tell(t, &network{}, func(w *world) {
			w.say("k", roomA, "before")
			before := w.store.Commits()
			w.edit("k", bot.Target{Room: roomA}, "after")
			w.pass(time.Hour)
			w.want("#a before")
			w.nothing()
			if got := w.store.Commits() - before; got != 0 {
				t.Errorf("%d transactions, want none", got)
			}
		})
	})
	t.Run("no editor any more", func(t *testing.T) {
		var ready atomic.Bool
		ready.Store(true)
		tell(t, &network{ready: func(bot.Room) bool { return ready.Load() }}, func(w *world) {
			w.board()
			w.say("k", roomA, "before")
			ready.Store(false)
			w.edit("k", bot.Target{Room: roomA}, "after")
			w.sender = nil
			w.stop()
			w.start()
			w.want("#a before")
			w.nothing()
		})
	})
}

// While a message is on its way, an edit of it waits to hear what became of it.
func TestEditWhileSending(t *testing.T) {
	lost := errors.New("no acknowledgement")
	for _, tc := range []struct {
		name string
		err  error // of the first attempt
		want string
	}{
		{"arrived", nil, "#a before; #a newest"},
		{"nobody knows", lost, "#a before; #a before; #a newest"},
		{"nothing left", bot.ErrNotReady, "#a before; #a before; #a newest"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			net := &network{does: func(attempt int, _ bot.Room, _ string) error {
				time.Sleep(time.Second)
				if attempt == 1 {
					return tc.err
				}
				return nil
			}}
			tell(t, net, func(w *world) {
				w.board()
				w.say("k", roomA, "before")
				w.edit("k", bot.Target{Room: roomA}, "newer")
				w.edit("k", bot.Target{Room: roomA}, "newest")
				w.want("#a before")
				w.pass(time.Minute)
				w.want(tc.want)
				w.nothing()
			})
		})
	}
}

// A message that was tried waits again: an edit that was kept gives way to a newer
// one, and to the message's being amended, which is newer as well.
func TestEditKeptWhileWaiting(t *testing.T) {
	for _, tc := range []struct {
		name string
		then bot.Say
		want string
	}{
		{"edited again", bot.Say{Edit: true}, "#a before; #a before; #a after"},
		{"amended", bot.Say{Amend: true}, "#a before; #a after"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			net := &network{does: func(attempt int, _ bot.Room, _ string) error {
				time.Sleep(time.Second)
				if attempt == 1 {
					return &bot.Refusal{Why: "muted", After: time.Minute}
				}
				return nil
			}}
			tell(t, net, func(w *world) {
				w.board()
				w.say("k", roomA, "before")
				w.edit("k", bot.Target{Room: roomA}, "older")
				w.pass(10 * time.Second)
				say := saying("after", w.now().Add(time.Hour))
				say.Edit, say.Amend = tc.then.Edit, tc.then.Amend
				w.do(func(tx bot.Tx) error { return w.box.Say(tx, w.now(), "k", bot.Target{Room: roomA}, say) })
				w.pass(time.Hour)
				w.want(tc.want)
				w.nothing()
			})
		})
	}
}

// An edit comes after everything that is to be said in the room, also what came
// later, and what rests; it does not wait for other rooms.
func TestEditsComeLast(t *testing.T) {
	var muted atomic.Bool
	muted.Store(true)
	net := &network{does: func(_ int, _ bot.Room, text string) error {
		if muted.Load() && text == "muted" {
			return &bot.Refusal{Why: "muted", After: time.Minute}
		}
		time.Sleep(time.Second)
		return nil
	}}
	tell(t, net, func(w *world) {
		w.board()
		w.say("k", roomA, "k")
		w.say("k", roomB, "k")
		w.pass(10 * time.Second)
		w.say("l", roomA, "l")
		w.edit("k", bot.Target{Room: roomA}, "k edited")
		w.say("m", roomA, "muted")
		w.pass(10 * time.Second)
		w.want("#a k; #b k; #a l; #a muted")
		w.edit("k", bot.Target{Room: roomB}, "k edited")
		w.pass(10 * time.Second)
		w.want("#a k; #b k; #a l; #a muted; #b k edited")
		muted.Store(false)
		w.pass(time.Hour)
		w.want("#a k; #b k; #a l; #a muted; #b k edited; #a muted; #a k edited")
		w.nothing()
	})
}

// Of several edits that wait the newest counts; one under way is followed by the
// newest; a fault is tried again with the same id, a final one is the end of it,
// and nobody hears of that.
func TestNewestEdit(t *testing.T) {
	var ready atomic.Bool
	ready.Store(true)
	net := &network{ready: func(bot.Room) bool { return ready.Load() }}
	tell(t, net, func(w *world) {
		w.desk = bot.Room{Network: "net", Name: "#desk"}
		b := w.board()
		w.say("k", roomA, "0")
		ready.Store(false)
		for i := range 3 {
			w.edit("k", bot.Target{Room: roomA}, fmt.Sprint(i+1))
		}
		ready.Store(true)
		b.edits = func(tried int, _, text string) error {
			time.Sleep(time.Second)
			switch {
			case text == "gone":
				return &bot.Refusal{Why: "redacted", Final: true}
			case text == "4" && tried < 4:
				return errors.New("no acknowledgement")
			}
			return nil
		}
		w.box.Wake()
		synctest.Wait()
		w.edit("k", bot.Target{Room: roomA}, "never tried")
		w.edit("k", bot.Target{Room: roomA}, "4")
		w.pass(time.Hour)
		w.want("#a 0; #a 3; #a 4; #a 4; #a 4")
		if net.lines[2].ID != net.lines[4].ID {
			t.Errorf("attempts %v, want one id for all of one edit", net.lines[2:])
		}
		w.edit("k", bot.Target{Room: roomA}, "gone")
		w.pass(time.Hour)
		w.want("#a 0; #a 3; #a 4; #a 4; #a 4; #a gone")
		w.nothing()
	})
}

// An edit whose time has passed, or whose message is unsaid or amended, is
// dropped; the message stays as it is.
func TestEditDropped(t *testing.T) {
	var ready atomic.Bool
	ready.Store(true)
	net := &network{ready: func(bot.Room) bool { return ready.Load() }}
	tell(t, net, func(w *world) {
		w.board()
		w.say("k/1", roomA, "1")
		w.say("k/2", roomA, "2")
		ready.Store(false)
		w.edit("k/1", bot.Target{Room: roomA}, "edited")
		w.edit("k/2", bot.Target{Room: roomA}, "edited")
		if waiting, _ := w.report(); len(waiting) > 0 {
			t.Errorf("%v wait, want no word of edits", waiting)
		}
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "k") })
		w.nothing()
		w.edit("k/1", bot.Target{Room: roomA}, "edited too late")
		w.pass(25 * time.Hour)
		ready.Store(true)
		w.pass(time.Hour)
		w.want("#a 1; #a 2")
		w.nothing()
		w.say("k/1", roomA, "never said twice")
		w.want("#a 1; #a 2")
	})
}

// Whoever waits until everything is settled waits for edits too, but not for those
// behind a room that rests.
func TestSettleEdits(t *testing.T) {
	net := &network{does: func(_ int, _ bot.Room, text string) error {
		if text == "muted" {
			return &bot.Refusal{Why: "muted", After: 10 * time.Minute}
		}
		return nil
	}}
	synctest.Test(t, func(t *testing.T) {
		net.began, net.busy = time.Now(), map[bot.Room]bool{}
		b := newBoard(net)
		b.edits = func(int, string, string) error { time.Sleep(3 * time.Second); return nil }
		w := &world{t: t, net: net, sender: b, store: bottest.NewStore()}
		w.start()
		w.say("k", roomA, "k")
		w.say("k", roomB, "k")
		w.say("m", roomB, "muted")
		w.edit("k", bot.Target{Room: roomA}, "edited")
		w.edit("k", bot.Target{Room: roomB}, "edited")
		began := time.Now()
		if err := w.box.Settle(w.t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("settled after %s, want 3 s", took)
		}
		w.stop()
	})
}
