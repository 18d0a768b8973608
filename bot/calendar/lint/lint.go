// Package lint finds the mistakes of a calendar that can be read: dates of
// another year, days outside their week, weeks of odd length, labels without a
// week, events in each other's place. What it takes for right follows from the
// format's own logic and from the file itself; no rule knows a series.
//
//	s := calendar.Read(os.DirFS("schedules/2027.1"), "schedules/2027.1", today)
//	for _, f := range lint.Check(lint.Input{Schedule: s, Kinds: cycle.DefaultKinds()}) {
//		fmt.Println(f)
//	}
//
// A false alarm costs the linter its reader, so that a rule speaks only where
// the file contradicts itself, and what is merely unusual is a Notice.
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Severity is how much of a mistake a finding is.
type Severity int

// The severities, the worst last. An Error misleads who reads the calendar by
// months or loses an event; a Warning is a contradiction; a Notice is no
// mistake of the file, but something that a team may like to know.
const (
	Notice Severity = iota
	Warning
	Error
)

// String is "notice", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "notice"
}

// Rule names what a finding is about.
type Rule string

// The rules, each with what it is sure of. Kinds of calendar.Problem are rules
// too, under their own names.
const (
	WrongHead      Rule = "wrong-head"          // start-week, release-week, the page's range or its example contradict the weeks
	WrongYear      Rule = "wrong-year"          // the same day of another year fits
	WeekLength     Rule = "week-length"         // a week begins or ends on another day than the others
	DoubledWeek    Rule = "duplicate-week"      // two weeks begin on the same day
	WeekOrder      Rule = "week-order"          // a week is missing or stands before an earlier one
	WrongWeekName  Rule = "wrong-week-name"     // R-7 that is not seven weeks before R+0
	OutsideWeek    Rule = "outside-its-week"    // the prose has a day of another week, or the week has the dates of another
	NoSuchDay      Rule = "no-such-day"         // 31 June; a span that ends before it begins
	WrongWeekday   Rule = "wrong-weekday"       // "Thursday" of a Friday's date
	NoZone         Rule = "no-zone"             // a time of day without a zone
	Weekend        Rule = "weekend"             // a deadline on a Saturday or Sunday
	SummitWeek     Rule = "summit-week"         // a freeze in the week in which the community meets
	OrphanLabel    Rule = "orphan-label"        // the page describes what no week names
	UndefinedLabel Rule = "undefined-label"     // a week names what no page describes
	DoubledPlace   Rule = "doubled-place"       // a label stands twice in one week, or what happens once in two
	NoSeries       Rule = "missing-series"      // a label without the series' letter
	OtherSeries    Rule = "wrong-series-name"   // the text of this series' label speaks of another
	OtherEvent     Rule = "prose-against-label" // the text of a label speaks of another event, or stands under another team
	Misplaced      Rule = "label-misplaced"     // the label stands on the title above its text
	Swapped        Rule = "swapped"             // two events stand in each other's week, or two labels before each other's title
	EventOrder     Rule = "event-order"         // a milestone after the next one, or apart from its freezes
	Countdown      Rule = "countdown"           // "in four weeks" of what is three weeks away
	AddedLate      Rule = "added-late"          // an event entered the calendar after it had happened
	ShortNotice    Rule = "short-notice"        // an event entered the calendar, or moved nearer, less than 14 days ahead
	Placeholder    Rule = "placeholder"         // "XXX", "TBD"
	OtherDay       Rule = "other-day"           // "on the 14th" of what is on the 7th
	NoReviewDay    Rule = "no-review-day"       // a milestone before which the team never reviews together
	Election       Rule = "election"            // the weeks contradict the election's configuration
	ElectionOrder  Rule = "election-order"      // an election's parts overlap that can't
)

// Finding is one mistake and what it probably should be.
type Finding struct {
	calendar.Pos
	Rule     Rule
	Severity Severity
	Label    string // the label; a key; "week R-13"; "head" for the page's range; hostile
	What     string // what is wrong; may quote hostile text
	Probably string // what it should be; empty where nobody could guess
}

// String is "file:line: label: what is wrong (probably …)" on one line without
// control characters. A notice says that it is one.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Pos.String())
	if f.Label != "" {
		b.WriteString(": " + f.Label)
	}
	b.WriteString(": ")
	if f.Severity == Notice {
		b.WriteString("notice: ")
	}
	b.WriteString(f.What)
	if f.Probably != "" {
		b.WriteString(" (probably " + f.Probably + ")")
	}
	return calendar.Printable(b.String())
}

// Input is a schedule and what else is known about it.
type Input struct {
	Schedule calendar.Schedule
	Kinds    cycle.Kinds

	// Pages are those of other series, which define labels that this schedule
	// only places. Its own page may be among them.
	Pages []calendar.Page
	// Elections are configurations. Those of other elections, and several
	// states of one, may be among them: a date that agrees with any is right.
	Elections []calendar.Election

	// Before is a state that the public saw before this one, Last the last day
	// on which it is known to have been the public's, and Seen the day since
	// which this one is: what is new came between the two. Nil: nothing is said
	// about short notice. The zero Last is Seen.
	Before     *calendar.Schedule
	Last, Seen civil.Date

	// Teams are those whose review days are looked at.
	Teams []Team
}

// Team is a team that reviews together on some days.
type Team struct {
	Name string // as labels and titles have it: "glance"
	// Reviews are its review days, beside those of the schedule.
	Reviews []civil.Date
	// From is the first day of which it still wants to hear that it does not
	// review before a milestone. Zero: all.
	From civil.Date
}

// Check returns what is wrong with a schedule, worst first, then by file and
// line.
func Check(in Input) []Finding {
	c := &checker{Input: in}
	c.prepare()
	c.problems(in.Schedule.Problems)
	c.weeks()
	c.head()
	c.example()
	c.labels()
	c.prose()
	c.dates()
	c.order()
	c.elections()
	c.notice()
	c.reviews()
	return Sort(c.out)
}

// checker holds what several rules look at.
type checker struct {
	Input
	letter   byte                // of the series' labels; 0 where it is not known
	name     string              // of the series, in lower case; empty where it begins with another letter
	monday   civil.Date          // of R+0; zero where the weeks have no names
	first    civil.Date          // the Monday of the first week that has a name
	mondays  map[civil.Date]bool // of the weeks
	readings []calendar.Reading
	others   map[string]bool // names of the series before
	small    map[string]bool // words that the page writes small: names are none of them
	byLabel  map[string][]calendar.Reading
	byDay    map[civil.Date][]calendar.Reading
	slips    map[calendar.Text]time.Weekday // texts whose year is said to be wrong, and the right one's weekday
	crossed  map[string]bool                // labels that stand before each other's titles
	out      []Finding
}

func (c *checker) prepare() {
	s := c.Schedule
	c.letter, c.name = letterOf(s)
	c.monday, c.first = anchor(s.Grid.Weeks)
	c.readings = s.Readings(c.Kinds, c.Pages...)
	c.small = smallWords(s.Page)
	c.others = c.otherSeries()
	c.byLabel, c.byDay = map[string][]calendar.Reading{}, map[civil.Date][]calendar.Reading{}
	c.mondays = map[civil.Date]bool{}
	for _, w := range s.Grid.Weeks {
		c.mondays[w.Monday] = !w.Monday.IsZero()
	}
	c.slips, c.crossed = map[calendar.Text]time.Weekday{}, map[string]bool{}
	for _, r := range c.readings {
		if r.Mention != nil && r.Disagreement() == calendar.OtherYear {
			c.slips[r.Mention.Text] = r.Day.Weekday()
		}
		c.byLabel[r.Label] = append(c.byLabel[r.Label], r)
		if len(c.byDay[r.Day]) < maxOthers {
			c.byDay[r.Day] = append(c.byDay[r.Day], r)
		}
	}
}

// maxOthers bounds how many events of one day, or of one sort, a rule compares
// with: a hostile file can have thousands.
const maxOthers = 100

func (c *checker) add(at calendar.Pos, rule Rule, severity Severity, label, probably, format string, args ...any) {
	c.out = append(c.out, Finding{at, rule, severity, label, fmt.Sprintf(format, args...), probably})
}

// problems makes findings of what could not be read.
func (c *checker) problems(problems []calendar.Problem) {
	for _, p := range problems {
		c.out = append(c.out, finding(p))
	}
}

func finding(p calendar.Problem) Finding {
	f := Finding{Pos: p.Pos, Rule: Rule(p.Kind), Severity: Warning, Label: p.Label, What: p.What}
	switch p.Kind {
	case calendar.Unreadable, calendar.DoubledKey:
		f.Severity = Error
	case calendar.UnknownKey:
		f.Severity = Notice
	}
	return f
}

// Sort orders findings, worst first, then by file and line, and leaves out
// those that say the same of the same.
func Sort(findings []Finding) []Finding {
	out := slices.Clone(findings)
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Label, b.Label), cmp.Compare(a.What, b.What),
		)
	})
	return slices.CompactFunc(out, func(a, b Finding) bool { return a == b })
}

// letterOf is the letter with which most of a schedule's labels begin, 0 where none
// does; and the series' name in lower case, empty where that begins otherwise, as
// "2027.1" does.
func letterOf(s calendar.Schedule) (letter byte, name string) {
	count := map[byte]int{}
	for _, w := range s.Grid.Weeks {
		for _, l := range w.Labels {
			if p := prefix(l.Raw); p != 0 {
				count[p]++
			}
		}
	}
	for p := byte('a'); p <= 'z'; p++ {
		if count[p] > count[letter] {
			letter = p
		}
	}
	if name = strings.ToLower(s.Series); name == "" || name[0] != letter {
		name = ""
	}
	return letter, name
}

// prefix is the series' letter of a label, in lower case; 0 where it has none.
func prefix(label string) byte {
	if len(label) < 3 || label[1] != '-' {
		return 0
	}
	b := label[0] | 0x20
	if b < 'a' || b > 'z' {
		return 0
	}
	return b
}

// afterLetter is a label without its series' letter: "2" of "h-2". Of a label that has
// none it means nothing.
func afterLetter(label string) string { return label[min(2, len(label)):] }

// day is a date as messages write it: "Thu 2026-06-11".
func day(d civil.Date) string {
	if d.IsZero() {
		return "no day"
	}
	return d.Weekday().String()[:3] + " " + d.String()
}

// weekOf names a week: "R-16", or the day of its start.
func weekOf(w calendar.Week) string {
	if w.Name.Raw != "" {
		return clip(w.Name.Raw)
	}
	if w.Start.Raw != "" {
		return clip(w.Start.Raw)
	}
	return "without a start"
}

// inWeek names the week of a Monday: "R-16, the week of 2026-06-08".
func (c *checker) inWeek(monday civil.Date) string {
	if c.monday.IsZero() {
		return "the week of " + monday.String()
	}
	return cycle.WeekName(monday.Sub(c.monday)/7) + ", the week of " + monday.String()
}

// clip repeats hostile text in a message.
func clip(s string) string {
	const longest = 60
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}
