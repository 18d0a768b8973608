package app_test

import (
	"fmt"
	"testing"

	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

// Three rooms, three reminders in the same second, and a kill at every commit
// from the first start on. Whatever it hits, each room hears of each event: on a
// network that knows ids once, on IRC at most once more for the kill.
func TestKilledAtEveryCommit(t *testing.T) {
	const config = `
-- config.toml --
[irc.net]
address = "irc.example.org:6697"
nick = "glancebot"
login = "none"

[team.glance]
rooms = ["net/#a", "net/#b", "net/#c"]

[team.glance.plugin.freeze]
remind = ["7d"]
`
	var events string
	for _, kind := range []string{"one", "two", "three"} {
		events += fmt.Sprintf("\n[[team.glance.calendar.event]]\nkind = %q\nname = %q\nat = \"2026-12-10T23:59:00Z\"\n", kind, kind)
	}
	for n := 1; n <= 12; n++ {
		for _, side := range []string{"before", "after"} {
			where := fmt.Sprintf("%s %d", side, n)
			t.Run(where, func(t *testing.T) {
				script := `-- script --
at 2026-12-03T13:59Z
crash ` + where + `
start
revive
at 2026-12-03T14:00:01Z
revive
wait 10m
[rich] count net/#? 9 /in 7 days/
[plain] count net/#? 9-12 /in 7 days/
`
				scenario.Play(t, t.Name(), scenario.Parse(config+events+script), all.Plugins())
			})
		}
	}
}
