package civil

import (
	"iter"
	"slices"
	"time"
)

// Weekly is something that happens at the same wall-clock time on some days of
// every week: each such date has exactly one occurrence, named by the date.
//
// Its instant follows Date.At, so a recurrence at 02:30 comes at the end of a
// gap and once in a fold. A date that the zone skipped altogether is not lost:
// its occurrence is the start of the next day, and if that is also the next
// date's occurrence, both come at this one instant, the earlier date first.
type Weekly struct {
	Days []time.Weekday // order and repetition don't matter; none: never
	At   Clock
	Zone *time.Location // nil: UTC
}

// Daily is the recurrence on all seven days of the week.
func Daily(at Clock, zone *time.Location) Weekly {
	return Weekly{
		Days: []time.Weekday{
			time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
		},
		At:   at,
		Zone: zone,
	}
}

// Between yields the occurrences with from < instant <= to, by date: instants
// (in UTC) never go back. Adjoining spans share no occurrence and miss none.
func (w Weekly) Between(from, to time.Time) iter.Seq2[Date, time.Time] {
	return func(yield func(Date, time.Time) bool) {
		zone := w.zone()
		// The clock read DateOf(from) at from, so every earlier date has come.
		// A later date than DateOf(to) may have come by to as well, where the
		// clock was turned back over midnight, but by one day at most.
		last := DateOf(to, zone).AddDays(1)
		for d := DateOf(from, zone); !d.After(last); d = d.AddDays(1) {
			if !slices.Contains(w.Days, d.Weekday()) {
				continue
			}
			t := d.At(w.At, zone)
			if t.After(to) {
				return
			}
			if t.After(from) && !yield(d, t) {
				return
			}
		}
	}
}

// Next returns the first occurrence after an instant; a zero Date and Time if
// there are no Days. To see every date, also two at one instant, use Between.
func (w Weekly) Next(after time.Time) (Date, time.Time) {
	// A week, a day that zones may skip or repeat, and room to spare.
	for d, t := range w.Between(after, after.Add(10*day)) {
		return d, t
	}
	return Date{}, time.Time{}
}

func (w Weekly) zone() *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}
