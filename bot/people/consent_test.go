package people

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/civil"
)

// failer is a test or a property.
type failer interface {
	Helper()
	Fatal(...any)
}

func mustZone(t failer, name string) *time.Location {
	t.Helper()
	zone, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustTime(t failer, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustQuiet(t failer, s string) *Quiet {
	t.Helper()
	if s == "" {
		return nil
	}
	q := &Quiet{}
	if err := q.UnmarshalText([]byte(s)); err != nil {
		t.Fatal(err)
	}
	return q
}

func TestNext(t *testing.T) {
	tests := []struct {
		story, zone, configured, now, away, quiet string
		off, out                                  bool
		at                                        string
		wait                                      Wait
	}{
		{story: "nothing said", zone: "UTC", now: "2026-12-01T03:00:00Z", at: "2026-12-01T03:00:00Z"},
		{story: "before midnight", zone: "UTC", configured: "22:00-08:00", now: "2026-12-01T23:00:00Z", at: "2026-12-02T08:00:00Z", wait: Asleep},
		{story: "after midnight", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T07:59:59Z", at: "2026-12-02T08:00:00Z", wait: Asleep},
		{story: "the minute it ends", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T08:00:00Z", at: "2026-12-02T08:00:00Z"},
		{story: "the minute it begins", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T22:00:00Z", at: "2026-12-03T08:00:00Z", wait: Asleep},
		{story: "within one day", zone: "UTC", configured: "12:00-13:30", now: "2026-12-02T12:15:00Z", at: "2026-12-02T13:30:00Z", wait: Asleep},
		{story: "ten in the evening in New York", zone: "America/New_York", configured: "22:00-08:00", now: "2026-12-02T03:00:00Z", at: "2026-12-02T13:00:00Z", wait: Asleep},
		{story: "own hours stand in for the configured", zone: "UTC", configured: "22:00-08:00", quiet: "20:00-06:00", now: "2026-12-02T07:00:00Z", at: "2026-12-02T07:00:00Z"},
		{story: "none at all", zone: "UTC", configured: "22:00-08:00", off: true, now: "2026-12-02T07:00:00Z", at: "2026-12-02T07:00:00Z"},
		{story: "away", zone: "UTC", now: "2026-12-02T07:00:00Z", away: "2026-12-05T00:00:00Z", at: "2026-12-05T00:00:00Z", wait: Away},
		{story: "back again", zone: "UTC", now: "2026-12-05T00:00:00Z", away: "2026-12-05T00:00:00Z", at: "2026-12-05T00:00:00Z"},
		{story: "away until an hour of sleep", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T12:00:00Z", away: "2026-12-05T00:00:00Z", at: "2026-12-05T08:00:00Z", wait: Away},
		{story: "asleep, and away until later", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T23:00:00Z", away: "2026-12-03T12:00:00Z", at: "2026-12-03T12:00:00Z", wait: Away},
		{story: "asleep until after being away", zone: "UTC", configured: "22:00-08:00", now: "2026-12-02T23:00:00Z", away: "2026-12-02T23:30:00Z", at: "2026-12-03T08:00:00Z", wait: Away},
		{story: "opted out", zone: "UTC", out: true, now: "2026-12-02T23:00:00Z", away: "2026-12-02T23:30:00Z", at: "0001-01-01T00:00:00Z", wait: OptedOut},

		{story: "the end does not exist that night", zone: "Europe/Prague", configured: "22:00-02:30", now: "2026-03-29T00:45:00Z", at: "2026-03-29T01:00:00Z", wait: Asleep},
		{story: "hours that a gap swallowed", zone: "Europe/Prague", configured: "02:10-02:50", now: "2026-03-29T01:00:00Z", at: "2026-03-29T01:00:00Z"},
		{story: "the end comes twice: at its first", zone: "Europe/Prague", configured: "22:00-02:30", now: "2026-10-25T00:10:00Z", at: "2026-10-25T00:30:00Z", wait: Asleep},
		{story: "and by the second they are over", zone: "Europe/Prague", configured: "22:00-02:30", now: "2026-10-25T01:10:00Z", at: "2026-10-25T01:10:00Z"},
		{story: "the day Apia skipped joins two nights", zone: "Pacific/Apia", configured: "22:00-08:00", now: "2011-12-30T09:00:00Z", at: "2011-12-30T18:00:00Z", wait: Asleep},
		{story: "midnight twice", zone: "America/St_Johns", configured: "22:00-00:00", now: "2010-11-07T01:00:00Z", at: "2010-11-07T02:30:00Z", wait: Asleep},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			c := Consent{Quiet: mustQuiet(t, tt.quiet), NoQuiet: tt.off, OptedOut: tt.out}
			if tt.away != "" {
				c.Away = mustTime(t, tt.away)
			}
			at, wait := c.Next(mustTime(t, tt.now), mustQuiet(t, tt.configured), mustZone(t, tt.zone))
			if got := at.Format(time.RFC3339); got != tt.at || wait != tt.wait {
				t.Errorf("got %s %q, want %s %q", got, wait, tt.at, tt.wait)
			}
		})
	}
}

// Whatever time of the table ends the quiet hours, gaps and folds of many zones
// among them, they end at the instant that the table has for it.
func TestQuietHoursEndByTheTable(t *testing.T) {
	f, err := os.Open("../civil/testdata/dates.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 152 {
		t.Fatalf("the table has %d rows, want 152", len(rows))
	}
	for _, row := range rows[1:] {
		zone, local, want := mustZone(t, row[0]), row[1], mustTime(t, row[3])
		to, err := civil.ParseClock(local[11:])
		if err != nil {
			t.Fatal(err)
		}
		if civil.DateOf(want, zone).String() != local[:10] {
			continue // a day the zone skipped, and its hours with it
		}
		q := Quiet{From: civil.Clock{Hour: (to.Hour + 18) % 24, Minute: to.Minute}, To: to}
		for _, before := range []time.Duration{time.Second, time.Hour} {
			now := want.Add(-before)
			if at, wait := (Consent{}).Next(now, &q, zone); !at.Equal(want) || wait != Asleep {
				t.Errorf("%s, quiet %s, %s before %s: %s %q", row[0], q, before, row[3], at.Format(time.RFC3339), wait)
			}
		}
		if at, wait := (Consent{}).Next(want, &q, zone); !at.Equal(want) || wait != No {
			t.Errorf("%s, quiet %s, at %s: %s %q", row[0], q, row[3], at.Format(time.RFC3339), wait)
		}
	}
}

// zones of many kinds of turning clocks.
var zones = []string{
	"UTC", "America/New_York", "Europe/Prague", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns",
	"Asia/Kathmandu", "Africa/Casablanca", "Pacific/Kiritimati",
}

func drawClock(t *rapid.T, name string) civil.Clock {
	return civil.Clock{Hour: rapid.IntRange(0, 23).Draw(t, name+"hour"), Minute: rapid.IntRange(0, 59).Draw(t, name+"minute")}
}

func drawInstant(t *rapid.T, name string) time.Time {
	span := rapid.Int64Range(0, 20*365*24*60).Draw(t, name)
	turned := rapid.SampledFrom([]time.Time{
		time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(span) * time.Minute),
		time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC).Add(time.Duration(span%2880-1440) * time.Minute),
		time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC).Add(time.Duration(span%2880-1440) * time.Minute),
		time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC).Add(time.Duration(span%2880-1440) * time.Minute),
		time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(span%5760-2880) * time.Minute),
		time.Date(2010, 11, 7, 2, 0, 0, 0, time.UTC).Add(time.Duration(span%600-300) * time.Minute),
	})
	return turned.Draw(t, name+" around")
}

// TestNextIsTheFirstAllowedInstant asks every minute, one by one.
func TestNextIsTheFirstAllowedInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		now := drawInstant(t, "now")
		from, to := drawClock(t, "from "), drawClock(t, "to ")
		var q *Quiet
		if from != to {
			q = &Quiet{from, to}
		}
		c := Consent{}
		if rapid.Bool().Draw(t, "away") {
			c.Away = now.Add(time.Duration(rapid.Int64Range(-100, 4000).Draw(t, "for")) * time.Minute)
		}
		// allowed says of an instant what the words say, and no more.
		allowed := func(at time.Time) bool {
			if at.Before(c.Away) {
				return false
			}
			for n := -3; n <= 3 && q != nil; n++ {
				d := civil.DateOf(at, zone).AddDays(n)
				end := d
				if to.String() < from.String() {
					end = d.AddDays(1)
				}
				if !at.Before(d.At(from, zone)) && at.Before(end.At(to, zone)) {
					return false
				}
			}
			return true
		}
		want := now
		for !allowed(want) {
			want = want.Add(time.Minute)
		}
		at, wait := c.Next(now, q, zone)
		if !at.Equal(want) || (wait == No) != want.Equal(now) {
			t.Fatalf("%s in %s, quiet %v, away until %s: %s %q, want %s", now, zone, q, c.Away, at, wait, want)
		}
		if again, wait := c.Next(at, q, zone); !again.Equal(at) || wait != No {
			t.Fatalf("at %s still %q until %s", at, wait, again)
		}
	})
}

func TestConsentIsKeptAsItWas(t *testing.T) {
	for _, want := range []Consent{
		{},
		{Away: mustTime(t, "2026-12-01T00:00:00Z"), Quiet: mustQuiet(t, "22:00-08:00")},
		{NoQuiet: true, OptedOut: true},
	} {
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Consent
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", b, diff)
		}
	}
}

func TestQuietRefuses(t *testing.T) {
	for _, text := range []string{"", "22:00", "22-8", "08:00-08:00", "22:00-24:00", "22:00-08:00-09:00", "off"} {
		var q Quiet
		if err := q.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q became %s", text, q)
		}
	}
}

// The span and its end tell the same story.
func TestSpanHoldsTheQuietHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		now, q := drawInstant(t, "now"), Quiet{drawClock(t, "from "), drawClock(t, "to ")}
		if q.From == q.To {
			return
		}
		from, to := q.Span(now, zone)
		if !to.After(now) || !to.After(from) {
			t.Fatalf("%s in %s, quiet %s: from %s to %s", now, zone, q, from, to)
		}
		end, quiet := q.End(now, zone)
		if quiet != !from.After(now) || quiet && end.Before(to) {
			t.Fatalf("%s in %s, quiet %s: from %s to %s, but quiet %t until %s", now, zone, q, from, to, quiet, end)
		}
	})
}
