package app_test

import (
	"fmt"
	"strings"
	"testing"

	"torchbearer/bot/bottest"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

// A team may have many dates: the first sight of them all is one transaction, as
// is the day on which a source with them goes.
func TestManyDates(t *testing.T) {
	config := func(at string, n int) string {
		var b strings.Builder
		b.WriteString("[irc.net]\naddress = \"irc.example.org:6697\"\nnick = \"glancebot\"\nlogin = \"none\"\n\n[team.glance]\nrooms = [\"net/#glance\"]\n\n[team.glance.plugin.freeze]\nremind = [\"1d\"]\n")
		for i := range n {
			fmt.Fprintf(&b, "[[team.glance.calendar.event]]\nkind = \"meeting\"\nid = \"meeting-%d\"\nname = \"Meeting %d\"\nat = \"2027-%02d-%02dT10:00:00Z\"\nremind = []\n", i, i, i/28+1, i%28+1)
		}
		b.WriteString("[[team.glance.calendar.event]]\nkind = \"spec-freeze\"\nname = \"Spec freeze\"\nat = " + at + "\n")
		return b.String()
	}
	script := "-- config.toml --\n" + config(`"2026-12-20T12:00:00Z"`, 300) +
		"-- moved.toml --\n" + config(`"2026-12-21T12:00:00Z"`, 300) +
		"-- few.toml --\n" + config(`"2026-12-22T12:00:00Z"`, 0) +
		"-- script --\nat 2026-12-03T00:00:00Z\nstart\nat 2026-12-03T10:00:00Z\nconfig moved.toml\nat 2026-12-03T11:00:00Z\nconfig few.toml\nat 2026-12-03T12:00:00Z\ntranscript net/#glance want\n" +
		"-- want --\n" +
		"2026-12-03T10:00:00Z Spec freeze moved: Sun 2026-12-20 → Mon 2026-12-21 12:00 UTC, in 18 days.\n" +
		"2026-12-03T11:00:00Z Spec freeze moved: Mon 2026-12-21 → Tue 2026-12-22 12:00 UTC, in 19 days.\n"
	if err := scenario.Try(t, bottest.Rich, scenario.Parse(script), all.Plugins()); err != nil {
		t.Error(err)
	}
}
