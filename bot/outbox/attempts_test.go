package outbox_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

func TestRefusals(t *testing.T) {
	net := &network{does: func(attempt int, _ bot.Room, text string) error {
		switch {
		case text == "banned":
			return &bot.Refusal{Why: "banned for ever", Final: true}
		case text == "muted" && attempt < 3:
			return &bot.Refusal{Why: "muted", After: 10 * time.Minute}
		case text == "shy" && attempt < 5:
			return &bot.Refusal{Why: "odd", After: 1000 * time.Hour}
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		w.say("a", roomA, "banned")
		w.say("b", roomA, "muted")
		w.want("#a banned; #a muted")
		if waiting, failed := w.report(); !slices.Equal(waiting, []bot.Key{"b"}) || !slices.Equal(failed, []bot.Key{"a"}) {
			t.Errorf("waiting %v, failed %v; want b and a", waiting, failed)
		}
		w.pass(9 * time.Minute)
		w.want("#a banned; #a muted")
		w.pass(2 * time.Minute)
		w.want("#a banned; #a muted; #a muted")
		w.say("c", roomA, "shy")
		w.pass(16 * time.Minute)
		w.want("#a banned; #a muted; #a muted; #a shy; #a shy")
	})
}

// An attempt is rendered for its moment; a message that may have arrived is sent
// again with the same id, and for five minutes in the same bytes.
func TestRenderedAtTheFirstAttempt(t *testing.T) {
	ready, ack := false, errors.New("no acknowledgement")
	net := &network{
		ready: func(bot.Room) bool { return ready },
		does:  func(int, bot.Room, string) error { return ack },
	}
	tell(t, net, func(w *world) {
		event := w.now().Add(10 * time.Hour)
		m := msg.New(msg.Announce, msg.Para{msg.Left(event, "UTC")})
		w.do(func(tx bot.Tx) error {
			return w.box.Add(tx, w.now(), "k", bot.Target{Room: roomA}, bot.Say{Message: m, Expires: event})
		})
		w.pass(time.Hour)
		ready = true
		w.box.Wake()
		w.pass(70 * time.Minute)
		ids := map[string]bool{}
		for _, l := range net.lines {
			want := regexp.MustCompile("^in 9 h$")
			switch {
			case l.At >= 2*time.Hour:
				want = regexp.MustCompile("^in (8 h|8 h [1-5] min|7 h 5[0-9] min)$")
			case l.At > time.Hour+5*time.Minute:
				want = regexp.MustCompile("^in 8 h [1-5]?[0-9] min$")
			}
			if !want.MatchString(l.Text) {
				t.Errorf("after %s it says %q, want %s", l.At, l.Text, want)
			}
			ids[l.ID] = true
		}
		if len(ids) != 1 || len(net.lines) < 10 {
			t.Errorf("%d attempts with ids %v, want many with one", len(net.lines), ids)
		}
	})
}

// Attempts come 2 s, 4 s … 5 min after one another, a quarter more or less.
func TestBackoff(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { return errors.New("no acknowledgement") }}
	tell(t, net, func(w *world) {
		w.say("k", roomA, "x")
		w.say("k", roomB, "x")
		w.pass(time.Hour)
		last := map[string]time.Duration{}
		steps := map[string]time.Duration{}
		var gaps []time.Duration
		for _, l := range net.lines {
			if before, ok := last[l.Room]; ok {
				step := min(max(2*steps[l.Room], 2*time.Second), 5*time.Minute)
				steps[l.Room] = step
				gap := l.At - before
				if gap < step*3/4 || gap > step*5/4+time.Second {
					t.Errorf("%s: %s after the last attempt, want %s or a quarter more or less", l.Room, gap, step)
				}
				gaps = append(gaps, gap)
			}
			last[l.Room] = l.At
		}
		if len(gaps) < 20 || slices.Equal(slices.Compact(slices.Clone(gaps)), gaps) == false {
			t.Errorf("gaps %v: want many, and no two rooms in step", gaps)
		}
	})
}

// Nothing left the bot: it is tried again soon, in words for that moment.
func TestNotReady(t *testing.T) {
	net := &network{does: func(attempt int, _ bot.Room, _ string) error {
		if attempt < 4 {
			return fmt.Errorf("write: %w", bot.ErrNotReady)
		}
		return nil
	}}
	tell(t, net, func(w *world) {
		event := w.now().Add(60 * time.Second)
		w.do(func(tx bot.Tx) error {
			return w.box.Add(tx, w.now(), "k", bot.Target{Room: roomA}, bot.Say{Message: msg.New(msg.Announce, msg.Para{msg.Left(event, "UTC")}), Expires: event})
		})
		w.pass(2500 * time.Millisecond)
		rep, err := w.box.Report(w.t.Context())
		if err != nil || len(rep.Waiting) != 1 || rep.Waiting[0].Attempts != 0 {
			t.Errorf("report %v, %v; want one message without an attempt", rep, err)
		}
		w.pass(10 * time.Second)
		w.want("#a in 60 s; #a in 59 s; #a in 58 s; #a in 57 s")
	})
}
