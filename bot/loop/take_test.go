package loop_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// news is a batch.
type news struct {
	events []review.Event
	keep   func()
	empty  bool
	fail   error
}

func (n news) Events() []review.Event { return n.events }

func (n news) Write(tx bot.Tx) error {
	if n.fail != nil {
		return n.fail
	}
	return tx.Put("mirror", fmt.Append(nil, len(n.events)))
}

func (n news) Keep() {
	if n.keep != nil {
		n.keep()
	}
}

func (n news) Empty() bool { return n.empty }

func (w *world) take(n news) error {
	return w.l.Take(w.t.Context(), "opendev", func(time.Time) (loop.Batch, error) { return n, nil })
}

func event(number int, project string) review.Event {
	return review.Event{Change: review.Change{Server: "opendev", Number: number, Project: project}, What: review.Uploaded}
}

// hearing notes which changes a plugin hears of.
func (w *world) hearing(name string) loop.Plugin {
	return loop.Plugin{Name: name, Instance: bot.Instance{On: func(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
		_, known := v.Reviews().Change(ev.Change.Change.Number)
		w.note("%s %s %d %t", name, ev.Change.Change.Project, ev.Change.Change.Number, known)
		ev.Change.Change.Number = 0 // it is the plugin's own
		eff, err := count(v)
		eff.Say = nil
		return eff, err
	}}}
}

// Every team that has a change's project hears of it, with a view that knows
// the news already; everything is one transaction.
func TestTake(t *testing.T) {
	tell(t, func(w *world) {
		var mirror []review.Change
		w.queue = func(_ bot.Team, now time.Time, _ func() []review.Mark) bot.Reviews {
			return (&bottest.View{At: now, Queue: mirror}).Reviews()
		}
		w.more = []loop.Plugin{w.hearing("first"), w.hearing("second"), {Name: "deaf"}}
		gerrit := bot.ReviewServer{Name: "opendev"}
		w.teams = []loop.Team{
			{Team: bot.Team{ID: "nova", Gerrit: gerrit, Specs: []string{"specs"}}, Plugins: []loop.Plugin{w.hearing("nova")}},
			{Team: bot.Team{ID: "else", Gerrit: bot.ReviewServer{Name: "else"}, Projects: []string{"glance"}}, Plugins: []loop.Plugin{w.hearing("else")}},
			{Team: bot.Team{ID: "none", Projects: []string{"glance"}}, Plugins: []loop.Plugin{w.hearing("none")}},
		}
		w.start()
		before := w.store.Commits()
		err := w.take(news{
			events: []review.Event{event(1, "glance"), event(2, "specs"), event(3, "foreign"), event(4, "store")},
			keep:   func() { mirror = []review.Change{{Number: 1}, {Number: 2}, {Number: 4}} },
		})
		if err != nil {
			t.Errorf("Take = %v", err)
		}
		w.noted(
			"first glance 1 true", "second glance 1 true",
			"first specs 2 true", "second specs 2 true", "nova specs 2 true",
			"first store 4 true", "second store 4 true",
		)
		if got := w.store.Commits() - before; got != 1 || w.box.woken != 1 {
			t.Errorf("%d transactions, woken %d times; want one each", got, w.box.woken)
		}
		if got, want := w.records("plugin/"), "glance/first/n=3; glance/second/n=3; nova/nova/n=1"; got != want || w.records("mirror") != "=4" {
			t.Errorf("got %s, want %s; mirror %s", got, want, w.records("mirror"))
		}
	})
}

// What can't be prepared publishes nothing, and what is empty stores nothing.
func TestTakeNothing(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		before := w.store.Commits()
		kept := 0
		keep := func() { kept++ }
		if err := w.take(news{empty: true, keep: keep}); err != nil || kept != 1 {
			t.Errorf("empty: %v, kept %d times", err, kept)
		}
		no := errors.New("no")
		for _, c := range []struct {
			name    string
			prepare func(time.Time) (loop.Batch, error)
			want    string
		}{
			{"nil", func(time.Time) (loop.Batch, error) { return nil, nil }, "<nil>"},
			{"error", func(time.Time) (loop.Batch, error) { return news{keep: keep}, no }, "no"},
			{"panic", func(time.Time) (loop.Batch, error) { panic("a bug") }, "internal error 1"},
		} {
			if got := fmt.Sprint(w.l.Take(w.t.Context(), "opendev", c.prepare)); got != c.want {
				t.Errorf("%s: got %s, want %s", c.name, got, c.want)
			}
		}
		if got := w.store.Commits() - before; got != 0 || kept != 1 || w.logged("goroutine") == 0 {
			t.Errorf("%d transactions, kept %d times, log:\n%s", got, kept, w.log.String())
		}
		var at time.Time
		_ = w.l.Take(w.t.Context(), "opendev", func(now time.Time) (loop.Batch, error) {
			at = now
			return nil, nil
		})
		if !at.Equal(w.now()) {
			t.Errorf("prepared at %s, it is %s", at, w.now())
		}
	})
}

// A plugin that fails misses the event; others, and the news, go on.
func TestTakeWithAFault(t *testing.T) {
	tell(t, func(w *world) {
		w.on = func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			if ev.Change.Change.Number == 1 {
				panic("a bug")
			}
			return saying("k", "heard"), nil
		}
		w.more = []loop.Plugin{w.hearing("other")}
		w.start()
		if err := w.take(news{events: []review.Event{event(1, "glance"), event(2, "glance")}}); err != nil {
			t.Errorf("Take = %v", err)
		}
		w.want("say glance/test/k #glance heard")
		w.noted("other glance 1 false", "other glance 2 false")
		if w.logged("internal error") != 1 || w.logged("change=1 event=patch-set") != 1 || w.records("mirror") != "=2" {
			t.Errorf("mirror %s, log:\n%s", w.records("mirror"), w.log.String())
		}
	})
}

// A flood is several transactions, the last with the batch: whoever is killed
// in between hears everything again.
func TestTakeAFlood(t *testing.T) {
	for _, what := range []string{"messages", "records"} {
		tell(t, func(w *world) {
			heard := 0
			w.on = func(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
				heard++
				if what == "messages" {
					return saying(fmt.Sprint(ev.Change.Change.Number), "hello"), nil
				}
				return bot.Effects{Put: map[string]any{fmt.Sprint(ev.Change.Change.Number): strings.Repeat("x", 5000)}}, nil
			}
			w.start()
			w.stop()
			w.store = w.store.Reopen()
			w.store.AfterCommit = func(n int) {
				if n == 1 && w.records("mirror") != "" {
					t.Error("the first transaction writes the batch")
				}
				if n == 2 {
					w.store.Crash()
				}
			}
			w.start()
			var events []review.Event
			for i := range 500 {
				events = append(events, event(i+1, "glance"))
			}
			if err := w.take(news{events: events}); !errors.Is(err, bottest.ErrCrashed) {
				t.Errorf("Take = %v, want %v", err, bottest.ErrCrashed)
			}
			w.crash()
			if heard == 0 || heard >= 500 || w.records("mirror") != "" {
				t.Errorf("heard %d before the kill, mirror %s", heard, w.records("mirror"))
			}
			w.start()
			heard = 0
			if err := w.take(news{events: events}); err != nil {
				t.Errorf("Take = %v", err)
			}
			if got := w.store.Commits(); got < 3 || got > 10 || heard != 500 || w.records("mirror") != "=500" {
				t.Errorf("%s: %d transactions, heard %d, mirror %s", what, got, heard, w.records("mirror"))
			}
		})
	}
}

// A single call that wants more than a transaction holds is the plugin's fault,
// not the end of the loop.
func TestTooManyEffects(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		got := w.do(func(context.Context, bot.View) (bot.Effects, error) {
			return bot.Effects{Put: map[string]any{"n": strings.Repeat("x", 1<<20)}}, nil
		})
		if got != "error: internal error 1" {
			t.Errorf("got %s", got)
		}
	})
}

// People are answered between takes, and what takes too long is given up.
func TestTakesAndCommands(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		var order []string
		slow := func(name string) func(time.Time) (loop.Batch, error) {
			return func(time.Time) (loop.Batch, error) {
				time.Sleep(time.Second)
				order = append(order, name)
				return nil, nil
			}
		}
		for range 5 {
			go func() { _ = w.l.Take(w.t.Context(), "opendev", slow("take")) }()
		}
		synctest.Wait() // the first runs
		w.l.Do("glance", "test", "", func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{}, nil },
			func(*msg.Message, error) { order = append(order, "command") })
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Millisecond)
		defer cancel()
		if err := w.l.Take(ctx, "opendev", slow("never")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Take = %v, want %v", err, context.DeadlineExceeded)
		}
		w.pass(10 * time.Second)
		if want := []string{"take", "command", "take", "take", "take", "take"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

// After the end, and after a reload, nothing is taken; a loop that is run again
// takes again.
func TestTakeAtTheEnd(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		w.stop()
		old := w.l
		if err := w.take(news{}); !errors.Is(err, loop.ErrEnded) {
			t.Errorf("after the end: %v", err)
		}
		w.start()
		old.HandOver(w.l)
		next := w.l
		w.l = old
		if err := w.take(news{}); !errors.Is(err, loop.ErrEnded) {
			t.Errorf("of a loop that was handed over: %v", err)
		}
		w.l = next
		w.stop()
		ctx, cancel := context.WithCancel(w.t.Context())
		again := make(chan error)
		go func() { again <- next.Run(ctx) }()
		synctest.Wait()
		if err := w.take(news{}); err != nil {
			t.Errorf("run again: %v", err)
		}
		cancel()
		if err := <-again; err != nil {
			t.Error(err)
		}
	})
}

// Who waits to be taken learns of the end.
func TestTakeThatWaitsAtTheEnd(t *testing.T) {
	tell(t, func(w *world) {
		w.plan.jobs = []bot.Job{once("busy", w.now().Add(time.Hour), "", func(bot.View) error {
			time.Sleep(time.Second)
			return nil
		})}
		w.start()
		w.pass(time.Hour)
		waits := make(chan error, 1)
		go func() { waits <- w.take(news{}) }()
		synctest.Wait()
		w.store.Crash()
		if err := <-waits; !errors.Is(err, loop.ErrEnded) {
			t.Errorf("Take = %v, want %v", err, loop.ErrEnded)
		}
	})
}

// A store that fails is the end of the loop, and of the poller.
func TestTakeWithoutStore(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		if err := w.take(news{fail: bottest.ErrCrashed}); !errors.Is(err, bottest.ErrCrashed) {
			t.Errorf("Take = %v, want %v", err, bottest.ErrCrashed)
		}
		if err := w.take(news{}); !errors.Is(err, loop.ErrEnded) {
			t.Errorf("Take = %v, want %v", err, loop.ErrEnded)
		}
	})
}

// Much that comes due in one second is several transactions; whoever is killed in
// between does the rest in the next life, and nothing twice.
func TestFloodOfOccurrences(t *testing.T) {
	tell(t, func(w *world) {
		const n = 1500
		at := w.now().Add(time.Minute)
		w.plan.jobs = []bot.Job{{
			Name: "flood",
			Due: func(_ bot.View, from, to time.Time) (all []bot.Occurrence) {
				for i := range n {
					if at.After(from) && !at.After(to) {
						all = append(all, bot.Occurrence{Key: bot.Key(fmt.Sprintf("flood/%04d", i)), At: at, Until: at.Add(time.Hour)})
					}
				}
				return all
			},
			Do: func(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
				eff, err := count(v)
				eff.Say = saying(string(o.Key), "hello").Say
				return eff, err
			},
		}}
		w.start()
		w.stop()
		w.store = w.store.Reopen()
		last := w.records("schedule/")
		w.store.AfterCommit = func(n int) {
			if n == 2 {
				w.store.Crash()
			}
		}
		w.start()
		w.pass(2 * time.Minute)
		w.store.AfterCommit = nil
		w.crash()
		some := strings.Count(w.told(), "hello")
		if some == 0 || some > 1100 {
			t.Errorf("%d of %d said in two transactions", some, n)
		}
		if got := w.records("schedule/"); got != last {
			t.Errorf("it came to %s with half of it done, was %s", got, last)
		}
		w.start()
		w.pass(time.Minute)
		if got := strings.Count(w.told(), "hello"); got != n {
			t.Errorf("%d of %d said", got, n)
		}
		if got := w.records("plugin/"); got != fmt.Sprintf("glance/test/n=%d", n) {
			t.Errorf("counted %s", got)
		}
	})
}
