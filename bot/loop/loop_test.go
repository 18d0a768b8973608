package loop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

func TestCommands(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		before := w.store.Commits()
		read := func(_ context.Context, v bot.View) (bot.Effects, error) {
			var n int
			found, err := v.Get("n", &n)
			return bot.Reply(msg.Para{msg.Text(fmt.Sprint(found, " ", n))}), err
		}
		if got := w.do(read); got != "false 0" {
			t.Errorf("a record that is not there: %s", got)
		}
		if got := w.store.Commits() - before; got != 0 {
			t.Errorf("a light answer took %d transactions", got)
		}
		write := func(value any) func(context.Context, bot.View) (bot.Effects, error) {
			return func(context.Context, bot.View) (bot.Effects, error) {
				eff := saying("k", "hello")
				eff.Unsay = []bot.Key{"old"}
				eff.Put = map[string]any{"n": value}
				return eff, nil
			}
		}
		if got := w.do(write(7)); got != "silence" {
			t.Errorf("effects without a reply: %s", got)
		}
		if got := w.do(read); got != "true 7" {
			t.Errorf("after a put: %s", got)
		}
		w.want("drop glance/test/old; say glance/test/k #glance hello")
		if got := w.store.Commits() - before; got != 1 || w.box.woken != 1 {
			t.Errorf("%d transactions, outbox woken %d times; want one each", got, w.box.woken)
		}
		w.do(write(nil))
		if got := w.do(read); got != "false 0" {
			t.Errorf("after a delete: %s", got)
		}
	})
}

// What a command lets be sent, such as an ask whose core has just ended their quiet
// hours, is said behind its answer.
func TestTheAnswerComesFirst(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		woken := -1
		write := func(context.Context, bot.View) (bot.Effects, error) { return saying("k", "hello"), nil }
		w.l.Do("glance", "test", "", write, func(*msg.Message, error) { woken = w.box.woken })
		synctest.Wait()
		if woken != 0 || w.box.woken != 1 {
			t.Errorf("the outbox was woken %d times before the answer, %d in all; want 0, 1", woken, w.box.woken)
		}
	})
}

// A fault is a number for people and a line for the log; nothing of it is
// stored.
func TestFaults(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		before := w.store.Commits()
		for _, tc := range []struct {
			name string
			do   func(context.Context, bot.View) (bot.Effects, error)
			want string
		}{
			{"for the person", func(context.Context, bot.View) (bot.Effects, error) {
				return saying("a", "x"), bot.Userf("no such thing")
			}, "error: no such thing"},
			{"of the plugin", func(context.Context, bot.View) (bot.Effects, error) {
				return saying("a", "x"), errors.New("secret")
			}, "error: internal error 1"},
			{"panic", func(context.Context, bot.View) (bot.Effects, error) { panic("secret") }, "error: internal error 2"},
			{"bad key", func(context.Context, bot.View) (bot.Effects, error) { return saying("a b", "x"), nil }, "error: internal error 3"},
			{"no expiry", func(context.Context, bot.View) (bot.Effects, error) {
				return bot.Effects{Say: []bot.Say{{Key: "a"}}}, nil
			}, "error: internal error 4"},
			{"bad record", func(context.Context, bot.View) (bot.Effects, error) {
				return bot.Effects{Put: map[string]any{"good": 1, "bad": make(chan int)}}, nil
			}, "error: internal error 5"},
			{"bad record's key", func(context.Context, bot.View) (bot.Effects, error) {
				return bot.Effects{Put: map[string]any{"/": 1}}, nil
			}, "error: internal error 6"},
			{"bad unsay", func(context.Context, bot.View) (bot.Effects, error) {
				return bot.Effects{Unsay: []bot.Key{""}}, nil
			}, "error: internal error 7"},
			{"a view that is kept", func(_ context.Context, v bot.View) (bot.Effects, error) {
				_, err := v.Get("n", new(chan int))
				return bot.Reply(msg.Para{msg.Text("fine")}), err
			}, "fine"},
		} {
			if got := w.do(tc.do); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
			}
		}
		if got := w.store.Commits() - before; got != 0 {
			t.Errorf("%d transactions, want none", got)
		}
		if got := w.logged("internal error"); got != 7 {
			t.Errorf("%d faults in the log, want 7:\n%s", got, w.log.String())
		}
		if w.logged("goroutine") == 0 {
			t.Error("the log has no stack of the panic")
		}
	})
}

func TestTooManyCommands(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		w.stop()
		taken, done := 0, 0
		for range 5000 {
			if w.l.Do("glance", "test", "", nil, func(*msg.Message, error) { done++ }) {
				taken++
			}
		}
		if taken != 1024 || done != 0 {
			t.Errorf("took %d, answered %d; want 1024 and none", taken, done)
		}
	})
}

// What was asked before the end is answered, by this loop or by the one that
// goes on after a reload.
func TestCommandsAtTheEnd(t *testing.T) {
	tell(t, func(w *world) {
		answered := 0
		ask := func() {
			if !w.l.Do("glance", "test", "", func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{}, nil },
				func(*msg.Message, error) { answered++ }) {
				t.Error("not taken")
			}
		}
		w.plan.jobs = []bot.Job{once("busy", w.now().Add(time.Hour), "", func(bot.View) error {
			time.Sleep(time.Second)
			return nil
		})}
		w.start()
		w.pass(time.Hour + 500*time.Millisecond) // it is at something else
		ask()
		ask()
		w.stop()
		if answered != 2 {
			t.Errorf("answered %d before the end, want 2", answered)
		}
		old := w.l
		ask()
		w.start()
		old.HandOver(w.l)
		synctest.Wait()
		if answered != 3 {
			t.Errorf("answered %d, want the third as well", answered)
		}
		w.l = old // somebody still asks the old one
		ask()
		synctest.Wait()
		if answered != 4 {
			t.Errorf("answered %d, want the fourth as well", answered)
		}
	})
}

// Everything due in the same second is one transaction.
func TestOneTransaction(t *testing.T) {
	tell(t, func(w *world) {
		at := w.now().Add(time.Hour)
		for i := range 60 {
			w.plan.jobs = append(w.plan.jobs, once(fmt.Sprint("job-", i), at, "", nil))
		}
		w.start()
		w.pass(time.Hour - time.Millisecond)
		before := w.store.Commits()
		w.pass(time.Millisecond)
		if got := w.store.Commits() - before; got != 1 || strings.Count(w.told(), ";") != 59 {
			t.Errorf("%d transactions for %s, want one for sixty", got, w.told())
		}
	})
}

// An idle bot writes once an hour how far it came.
func TestIdle(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		before := w.store.Commits()
		w.pass(24*time.Hour + time.Minute)
		if got := w.store.Commits() - before; got < 20 || got > 24 {
			t.Errorf("%d transactions in a day, want one an hour", got)
		}
	})
}

func TestDecidedOnce(t *testing.T) {
	tell(t, func(w *world) {
		w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "", nil), once("b", w.now().Add(3*time.Hour), "", nil)}
		w.start()
		w.pass(90 * time.Minute)
		w.want("say glance/test/a #glance says a")
		// The clock is set back: what comes due again has been decided.
		w.offset.Add(int64(-time.Hour))
		w.pass(time.Hour)
		w.want("say glance/test/a #glance says a")
		if w.logged("the clock was set back") != 1 {
			t.Errorf("log:\n%s", w.log.String())
		}
		// And across a kill, after which the bot looks back further.
		w.crash()
		w.start()
		w.want("say glance/test/a #glance says a")
		w.pass(2 * time.Hour)
		w.want("say glance/test/a #glance says a; say glance/test/b #glance says b")
	})
}

func TestMissed(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		w.crash()
		at := w.now()
		for i, key := range []string{"7d", "3d", "1d"} {
			w.plan.jobs = append(w.plan.jobs, once(key, at.Add(time.Duration(i+1)*time.Hour), "spec", nil))
		}
		w.plan.jobs = append(w.plan.jobs, once("late", at.Add(-20*time.Hour), "", nil), once("other", at.Add(time.Hour), "", nil))
		w.pass(5 * time.Hour)
		w.start()
		w.want("say glance/test/other #glance says other; say glance/test/1d #glance says 1d")
		// The older ones stay unsaid: after a restart, and when the clock is set
		// back to before all of them.
		w.stop()
		w.start()
		w.offset.Add(int64(-6 * time.Hour))
		w.pass(7 * time.Hour)
		w.want("say glance/test/other #glance says other; say glance/test/1d #glance says 1d")
	})
}

// A job that fails is tried three times, a minute apart, then the operators are
// told; a kill in between begins again.
func TestFailing(t *testing.T) {
	tell(t, func(w *world) {
		tries := 0
		w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "", func(bot.View) error {
			tries++
			return errors.New("no")
		}), once("b", w.now().Add(time.Hour+30*time.Second), "", nil)}
		w.start()
		w.pass(time.Hour)
		w.pass(61 * time.Second)
		if tries != 2 {
			t.Errorf("%d tries, want 2", tries)
		}
		w.want("say glance/test/b #glance says b")
		w.crash()
		w.pass(time.Hour)
		w.start()
		w.pass(time.Minute)
		w.pass(time.Minute)
		w.pass(time.Hour)
		if tries != 5 {
			t.Errorf("%d tries, want 5", tries)
		}
		told := w.told()
		if !strings.Contains(told, "say operators/glance/test/a #ops glance/test/a was not said: it failed 3 times (internal error 3 in the log).") {
			t.Errorf("told %s", told)
		}
		w.stop()
		w.start()
		w.pass(time.Hour)
		if tries != 5 || w.told() != told {
			t.Errorf("after a restart: %d tries, told %s", tries, w.told())
		}
	})
}

// A newer one of its series takes the place of one that failed.
func TestFailingIsOvertaken(t *testing.T) {
	tell(t, func(w *world) {
		tries := 0
		w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "spec", func(bot.View) error {
			tries++
			return errors.New("no")
		}), once("b", w.now().Add(time.Hour+30*time.Second), "spec", nil)}
		w.start()
		w.pass(3 * time.Hour)
		if tries != 1 {
			t.Errorf("%d tries, want one", tries)
		}
		w.want("say glance/test/b #glance says b")
	})
}

// Look waits for what is due and for commands asked before.
func TestLook(t *testing.T) {
	tell(t, func(w *world) {
		w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "", nil)}
		w.start()
		answered := false
		if !w.l.Do("glance", "test", "", func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{}, nil },
			func(*msg.Message, error) { answered = true }) {
			t.Fatal("not taken")
		}
		w.offset.Store(int64(2 * time.Hour))
		if err := w.l.Look(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		if !answered {
			t.Error("the command was not answered")
		}
		w.want("say glance/test/a #glance says a")
		w.stop()
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		defer cancel()
		if err := w.l.Look(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("of a loop that does not run: %v", err)
		}
		synctest.Wait()
	})
}

func TestAhead(t *testing.T) {
	tell(t, func(w *world) {
		now := w.now()
		w.plan.jobs = []bot.Job{once("a", now.Add(time.Hour), "", nil), once("b", now.Add(3*time.Hour), "", nil)}
		w.start()
		due, err := w.l.Ahead(w.t.Context(), now, now.Add(2*time.Hour))
		if err != nil || len(due) != 1 || due[0].WholeKey() != "glance/test/a" {
			t.Errorf("got %v, %v; want glance/test/a", due, err)
		}
	})
}

// A store that fails ends the loop: nothing may be said that is not decided.
func TestStoreFails(t *testing.T) {
	tell(t, func(w *world) {
		w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "", nil)}
		w.start()
		w.store.Crash()
		w.pass(2 * time.Hour)
		if w.box.woken != 0 {
			t.Error("the outbox was woken")
		}
		w.stop()
	})
}
