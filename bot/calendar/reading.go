package calendar

import (
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Reading is one event as the schedule has it: a label in a week. A label that
// stands in three weeks gives three, and one whose prose names two days of the
// same week gives two for that week.
type Reading struct {
	Series string
	Label  string // as placed in the week
	Team   string // "nova", cycle.CrossProject, cycle.Elections
	Kind   string // "spec-freeze"; see cycle.Kinds
	Title  string // of the section; empty where no page defines the label; hostile

	Pos       Pos // of the label in the grid
	Placement Placement
	Week      Week

	// Day is the date that counts, At its instant where the source gives a time,
	// UTC (zero otherwise), Until the end of a span of hours or days that begins
	// with At, UTC (zero where there is none).
	Day       civil.Date
	At, Until time.Time
	Basis     cycle.Basis

	// Literal is the day as written where it is a slip that Day puts right: the
	// same day of another year; or a day half a year away, for which the week's
	// own counts. Zero otherwise.
	Literal civil.Date

	// Section is where the label is defined, possibly on the page of another
	// series; nil where no page that was read has it. Mention is the place in
	// its prose that gave the date; nil where none did.
	Section *Section
	Mention *Mention

	// Repeat says that an earlier week has the label, and this one no date of
	// its own.
	Repeat bool
}

// Disagreement says how the date that counts and the week differ.
type Disagreement string

// How grid and prose can differ.
const (
	Agree       Disagreement = ""
	OtherYear   Disagreement = "wrong-year"       // the prose has a day of another year, or of one that can't be
	OtherWeek   Disagreement = "outside-its-week" // the prose's date lies in another week
	NoSuchDay   Disagreement = "no-such-day"      // the prose names a day that does not exist
	NoWeekStart Disagreement = "no-week"          // the week's start can't be read
)

// Disagreement compares the prose with the week.
func (r Reading) Disagreement() Disagreement {
	switch {
	case !r.Literal.IsZero():
		return OtherYear
	case r.Week.Start.Date.IsZero():
		return NoWeekStart
	case r.Mention != nil && r.Mention.Kind == ADate && r.Mention.From.IsZero():
		return NoSuchDay
	case !r.Week.Has(r.Day):
		return OtherWeek
	case r.Mention != nil && r.Mention.OddYear != "":
		return OtherYear
	}
	return Agree
}
