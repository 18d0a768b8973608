// Package calendar reads official calendars as they are written: the release
// schedules of OpenStack (a folder with schedule.yaml and schedule.rst, or the
// page alone), its election configurations, and iCalendar files. Everything in
// them is hostile text, and much of it is wrong: what is readable is kept, with
// the file and line where it stands, and what is not becomes a Problem.
//
//	s := calendar.Read(os.DirFS("schedules/2027.1"), "schedules/2027.1", today)
//	for _, r := range s.Readings(cycle.DefaultKinds()) {
//		fmt.Println(r.Day, r.Kind, r.Label, r.Pos, r.Disagreement())
//	}
//
// There are two levels. The model of this file says what stands where: weeks,
// labels, dates as written, what the prose mentions. Readings say what follows
// from it: one for each label and week, with the date that counts and why.
package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// Pos is a place in a source.
type Pos struct {
	File string // as the caller named it, with slashes
	Line int    // from 1; 0 is the file as a whole
}

// String is "schedule.yaml:12", or the file alone.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Text is something as it is written, and where it begins. The zero Text stands
// for something that is not there.
type Text struct {
	Pos
	Raw string // hostile
}

// Day is a date as it is written, and what it means. Date is zero where it can't
// be read, Raw is empty where it is not there.
type Day struct {
	Text
	Date civil.Date
}

// Problem is something that could not be read, or only by leaving a part out.
// Mistakes in what can be read are not problems: the linter finds them.
type Problem struct {
	Pos
	Kind  ProblemKind
	Label string // the label or key that it is about; often empty
	What  string // what is wrong, in words; may have hostile text in it
}

// ProblemKind says which sort of problem it is, for whoever rates them.
type ProblemKind string

// The sorts of problems.
const (
	Unreadable   ProblemKind = "unreadable"    // the file, or a part of it that is named, was skipped
	NotUTF8      ProblemKind = "not-utf-8"     // characters are lost, and nothing else
	DoubledKey   ProblemKind = "duplicate-key" // a mapping has a key twice: both are kept
	BadValue     ProblemKind = "bad-format"    // a date, label or other value that is none
	UnknownKey   ProblemKind = "unknown-key"   // a key that the format does not have
	BrokenTable  ProblemKind = "broken-table"  // a page's table that does not follow its grammar
	DoubledLabel ProblemKind = "doubled-label" // a page has the label twice: the first counts
)

// String is "file:line: what", safe to print on a terminal.
func (p Problem) String() string { return Printable(p.Pos.String() + ": " + p.What) }

// Schedule is one series as its folder has it.
type Schedule struct {
	Series string // the folder's last name: "hibiscus"
	Folder string // as the caller named it

	Grid Grid // its File is empty when neither source has weeks
	Page Page // its File is empty when there is no schedule.rst

	Problems []Problem // in the order of finding
}

// Grid is the weeks of a cycle, from schedule.yaml or a page's table. The rows of a
// table name days without a year; Start and End have the year that the page implies.
type Grid struct {
	File string

	StartWeek   Day // the key start-week
	ReleaseWeek Day // the key release-week

	Weeks []Week // in the order of the file, repeated ones too
}

// Week is one row of the grid.
type Week struct {
	Pos        // of its first key, or of its row
	Start, End Day
	Name       Text // "R-25", "R+0"; zero where the week has none
	Labels     []Placement

	// Monday is the week's first day by the weeks around it: that of Start but
	// for a week whose start is a mistake that its place in the list shows
	// (another year, a Saturday, the date of another week). Zero when neither
	// says.
	Monday civil.Date
}

// Placement is a label that stands in a week.
type Placement struct {
	Text       // the label, in Raw
	Cross bool // under x-project, or in the column of cross-project events
}

// Number is the week's distance to the release in weeks: -25 for R-25, 0 for
// R+0 and R-0, 2 for R+2. False when the week has no such name.
func (w Week) Number() (int, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(w.Name.Raw), "R")
	if !ok || len(rest) < 2 || rest[0] != '-' && rest[0] != '+' {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	if err != nil || n < -99 || n > 99 {
		return 0, false
	}
	return n, true
}

// Has reports whether a day lies in the week as written, its Saturday and Sunday
// included. An end that is further away than any week's is not believed.
func (w Week) Has(d civil.Date) bool {
	start, end := w.Start.Date, w.End.Date
	if start.IsZero() || d.Before(start) {
		return false
	}
	return d.Before(start.Monday().AddDays(7)) || !d.After(end) && end.Sub(start) < 14
}

// holds reports whether a day lies in the week, as written or by its place.
func (w Week) holds(d civil.Date) bool {
	return w.Has(d) || !w.Monday.IsZero() && d.Monday() == w.Monday
}

// Day returns the date of a weekday in the week; the zero date where nothing
// says when it is.
func (w Week) Day(wd time.Weekday) civil.Date {
	if w.Monday.IsZero() {
		return civil.Date{}
	}
	return w.Monday.AddDays((int(wd) + 6) % 7)
}

// settle finds each week's Monday.
func (g *Grid) settle() {
	written := func(i int) civil.Date {
		if i < 0 || i >= len(g.Weeks) || g.Weeks[i].Start.Date.IsZero() {
			return civil.Date{}
		}
		return g.Weeks[i].Start.Date.Monday()
	}
	seen := map[civil.Date]int{}
	for i := range g.Weeks {
		seen[written(i)]++
	}
	for i := range g.Weeks {
		w, before, after := &g.Weeks[i], written(i-1), written(i+1)
		w.Monday = written(i)
		switch {
		case before.IsZero() && after.IsZero():
		case !before.IsZero() && !after.IsZero():
			if before.AddDays(14) == after {
				w.Monday = before.AddDays(7)
			}
		case before.IsZero() && i == 0 && seen[w.Monday] > 1 && after.Before(w.Monday) && seen[after.AddDays(-7)] == 0:
			// The first week has the date of a later one.
			w.Monday = after.AddDays(-7)
		}
	}
}

// Page is the prose: schedule.rst.
type Page struct {
	File  string
	Title Text
	// Range is the line that says from when to when the cycle runs, as a
	// mention of two dates: "April 2, 2026 - September 30, 2026 (26 weeks)".
	// RangeWeeks is its number of weeks, 0 where it names none.
	Range      Mention
	RangeWeeks int
	// Thursday is the sentence that a deadline is the Thursday of its week
	// unless its text says otherwise. Zero where the page has none.
	Thursday Text

	Sections []Section
}

// Section is a title with its prose. A section without labels is kept too: the
// linter looks there for text whose label stands elsewhere.
type Section struct {
	Labels []Text // the ".. _label:" lines before the title; hostile
	Title  Text
	Level  int      // 1 for the highest title of the page
	Groups []string // the titles above, outermost first; without the page's own
	Body   Text     // the lines below the title, joined with line feeds

	Mentions []Mention // in the order of the body
}

// MentionKind says what a place in the prose names.
type MentionKind int

// What the prose can name.
const (
	NoMention MentionKind = iota
	ADate                 // "14th December, 2016"; From is To
	ARange                // "April 20-24", "between … and …": From to To
	AWeek                 // "the week of 12 September, 2022": From is the day named, To the last one
	EndOfWeek             // "by the end of the week", "Friday of this week": no date
	ThisWeek              // "during this week": no date
	AClock                // a time of day that stands without a date: "We will start at 1400 UTC"
)

// String is for logs and tests.
func (k MentionKind) String() string {
	names := [...]string{"none", "date", "range", "week", "end of week", "this week", "clock"}
	if k < 0 || int(k) >= len(names) {
		return strconv.Itoa(int(k))
	}
	return names[k]
}

// Mention is a place in the prose that says when.
type Mention struct {
	Text // the words, from the first to the last of the date
	Kind MentionKind

	// From and To are the days named, equal for a single one, zero where the
	// kind has none or where the day does not exist ("31 June"). Where the
	// prose names no year it is the one that the week or the cycle implies, and
	// YearGiven is false.
	From, To  civil.Date
	YearGiven bool

	// OddYear is what the prose has for a year that can't be one: "1926", "20226".
	// The day then is that of the year that the cycle implies. Only digits; empty
	// where the year is none to doubt.
	OddYear string

	// Weekday is the day of the week that the prose gives, when HasWeekday.
	Weekday    time.Weekday
	HasWeekday bool

	// Clock is the time of day of From, ToClock that of To or the end of a span
	// of hours. Zone is as written: "UTC", or empty, which is taken for UTC.
	Clock, ToClock       civil.Clock
	HasClock, HasToClock bool
	Zone                 string

	// Aside says that the words around it make it another event's date:
	// "before 26 August 2024" in a checkpoint three weeks earlier, "7 September
	// is a holiday"; or that the text says besides that the event's own is the end
	// of its week. Such a date counts only in its own week.
	Aside bool
	// Deadline says that the words before it are "with a deadline of".
	Deadline bool
}
