package scenario_test

import (
	"strings"
	"testing"

	"torchbearer/bot/bottest"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

const settings = `-- config.toml --
[irc.net]
address = "irc.example.org:6697"
nick = "glancebot"
login = "none"

[team.glance]
name = "Glance"
rooms = ["net/#glance"]

[team.glance.plugin.freeze]

[[team.glance.calendar.event]]
kind = "spec-freeze"
name = "Spec freeze"
at = "2026-12-10T23:59:00Z"

-- other.toml --
[irc.net]
-- script --
at 2026-12-03T13:59Z
start
`

// A story that does not hold says so, with the line.
func TestStoriesFail(t *testing.T) {
	for _, tc := range []struct{ name, script, want string }{
		{"nothing said", "expect net/#glance hello", "story:23: expect net/#glance hello\ngot nothing"},
		{"something else said", "wait 1m\nexpect net/#glance hello", "story:24: expect net/#glance hello\ngot  Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC.\nwant hello"},
		{"another regexp", "wait 1m\nexpect net/#glance /in 8 days/", "want /in 8 days/"},
		{"a bad regexp", "wait 1m\nexpect net/#glance /(/", "missing closing"},
		{"only half of it", "wait 1m\nexpect net/#glance Spec freeze", "want Spec freeze"},
		{"something said where nothing should be", "wait 1m\nexpect none", "want nothing"},
		{"something said at the end", "wait 1m", "the story is over, and nobody expected\n  2026-12-03T14:00:00.000Z net/#glance: Spec freeze"},
		{"another room", "expect other/#glance x", `no network "other"`},
		{"fewer", "wait 1m\ncount net/#* 2", "got 1 messages, want 2"},
		{"more", "wait 1m\ncount net/#* 0", "got 1 messages, want 0"},
		{"another transcript", "wait 1m\ntranscript net/#glance other.toml", "got\n2026-12-03T14:00:00Z Spec freeze"},
		{"too many transactions", "wait 1m\ncommits 0\ncount net/#glance 1", "want at most 0"},
		{"the past", "at 2026-12-01T00:00Z", "that was"},
		{"no time", "at noon", `"noon" is no time`},
		{"unknown verb", "jump", `unknown verb "jump"`},
		{"a bot that runs", "start", "the bot runs"},
		{"a bot that does not", "stop\nstop", "the bot does not run"},
		{"a bot that was killed", "crash\nstop", "the bot was killed"},
		{"a wrong configuration", "config other.toml", "part other.toml, which begins at line 19"},
		{"no configuration", "config third.toml", `no part "third.toml"`},
		{"a join of nobody", "join net/#glance", "want room and nick"},
		{"a part from nowhere", "part net#glance alice", "net#glance"},
		{"a quit from an unknown network", "quit other alice", `no network "other"`},
		{"half a change of nick", "nick net alice", "want network, old nick and new nick"},
		{"a sign to nothing", "wait 1m\nreact net/#glance alice ✋ nothing", "no message of the bot's in net/#glance reads so"},
		{"half a sign", "react net/#glance alice ✋", "want room, nick, sign and what the message reads"},
		{"a sign taken back that was never there", "wait 1m\nunreact net/#glance alice ✋ /in 7 days/", "@alice:elsewhere.example has not put ✋ there"},
		{"nothing edited", "wait 1m\nedited net/#glance /in 7 days/", "nothing was edited"},
		{"nobody called", "wait 1m\nexpect net/#glance /in 7 days/\ncalls alice", "calls [], want [alice]"},
		{"of this kind only", "[rich] expect net/#glance hello", "story:23"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := scenario.Try(t, bottest.Rich, scenario.Parse(settings+tc.script+"\n"), all.Plugins())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
	if err := scenario.Try(t, bottest.Plain, scenario.Parse(settings+"react net/#glance alice ✋ nothing\n"), all.Plugins()); err == nil || !strings.Contains(err.Error(), "no reactions") {
		t.Errorf("a sign where there are none: %v", err)
	}
	if err := scenario.Try(t, bottest.Plain, scenario.Parse(settings+"[rich] expect net/#glance hello\n"), all.Plugins()); err != nil {
		t.Errorf("a line of the other kind: %v", err)
	}
}

// People come, go and change their names without a word to anybody.
func TestComingAndGoing(t *testing.T) {
	script := "join net/#glance alice@aa\njoin net/#other alice\npart net/#other alice\nnick net alice alice_\nquit net alice_\nexpect none\n"
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		if err := scenario.Try(t, kind, scenario.Parse(settings+script), all.Plugins()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
