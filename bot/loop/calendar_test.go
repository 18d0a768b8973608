package loop_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// A plugin hears of a calendar that changed, once; one that did not costs
// nothing.
func TestCalendar(t *testing.T) {
	tell(t, func(w *world) {
		var heard []string
		w.on = func(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
			d := ev.Calendar
			heard = append(heard, fmt.Sprintf("%d new, %d moved, %d gone", len(d.New), len(d.Moved), len(d.Gone)))
			if len(v.Calendar().Events) == 1 && v.Calendar().Events[0].Seen.IsZero() {
				t.Error("the view's calendar does not know when its event was seen")
			}
			return saying(fmt.Sprint("heard/", len(heard)), "heard"), nil
		}
		w.cal = calendar("spec", w.now().Add(100*time.Hour))
		w.start()
		w.stop()
		commits := w.store.Commits()
		w.start()
		w.stop()
		if got := w.store.Commits() - commits; got != 0 {
			t.Errorf("a start at which nothing changed took %d transactions", got)
		}
		w.cal = calendar("spec", w.now().Add(50*time.Hour))
		w.start()
		w.stop()
		w.cal = cycle.Calendar{}
		w.start()
		if got, want := strings.Join(heard, "; "), "1 new, 0 moved, 0 gone; 0 new, 1 moved, 0 gone; 0 new, 0 moved, 1 gone"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		w.want("say glance/test/heard/1 #glance heard; say glance/test/heard/2 #glance heard; say glance/test/heard/3 #glance heard")
	})
}

// What a moved event makes due at once is done, though the bot looked at the
// clock at that very moment, or believed it to be later.
func TestDueAtTheMomentOfAChange(t *testing.T) {
	for _, back := range []time.Duration{0, time.Hour} {
		tell(t, func(w *world) {
			w.start()
			w.pass(10 * time.Minute)
			w.stop()
			w.offset.Store(int64(-back))
			w.cal = calendar("spec", w.now().Add(100*time.Hour))
			w.plan.jobs = []bot.Job{{
				Name: "seen",
				Due: func(v bot.View, from, to time.Time) []bot.Occurrence {
					at := v.Calendar().Events[0].Seen
					if !at.After(from) || at.After(to) {
						return nil
					}
					return []bot.Occurrence{{Key: "seen", At: at, Until: at.Add(time.Hour)}}
				},
				Do: func(context.Context, bot.View, bot.Occurrence) (bot.Effects, error) {
					return saying("seen", "seen"), nil
				},
			}}
			w.start()
			w.want("say glance/test/seen #glance seen")
		})
	}
}
