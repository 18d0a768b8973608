package people

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot/civil"
)

func TestAddWorkingDays(t *testing.T) {
	tests := []struct {
		story, zone, from string
		days              int
		want              string
	}{
		{"within a week", "UTC", "2026-11-23T14:00:05Z", 3, "2026-11-26T14:00:05Z"},
		{"over a weekend", "UTC", "2026-11-26T14:00:00Z", 3, "2026-12-01T14:00:00Z"},
		{"Friday evening", "UTC", "2026-11-27T23:59:00Z", 1, "2026-11-30T23:59:00Z"},
		{"Saturday counts from Monday's start", "UTC", "2026-11-28T14:00:00Z", 3, "2026-12-03T00:00:00Z"},
		{"so does Sunday", "UTC", "2026-11-29T23:59:00Z", 3, "2026-12-03T00:00:00Z"},
		{"no days", "UTC", "2026-11-26T14:00:00Z", 0, "2026-11-26T14:00:00Z"},
		{"no days from a weekend", "UTC", "2026-11-28T14:00:00Z", 0, "2026-11-30T00:00:00Z"},
		{"fewer than none", "UTC", "2026-11-26T14:00:00Z", -2, "2026-11-26T14:00:00Z"},
		{"two weeks", "UTC", "2026-11-26T14:00:00Z", 10, "2026-12-10T14:00:00Z"},
		{"Saturday in Auckland is Friday elsewhere", "Pacific/Auckland", "2026-11-27T12:00:00Z", 1, "2026-11-30T11:00:00Z"},
		{"the clock time stays when the clock is turned", "Europe/Prague", "2026-10-23T12:00:00Z", 1, "2026-10-26T13:00:00Z"},
		{"a time that a Monday lacks", "Africa/Casablanca", "2026-02-13T02:30:00Z", 1, "2026-02-16T03:30:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			got := AddWorkingDays(mustTime(t, tt.from), tt.days, mustZone(t, tt.zone)).Format(time.RFC3339)
			if got != tt.want {
				t.Errorf("%s + %d in %s: got %s, want %s", tt.from, tt.days, tt.zone, got, tt.want)
			}
		})
	}
}

func TestWorkingDaysNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		from, days := drawInstant(t, "from"), rapid.IntRange(0, 30).Draw(t, "days")
		at, next := AddWorkingDays(from, days, zone), AddWorkingDays(from, days+1, zone)
		if at.Before(from) || !next.After(at) {
			t.Fatalf("%s + %d in %s is %s, one more is %s", from, days, zone, at, next)
		}
		// Each week has five of them, weekends or not; but Apia never had Friday
		// 2011-12-30.
		for d := civil.DateOf(from, zone); d.At(civil.Clock{}, zone).Before(next.AddDate(0, 0, 7)); d = d.AddDays(1) {
			if civil.DateOf(d.At(civil.Clock{Hour: 12}, zone), zone) != d {
				return
			}
		}
		if civil.DateOf(AddWorkingDays(from, days+5, zone), zone).Sub(civil.DateOf(at, zone)) != 7 {
			t.Fatalf("%s + %d and five more in %s are no week apart", from, days, zone)
		}
	})
}

func TestDaysFollowEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		now := drawInstant(t, "now")
		d, next := Day(now, zone), Tomorrow(now, zone)
		if d.Start(zone).After(now) || !next.After(now) {
			t.Fatalf("%s in %s is in %s, and tomorrow begins %s", now, zone, d, next)
		}
		if Day(next, zone) == d || Day(next.Add(-time.Second), zone) != d {
			t.Fatalf("%s in %s: the day %s does not end at %s", now, zone, d, next)
		}
	})
}

// In St. John's the clock went from 00:01 back to 23:01 of the day before.
func TestAnHourThatIsYesterdayAgainBelongsToToday(t *testing.T) {
	zone, again := mustZone(t, "America/St_Johns"), mustTime(t, "2010-11-07T03:00:00Z")
	if got := civil.DateOf(again, zone).String(); got != "2010-11-06" {
		t.Fatalf("the calendar shows %s", got)
	}
	if got := Day(again, zone).String(); got != "2010-11-07" {
		t.Errorf("day %s", got)
	}
	if got, want := Tomorrow(again, zone), mustTime(t, "2010-11-08T03:30:00Z"); !got.Equal(want) {
		t.Errorf("tomorrow begins %s, want %s", got, want)
	}
}
