package freeze

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

func spans(texts ...string) []civil.Span {
	out := []civil.Span{}
	for _, text := range texts {
		s, err := civil.ParseSpan(text)
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := civil.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// rungAt is a step as the table shows it.
type rungAt struct{ Name, At, Until string }

func TestLadder(t *testing.T) {
	for _, tc := range []struct {
		name, zone, at string
		steps, own     []civil.Span
		want           []rungAt
	}{
		{
			"the usual one", "UTC", "2026-12-10T23:59:00Z", spans("7d", "1d", "0d", "0s"), nil,
			[]rungAt{
				{"T-7d", "2026-12-03T14:00:00Z", "2026-12-10T23:58:59Z"},
				{"T-1d", "2026-12-09T14:00:00Z", "2026-12-10T23:58:59Z"},
				{"T-0d", "2026-12-10T14:00:00Z", "2026-12-10T23:58:59Z"},
				{"T-0s", "2026-12-10T23:59:00Z", "2026-12-11T23:59:00Z"},
			},
		},
		{
			"in any order, weeks as days", "UTC", "2026-12-10T23:59:00Z", spans("0s", "2w", "20s"), nil,
			[]rungAt{
				{"T-14d", "2026-11-26T14:00:00Z", "2026-12-10T23:58:59Z"},
				{"T-20s", "2026-12-10T23:58:40Z", "2026-12-10T23:58:59Z"},
				{"T-0s", "2026-12-10T23:59:00Z", "2026-12-11T23:59:00Z"},
			},
		},
		{
			"the day's step is the last", "UTC", "2026-12-10T23:59:00Z", spans("1d", "0d"), nil,
			[]rungAt{
				{"T-1d", "2026-12-09T14:00:00Z", "2026-12-10T23:58:59Z"},
				{"T-0d", "2026-12-10T14:00:00Z", "2026-12-11T23:59:00Z"},
			},
		},
		{
			"no step at the event: nothing is said after it", "UTC", "2026-12-10T23:59:00Z", spans("1d"), nil,
			[]rungAt{{"T-1d", "2026-12-09T14:00:00Z", "2026-12-10T23:58:59Z"}},
		},
		{
			"a step that would not come before its event", "UTC", "2026-12-10T14:00:00Z", spans("0d", "0s"), nil,
			[]rungAt{
				{"T-0d", "2026-12-10T13:00:00Z", "2026-12-10T13:59:59Z"},
				{"T-0s", "2026-12-10T14:00:00Z", "2026-12-11T14:00:00Z"},
			},
		},
		{
			"just after midnight the hour before is yesterday", "UTC", "2026-12-10T00:30:00Z", spans("1d", "0d"), nil,
			[]rungAt{
				{"T-1d", "2026-12-09T14:00:00Z", "2026-12-10T00:29:59Z"},
				{"T-0d", "2026-12-09T23:30:00Z", "2026-12-11T00:30:00Z"},
			},
		},
		{
			"a day and 24 hours across a skipped hour", "America/New_York", "2027-03-14T18:00:00-04:00", spans("1d", "24h"), nil,
			[]rungAt{
				{"T-1d", "2027-03-13T19:00:00Z", "2027-03-14T21:59:59Z"},
				{"T-24h", "2027-03-13T22:00:00Z", "2027-03-14T21:59:59Z"},
			},
		},
		{
			"west of the date line the day is the team's", "Pacific/Pago_Pago", "2026-12-11T10:59:00Z", spans("1d"), nil,
			[]rungAt{{"T-1d", "2026-12-10T01:00:00Z", "2026-12-11T10:58:59Z"}},
		},
		{
			"an event's own ladder", "UTC", "2026-12-10T23:59:00Z", spans("7d"), spans("3d"),
			[]rungAt{{"T-3d", "2026-12-07T14:00:00Z", "2026-12-10T23:58:59Z"}},
		},
		{"an event without reminders", "UTC", "2026-12-10T23:59:00Z", spans("7d"), spans(), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			loc := zone(t, tc.zone)
			at := utc(t, tc.at)
			e := cycle.Event{ID: "e", Kind: "spec-freeze", At: at, Day: civil.DateOf(at, loc), Remind: tc.own}
			var got []rungAt
			for _, s := range (ladder{zone: loc, at: civil.Clock{Hour: 14}, steps: tc.steps}).of(e) {
				got = append(got, rungAt{s.name(), s.At.Format(time.RFC3339), s.Until.Format(time.RFC3339)})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("ladder (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the ladder, the event and the zone: each step once, in order, before
// its event (or at it), and worth saying when it is due.
func TestLadderHolds(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Europe/Prague", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Australia/Lord_Howe"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := civil.LoadZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1.2e9, 2e9).Draw(t, "at")/60*60, 0).UTC()
		steps := rapid.SliceOfDistinct(rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 40), civil.DaySpan),
			rapid.Map(rapid.Int64Range(0, 200_000), func(s int64) civil.Span { return civil.ClockSpan(time.Duration(s) * time.Second) }),
		), func(s civil.Span) civil.Span { return s }).Draw(t, "steps")
		clock := civil.Clock{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}
		got := ladder{zone: loc, at: clock, steps: steps}.of(cycle.Event{At: at, Day: civil.DateOf(at, loc)})
		if len(got) != len(steps) {
			t.Fatalf("%d steps for %d spans", len(got), len(steps))
		}
		for i, s := range got {
			if s.At.After(s.Until) {
				t.Errorf("%s is due %s, worth saying only until %s", s.name(), s.At, s.Until)
			}
			if i > 0 && s.At.Before(got[i-1].At) {
				t.Errorf("%s is due before %s", s.name(), got[i-1].name())
			}
			if zero := s.Span == civil.ClockSpan(0); s.At.After(at) || !zero && !s.At.Before(at) {
				t.Errorf("%s is due %s, the event is %s", s.name(), s.At, at)
			}
		}
	})
}

func TestConfigRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		remind []civil.Span
		want   int
	}{
		{"the defaults", defaults().(*Config).Remind, 0},
		{"nothing", nil, 1},
		{"a step twice, spelled differently", spans("14d", "2w"), 1},
		{"a day and 24 hours are two", spans("1d", "24h"), 0},
	} {
		got := 0
		(&Config{Remind: tc.remind}).Validate(func(key, _ string) {
			if key != "remind" {
				t.Errorf("%s: complains of %s", tc.name, key)
			}
			got++
		})
		if got != tc.want {
			t.Errorf("%s: got %d complaints, want %d", tc.name, got, tc.want)
		}
	}
}
