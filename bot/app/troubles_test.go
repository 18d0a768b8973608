package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

// troubles are what may happen, and what ends it. One that may make a message
// arrive without the bot's knowing costs a double where a network forgets.
var troubles = []struct {
	begins, ends string
	doubles      int
}{
	{"down net", "up net", 1},
	{"mute net/#glance", "unmute net/#glance", 0},
	{"kick net/#glance", "rejoin net/#glance", 0},
	{"acks net lost", "acks net ok", 20}, // once for each attempt
	{"acks net dropped", "acks net ok", 0},
	{"acks net 20s", "acks net ok", 0},
	{"services net gone", "services net back", 0},
	{"clock -40m", "", 0},
	{"clock 20m", "", 0},
	{"stop", "start", 1},
	{"crash", "start", 1},
	{"crash decide", "revive", 0},
	{"crash sending", "revive", 0},
	{"crash arrival", "revive", 1},
	{"crash ack", "revive", 1},
	{"crash before 1", "revive", 1},
	{"crash after 2", "revive", 1},
}

// Six messages for a room, and troubles of all kinds: in the end all six are
// there, in order; once each, where the network knows ids.
func TestAnyTrouble(t *testing.T) {
	const messages = 6
	rapid.Check(t, func(r *rapid.T) {
		kind := rapid.SampledFrom([]bottest.Kind{bottest.Plain, bottest.Rich}).Draw(r, "kind")
		var archive, script strings.Builder
		archive.WriteString("-- config.toml --\n[irc.net]\naddress = \"irc.example.org:6697\"\nnick = \"glancebot\"\nlogin = \"none\"\n" +
			"\n[team.glance]\nrooms = [\"net/#glance\"]\n\n[team.glance.plugin.freeze]\nremind = [\"0s\"]\n")
		due := 0
		for i := range messages {
			due += rapid.IntRange(0, 40).Draw(r, "due after")
			fmt.Fprintf(&archive, "\n[[team.glance.calendar.event]]\nkind = \"event-%d\"\nname = \"Event %d\"\nat = %q\n", i, i, minute(60+due).Format(time.RFC3339))
		}
		fmt.Fprintf(&script, "-- script --\nat %s\nstart\n", dawn.Format(time.RFC3339))
		doubles := 0
		for range rapid.IntRange(0, 8).Draw(r, "troubles") {
			trouble := rapid.SampledFrom(troubles).Draw(r, "trouble")
			fmt.Fprintf(&script, "wait %dm\ncrash nowhere\nrevive\n%s\nwait %dm%ds\n%s\n", rapid.IntRange(0, 60).Draw(r, "after"), trouble.begins,
				rapid.IntRange(0, 60).Draw(r, "for"), rapid.IntRange(0, 59).Draw(r, "and"), trouble.ends)
			doubles += trouble.doubles
		}
		script.WriteString("crash nowhere\nrevive\nwait 9h\n")
		if kind == bottest.Rich {
			for i := range messages {
				fmt.Fprintf(&script, "expect net/#glance /^Event %d is here/\n", i)
			}
		} else {
			fmt.Fprintf(&script, "count net/#glance %d-%d\n", messages, messages+doubles)
		}
		story := archive.String() + script.String()
		if err := scenario.Try(t, kind, scenario.Parse(story), all.Plugins()); err != nil {
			r.Fatalf("%s: %v\n%s", kind, err, story)
		}
	})
}
