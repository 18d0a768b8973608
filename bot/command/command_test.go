package command_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
)

func TestCommandOfAnotherTeamOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		o := d.h.Options
		o.Teams = []command.Team{o.Teams[0], {Team: bot.Team{ID: "nova", Name: "Nova", Rooms: []bot.Room{novaRoom, sharedRoom}}}}
		d.h = command.New(o)
		for _, tc := range []struct {
			room       bot.Room
			text, want string
		}{
			{sharedRoom, "!freeze@nova spec", "There is no !freeze for Nova, only !freeze@glance"},
			{sharedRoom, "!ff@nova", "There is no !ff for Nova, only !ff@glance"},
			{sharedRoom, "!roll@nova", ""},
			{sharedRoom, "!freeze", "glance/freeze: freeze"},
			{novaRoom, "!freeze", ""},
		} {
			if got := d.hear(bot.Incoming{Room: tc.room, Text: tc.text}); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.text, got, tc.want)
			}
		}
	})
}

func TestWhatIsACommand(t *testing.T) {
	room := func(r bot.Room, text string) bot.Incoming { return bot.Incoming{Room: r, Text: text} }
	here := func(text string) bot.Incoming { return room(glanceRoom, text) }
	addressed := func(text string) bot.Incoming {
		return bot.Incoming{Room: glanceRoom, Text: text, Addressed: true}
	}
	direct := func(text string) bot.Incoming {
		return bot.Incoming{Room: bot.Room{Network: "net", Name: "alice"}, Direct: true, Text: text}
	}
	for _, tc := range []struct {
		name string
		in   bot.Incoming
		want string
	}{
		{"a command", here("!freeze"), "glance/freeze: freeze"},
		{"in capitals", here("!FREEZE"), "glance/freeze: freeze"},
		{"with spaces around", here("  !freeze  "), "glance/freeze: freeze"},
		{"as a question", here("!freeze?"), "glance/freeze: freeze"},
		{"by alias", here("!ff"), "glance/freeze: freeze"},
		{"with an event", here("!freeze spec"), "glance/freeze: freeze event=spec-freeze"},
		{"with an event of several words", here("!when  spec   freeze"), "glance/freeze: when event=spec-freeze"},
		{"words", here("!take 912345 soon"), "glance/freeze: take change=912345 note=soon"},
		{"a word left out", here("!take 912345"), "glance/freeze: take change=912345"},
		{"a word too many", here("!take 912345 soon please"), `I don't understand "please": !take <change> [note]`},
		{"a word missing", here("!take"), "A change is missing: !take <change> [note]."},
		{"an event missing", here("!when"), "An event is missing: !when <event>. Known: spec-freeze, release."},
		{"an unknown event", here("!when pigs fly"), `I know no event "pigs fly". Known: spec-freeze, release.`},
		{"words for a command that takes none", here("!more please"), "glance/freeze: more"},
		{"after the bot's name", addressed("freeze"), "glance/freeze: freeze"},
		{"after the bot's name, with prefix", addressed("!freeze"), "glance/freeze: freeze"},
		{"in a direct message", direct("help nosuch"), `I know no command "nosuch". Known: !freeze, !more, !when, !take, !secret, !broken, !quiet, !help, !status, !crash, !event, !slow.`},
		{"in a direct message of several teams", direct("freeze"), "Which team? !freeze@glance or !freeze@nova"},
		{"in a direct message, of a team", direct("freeze@nova"), "nova/freeze: freeze"},

		{"plain talk", here("freeze"), ""},
		{"talk to the bot", addressed("thanks!"), ""},
		{"an exclamation", here("!!!"), ""},
		{"a number", here("!1"), ""},
		{"only the prefix", here("!"), ""},
		{"another bot's prefix", here("#freeze"), ""},
		{"another bot's command", here("!roll 2d6"), ""},
		{"a slip", here("!freez"), `I don't know "!freez"; did you mean !freeze?`},
		{"a slip of the bot's own", here("!statsu"), `I don't know "!statsu"; did you mean !status?`},
		{"a slip after the bot's name", addressed("freez"), ""},
		{"a slip in a direct message", direct("freez"), `I don't know "!freez"; did you mean !freeze?`},
		{"anything in a direct message", direct("hello there"), `I don't know "hello". Say help for what I know.`},
		{"nothing in a direct message", direct(" "), ""},

		{"a room of several teams", room(sharedRoom, "!freeze"), "Which team? !freeze@glance or !freeze@nova"},
		{"the team named", room(sharedRoom, "!freeze@NOVA spec"), "nova/freeze: freeze event=spec-freeze"},
		{"an unknown team", room(sharedRoom, "!freeze@cinder"), `I know no team "cinder". Known: glance, nova.`},
		{"another bot's command for somebody", room(sharedRoom, "!roll@cinder"), ""},
		{"a room of no team", room(otherRoom, "!freeze@glance"), "glance/freeze: freeze"},
		{"a command of the bot's own", room(sharedRoom, "!status"), "fine"},

		{"an error for the person", here("!broken"), "can't"},
		{"nothing to say", here("!quiet"), ""},
		{"a panic in an answer", here("!crash"), "internal error, see the log for !crash"},
		{"an answer that would need the calendar", here("!event spec"), "internal error, see the log for !event"},
		{"help", here("!help freeze"), "Usage: !freeze [kind]: says freeze. For anyone. Also !ff. Example: !freeze twice"},
		{"help for an alias, with prefix", here("!help !ff"), "Usage: !freeze [kind]: says freeze. For anyone. Also !ff. Example: !freeze twice"},
		{"help for roles", here("!help secret"), "Usage: !secret: says secret. For PTL, cores. Example: !secret twice"},
		{"controls in what is quoted", here("!when \x02pigs\r\nQUIT"), `I know no event "pigs QUIT". Known: spec-freeze, release.`},
		{"bytes that are no text", here("!\xff\xfe"), ""},
		{"a long word", here("!freeze" + strings.Repeat("e", 5000)), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := newDesk(command.Limit{}).hear(tc.in); got != tc.want {
					t.Errorf("%q: got  %s\nwant %s", tc.in.Text, got, tc.want)
				}
			})
		})
	}
}

func TestDefaultTeam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		d.h.Default = map[bot.Room]string{sharedRoom: "nova"}
		if got, want := d.hear(bot.Incoming{Room: sharedRoom, Text: "!freeze"}), "nova/freeze: freeze"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := d.hear(bot.Incoming{Room: sharedRoom, Text: "!freeze@glance"}), "glance/freeze: freeze"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestBotsAreNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		if got := d.hear(bot.Incoming{Room: glanceRoom, Text: "!freeze", From: bot.Principal{Nick: "zuul", Bot: true}}); got != "" {
			t.Errorf("a bot is answered %q", got)
		}
	})
}

func TestRoles(t *testing.T) {
	maria := bot.Principal{Network: "net", Nick: "maria", Account: "maria", Strength: bot.Account}
	root := bot.Principal{Network: "net", Nick: "root", Account: "root", Strength: bot.Registered}
	for _, tc := range []struct {
		name  string
		text  string
		from  bot.Principal
		known map[string]bot.Principal
		want  string
		asked int
	}{
		{"proven with the line", "!secret", maria, nil, "glance/freeze: secret as PTL", 0},
		{"proven when asked", "!secret", bot.Principal{Nick: "maria"}, map[string]bot.Principal{"maria": maria}, "glance/freeze: secret as PTL", 1},
		{"a nick alone", "!secret", bot.Principal{Nick: "maria"}, nil, "I take !secret only from PTL, cores, and the network does not say that you are: log in to your account there first.", 1},
		{"in clear in an encrypted room", "!secret", bot.Principal{Nick: "maria", User: "@maria:example.org"}, nil, "I take !secret only from PTL, cores, and the network does not say that you are: what stands in clear in an encrypted room may be anybody's, so send it encrypted.", 1},
		{"somebody else", "!secret", bot.Principal{Nick: "root"}, map[string]bot.Principal{"root": root}, "I take !secret only from PTL, cores.", 1},
		{"a stranger with an account", "!secret", bot.Principal{Nick: "eve", Account: "eve", Strength: bot.Account}, nil, "I take !secret only from PTL, cores.", 0},
		{"the PTL of another team", "!secret@nova", maria, nil, "I take !secret only from PTL, cores.", 0},
		{"told more, when asked", "!more", bot.Principal{Nick: "root"}, map[string]bot.Principal{"root": root}, "glance/freeze: more as operators", 1},
		{"told no more, and not asked about", "!more", bot.Principal{Nick: "alice"}, map[string]bot.Principal{"alice": root}, "glance/freeze: more", 0},
		{"no role needed, nobody asked", "!freeze", bot.Principal{Nick: "root"}, map[string]bot.Principal{"root": root}, "glance/freeze: freeze", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(command.Limit{})
				d.known = tc.known
				if got := d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text, From: tc.from}); got != tc.want {
					t.Errorf("got  %s\nwant %s", got, tc.want)
				}
				if d.asked != tc.asked {
					t.Errorf("asked the network %d times, want %d", d.asked, tc.asked)
				}
			})
		})
	}
}

func TestLoopTooBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		d.full = true
		if got := d.hear(bot.Incoming{Room: glanceRoom, Text: "!freeze"}); got != "" {
			t.Errorf("got %q, want nothing", got)
		}
	})
}

// Settle waits for what takes its time.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		d.h.Incoming(t.Context(), bot.Incoming{Room: glanceRoom, Text: "!slow", From: bot.Principal{Network: "net", Nick: "alice"}})
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		if err := d.h.Settle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while an answer is under way: %v", err)
		}
		if err := d.h.Settle(t.Context()); err != nil || len(d.said) != 1 {
			t.Errorf("settled with %q said and %v; want the answer", d.said, err)
		}
	})
}
