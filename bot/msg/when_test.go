package msg_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/msg"
)

func TestWhen(t *testing.T) {
	freeze := specFreeze()
	ago := func(d time.Duration) time.Time { return freeze.Add(-d) }
	const day = 24 * time.Hour
	for _, tc := range []struct {
		name string
		in   msg.Inline
		now  time.Time
		want string
	}{
		{"instant", msg.Instant(freeze, "UTC"), ago(0), "Thu 2026-12-10 23:59 UTC"},
		{"instant, zone without a name", msg.Instant(freeze, ""), ago(0), "Thu 2026-12-10 23:59 UTC"},
		{"instant, unknown zone", msg.Instant(freeze, "Mars/Olympus"), ago(0), "Thu 2026-12-10 23:59 UTC"},
		{"instant, zone that is a path", msg.Instant(freeze, "../../etc/passwd"), ago(0), "Thu 2026-12-10 23:59 UTC"},
		{"instant, next day in UTC", msg.Instant(freeze.Add(5*time.Hour), "America/New_York"), ago(0), "Thu 2026-12-10 23:59 EST (Fri 04:59 UTC)"},
		{"instant, same day in UTC", msg.Instant(freeze, "America/New_York"), ago(0), "Thu 2026-12-10 18:59 EST (23:59 UTC)"},
		{"instant, summer", msg.Instant(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), "Europe/London"), ago(0), "Wed 2026-07-01 13:00 BST (12:00 UTC)"},
		{"instant, winter at UTC", msg.Instant(freeze, "Europe/London"), ago(0), "Thu 2026-12-10 23:59 UTC"},
		{"instant, zone without letters", msg.Instant(freeze, "America/Sao_Paulo"), ago(0), "Thu 2026-12-10 20:59 UTC-03 (23:59 UTC)"},
		{"instant, west of the date line", msg.Instant(freeze, "Pacific/Kiritimati"), ago(0), "Fri 2026-12-11 13:59 UTC+14 (Thu 23:59 UTC)"},
		{"instant, seconds", msg.Instant(freeze.Add(30*time.Second), "UTC"), ago(0), "Thu 2026-12-10 23:59:30 UTC"},
		{"clock", msg.Clock(freeze, "UTC"), ago(0), "23:59 UTC"},
		{"clock, seconds", msg.Clock(freeze.Add(30*time.Second), "UTC"), ago(0), "23:59:30 UTC"},
		{"clock elsewhere", msg.Clock(freeze.Add(5*time.Hour), "America/New_York"), ago(0), "23:59 EST (04:59 UTC)"},
		{"day, today", msg.Day(freeze, "UTC"), ago(10 * time.Hour), "today"},
		{"day, tomorrow", msg.Day(freeze, "UTC"), ago(day), "tomorrow"},
		{"day, later", msg.Day(freeze, "UTC"), ago(2 * day), "Thu 2026-12-10"},
		{"day, over", msg.Day(freeze, "UTC"), ago(-day), "Thu 2026-12-10"},
		{"day, of the zone", msg.Day(freeze, "Asia/Tokyo"), ago(9 * time.Hour), "tomorrow"},
		{"date, today", msg.Date(freeze, "UTC"), ago(time.Hour), "Thu 2026-12-10"},
		{"date, of the zone", msg.Date(freeze, "Asia/Tokyo"), ago(day), "Fri 2026-12-11"},
		{"days", msg.Days(freeze, "UTC"), ago(7 * day), "in 7 days"},
		{"days, two that are less than 48 h", msg.Days(freeze, "UTC"), ago(34 * time.Hour), "tomorrow"},
		{"days, today", msg.Days(freeze, "UTC"), ago(23 * time.Hour), "today"},
		{"days, today still", msg.Days(freeze, "UTC"), ago(-59 * time.Second), "today"},
		{"days, of the zone", msg.Days(freeze, "Asia/Tokyo"), ago(23 * time.Hour), "tomorrow"},
		{"days, yesterday", msg.Days(freeze, "UTC"), ago(-time.Minute), "yesterday"},
		{"days, over", msg.Days(freeze, "UTC"), ago(-7 * day), "7 days ago"},
		{"left, days", msg.Left(freeze, "UTC"), ago(7 * day), "in 7 days"},
		{"left, hours", msg.Left(freeze, "UTC"), ago(9*time.Hour + 59*time.Minute), "in 9 h 59 min"},
		{"left, said a moment later", msg.Left(freeze, "UTC"), ago(9*time.Hour + 59*time.Minute - 40*time.Millisecond), "in 9 h 59 min"},
		{"left, seconds", msg.Left(freeze, "UTC"), ago(20 * time.Second), "in 20 s"},
		{"left, now", msg.Left(freeze, "UTC"), ago(-900 * time.Millisecond), "now"},
		{"left, over", msg.Left(freeze, "UTC"), ago(-3 * time.Hour), "3 h ago"},
		{"left, long over", msg.Left(freeze, "UTC"), ago(-5 * day), "5 days ago"},
		{"passed, before", msg.Passed(freeze, "UTC"), ago(time.Hour), "23:59 UTC"},
		{"passed, just", msg.Passed(freeze, "UTC"), ago(-59 * time.Second), "23:59 UTC"},
		{"passed, a minute", msg.Passed(freeze, "UTC"), ago(-time.Minute), "23:59 UTC, was 60 s ago"},
		{"passed, hours", msg.Passed(freeze, "UTC"), ago(-3 * time.Hour), "23:59 UTC, was 3 h ago"},
		{"passed, elsewhere", msg.Passed(freeze, "America/New_York"), ago(-3 * time.Hour), "18:59 EST, 23:59 UTC, was 3 h ago"},
		{"unknown style", msg.Inline{When: &msg.When{At: freeze, Zone: "UTC", Style: "poem"}}, ago(0), "Thu 2026-12-10 23:59 UTC"},
	} {
		if got := msg.Plain(msg.New(msg.Answer, msg.Para{tc.in}), tc.now); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestTwoZonesInOneMessage(t *testing.T) {
	at := specFreeze()
	m := msg.New(msg.Answer, msg.Para{
		msg.Clock(at, "America/New_York"), msg.Text(", "), msg.Clock(at, "Europe/Prague"), msg.Text(", "), msg.Clock(at, "UTC"),
	})
	if got, want := msg.Plain(m, at), "18:59 EST (23:59 UTC), 00:59 CET (23:59 UTC), 23:59 UTC"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A message waits in the store as JSON, perhaps for a later version of the bot:
// the shape is a promise.
func TestStoredMessage(t *testing.T) {
	m := msg.New(msg.Announce, msg.Para{
		msg.Text("t"), msg.Bold("b"), msg.Code("c"), msg.URL("u"), msg.Name("n"),
		msg.Left(specFreeze().In(time.FixedZone("", 3600)), "America/New_York"),
	})
	m.Blocks = append(m.Blocks, msg.Block{List: []msg.Para{{msg.Text("i")}}})
	m.Link = "l"
	const want = `{"kind":"announce","blocks":[{"para":[{"text":"t"},{"bold":"b"},{"code":"c"},{"url":"u"},{"name":"n"},` +
		`{"when":{"at":"2026-12-10T23:59:00Z","zone":"America/New_York","style":"left"}}]},{"list":[[{"text":"i"}]]}],"link":"l"}`

	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("stored form (-want +got)\n%s", diff)
	}
	var back msg.Message
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
}

// A block is said while it is true: from its first instant until before its
// last.
func TestBlocksOfTheirTime(t *testing.T) {
	at := time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC)
	m := msg.New(msg.Announce, msg.Para{msg.Text("soon")}, msg.Para{msg.Text("now")}, msg.Para{msg.Text("always")})
	m.Blocks[0].Until = at
	m.Blocks[1].From = at
	for _, tc := range []struct {
		at   time.Time
		want string
	}{
		{at.Add(-1), "soon|always"},
		{at, "now|always"},
		{at.Add(time.Hour), "now|always"},
	} {
		if got := strings.ReplaceAll(msg.Plain(m, tc.at), "\n", "|"); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.at, got, tc.want)
		}
		if got := strings.Join(msg.IRC(m, tc.at, 400), "|"); got != tc.want {
			t.Errorf("%s, IRC: got %s, want %s", tc.at, got, tc.want)
		}
	}
}
