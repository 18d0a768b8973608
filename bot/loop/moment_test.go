package loop_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// count adds one to a record and says how many there are.
func count(v bot.View) (bot.Effects, error) {
	var n int
	_, err := v.Get("n", &n)
	n++
	eff := saying(fmt.Sprint("n/", n), fmt.Sprint(n))
	eff.Put = map[string]any{"n": n}
	return eff, err
}

// Jobs of one second that count in one record all count; what a job that failed
// wanted to put, and what another team's put, is not seen.
func TestJobsThatShareARecord(t *testing.T) {
	tell(t, func(w *world) {
		at := w.now().Add(time.Hour)
		job := func(key string, after func(bot.Effects) (bot.Effects, error)) {
			j := once(key, at, "", nil)
			j.Do = func(_ context.Context, v bot.View, _ bot.Occurrence) (bot.Effects, error) {
				eff, err := count(v)
				if err != nil || after == nil {
					return eff, err
				}
				return after(eff)
			}
			w.plan.jobs = append(w.plan.jobs, j)
		}
		job("a", nil)
		job("bad", func(eff bot.Effects) (bot.Effects, error) { return eff, errors.New("no") })
		job("worse", func(eff bot.Effects) (bot.Effects, error) {
			eff.Put["/"] = 1
			return eff, nil
		})
		job("b", nil)
		w.start()
		before := w.store.Commits()
		w.pass(time.Hour)
		w.want("say glance/test/n/1 #glance 1; say glance/test/n/2 #glance 2")
		if got := w.store.Commits() - before; got != 1 {
			t.Errorf("%d transactions, want one", got)
		}
	})
}

// What is deleted in a moment is gone for the calls after it.
func TestDeletedInTheSameMoment(t *testing.T) {
	tell(t, func(w *world) {
		at := w.now().Add(time.Hour)
		var found []bool
		for _, key := range []string{"a", "b"} {
			j := once(key, at, "", nil)
			j.Do = func(_ context.Context, v bot.View, _ bot.Occurrence) (bot.Effects, error) {
				ok, err := v.Get("n", new(int))
				found = append(found, ok)
				return bot.Effects{Put: map[string]any{"n": nil}}, err
			}
			w.plan.jobs = append(w.plan.jobs, j)
		}
		w.start()
		w.do(func(_ context.Context, v bot.View) (bot.Effects, error) { return count(v) })
		w.pass(time.Hour)
		if got, want := fmt.Sprint(found), "[true false]"; got != want {
			t.Errorf("found %s, want %s", got, want)
		}
	})
}

// Reviews and People are made when they are asked for, once for a call, and
// read the moment, not the store alone.
func TestReviewsAndPeople(t *testing.T) {
	tell(t, func(w *world) {
		var made atomic.Int64
		w.queue = func(team bot.Team, now time.Time, marks func() []review.Mark) bot.Reviews {
			made.Add(1)
			return (&bottest.View{At: now, Marks: marks(), Casts: map[string]review.Cast{team.ID: {Spec: true}}}).Reviews()
		}
		w.who = func(tx bot.ReadTx, _ time.Time, team string) bot.People {
			made.Add(1)
			value, err := tx.Get("plugin/glance/test/n")
			if err != nil {
				t.Error(err)
			}
			return (&bottest.View{Persons: []bot.Person{{ID: "zoe", Name: team + string(value)}}}).People()
		}
		at := w.now().Add(time.Hour)
		for _, key := range []string{"a", "b"} {
			j := once(key, at, "", nil)
			j.Do = func(_ context.Context, v bot.View, _ bot.Occurrence) (bot.Effects, error) {
				for range 2 {
					zoe, _ := v.People().Person("zoe")
					row := v.Reviews().Row(review.Change{Server: "opendev", Number: 7})
					w.note("%s: %s, %d marks, specs %t", key, zoe.Name, len(row.Marks), v.Reviews().Cast("glance").Spec)
				}
				eff, err := count(v)
				eff.Mark = []review.Mark{{Change: 7, Kind: "priority"}}
				return eff, err
			}
			w.plan.jobs = append(w.plan.jobs, j)
		}
		w.start()
		w.do(func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{}, nil })
		if got := made.Load(); got != 0 {
			t.Errorf("%d made for a call that did not ask", got)
		}
		w.pass(time.Hour)
		w.noted("a: glance, 0 marks, specs true", "a: glance, 0 marks, specs true", "b: glance1, 1 marks, specs true", "b: glance1, 1 marks, specs true")
		if got := made.Load(); got != 4 {
			t.Errorf("%d made, want two for each of two calls", got)
		}
	})
}

// A bot that knows no review server and nobody has them all the same.
func TestWithoutReviewsAndPeople(t *testing.T) {
	for _, none := range []bool{false, true} {
		tell(t, func(w *world) {
			if none {
				w.queue = func(bot.Team, time.Time, func() []review.Mark) bot.Reviews { return nil }
				w.who = func(bot.ReadTx, time.Time, string) bot.People { return nil }
			}
			w.start()
			got := w.do(func(_ context.Context, v bot.View) (bot.Effects, error) {
				r, p := v.Reviews(), v.People()
				n := 0
				for range r.Changes(review.Filter{}) {
					n++
				}
				_, change := r.Change(7)
				_, zoe := p.Person("zoe")
				_, account := p.Account("zoe")
				return bot.Reply(msg.Para{msg.Text(fmt.Sprintln(n, change, zoe, account, r.State().Known, r.Cast("glance").Spec,
					p.Consent("zoe").OptedOut, p.Reach(bot.Target{Person: "zoe"}, 3).Wait,
					p.Of(review.Account{ID: 12, Name: "Zoe"}).ID, r.Row(review.Change{Number: 7}).Change.Number))}), nil
			})
			if want := "0 false false false false false false gone opendev:12 7"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// The plugins of the whole bot are a team like others, without rooms.
func TestPluginsOfTheWholeBot(t *testing.T) {
	tell(t, func(w *world) {
		heard := 0
		people := loop.Plugin{Name: "people", Instance: bot.Instance{On: func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			if ev.Outcome == nil {
				t.Error("heard of a change or a calendar")
			}
			heard++
			return bot.Effects{Put: map[string]any{"heard": heard}}, nil
		}}}
		w.teams = []loop.Team{{Team: bot.Team{ID: bot.NoTeam}, Plugins: []loop.Plugin{people}}}
		w.cal = calendar("spec", w.now().Add(time.Hour))
		w.on = func(context.Context, bot.View, bot.Event) (bot.Effects, error) { return bot.Effects{}, nil }
		w.start()
		answered := false
		w.l.Do(bot.NoTeam, "people", "", func(_ context.Context, v bot.View) (bot.Effects, error) {
			if len(v.Calendar().Events) != 0 {
				t.Error("it has a calendar")
			}
			eff := saying("hello", "hello")
			eff.Say[0].To, eff.Say[0].Tell = bot.Target{Person: "zoe"}, true
			eff.Put = map[string]any{"consent/zoe": true}
			return eff, nil
		}, func(_ *msg.Message, err error) { answered = err == nil })
		if err := w.take(news{events: []review.Event{{Change: review.Change{Number: 7, Project: "glance"}}}}); err != nil {
			t.Error(err)
		}
		w.outcome("1", "-/people/hello")
		if heard != 1 || !answered {
			t.Errorf("heard %d times, answered %t", heard, answered)
		}
		w.stop()
		w.box.waiting = []bot.Key{"-/people/hello", "-/gone/hello"}
		w.start()
		w.want("say -/people/hello @zoe hello; drop -/gone")
		if got := w.records("plugin/-/"); got != "people/consent/zoe=true; people/heard=1" {
			t.Errorf("records %s", got)
		}
		w.stop()
		commits := w.store.Commits()
		w.box.waiting = nil
		w.start()
		w.stop()
		if got := w.store.Commits(); got != commits {
			t.Errorf("%d transactions for a start at which nothing changed", got-commits)
		}
	})
}
