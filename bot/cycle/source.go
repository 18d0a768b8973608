package cycle

import (
	"time"

	"torchbearer/bot/civil"
)

// Source is where an event was read. The zero Source is an event of the team's
// own configuration, or of a test.
type Source struct {
	File   string // as the operator named it; hostile where it comes from a page
	Line   int    // from 1; 0: the file as a whole
	Series string // "hibiscus"; empty for an event of no series
	Label  string // "h-nova-spec-freeze": the event's name in the source
	Week   string // "R-16", as the source names it; empty where it names none
	Basis  Basis  // why the event has its date
}

// Known reports whether the event was read from a source.
func (s Source) Known() bool { return s != Source{} }

// Basis is why an event has its date.
type Basis string

// The bases, the most certain first. The schedules' own are named as in the
// project's test data.
const (
	AtInstant       Basis = "instant"            // a source of exact instants: an election configuration, iCalendar
	ProseTime       Basis = "prose-time"         // the page gives day, time and zone
	ProseTimeNoZone Basis = "prose-time-no-zone" // day and time; UTC is assumed
	ProseDate       Basis = "prose-date"         // the page gives the day
	SeriesStatus    Basis = "series-status"      // the list of all series has the day of the release
	EndOfWeek       Basis = "end-of-week"        // the page says "by the end of the week": Friday
	WholeWeek       Basis = "week"               // the page names the week or a range of days: its Thursday
	ThursdayRule    Basis = "thursday-rule"      // the page says nothing: the Thursday of the week
	Estimate        Basis = "estimate"           // nobody published it: counted back from a release date
)

// Official is the published date of an event that the team's own replaces: it is
// still shown.
type Official struct {
	ID     string
	Name   string
	Day    civil.Date
	At     time.Time // UTC
	Exact  bool      // At is a published instant, not the end of Day
	URL    string
	Source Source
}

// Published is what is remembered of an official date that a team's own event
// replaces.
type Published struct {
	ID    string     `json:"id"`
	Day   civil.Date `json:"day"`
	At    time.Time  `json:"at"`
	Exact bool       `json:"exact,omitempty"` // At is a published instant
}

// Published is the official date under the event: nil where there is none, and
// where that is but an estimate.
func (e Event) Published() *Published {
	o := e.Official
	if o == nil || o.Source.Basis == Estimate {
		return nil
	}
	return &Published{ID: o.ID, Day: o.Day, At: o.At.UTC(), Exact: o.Exact}
}

// Equal reports whether both are of one id and date, or both nil.
func (p *Published) Equal(q *Published) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.ID == q.ID && p.Day == q.Day && p.At.Equal(q.At) && p.Exact == q.Exact
}

// Own reports whether the event is the team's own, not read from a source.
func (e Event) Own() bool { return !e.Source.Known() }

// Estimated reports whether nobody published the event's date.
func (e Event) Estimated() bool { return e.Source.Basis == Estimate }
