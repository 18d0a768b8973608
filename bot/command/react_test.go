package command_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/msg"
)

// reacting is a desk with messages of the bot's: asks said in two rooms, one said
// alone, and one of the whole bot. The plugin says what it hears.
func reacting(limit command.Limit) *desk {
	d := mirroring(limit)
	o := d.h.Options
	said := map[string]struct {
		key  bot.Key
		room bot.Room
	}{
		"a1": {"glance/ask/912345/zoe", glanceRoom},
		"a2": {"glance/ask/912345/zoe", matrixRoom},
		"d":  {"glance/ask/912346/zoe", bot.Room{Network: "main", Name: "@maria:example.org"}},
		"w":  {"-/people/hello", matrixRoom},
	}
	o.Said = func(_ context.Context, id string) (bot.Key, bot.Room, bool) {
		m, ok := said[id]
		return m.key, m.room, ok
	}
	o.React = func(team, plugin, once string, r bot.Reaction, done func(*msg.Message, error)) bool {
		if d.full {
			return false
		}
		if r.Sign == bot.SignCancel {
			done(nil, bot.Userf("not yours"))
			return true
		}
		m := msg.New(msg.Answer, msg.Para{msg.Text(fmt.Sprintf("%s %s %s %s %t by %q as %s in %s %t, once %q",
			team, plugin, r.Key, r.Sign, r.Undone, r.Call.By, r.Call.Roles, r.Call.Room, r.Call.Direct, once))})
		done(&m, nil)
		return true
	}
	o.Identify = identify
	d.h = command.New(o)
	return d
}

func reaction(r bot.Room, p bot.Principal, of string, sign bot.Sign) bot.Incoming {
	return bot.Incoming{Room: r, From: p, React: &bot.React{Of: of, Sign: sign}, Once: "seen/1"}
}

func TestReactions(t *testing.T) {
	alone := bot.Room{Network: "main", Name: "@maria:example.org"}
	with := func(in bot.Incoming, f func(*bot.Incoming)) bot.Incoming { f(&in); return in }
	for _, tc := range []struct {
		name string
		in   bot.Incoming
		want string
	}{
		{"by the PTL", reaction(matrixRoom, maria("main"), "a2", bot.SignTake), `main glance ask 912345/zoe ✋ false by "maria" as PTL in main/#glance:example.org false, once "seen/1"`},
		{"taken back", with(reaction(matrixRoom, maria("main"), "a2", bot.SignTomorrow), func(in *bot.Incoming) { in.React.Undone = true }), `main glance ask 912345/zoe 💤 true by "maria" as PTL in main/#glance:example.org false, once "seen/1"`},
		{"by a stranger", reaction(matrixRoom, puppet("main", "zoe"), "a2", bot.SignTake), `main glance ask 912345/zoe ✋ false by "" as anyone in main/#glance:example.org false, once "seen/1"`},
		{"by somebody the network is asked about", reaction(glanceRoom, maria("net"), "a1", bot.SignTake), `net glance ask 912345/zoe ✋ false by "maria" as PTL in net/#glance false, once "seen/1"`},
		{"alone", with(reaction(alone, maria("main"), "d", bot.SignTake), func(in *bot.Incoming) { in.Direct = true }), `main glance ask 912346/zoe ✋ false by "maria" as PTL in main/@maria:example.org true, once "seen/1"`},
		{"to what is the whole bot's", reaction(matrixRoom, maria("main"), "w", bot.SignTake), `main - people hello ✋ false by "maria" as PTL in main/#glance:example.org false, once "seen/1"`},
		{"refused by the plugin", reaction(matrixRoom, maria("main"), "a2", bot.SignCancel), "main not yours"},
		{"in another room", reaction(glanceRoom, maria("net"), "a2", bot.SignTake), ""},
		{"to nothing that is known", reaction(matrixRoom, maria("main"), "a3", bot.SignTake), ""},
		{"another sign", reaction(matrixRoom, maria("main"), "a2", "👍"), ""},
		{"of a bot", with(reaction(matrixRoom, maria("main"), "a2", bot.SignTake), func(in *bot.Incoming) { in.From.Bot = true }), ""},
		{"beside words", with(reaction(matrixRoom, maria("main"), "a3", bot.SignTake), func(in *bot.Incoming) { in.Text = "!freeze" }), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := reacting(command.Limit{})
				d.known["maria"] = bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
				d.h.Incoming(t.Context(), tc.in)
				if got := d.answers(); got != tc.want {
					t.Errorf("got  %s\nwant %s", got, tc.want)
				}
			})
		})
	}
}

// Reactions count like commands, against the same limit; those to nothing don't.
func TestReactionsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := reacting(command.Limit{Number: 2, Per: time.Minute})
		react := func(of string) bool {
			d.h.Incoming(t.Context(), reaction(matrixRoom, maria("main"), of, bot.SignTake))
			return d.answers() != ""
		}
		for range 5 {
			react("unknown")
		}
		d.say(matrixRoom, maria("main"), "!freeze")
		d.answers()
		for i, want := range []bool{true, true, false} { // heard; told that it is too much; silence
			if got := react("a2"); got != want {
				t.Errorf("reaction %d answered: %t, want %t", i+1, got, want)
			}
		}
		d.now = d.now.Add(time.Hour)
		d.full = true
		if react("a2") {
			t.Error("answered, though the loop takes no more")
		}
	})
}

// Without anybody to hear them, and where the network does not answer, reactions
// do no harm.
func TestReactionsWithoutHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := mirroring(command.Limit{})
		d.h.Incoming(t.Context(), reaction(matrixRoom, maria("main"), "a2", bot.SignTake))
		if got := d.answers(); got != "" {
			t.Errorf("got %q, want nothing", got)
		}
		d = reacting(command.Limit{})
		o := d.h.Options
		o.Repliers["net"] = mute{onNetwork{d, "net"}}
		d.h = command.New(o)
		d.h.Incoming(t.Context(), reaction(glanceRoom, maria("net"), "a1", bot.SignTake))
		if got, want := d.answers(), `net glance ask 912345/zoe ✋ false by "" as anyone in net/#glance false, once "seen/1"`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// mute is a network that does not answer.
type mute struct{ onNetwork }

func (mute) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) {
	return p, errors.New("timeout")
}
