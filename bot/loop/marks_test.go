package loop_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

func marking(marks ...review.Mark) func(context.Context, bot.View) (bot.Effects, error) {
	return func(context.Context, bot.View) (bot.Effects, error) { return bot.Effects{Mark: marks}, nil }
}

// marked begins a life in which the marks of changes can be asked for.
func (w *world) marked() func() string {
	w.queue = func(_ bot.Team, now time.Time, marks func() []review.Mark) bot.Reviews {
		return (&bottest.View{At: now, Marks: marks()}).Reviews()
	}
	return func() string {
		return w.do(func(_ context.Context, v bot.View) (bot.Effects, error) {
			var all []string
			for _, n := range []int{7, 8} {
				for _, m := range v.Reviews().Row(review.Change{Server: "opendev", Number: n}).Marks {
					all = append(all, strings.TrimSpace(fmt.Sprint(n, " ", m.Kind, " ", m.Weight, " ", m.Why)))
				}
			}
			return bot.Reply(msg.Para{msg.Text(strings.Join(all, "; ") + ".")}), nil
		})
	}
}

func TestMarks(t *testing.T) {
	tell(t, func(w *world) {
		shown := w.marked()
		w.start()
		want := func(marks string) {
			t.Helper()
			if got := shown(); got != marks {
				t.Errorf("got  %s\nwant %s", got, marks)
			}
		}
		soon := w.now().Add(10 * time.Minute)
		w.do(marking(
			review.Mark{Change: 7, Kind: "priority", Weight: 1, Why: "import refactor"},
			review.Mark{Change: 8, Kind: "silent", Until: soon},
			review.Mark{Server: "other", Change: 7, Kind: "priority"},
		))
		want("7 priority 1 import refactor; 8 silent 0.")
		w.do(marking(review.Mark{Change: 7, Kind: "priority", Weight: 2}))
		want("7 priority 2; 8 silent 0.")
		w.do(marking(review.Mark{Change: 7, Kind: "priority", Until: w.now()}))
		want("8 silent 0.")
		w.pass(10 * time.Minute)
		want(".")
		if got := w.records("mark/"); got != `glance/test/opendev/8/silent={"server":"opendev","change":8,"kind":"silent","until":"2000-01-01T00:10:00Z"}; glance/test/other/7/priority={"server":"other","change":7,"kind":"priority"}` {
			t.Errorf("stored %s", got)
		}
		// What is over is deleted some day.
		w.pass(2 * time.Hour)
		if got := w.records("mark/"); !strings.HasPrefix(got, "glance/test/other/") || strings.Contains(got, ";") {
			t.Errorf("stored two hours later: %s", got)
		}
	})
}

// A plugin that is off marks nothing; when it is on again, its marks are there.
func TestMarksOfAPluginThatIsOff(t *testing.T) {
	tell(t, func(w *world) {
		shown := w.marked()
		w.more = []loop.Plugin{{Name: "other"}}
		w.start()
		w.l.Do("glance", "other", "", marking(review.Mark{Change: 7, Kind: "priority"}), func(*msg.Message, error) {})
		for _, want := range []string{"7 priority 0.", ".", "7 priority 0."} {
			if got := shown(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			w.stop()
			if w.more = nil; want == "." {
				w.more = []loop.Plugin{{Name: "other"}}
			}
			w.start()
		}
	})
}

func TestMarksThatCantBe(t *testing.T) {
	tell(t, func(w *world) {
		w.teams = []loop.Team{{Team: bot.Team{ID: "nova"}, Plugins: []loop.Plugin{{Name: "test"}}}}
		w.start()
		for i, m := range []review.Mark{
			{Change: 0, Kind: "priority"},
			{Change: -7, Kind: "priority"},
			{Change: 7},
			{Change: 7, Kind: "Priority"},
			{Change: 7, Kind: "a/b"},
			{Change: 7, Kind: strings.Repeat("a", 33)},
			{Change: 7, Kind: "priority", Server: "a/b"},
			{Change: 7, Kind: "priority", Server: "a b"},
		} {
			if got, want := w.do(marking(m)), fmt.Sprint("error: internal error ", i+1); got != want {
				t.Errorf("%+v: got %s, want %s", m, got, want)
			}
		}
		var failed error
		w.l.Do("nova", "test", "", marking(review.Mark{Change: 7, Kind: "priority"}), func(_ *msg.Message, err error) { failed = err })
		w.pass(0)
		if failed == nil {
			t.Error("a team without review server marked a change")
		}
		if got := w.do(marking(review.Mark{Change: 7, Kind: "a-1" + strings.Repeat("b", 29)})); got != "silence" {
			t.Errorf("a good one: %s", got)
		}
	})
}

// However many marks are over, no transaction grows too large.
func TestManyOldMarks(t *testing.T) {
	tell(t, func(w *world) {
		w.start()
		until := w.now().Add(time.Minute)
		for block := range slices.Chunk(make([]review.Mark, 2500), 500) {
			for i := range block {
				block[i] = review.Mark{Change: i + 1, Kind: fmt.Sprint("k", w.store.Commits()), Until: until}
			}
			w.do(marking(block...))
		}
		before := strings.Count(w.records("mark/"), ";") + 1
		var left []int
		for range 4 {
			w.pass(time.Hour)
			n := 0
			if all := w.records("mark/"); all != "" {
				n = strings.Count(all, ";") + 1
			}
			left = append(left, n)
		}
		if got, want := fmt.Sprint(before, left), "2500 [1500 500 0 0]"; got != want {
			t.Errorf("left %s, want %s", got, want)
		}
	})
}
