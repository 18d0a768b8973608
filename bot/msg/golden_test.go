package msg_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/msg"
)

var update = flag.Bool("update", false, "write the golden files from what the code does now")

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s\nrun the test with -update if this is meant", path, diff)
	}
}

const schedule = "https://releases.openstack.org/2027.1/schedule.html"

func specFreeze() time.Time { return time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC) }

// freezeAnswer is the first voice of the bot: the answer to !freeze.
func freezeAnswer(zone string) msg.Message {
	at := specFreeze()
	m := msg.New(msg.Answer, msg.Para{
		msg.Bold("Spec freeze"), msg.Text(": "), msg.Instant(at, zone), msg.Text(", "), msg.Left(at, zone), msg.Text(" (R-15)."),
		msg.Text(" 4 specs open: 2 need one more +2, 1 waits on its author, 1 has no review yet."),
	})
	m.Link = schedule
	return m
}

// TestGolden renders the freeze messages at moments when they would be read.
func TestGolden(t *testing.T) {
	at := specFreeze()
	step := msg.New(msg.Announce, msg.Para{
		msg.Bold("Spec freeze "), msg.Left(at, "UTC"), msg.Text(": "), msg.Instant(at, "UTC"), msg.Text("."),
	})
	step.Link = schedule
	morning := msg.New(msg.Announce, msg.Para{
		msg.Text("Spec freeze "), msg.Day(at, "UTC"), msg.Text(", "), msg.Clock(at, "UTC"), msg.Text(", "), msg.Left(at, "UTC"),
		msg.Text(". Missing it? Talk to "), msg.Name("maria"), msg.Text(" today."),
	})
	morning.Link = schedule
	effect := msg.New(msg.Announce, msg.Para{
		msg.Text("Spec freeze is in effect ("), msg.Passed(at, "UTC"), msg.Text("). From here an exception is "), msg.Name("maria"), msg.Text("'s decision."),
	})
	effect.Link = schedule
	calendar := msg.New(msg.Answer, msg.Para{msg.Text("Next in Glance:")})
	var items []msg.Para
	for i, name := range []string{"Spec freeze", "Milestone 2", "Feature freeze", "Release candidate 1", "Release"} {
		on := at.AddDate(0, 0, 28*i)
		items = append(items, msg.Para{msg.Text(name + " "), msg.Day(on, "UTC"), msg.Text(", "), msg.Left(on, "UTC")})
	}
	calendar.Blocks = append(calendar.Blocks, msg.Block{List: items})
	calendar.Link = schedule
	help := msg.New(msg.Answer,
		msg.Para{msg.Code("!freeze [kind]"), msg.Text(": the next freeze, or the next of that kind.")},
		msg.Para{msg.Text("Anyone may ask. Example: "), msg.Code("!freeze spec-freeze")},
	)

	ask := msg.New(msg.Ask, msg.Para{
		{Mention: &msg.Mention{Person: "zoe", Called: "zoe", User: "@zoe:example.org"}},
		msg.Text(": "), msg.Name("nina"),
		msg.Text(` asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since `), msg.Day(time.Date(2026, 11, 13, 9, 0, 0, 0, time.UTC), "UTC"),
		msg.Text(" for a second. Not for you? "), msg.Code("!pass 912345"),
	})
	ask.Link = "https://review.opendev.org/912345"

	for _, tc := range []struct {
		name  string
		m     msg.Message
		when  time.Time
		limit int
	}{
		{"ask", ask, time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 440},
		{"freeze-answer", freezeAnswer("UTC"), time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 440},
		{"freeze-answer-new-york", freezeAnswer("America/New_York"), time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 440},
		{"freeze-7d", step, time.Date(2026, 12, 3, 14, 0, 0, 0, time.UTC), 440},
		{"freeze-7d-said-at-5d", step, time.Date(2026, 12, 5, 9, 12, 0, 0, time.UTC), 440},
		{"freeze-0d", morning, time.Date(2026, 12, 10, 14, 0, 0, 50e6, time.UTC), 440},
		{"freeze-0s", effect, at.Add(80 * time.Millisecond), 440},
		{"freeze-0s-said-late", effect, at.Add(3*time.Hour + 7*time.Second), 440},
		{"calendar", calendar, time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 440},
		{"calendar-narrow", calendar, time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 64},
		{"help", help, time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC), 440},
	} {
		t.Run(tc.name, func(t *testing.T) {
			checkGolden(t, tc.name+".plain", msg.Plain(tc.m, tc.when)+"\n")
			checkGolden(t, tc.name+".irc", strings.Join(msg.IRC(tc.m, tc.when, tc.limit), "\n")+"\n")
			checkGolden(t, tc.name+".html", msg.HTML(tc.m, tc.when)+"\n")
		})
	}
}
