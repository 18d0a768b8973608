package people

import (
	"time"

	"torchbearer/bot/civil"
)

// Day returns the person's day at an instant: the last one that has begun by
// then. It differs from what the calendar shows only in the minutes after a
// clock was turned back over midnight, which belong to the new day still. A nil
// zone is UTC.
func Day(t time.Time, zone *time.Location) civil.Date {
	d := civil.DateOf(t, orUTC(zone))
	for next := d.AddDays(1); !next.Start(orUTC(zone)).After(t); next = next.AddDays(1) {
		d = next
	}
	return d
}

// Tomorrow returns the instant, in UTC and after t, at which the person's next
// day begins. A nil zone is UTC.
func Tomorrow(t time.Time, zone *time.Location) time.Time {
	return Day(t, zone).AddDays(1).Start(orUTC(zone))
}

// AddWorkingDays returns the instant, in UTC, at which somebody in the zone has
// had so many working days since from: Monday to Friday, at the clock time of
// from, by the rule of civil.Date.At. Three working days from Thursday 14:00 are
// over on Tuesday at 14:00. What came on a weekend counts from Monday at 00:00:
// three from Saturday are over when Thursday begins. Fewer than 0 days are 0. A
// nil zone is UTC.
func AddWorkingDays(from time.Time, days int, zone *time.Location) time.Time {
	zone = orUTC(zone)
	d, local := civil.DateOf(from, zone), from.In(zone)
	clock, rest := civil.Clock{Hour: local.Hour(), Minute: local.Minute()},
		time.Duration(local.Second())*time.Second+time.Duration(local.Nanosecond())
	switch {
	case weekend(d):
		for weekend(d) {
			d = d.AddDays(1)
		}
		clock, rest = civil.Clock{}, 0
	case days <= 0:
		return from.UTC()
	}
	for ; days > 0; days-- {
		d = d.AddDays(1)
		for weekend(d) {
			d = d.AddDays(1)
		}
	}
	return d.At(clock, zone).Add(rest)
}

func weekend(d civil.Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}
