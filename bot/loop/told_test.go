package loop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/loop"
	"torchbearer/bot/review"
)

// counting keeps in a record how many outcomes it heard.
func counting(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
	if ev.Outcome == nil {
		return bot.Effects{}, nil
	}
	eff, err := count(v)
	eff.Say[0].Key = "thanks/" + ev.Outcome.Key
	return eff, err
}

// A plugin hears by its own key what became of a message, and what it wants is
// stored; several outcomes are one transaction, each with a view of the last.
func TestOutcomes(t *testing.T) {
	tell(t, func(w *world) {
		w.on = counting
		w.start()
		before := w.store.Commits()
		w.outcomes("1", "glance/test/ask/7", "2", "glance/test/ask/8")
		w.want("say glance/test/thanks/ask/7 #glance 1; say glance/test/thanks/ask/8 #glance 2")
		if got := w.store.Commits() - before; got != 2 { // one of them the test's own
			t.Errorf("%d transactions, want one", got-1)
		}
		if got := w.records("outcome/"); got != "" || w.box.woken != 1 {
			t.Errorf("left %s, woken %d times", got, w.box.woken)
		}
		w.stop()
		w.start()
		w.want("say glance/test/thanks/ask/7 #glance 1; say glance/test/thanks/ask/8 #glance 2")
	})
}

// An outcome is heard once, wherever the bot is killed: effects of a hearing
// that was not committed are nowhere.
func TestOutcomesAndAKill(t *testing.T) {
	for _, after := range []bool{false, true} {
		tell(t, func(w *world) {
			heard := 0
			w.on = func(ctx context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
				heard++
				return counting(ctx, v, ev)
			}
			w.start()
			w.stop()
			w.store = w.store.Reopen()
			kill := func(n int) {
				if n == 2 { // the first is the test's own
					w.store.Crash()
				}
			}
			if after {
				w.store.AfterCommit = kill
			} else {
				w.store.BeforeCommit = kill
			}
			w.start()
			w.outcome("1", "glance/test/ask/7")
			w.crash()
			w.start()
			w.want("say glance/test/thanks/ask/7 #glance 1")
			if want := map[bool]int{false: 2, true: 1}[after]; heard != want {
				t.Errorf("killed after the commit %t: heard %d times, want %d", after, heard, want)
			}
		})
	}
}

// What nobody listens for is forgotten.
func TestOutcomesNobodyHears(t *testing.T) {
	tell(t, func(w *world) {
		w.start() // its plugin has no On
		w.outcomes("1", "glance/test/a", "2", "glance/gone/a", "3", "nova/test/a", "4", "operators/a", "5", "odd")
		if got := w.records("outcome/"); got != "" {
			t.Errorf("left %s", got)
		}
		w.want("")
	})
}

// A plugin that fails to hear is tried three times, a minute apart; then the
// operators are told, and the outcome is forgotten. Others are not held up.
func TestAnOutcomeThatFails(t *testing.T) {
	for _, mended := range []bool{false, true} {
		tell(t, func(w *world) {
			var tries atomic.Int64
			w.on = func(context.Context, bot.View, bot.Event) (bot.Effects, error) {
				if tries.Add(1) == 3 && mended {
					return saying("k", "at last"), nil
				}
				panic("a bug")
			}
			w.more = []loop.Plugin{{Name: "other", Instance: bot.Instance{On: counting}}}
			w.start()
			w.outcomes("1", "glance/test/ask/zoe", "2", "glance/other/a")
			w.want("say glance/other/thanks/a #glance 1")
			if got := tries.Load(); got != 1 {
				t.Errorf("%d tries at once, want one", got)
			}
			w.pass(30 * time.Second)
			w.l.Hear() // a look in between changes nothing
			w.pass(29 * time.Second)
			if got := tries.Load(); got != 1 {
				t.Errorf("%d tries within a minute, want one", got)
			}
			w.pass(time.Second)
			if got := tries.Load(); got != 2 {
				t.Errorf("%d tries after a minute, want two", got)
			}
			w.pass(time.Hour)
			want := "say operators/heard/glance/test/ask/zoe #ops glance/test/ask/zoe was delivered, but its plugin could not take note: it failed 3 times (internal error 3 in the log)."
			if mended {
				want = "say glance/test/k #glance at last"
			}
			w.want("say glance/other/thanks/a #glance 1; " + want)
			if got := w.records("outcome/"); got != "" || tries.Load() != 3 {
				t.Errorf("left %s after %d tries", got, tries.Load())
			}
		})
	}
}

// A clock that is set back does not make the rest longer.
func TestAnOutcomeThatFailsBeforeTheClockIsSetBack(t *testing.T) {
	tell(t, func(w *world) {
		tries := 0
		w.on = func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			if tries++; tries == 1 {
				return bot.Effects{}, errors.New("no")
			}
			return saying("k", "hello"), nil
		}
		w.start()
		w.outcome("1", "glance/test/a")
		w.offset.Store(int64(-10 * time.Hour))
		w.pass(2 * time.Minute)
		w.want("say glance/test/k #glance hello")
	})
}

// An outcome that the outbox forgot by itself is not waited for.
func TestAnOutcomeThatVanishes(t *testing.T) {
	tell(t, func(w *world) {
		var looks atomic.Int64
		w.plan.jobs = []bot.Job{{Name: "j", Due: func(bot.View, time.Time, time.Time) []bot.Occurrence {
			looks.Add(1)
			return nil
		}}}
		w.on = func(context.Context, bot.View, bot.Event) (bot.Effects, error) {
			return bot.Effects{}, errors.New("no")
		}
		w.start()
		w.outcome("1", "glance/test/a")
		w.update(func(tx bot.Tx) error { return w.box.Forget(tx, "1") })
		looks.Store(0)
		w.pass(time.Hour)
		if got := looks.Load(); got > 200 {
			t.Errorf("looked %d times in an hour", got)
		}
	})
}

// A flood of outcomes is several transactions, none of them large.
func TestManyOutcomes(t *testing.T) {
	tell(t, func(w *world) {
		w.on = counting
		w.start()
		before := w.store.Commits()
		var all []string
		for i := range 600 {
			all = append(all, fmt.Sprintf("%03d", i), fmt.Sprint("glance/test/", i))
		}
		w.outcomes(all...)
		if got := strings.Count(w.told(), "; ") + 1; got != 600 {
			t.Errorf("%d of 600 heard", got)
		}
		if got := w.store.Commits() - before - 1; got < 5 || got > 8 {
			t.Errorf("%d transactions for 600 outcomes", got)
		}
	})
}

// What arrived before something happened to a change is heard before it.
func TestOutcomeBeforeNews(t *testing.T) {
	tell(t, func(w *world) {
		w.on = func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			switch {
			case ev.Outcome != nil:
				w.note("arrived")
			case ev.Change != nil:
				w.note("merged")
			}
			return bot.Effects{}, nil
		}
		w.start()
		// The outbox has stored it, and has not come to say so.
		if err := w.store.Update(t.Context(), func(tx bot.Tx) error { return tx.Put("outcome/1", []byte("glance/test/ask/7")) }); err != nil {
			t.Fatal(err)
		}
		if err := w.take(news{events: []review.Event{event(7, "glance")}}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(w.notes, ", "); got != "arrived, merged" {
			t.Errorf("heard %s", got)
		}
	})
}
