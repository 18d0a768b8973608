package outbox_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

// Five asks of one second, of which a day holds three, in one room and in
// several: the others wait for the person's next day.
func TestDailyCap(t *testing.T) {
	for _, rooms := range [][]bot.Room{{roomA}, {roomA, roomB}} {
		t.Run(fmt.Sprint(len(rooms)), func(t *testing.T) {
			net := &network{}
			tell(t, net, func(w *world) {
				zone := time.FixedZone("far", 9*3600) // where the day ends at 15:00 UTC
				w.people.set("zoe", somebody{nick: "zoe", rooms: rooms, zone: zone})
				w.do(func(tx bot.Tx) error {
					for i := range 5 {
						say := pinging("zoe", fmt.Sprint(i), w.now().Add(48*time.Hour))
						say.Daily = 3
						to := bot.Target{Person: "zoe", Room: rooms[i%len(rooms)]}
						if err := w.box.Add(tx, w.now(), bot.Key(fmt.Sprint("glance/ask/", i)), to, say); err != nil {
							return err
						}
					}
					return nil
				})
				w.ping("no ask", "zoe", nil)
				if err := w.box.Settle(w.t.Context()); err != nil {
					t.Error(err)
				}
				w.pass(15*time.Hour - time.Second)
				if got := len(net.lines); got != 4 {
					t.Errorf("%d said on the first day, want 3 asks and what is none: %s", got, net.texts())
				}
				rep, err := w.box.Report(w.t.Context())
				if err != nil || len(rep.Waiting) != 2 || rep.Waiting[0].Wait != people.Capped {
					t.Errorf("report %v, %v; want two that wait for the next day", rep, err)
				}
				w.pass(2 * time.Second)
				if got := len(net.lines); got != 6 {
					t.Errorf("%d said by the second day, want all: %s", got, net.texts())
				}
			})
		})
	}
}

// An ask is counted once, however often it is tried on a day, and again where it
// is tried on another.
func TestAskIsCountedOnceADay(t *testing.T) {
	var lost atomic.Bool
	lost.Store(true)
	net := &network{}
	net.does = func(_ int, _ bot.Room, text string) error {
		if strings.Contains(text, "first") && lost.Load() {
			return errors.New("no acknowledgement")
		}
		return nil
	}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		daily := func(n int) func(*bot.Target, *bot.Say) {
			return func(_ *bot.Target, say *bot.Say) { say.Daily, say.Expires = n, w.now().Add(72*time.Hour) }
		}
		w.ping("first", "zoe", daily(2))
		w.ping("second", "zoe", daily(2))
		w.ping("third", "zoe", daily(2))
		w.pass(23 * time.Hour)
		lost.Store(false)
		w.pass(30 * time.Minute)
		if got := net.texts(); !strings.HasSuffix(got, "#a zoe_: first; #a zoe_: second") {
			t.Errorf("at the end of the first day %s", got)
		}
		w.pass(time.Hour)
		if got := net.texts(); !strings.HasSuffix(got, "#a zoe_: second; #a zoe_: third") {
			t.Errorf("on the second day %s", got)
		}
		// One that nobody knows the end of on the second day is one of the third's.
		lost.Store(true)
		w.pass(22 * time.Hour)
		w.ping("first again", "zoe", daily(2))
		w.pass(2 * time.Hour)
		lost.Store(false)
		w.ping("fourth", "zoe", daily(2))
		w.ping("fifth", "zoe", daily(2))
		w.pass(time.Hour)
		if got := net.texts(); !strings.HasSuffix(got, "#a zoe_: first again; #a zoe_: fourth") {
			t.Errorf("on the third day %s", got)
		}
	})
}

// An ask is repeated on its day though it was the last that the day allows, and
// not on the next one if that has none left.
func TestRepeatedAskOnTheNextDay(t *testing.T) {
	net := &network{does: func(_ int, r bot.Room, _ string) error {
		if r == roomA {
			return errors.New("no acknowledgement")
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA, roomB)
		in := func(r bot.Room) func(*bot.Target, *bot.Say) {
			return func(to *bot.Target, say *bot.Say) { to.Room, say.Daily, say.Expires = r, 1, w.now().Add(72*time.Hour) }
		}
		w.ping("unheard", "zoe", in(roomA))
		w.ping("next", "zoe", in(roomB))
		w.pass(24*time.Hour - time.Second)
		first := net.texts()
		if n := strings.Count(first, "unheard"); n < 10 || strings.Contains(first, "next") {
			t.Errorf("on the first day %s, want one ask again and again", first)
		}
		w.pass(24 * time.Hour)
		w.want(first + "; #b zoe_: next")
		w.pass(time.Minute)
		w.want(first + "; #b zoe_: next; #a zoe_: unheard")
	})
}

// What is dropped while it is on its way, and may have arrived, has no outcome, but
// stays counted: its key said again is another ask.
func TestDropKeepsTheCount(t *testing.T) {
	net := &network{does: func(attempt int, _ bot.Room, _ string) error {
		time.Sleep(time.Second)
		if attempt == 1 {
			return errors.New("no acknowledgement")
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		two := func(_ *bot.Target, say *bot.Say) { say.Daily, say.Expires = 2, w.now().Add(72*time.Hour) }
		w.ping("k", "zoe", two)
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "glance/ask") })
		w.pass(time.Hour)
		if got := w.outcomes(); len(got) > 0 {
			t.Errorf("outcomes %q, want none", got)
		}
		w.ping("k", "zoe", two)
		w.ping("l", "zoe", two)
		w.pass(22 * time.Hour)
		w.want("#a zoe_: k; #a zoe_: k")
		w.pass(2 * time.Hour)
		w.want("#a zoe_: k; #a zoe_: k; #a zoe_: l")
	})
}
