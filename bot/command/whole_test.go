package command_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/msg"
)

// A command of the whole bot is the same in every room, whatever team is named.
func TestCommandsOfTheWholeBot(t *testing.T) {
	maria := bot.Principal{Nick: "maria", Account: "maria", Strength: bot.Account}
	direct := bot.Room{Network: "net", Name: "maria"}
	const away = "-/people: away until=Monday as people the bot knows"
	for _, tc := range []struct {
		name string
		in   bot.Incoming
		want string
	}{
		{"in a team's room", bot.Incoming{Room: glanceRoom, Text: "!away Monday"}, away},
		{"in a room of several teams", bot.Incoming{Room: sharedRoom, Text: "!away Monday"}, away},
		{"in a room of no team", bot.Incoming{Room: otherRoom, Text: "!away Monday"}, away},
		{"with a team named", bot.Incoming{Room: otherRoom, Text: "!away@glance Monday"}, away},
		{"said to the bot alone", bot.Incoming{Room: direct, Direct: true, Text: "away Monday"}, away},
		{"with a team that is none", bot.Incoming{Room: glanceRoom, Text: "!away@cinder Monday"}, `I know no team "cinder". Known: glance, nova.`},
		{"with the sign for no team", bot.Incoming{Room: glanceRoom, Text: "!turn@- 1"}, `I know no team "-". Known: glance, nova.`},
		{"a slip", bot.Incoming{Room: novaRoom, Text: "!awya"}, `I don't know "!awya"; did you mean !away?`},
		{"a team's, said to the bot alone", bot.Incoming{Room: direct, Direct: true, Text: "turn 912345"}, "Which team? !turn@glance or !turn@nova"},
		{"help lists it once", bot.Incoming{Room: direct, Direct: true, Text: "help"}, "Commands here: !ask, !pass, !turn, !next, !push, !away, !help, !status, !crash, !event, !slow. Say !help <command> for one of them."},
		{"help for it", bot.Incoming{Room: otherRoom, Text: "!help away"}, "Usage: !away <until>: says away. For people the bot knows. Example: !away twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.in.From = maria
				if got := asking().hear(tc.in); got != tc.want {
					t.Errorf("%s: got  %s\nwant %s", tc.in.Text, got, tc.want)
				}
			})
		})
	}
	if n := strings.Count(asking().h.Markdown(), "\n| `!away <until>` | people | people the bot knows |"); n != 1 {
		t.Errorf("the page of commands has !away %d times, want once", n)
	}
}

// Who is known, and who asks: only what the network proves for this line.
func TestWhoAsks(t *testing.T) {
	proven := func(nick, account string) bot.Principal {
		return bot.Principal{Network: "net", Nick: nick, Account: account, Strength: bot.Account}
	}
	const unknown = "The network does not say who you are: log in to your account there first."
	for _, tc := range []struct {
		name, text string
		from       bot.Principal
		known      map[string]bot.Principal
		want, by   string
		asked      int
	}{
		{"somebody known", "!push 912345", proven("m", "maria"), nil, "glance/queue: push change=cache as people the bot knows", "maria", 0},
		{"known when asked", "!push 912345", bot.Principal{Nick: "m"}, map[string]bot.Principal{"m": proven("m", "maria")}, "glance/queue: push change=cache as people the bot knows", "maria", 1},
		{"a stranger with an account", "!push 912345", proven("eve", "eve"), nil, "I take !push only from people I know, and your account is not among them yet: whoever runs this bot can add it.", "", 0},
		{"a nick alone", "!push 912345", bot.Principal{Nick: "maria"}, nil, "I take !push only from people I know, and the network does not say who you are: log in to your account there first.", "", 1},
		{"in clear in an encrypted room", "!push 912345", bot.Principal{Nick: "maria", User: "@maria:example.org"}, nil, "I take !push only from people I know, and the network does not say who you are: what stands in clear in an encrypted room may be anybody's, so send it encrypted.", "", 1},
		{"a nick alone, with the name of an account", "!next bob", bot.Principal{Nick: "maria", Account: "maria"}, nil, "glance/queue: next person=bob", "", 0},
		{"anybody may, and is known", "!next", proven("m", "maria"), nil, "glance/queue: next as people the bot knows", "maria", 0},
		{"me", "!next me", proven("m", "maria"), nil, "glance/queue: next person=maria as people the bot knows", "maria", 0},
		{"me, when asked", "!next Me", bot.Principal{Nick: "m"}, map[string]bot.Principal{"m": proven("m", "maria")}, "glance/queue: next person=maria as people the bot knows", "maria", 1},
		{"me, unproven", "!next me", bot.Principal{Nick: "maria"}, nil, unknown, "", 1},
		{"me, not known", "!next me", proven("eve", "eve"), nil, "I don't know your account yet: whoever runs this bot can add it.", "", 0},
		{"nobody asks themselves", "!ask me 912345", proven("m", "maria"), nil, `I know nobody called "me" in #glance of glance.`, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := asking()
				d.known = tc.known
				by := ""
				for _, team := range d.h.Teams {
					for _, p := range team.Plugins {
						for i, c := range p.Commands {
							p.Commands[i].Do = func(ctx context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
								by = call.By
								return c.Do(ctx, v, call)
							}
						}
					}
				}
				if got := d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text, From: tc.from}); got != tc.want {
					t.Errorf("got  %s\nwant %s", got, tc.want)
				}
				if by != tc.by || d.asked != tc.asked {
					t.Errorf("by %q, asked the network %d times; want %q, %d", by, d.asked, tc.by, tc.asked)
				}
			})
		})
	}
}

// Of a command that does more for some, what it is to do decides: whoever says
// "start" is asked about by any nick, whoever asks how things are only by one that
// the configuration knows.
func TestWhoWantsSomethingDone(t *testing.T) {
	maria := bot.Principal{Network: "net", Nick: "m", Account: "maria", Strength: bot.Account}
	for _, tc := range []struct {
		text, want string
		asked      int
	}{
		{"!day start", "glance/queue: day what=start as people the bot knows", 1},
		{"!day", "glance/queue: day", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := asking()
			d.known = map[string]bot.Principal{"m": maria}
			day := says("day", bot.Anyone, bot.Arg{Name: "what", Kind: bot.ArgWord, Optional: true})
			day.More = bot.Known
			o := d.h.Options
			o.Known = func(bot.Principal) bool { return false }
			o.Teams = []command.Team{{Team: o.Teams[0].Team, Plugins: []command.Plugin{{Name: "queue", Commands: []bot.Command{day}}}}}
			d.h = command.New(o)
			got := d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text, From: bot.Principal{Nick: "m"}})
			if got != tc.want || d.asked != tc.asked {
				t.Errorf("%s: got %s, asked the network %d times; want %s, %d", tc.text, got, d.asked, tc.want, tc.asked)
			}
		})
	}
}

// What is pasted in a change's or a person's place reaches the answer as text
// and highlights nobody.
func TestHostileArguments(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"!ask bob alice", `"a·lice" is no change.`},
		{"!turn https://alice/x", `Glance's changes are on https://review.opendev.org, not on "a·lice".`},
		{"!turn https://alice\x03\"bob/x", `"h·ttps`},
		{"!ask bob \x02912345\x0f", `"9·12345" is no change.`},
		{"!ask alice 912345", `I know nobody called "a·lice"`},
		{"!ask 912345\r\nQUIT bob", `I know nobody called "Q·UIT"`},
		{"!turn " + strings.Repeat("alice/", 500), `"a·lice/a·lice`},
		{"!turn https://review.opendev.org/alice", `"h·ttps://r·eview.o·pendev.o·rg/a·lice" is no change's address.`},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := asking()
			var heard msg.Message
			d.h.Repliers["net"] = replies{d, func(m msg.Message) { heard = m }}
			d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text})
			got := strings.ReplaceAll(strings.Join(msg.IRC(heard, d.now, 400), " | "), "\u200b", "·")
			if !strings.Contains(got, tc.want) || len(got) > 400 {
				t.Errorf("%q: got  %s\nwant %s", tc.text, got, tc.want)
			}
		})
	}
}

// A reload keeps the whole bot's commands.
func TestReloadOfTheWholeBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := asking()
		d.h = command.New(d.h.Options)
		if got := d.hear(bot.Incoming{Room: glanceRoom, Text: "!away"}); got == "" || strings.HasPrefix(got, "I don't know") {
			t.Errorf("got %q", got)
		}
	})
}

// What somebody may act as, for a command of the whole bot, is what they may in
// the room's only team; where several share the room nobody guesses.
func TestRolesOfTheWholeBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for room, want := range map[bot.Room]string{glanceRoom: "glance", sharedRoom: bot.NoTeam, otherRoom: bot.NoTeam} {
			d := asking()
			o := d.h.Options
			var asked []string
			o.Roles = func(team string, _ bot.Principal) bot.Role {
				asked = append(asked, team)
				return bot.Known
			}
			d.h = command.New(o)
			d.hear(bot.Incoming{Room: room, Text: "!away Monday", From: bot.Principal{Nick: "maria", Account: "maria", Strength: bot.Account}})
			if len(asked) != 1 || asked[0] != want {
				t.Errorf("in %s the roles of %q were asked for, want %q", room, asked, want)
			}
		}
	})
}
