package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/outbox"
)

func TestOrderInARoom(t *testing.T) {
	net := &network{does: func(attempt int, r bot.Room, _ string) error {
		if r == roomA && attempt < 4 {
			return errors.New("no acknowledgement")
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.do(func(tx bot.Tx) error {
			for i := range 3 {
				for _, r := range []bot.Room{roomA, roomB} {
					if err := w.box.Add(tx, w.now(), bot.Key(fmt.Sprint("key/", i)), bot.Target{Room: r}, saying(fmt.Sprint(i), w.now().Add(time.Hour))); err != nil {
						return err
					}
				}
			}
			return nil
		})
		w.pass(time.Minute)
		var a, b []string
		for _, l := range net.lines {
			if l.Room == "#a" {
				a = append(a, l.Text)
			} else {
				b = append(b, l.Text)
			}
		}
		// The first is tried until it is through; another room never waits.
		if want := []string{"0", "1", "2"}; !slices.Equal(slices.Compact(a), want) || !slices.Equal(b, want) {
			t.Errorf("got %v and %v, want %v in each", a, b, want)
		}
		if last := net.lines[len(net.lines)-1]; last.Room != "#a" {
			t.Errorf("the last line is %v, want one of the room that had to wait", last)
		}
	})
}

func TestNeverTwice(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.say("glance/freeze/a", roomA, "one")
		w.say("glance/freeze/a", roomA, "one again")
		w.say("glance/freeze/a", roomB, "one")
		w.stop()
		w.start()
		w.say("glance/freeze/a", roomA, "one after a restart")
		w.want("#a one; #b one")
		w.pass(34 * 24 * time.Hour)
		w.say("glance/freeze/a", roomA, "one after a month")
		w.want("#a one; #b one")
		w.pass(2 * 24 * time.Hour)
		w.say("glance/freeze/a", roomA, "after 36 days nobody remembers")
		w.want("#a one; #b one; #a after 36 days nobody remembers")
	})
}

// What is done is forgotten after 35 days, in portions.
func TestPrune(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.do(func(tx bot.Tx) error {
			for i := range 2500 {
				r := bot.Room{Network: "net", Name: fmt.Sprint("#", i)}
				if err := w.box.Add(tx, w.now(), "k", bot.Target{Room: r}, saying("x", w.now().Add(time.Hour))); err != nil {
					return err
				}
			}
			return nil
		})
		count := func() (n int) {
			if err := w.store.View(w.t.Context(), func(tx bot.ReadTx) error {
				for range tx.Scan("outbox/") {
					n++
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		w.pass(outbox.Kept - time.Hour)
		if got := count(); got != 5000 {
			t.Errorf("after 35 days less an hour: %d records, want 5000", got)
		}
		w.pass(27 * time.Hour)
		if got := count(); got != 0 {
			t.Errorf("after 36 days: %d records, want none", got)
		}
	})
}

func TestExpiry(t *testing.T) {
	ready := false
	net := &network{ready: func(bot.Room) bool { return ready }}
	tell(t, net, func(w *world) {
		add := func(key string, lives time.Duration) {
			w.do(func(tx bot.Tx) error {
				return w.box.Add(tx, w.now(), bot.Key(key), bot.Target{Room: roomA}, saying(key, w.now().Add(lives)))
			})
		}
		add("short", time.Hour)
		add("long", 3*time.Hour)
		w.pass(time.Hour)
		waiting, failed := w.report()
		if !slices.Equal(waiting, []bot.Key{"long"}) || !slices.Equal(failed, []bot.Key{"short"}) {
			t.Errorf("waiting %v, failed %v; want long and short", waiting, failed)
		}
		ready = true
		w.box.Wake()
		synctest.Wait()
		w.want("#a long")
		w.pass(25 * time.Hour)
		if _, failed := w.report(); len(failed) > 0 {
			t.Errorf("failed %v a day later, want nothing: it is no news", failed)
		}
	})
}
