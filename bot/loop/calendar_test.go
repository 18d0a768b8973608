package loop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
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

// Whoever fails to hear of a change hears of it at the next start, once; others
// are not told again.
func TestAPluginFailsToHear(t *testing.T) {
	tell(t, func(w *world) {
		var heard []string
		fail := true
		w.on = func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			if fail {
				return bot.Effects{}, errors.New("no")
			}
			d := ev.Calendar
			heard = append(heard, fmt.Sprintf("%d new, %d moved, %d gone", len(d.New), len(d.Moved), len(d.Gone)))
			return bot.Effects{}, nil
		}
		other := 0
		w.more = []loop.Plugin{{Name: "other", Instance: bot.Instance{On: func(context.Context, bot.View, bot.Event) (bot.Effects, error) {
			other++
			return bot.Effects{}, nil
		}}}}
		at := w.now().Add(100 * time.Hour)
		fail = false
		w.cal = calendar("spec", at)
		w.start()
		w.stop()
		fail = true
		w.cal = calendar("spec", at.Add(time.Hour))
		w.start()
		w.stop()
		w.start()
		w.stop()
		fail = false
		for range 2 {
			w.start()
			w.stop()
		}
		if got, want := strings.Join(heard, "; "), "1 new, 0 moved, 0 gone; 0 new, 1 moved, 0 gone"; got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
		if other != 2 {
			t.Errorf("the other plugin heard %d times, want twice", other)
		}
	})
}

// What a plugin that is no longer on wanted to say is not said: of a team that
// goes on, and of one that is no more. Reports to the operators stay.
func TestPluginsThatAreOff(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		w.stop()
		w.box.waiting = []bot.Key{"glance/test/a/b", "glance/freeze/c", "glance/freeze/d", "nova/test/e", "operators/glance/freeze/f"}
		w.start()
		w.want("drop glance/freeze; drop nova/test")
	})
}

// An event that was first seen by a clock that was ahead has been seen now, when
// that is put right, and its steps since are due; after a restart as well.
func TestSeenByAClockThatWasAhead(t *testing.T) {
	for _, restart := range []bool{false, true} {
		tell(t, func(w *world) {
			right := w.now()
			w.offset.Store(int64(1000 * time.Hour))
			w.cal = calendar("spec", right.Add(100*time.Hour))
			var seen time.Time
			w.plan.jobs = []bot.Job{{Name: "seen", Due: func(v bot.View, _, _ time.Time) []bot.Occurrence {
				seen = v.Calendar().Events[0].Seen
				return nil
			}}}
			w.start()
			if restart {
				w.stop()
			}
			w.offset.Store(0)
			if restart {
				w.start()
			}
			w.pass(2 * time.Minute)
			first := seen
			if first.After(right.Add(2 * time.Minute)) {
				t.Errorf("restart %t: seen %s, it is %s", restart, first, w.now())
			}
			w.stop()
			w.pass(2000 * time.Hour)
			w.start()
			if !seen.Equal(first) {
				t.Errorf("restart %t: seen %s, and after another start %s", restart, first, seen)
			}
		})
	}
}
