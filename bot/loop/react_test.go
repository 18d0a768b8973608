package loop_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
)

// A plugin hears of a reaction to its message; what it wants is stored at once,
// and its answer goes to who reacted.
func TestReact(t *testing.T) {
	tell(t, func(w *world) {
		w.on = func(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
			r := ev.React
			if r == nil {
				return bot.Effects{}, nil
			}
			var n int
			if _, err := v.Get("taken", &n); err != nil {
				return bot.Effects{}, err
			}
			w.note("%s %s %t by %s, %d before", r.Key, r.Sign, r.Undone, r.Call.By, n)
			switch {
			case r.Call.By == "":
				return bot.Effects{}, bot.Userf("I don't know you.")
			case r.Sign == bot.SignTomorrow:
				return bot.Reply(msg.Para{msg.Text("nothing to put off")}), nil
			case r.Sign == bot.SignCancel:
				panic("a bug")
			}
			eff := saying("k", "taken")
			eff.Say[0].Edit = true
			eff.Put = map[string]any{"taken": n + 1}
			return eff, nil
		}
		w.more = []loop.Plugin{{Name: "deaf"}}
		w.start()
		before := w.store.Commits()
		react := func(plugin string, sign bot.Sign, by string) string {
			return w.react(plugin, bot.Reaction{Key: "ask/1", Sign: sign, Call: bot.Call{By: by}})
		}
		for _, tc := range []struct {
			plugin string
			sign   bot.Sign
			by     string
			want   string
		}{
			{"test", bot.SignTake, "zoe", "silence"},
			{"test", bot.SignTomorrow, "zoe", "nothing to put off"},
			{"test", bot.SignTake, "", "error: I don't know you."},
			{"test", bot.SignCancel, "zoe", "error: internal error 1"},
			{"deaf", bot.SignTake, "zoe", "silence"},
			{"off", bot.SignTake, "zoe", "silence"},
			{"test", bot.SignTake, "bob", "silence"},
		} {
			if got := react(tc.plugin, tc.sign, tc.by); got != tc.want {
				t.Errorf("%s %s by %q: %s, want %s", tc.plugin, tc.sign, tc.by, got, tc.want)
			}
		}
		w.noted("ask/1 ✋ false by zoe, 0 before", "ask/1 💤 false by zoe, 1 before", "ask/1 ✋ false by , 1 before",
			"ask/1 ❎ false by zoe, 1 before", "ask/1 ✋ false by bob, 1 before")
		w.want("edit glance/test/k #glance taken; edit glance/test/k #glance taken")
		if got := w.store.Commits() - before; got != 2 || w.box.woken != 2 {
			t.Errorf("%d transactions, outbox woken %d times; want two each", got, w.box.woken)
		}
		if w.logged("goroutine") == 0 {
			t.Error("the log has no stack of the panic")
		}
	})
}

// A reaction that was heard while the loop is replaced is for the one that goes
// on, with the plugins that it has.
func TestReactOverReload(t *testing.T) {
	tell(t, func(w *world) {
		hears := func(what string) func(context.Context, bot.View, bot.Event) (bot.Effects, error) {
			return func(context.Context, bot.View, bot.Event) (bot.Effects, error) {
				return bot.Reply(msg.Para{msg.Text(what)}), nil
			}
		}
		w.on = hears("old")
		w.start()
		old := w.l
		w.stop()
		answer := "nothing"
		old.React("glance", "test", "", bot.Reaction{Key: "k", Sign: bot.SignTake}, answered(&answer))
		w.on = hears("new")
		w.start()
		old.HandOver(w.l)
		synctest.Wait()
		if answer != "new" {
			t.Errorf("answered %q, want by the new one", answer)
		}
	})
}

// transport is a network that hands a line on again after a crash, unless what came
// of it has been stored.
type transport struct {
	*world
	heard []string // keys
}

func (n *transport) hear(once string, f func(context.Context, bot.View) (bot.Effects, error)) {
	if n.records(once) != "" {
		return
	}
	n.heard = append(n.heard, once)
	n.once = once
	n.l.Do("glance", "test", once, f, func(*msg.Message, error) {})
	synctest.Wait()
}

// The bot is killed right before, or right after, it has stored what a line
// wants. The network says the line again: what it wants happens once.
func TestKilledAroundOnce(t *testing.T) {
	count := func(_ context.Context, v bot.View) (bot.Effects, error) {
		var n int
		if _, err := v.Get("n", &n); err != nil {
			return bot.Effects{}, err
		}
		return bot.Effects{Put: map[string]any{"n": n + 1}}, nil
	}
	for _, tc := range []struct {
		name  string
		kill  func(w *world, crash func())
		heard int
	}{
		{"before", func(w *world, crash func()) { w.store.BeforeCommit = func(int) { crash() } }, 2},
		{"after", func(w *world, crash func()) { w.store.AfterCommit = func(int) { crash() } }, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tell(t, func(w *world) {
				w.start()
				w.stop()
				w.store = w.store.Reopen()
				store := w.store
				tc.kill(w, func() { store.Crash() })
				w.start()
				net := &transport{world: w}
				net.hear("seen/main/$1", count)
				w.crash()
				w.start()
				net.hear("seen/main/$1", count)
				net.hear("seen/main/$1", count)
				if got := w.records("plugin/glance/test/"); got != "n=1" || len(net.heard) != tc.heard {
					t.Errorf("%s after %d runs, want n=1 after %d", got, len(net.heard), tc.heard)
				}
			})
		})
	}
}

// What only answers writes nothing, and neither does what fails: it may run again.
// A reaction writes its key like a command.
func TestOnce(t *testing.T) {
	tell(t, func(w *world) {
		w.on = func(_ context.Context, _ bot.View, ev bot.Event) (bot.Effects, error) {
			return bot.Effects{Put: map[string]any{"taken": true}}, nil
		}
		w.start()
		w.once = "seen/1"
		before := w.store.Commits()
		w.do(func(context.Context, bot.View) (bot.Effects, error) {
			return bot.Reply(msg.Para{msg.Text("hello")}), nil
		})
		w.do(func(context.Context, bot.View) (bot.Effects, error) { return saying("k", "x"), bot.Userf("no") })
		w.do(func(context.Context, bot.View) (bot.Effects, error) { return saying("k", "x"), errors.New("a bug") })
		if got := w.store.Commits() - before; got != 0 || w.records("seen/") != "" {
			t.Errorf("%d transactions, %q; want none", got, w.records("seen/"))
		}
		at := w.now().Format(time.RFC3339)
		w.do(func(context.Context, bot.View) (bot.Effects, error) { return saying("k", "x"), nil })
		w.once = "seen/2"
		w.react("test", bot.Reaction{Key: "k", Sign: bot.SignTake})
		if got, want := w.records("seen/"), "1="+at+"; 2="+at; got != want || w.store.Commits()-before != 2 {
			t.Errorf("%q in %d transactions, want %q in 2", got, w.store.Commits()-before, want)
		}
	})
}

// What is for the team goes to the first room of a mirror, and not to the others.
func TestMirrorsAreToldOnce(t *testing.T) {
	tell(t, func(w *world) {
		a, b, c := bot.Room{Network: "net", Name: "#a"}, bot.Room{Network: "main", Name: "#b:example.org"}, bot.Room{Network: "main", Name: "#c:example.org"}
		w.teams = []loop.Team{{
			Team:    bot.Team{ID: "nova", Rooms: []bot.Room{b, a, c}, Mirrors: [][]bot.Room{{a, b}}},
			Plugins: []loop.Plugin{{Name: "test"}},
		}}
		w.start()
		w.l.Do("nova", "test", "", func(context.Context, bot.View) (bot.Effects, error) { return saying("k", "x"), nil }, func(*msg.Message, error) {})
		synctest.Wait()
		w.want("say nova/test/k #a x; say nova/test/k #c:example.org x")
	})
}
