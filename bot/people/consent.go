package people

import (
	"time"

	"torchbearer/bot/civil"
)

// Consent is what a person has said about being asked; the zero Consent is
// nothing. It is kept for all teams.
type Consent struct {
	Away     time.Time `json:"away,omitzero"`      // not asked before; zero or past: not away
	Quiet    *Quiet    `json:"quiet,omitempty"`    // in place of the configured hours; nil: those
	NoQuiet  bool      `json:"noQuiet,omitempty"`  // no hours at all, whatever is configured
	OptedOut bool      `json:"optedOut,omitempty"` // never asked
}

// Wait is why a person is not asked now.
type Wait string

// The reasons. The zero Wait is none: the person can be asked.
const (
	No       Wait = ""
	OptedOut Wait = "opted-out" // for good
	Away     Wait = "away"      // said so
	Asleep   Wait = "asleep"    // quiet hours
	Capped   Wait = "capped"    // asked as often as a day allows
	Gone     Wait = "gone"      // in none of the rooms
)

// Hours returns the quiet hours that hold for a person with the configured ones;
// nil: none.
func (c Consent) Hours(configured *Quiet) *Quiet {
	switch {
	case c.NoQuiet:
		return nil
	case c.Quiet != nil:
		return c.Quiet
	}
	return configured
}

// Next returns the first instant, now or later and in UTC, at which the person
// may be asked, and why not now. It is a zero time for who has opted out. The
// reason is what holds now: somebody who is away until an hour at which they
// sleep is away, and can be asked at the end of those quiet hours. A nil zone
// is UTC.
func (c Consent) Next(now time.Time, configured *Quiet, zone *time.Location) (at time.Time, wait Wait) {
	if c.OptedOut {
		return time.Time{}, OptedOut
	}
	at = now.UTC()
	if c.Away.After(at) {
		at, wait = c.Away.UTC(), Away
	}
	q := c.Hours(configured)
	if q == nil {
		return at, wait
	}
	if end, quiet := q.End(at, zone); quiet {
		at = end
		if wait == No {
			wait = Asleep
		}
	}
	return at, wait
}

// End reports whether t lies in the quiet hours, and the instant, in UTC, at
// which they end. Both clock times are instants by the rule of civil.Date.At:
// in a night with a gap they end at the first valid minute after it, and of a
// time that comes twice it is the first. A nil zone is UTC.
func (q Quiet) End(t time.Time, zone *time.Location) (end time.Time, quiet bool) {
	if q.From == q.To {
		return time.Time{}, false
	}
	// A span ends at the latest on the day after it began. One more day on
	// each side is for clocks that were turned over midnight. In the order of
	// their days, the end of one may begin the next, where a zone skipped a day.
	first := civil.DateOf(t, orUTC(zone)).AddDays(-2)
	for d := first; d.Sub(first) <= 5; d = d.AddDays(1) {
		from, to := q.on(d, zone)
		if !from.After(t) && to.After(t) {
			t, end, quiet = to, to, true
		}
	}
	return end, quiet
}

// on returns the quiet span that begins on a day; it may be empty.
func (q Quiet) on(d civil.Date, zone *time.Location) (from, to time.Time) {
	from = d.At(q.From, orUTC(zone))
	if q.To.Hour < q.From.Hour || q.To.Hour == q.From.Hour && q.To.Minute < q.From.Minute {
		d = d.AddDays(1)
	}
	return from, d.At(q.To, orUTC(zone))
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// Span returns the quiet hours that t lies in, or else the next ones, in UTC. A
// nil zone is UTC.
func (q Quiet) Span(t time.Time, zone *time.Location) (from, to time.Time) {
	first := civil.DateOf(t, orUTC(zone)).AddDays(-2)
	for d := first; d.Sub(first) <= 7; d = d.AddDays(1) {
		if from, to = q.on(d, zone); to.After(t) && to.After(from) {
			break
		}
	}
	return from, to
}
