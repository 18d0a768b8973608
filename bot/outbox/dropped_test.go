package outbox_test

import (
	"slices"
	"testing"
	"time"

	"torchbearer/bot"
)

// A ping is called off while it is on its way. It arrives all the same: the plugin
// hears of that, it can be edited, and is not said again.
func TestDroppedAndDelivered(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { time.Sleep(time.Second); return nil }}
	tell(t, net, func(w *world) {
		w.board()
		w.enter("zoe", roomA)
		w.ping("k", "zoe", nil)
		w.edit("glance/ask/k", bot.Target{Person: "zoe"}, "older than the drop")
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "glance/ask/k") })
		w.edit("glance/ask/k", bot.Target{Person: "zoe"}, "never mind")
		if waiting, _ := w.report(); len(waiting) > 0 {
			t.Errorf("%v wait, though dropped", waiting)
		}
		w.pass(10 * time.Second)
		if got := w.outcomes(); !slices.Equal(got, []string{"k delivered #a "}) {
			t.Errorf("outcomes %q, want that it arrived", got)
		}
		w.ping("k", "zoe", nil)
		w.pass(time.Hour)
		w.want("#a zoe_: k; #a zoe_: never mind")
		w.nothing()
	})
}

// A key that was dropped on its way and is said again is told of once, as what
// was said last; its edits are of that.
func TestDroppedAndSaidAgain(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { time.Sleep(time.Second); return nil }}
	tell(t, net, func(w *world) {
		w.board()
		w.enter("zoe", roomA)
		w.ping("k", "zoe", nil)
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "glance/ask/k") })
		w.edit("glance/ask/k", bot.Target{Person: "zoe"}, "of the first")
		w.ping("k", "zoe", nil)
		w.pass(10 * time.Second)
		w.want("#a zoe_: k; #a zoe_: k")
		if got := w.outcomes(); !slices.Equal(got, []string{"k delivered #a "}) {
			t.Errorf("outcomes %q, want one", got)
		}
		w.edit("glance/ask/k", bot.Target{Person: "zoe"}, "of the second")
		w.pass(40 * 24 * time.Hour)
		w.want("#a zoe_: k; #a zoe_: k; #a zoe_: of the second")
		if kept := w.open("outbox/"); len(kept) > 0 {
			t.Errorf("after 40 days %q are kept", kept)
		}
	})
}

// Killed with a dropped message on its way: nobody knows, and nobody says it again.
func TestDroppedAndKilled(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { time.Sleep(time.Second); return nil }}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		w.ping("k", "zoe", nil)
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "glance/ask/k") })
		w.store.Crash()
		w.stop()
		w.store = w.store.Reopen()
		w.start()
		w.pass(time.Minute)
		w.want("#a zoe_: k")
		w.nothing()
		if got := w.outcomes(); len(got) > 0 {
			t.Errorf("outcomes %q, want none", got)
		}
	})
}
