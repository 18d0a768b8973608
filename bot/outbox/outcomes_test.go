package outbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

func TestOutcomes(t *testing.T) {
	net := &network{does: func(_ int, _ bot.Room, text string) error {
		if strings.Contains(text, "banned") {
			return &bot.Refusal{Why: "banned (404)", Final: true}
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.ping("gone", "ann", nil)
		w.people.set("bob", somebody{nick: "bob", rooms: []bot.Room{roomB}, consent: people.Consent{Away: w.now().Add(48 * time.Hour)}})
		w.ping("away", "bob", nil)
		w.people.set("cy", somebody{nick: "cy", consent: people.Consent{OptedOut: true}})
		w.enter("zoe", roomA)
		before := w.told.Load()
		w.ping("said", "zoe", nil)
		w.ping("untold", "zoe", func(_ *bot.Target, say *bot.Say) { say.Tell = false })
		if got := w.told.Load() - before; got != 1 {
			t.Errorf("told %d times of one outcome", got)
		}
		w.pass(time.Hour)
		w.ping("banned", "zoe", nil)
		w.ping("out", "cy", nil)
		w.do(func(tx bot.Tx) error {
			say := saying("for all", w.now().Add(time.Hour))
			say.Tell = true
			return w.box.Add(tx, w.now(), "glance/ask/room", bot.Target{Room: roomB}, say)
		})
		if got := w.told.Load() - before; got != 4 {
			t.Errorf("told %d times of four outcomes, one after the other", got)
		}
		w.stop()
		w.start() // nothing is forgotten
		w.pass(24 * time.Hour)
		want := []string{
			"said delivered #a ",
			"banned refused #a banned (404)",
			"out refused  does not want to be asked",
			"room delivered #b ",
			"gone expired  its time passed before the person came back",
			"away expired  its time passed while the person was away",
		}
		if got := w.outcomes(); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		w.do(func(tx bot.Tx) error {
			all := w.box.Outcomes(tx)
			if o := all[0]; o.Key != "glance/ask/said" || !o.Outcome.At.Equal(net.began) {
				t.Errorf("the first is %+v, want that of glance/ask/said at once", o)
			}
			return w.box.Forget(tx, all[0].ID)
		})
		if got := w.outcomes(); !slices.Equal(got, want[1:]) {
			t.Errorf("after the first is forgotten %q\nwant %q", got, want[1:])
		}
	})
}

// Outcomes keep the order in which they happened when the clock is set back.
func TestOutcomesInOrder(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		w.ping("a", "zoe", nil)
		w.stop()
		w.offset.Store(int64(-time.Hour))
		w.start()
		w.ping("b", "zoe", nil)
		if got, want := w.outcomes(), []string{"a delivered #a ", "b delivered #a "}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// The operators hear of what is a fault: not that somebody whom a plugin looks
// after never came, nor that somebody wants no questions. Nobody is highlighted.
func TestOperatorsHearOfFaults(t *testing.T) {
	net := &network{does: func(_ int, r bot.Room, text string) error {
		if strings.Contains(text, "banned") && r == roomA {
			return &bot.Refusal{Why: "banned (404)", Final: true}
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.stop()
		w.desk = bot.Room{Network: "net", Name: "#desk"}
		w.start()
		silent := func(_ *bot.Target, say *bot.Say) { say.Tell = false }
		w.people.set("cy", somebody{nick: "cy", consent: people.Consent{OptedOut: true}})
		w.ping("looked after", "ann", nil)
		w.ping("nobody's", "ann", silent)
		w.ping("out", "cy", silent)
		w.want("")
		w.enter("zoe", roomA)
		w.ping("banned", "zoe", nil)
		want := `#a zoe_: banned; #desk Not delivered: net/#a, zoe: "?: banned" (banned (404))`
		w.want(strings.Replace(want, "delivered: ", "delivered:\n- ", 1))
		w.pass(24 * time.Hour)
		if got := net.lines[len(net.lines)-1].Text; !strings.Contains(got, `ann: "?: nobody's" (its time passed before the person came back)`) || strings.Contains(got, "looked after") {
			t.Errorf("the operators are told %q", got)
		}
	})
}
