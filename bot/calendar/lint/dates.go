package lint

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// dates compares what the prose says about a label with its weeks.
func (c *checker) dates() {
	type key struct {
		at   calendar.Pos
		rule Rule
	}
	said := map[key]bool{}
	for _, r := range c.readings {
		at := r.Pos
		switch r.Disagreement() {
		case calendar.OtherYear:
			if r.Literal.IsZero() {
				if r.Mention.File != c.Schedule.Page.File {
					c.oddYear(*r.Mention, r.Label)
				}
				continue // or else prose says so
			}
			if r.Mention != nil {
				at = r.Mention.Pos
			}
			if !said[key{at, WrongYear}] {
				said[key{at, WrongYear}] = true
				c.otherYear(r, at)
			}
		case calendar.NoSuchDay:
			if m := r.Mention; m.YearGiven && m.File == c.Schedule.Page.File {
				continue // prose says so
			}
			if !said[key{r.Mention.Pos, NoSuchDay}] {
				said[key{r.Mention.Pos, NoSuchDay}] = true
				c.add(r.Mention.Pos, NoSuchDay, Error, r.Label, "", "%q is a day that does not exist", clip(r.Mention.Raw))
			}
		case calendar.OtherWeek:
			// Where the week's own dates are wrong, or the label stands before
			// another's text, their rule says so.
			if r.Day.Monday() != r.Week.Monday && !c.crossed[r.Label] && !c.cites(r) {
				c.outside(r)
			}
		}
		c.weekend(r)
	}
	c.unplaced()
	c.summits()
}

func (c *checker) otherYear(r calendar.Reading, at calendar.Pos) {
	probably := r.Day.String()
	if r.Mention == nil || r.Day.Month != r.Literal.Month || r.Day.Day != r.Literal.Day {
		// The day is nobody's: the week's own counts, or for a span its last or
		// its Thursday.
		d := r.Literal
		d.Year = r.Day.Year
		probably = d.String()
		if d.AddDays(0) != d || d.Monday() != r.Day.Monday() {
			probably = c.inWeek(r.Day.Monday())
		}
	}
	c.add(at, WrongYear, Error, r.Label, probably, "the text says %s; the label stands in %s, the week of %s", r.Literal, weekOf(r.Week), r.Week.Monday)
}

// oddYear reports a date of a year that no release has.
func (c *checker) oddYear(m calendar.Mention, label string) {
	probably := ""
	if !m.From.IsZero() {
		probably = m.From.String()
	}
	if m.To != m.From {
		probably += " to " + m.To.String()
	}
	c.add(m.Pos, WrongYear, Error, label, probably, "%q: %s can't be the year", clip(m.Raw), m.OddYear)
}

// outside says that the prose has a day of another week. Without a day of its
// own the label was moved with the others of its row.
func (c *checker) outside(r calendar.Reading) {
	monday := r.Day.Monday()
	if r.Mention == nil || r.Mention.From.IsZero() {
		c.add(r.Pos, OutsideWeek, Warning, r.Label, c.inWeek(monday), "stands in %s, the week of %s, whose dated events all lie in another", weekOf(r.Week), r.Week.Monday)
		return
	}
	c.add(r.Pos, OutsideWeek, Warning, r.Label, c.inWeek(monday)+", or another date in the text", "stands in %s, the week of %s, but its text says %s (line %d)", weekOf(r.Week), r.Week.Monday, day(r.Day), r.Mention.Line)
}

// cites reports whether the date that lies outside the week is another event's,
// which the text names: "…, to be merged by feature freeze on 28 August".
func (c *checker) cites(r calendar.Reading) bool {
	if r.Section == nil || r.Mention == nil || r.Mention.Kind != calendar.ADate {
		return false
	}
	text := cycle.Words(r.Section.Body.Raw[:min(len(r.Section.Body.Raw), maxProse)])
	own := cycle.Words(r.Title)
	return slices.ContainsFunc(c.byDay[r.Day], func(o calendar.Reading) bool {
		if o.Label == r.Label || o.Disagreement() != calendar.Agree || o.Kind == r.Kind {
			return false
		}
		title := cycle.Words(o.Title)
		return len(title) > 1 && !contains(own, title) && contains(text, title) || len(title) == 0 && contains(text, cycle.Words(o.Kind))
	})
}

// maxProse is how much of a section's text a rule looks through: ten times the
// longest known.
const maxProse = 16 << 10

// weekend reports a deadline on a Saturday or a Sunday that the prose itself
// names.
func (c *checker) weekend(r calendar.Reading) {
	wd := r.Day.Weekday()
	if r.Day.IsZero() || wd != time.Saturday && wd != time.Sunday || r.Mention == nil || r.Mention.Kind != calendar.ADate || r.Mention.Aside || !r.Literal.IsZero() {
		return
	}
	if !deadline(r) {
		return
	}
	c.add(r.Mention.Pos, Weekend, Warning, r.Label, day(friday(r.Day)), "the deadline is a %s, %s", wd, r.Day)
}

func friday(d civil.Date) civil.Date { return d.Monday().AddDays(4) }

// deadline reports whether an event is one that people have to meet.
func deadline(r calendar.Reading) bool {
	k := r.Kind
	return strings.HasSuffix(k, "freeze") || strings.HasSuffix(k, "-deadline") || strings.HasPrefix(k, "milestone") || k == "rc1" || k == "final-rc" || k == "driver-declaration"
}

// summits reports freezes in the week in which the community, or the team at its
// mid-cycle, meets.
func (c *checker) summits() {
	var meetings []calendar.Reading
	for _, r := range c.readings {
		if (r.Kind == "summit" || r.Kind == "ptg" || r.Kind == "mid-cycle") && !r.Day.IsZero() && len(meetings) < maxOthers {
			meetings = append(meetings, r)
		}
	}
	for _, r := range c.readings {
		if !strings.HasSuffix(r.Kind, "freeze") || r.Day.IsZero() {
			continue
		}
		i := slices.IndexFunc(meetings, func(m calendar.Reading) bool {
			return m.Day.Monday() == r.Day.Monday() && (m.Kind != "mid-cycle" || m.Team == r.Team)
		})
		if i >= 0 {
			c.add(r.Pos, SummitWeek, Notice, r.Label, "", "lies in the week of %s, when people travel or meet", clip(meetings[i].Label))
		}
	}
}

// prose checks the sections by themselves: weekdays, spans and zones.
func (c *checker) prose() {
	placed := c.placed()
	utc := allUTC(c.Schedule.Page)
	alone := map[string]bool{} // labels whose day has the time that stands alone, without a zone
	for _, r := range c.readings {
		if r.Basis == cycle.ProseTimeNoZone && r.Mention != nil && !r.Mention.HasClock {
			alone[r.Label] = true
		}
	}
	for _, s := range c.Schedule.Page.Sections {
		label := sectionLabel(s, placed)
		for _, m := range s.Mentions {
			right, slip := c.slips[m.Text]
			sure := m.YearGiven || c.during(m.From)
			if m.HasWeekday && sure && !m.From.IsZero() && m.From.Weekday() != m.Weekday && !(slip && m.Weekday == right) {
				c.weekday(m, label)
			}
			headed := label != "" || m.Text == c.Schedule.Page.Range.Text
			if m.OddYear != "" && headed {
				c.oddYear(m, cmp.Or(label, "head"))
			}
			if m.From.IsZero() && m.YearGiven && headed {
				what := "is a day that does not exist"
				if m.Kind != calendar.ADate {
					what = "ends before it begins, or has a day that does not exist"
				}
				c.add(m.Pos, NoSuchDay, Error, cmp.Or(label, "head"), "", "%q %s", clip(m.Raw), what)
			}
			if m.HasClock && m.Zone == "" && !utc && label != "" && (m.Kind != calendar.AClock || alone[label]) {
				c.add(m.Pos, NoZone, Warning, label, "UTC", "%q gives a time of day without a zone", clip(m.Raw))
				delete(alone, label) // what it begins ends in the same zone
			}
		}
	}
}

func (c *checker) weekday(m calendar.Mention, label string) {
	if label == "" {
		label = "head"
	}
	probably := m.From.Weekday().String()
	for _, years := range []int{-1, 1} {
		d := m.From
		d.Year += years
		// Weekday and date agree in another year, and that is the cycle's.
		if d.AddDays(0) == d && d.Weekday() == m.Weekday && c.during(d) && !c.during(m.From) {
			probably = d.String()
		}
	}
	c.add(m.Pos, WrongWeekday, Warning, label, probably, "%q: %s is a %s, no %s", clip(m.Raw), m.From, m.From.Weekday(), m.Weekday)
}

// during reports whether a day lies in the weeks of the schedule.
func (c *checker) during(d civil.Date) bool {
	return c.mondays[d.Monday()]
}

// allUTC reports whether a page says once for all that its times are UTC.
func allUTC(p calendar.Page) bool {
	return slices.ContainsFunc(p.Sections, func(s calendar.Section) bool {
		if len(s.Labels) > 0 {
			return false
		}
		text := cycle.Words(s.Body.Raw)
		return contains(text, []string{"times", "are", "utc"}) || contains(text, []string{"times", "are", "in", "utc"}) || contains(text, []string{"times", "utc"})
	})
}

// sectionLabel is the label of a section that a week names, or its first.
func sectionLabel(s calendar.Section, placed map[string]bool) string {
	for _, l := range s.Labels {
		if placed[strings.ToLower(l.Raw)] {
			return l.Raw
		}
	}
	if len(s.Labels) > 0 {
		return s.Labels[0].Raw
	}
	return ""
}

// contains reports whether some words stand in a text one after the other.
func contains(text, some []string) bool {
	for i := 0; i+len(some) <= len(text); i++ {
		if slices.Equal(text[i:i+len(some)], some) {
			return len(some) > 0
		}
	}
	return false
}
