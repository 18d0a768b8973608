package command_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// Whatever somebody types, nobody is highlighted by what the answer repeats of
// it: on IRC every word of it has a zero-width space, shown as a dot here.
func TestWhatIsRepeatedHighlightsNobody(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"!when alice", `I know no event "a·lice". Known: spec-freeze, release.`},
		{"!when hey bob,carol:dave-erin_fay", `I know no event "h·ey b·ob,c·arol:d·ave-e·rin_f·ay". Known: spec-freeze, release.`},
		{`!when "alice" bob`, `I know no event "'a·lice' b·ob". Known: spec-freeze, release.`},
		{"!freeze@alice", `I know no team "a·lice". Known: glance, nova.`},
		{"!take 1 2 alice", `I don't understand "a·lice": !take <change> [note]`},
		{"!help alice", `I know no command "a·lice". Known: `},
		{"!freez", `I don't know "!f·reez"; did you mean !freeze?`},
		{"!when алиса", `I know no event "а·лиса". Known: spec-freeze, release.`},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(command.Limit{})
			var heard msg.Message
			d.h.Repliers["net"] = replies{d, func(m msg.Message) { heard = m }}
			d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text})
			got := strings.ReplaceAll(strings.Join(msg.IRC(heard, d.now, 400), " | "), "\u200b", "·")
			if !strings.HasPrefix(got, tc.want) {
				t.Errorf("%s: got  %s\nwant %s", tc.text, got, tc.want)
			}
		})
	}
}

// What a source calls its events highlights nobody either, where an answer says
// what is known.
func TestWhatIsKnownHighlightsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(command.Limit{})
		at := d.now.Add(3 * time.Hour)
		d.official = []cycle.Event{
			{ID: "ics-1", Kind: "event", Name: "Event: alice", At: at, Source: cycle.Source{File: "x.ics", Line: 1}},
			{ID: "i-2", Kind: "milestone", Name: "Indri-2", At: at, Source: cycle.Source{File: "x.yaml", Line: 1}},
		}
		var heard msg.Message
		d.h.Repliers["net"] = replies{d, func(m msg.Message) { heard = m }}
		d.hear(bot.Incoming{Room: glanceRoom, Text: "!when pigs fly"})
		got := strings.ReplaceAll(strings.Join(msg.IRC(heard, d.now, 400), " | "), "\u200b", "·")
		want := `I know no event "p·igs f·ly". Known: spec-freeze, release, milestone-2, "e·vent a·lice".`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// replies hands on every answer as it is.
type replies struct {
	*desk
	hear func(msg.Message)
}

// Reply implements bot.Replier.
func (r replies) Reply(_ bot.Incoming, m msg.Message, _ time.Time) { r.hear(m) }
