package calendar

import (
	"cmp"
	"slices"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// choose finds the dates of a label for each week that it stands in, one or more
// for each.
//
// Where the page has no rule about Thursdays, one is as good a day as any of the
// week.
func choose(weeks []Week, mentions []Mention, rule bool) [][]choice {
	days, spans := own(weeks, mentions)
	out := make([][]choice, len(weeks))
	used := make([]bool, len(days))
	for i, w := range weeks {
		for _, c := range inWeek(w, days) {
			used[c] = true
			out[i] = append(out[i], days[c])
		}
	}
	// Dates that lie in none of its weeks: prose wins over the grid. Where some
	// week has its date, what lies elsewhere is somebody else's.
	if !slices.Contains(used, true) {
		rest := slices.DeleteFunc(slices.Clone(days), func(c choice) bool { return c.mention.Aside })
		if i := slices.IndexFunc(rest, func(c choice) bool { return c.mention.Deadline }); i >= 0 {
			rest = rest[i:]
		} else if len(weeks) == 1 {
			nearestFirst(rest, weeks[0])
		}
		for i := range weeks {
			if i < len(rest) {
				out[i] = append(out[i], rest[i])
			}
		}
	}
	dated := slices.ContainsFunc(out, func(c []choice) bool { return len(c) > 0 })
	for i, w := range weeks {
		if len(out[i]) == 0 {
			out[i] = []choice{undated(w, spans, mentions, dated, len(weeks) == 1)}
			if c := &out[i][0]; c.basis == cycle.ThursdayRule && !rule {
				c.basis = cycle.WholeWeek
			}
		}
	}
	return out
}

// nearestFirst orders days by how many weeks they are from a week: of two in the
// text, the further one is what comes of the event, or went before it.
func nearestFirst(days []choice, w Week) {
	if w.Monday.IsZero() {
		return
	}
	slices.SortStableFunc(days, func(a, b choice) int {
		return abs(a.day.Monday().Sub(w.Monday)) - abs(b.day.Monday().Sub(w.Monday))
	})
}

// own sorts the mentions into days and spans of days, with slips of the year put
// right. A time that stands alone belongs to the only day there is.
func own(weeks []Week, mentions []Mention) (days, spans []choice) {
	var lone []Mention
	for i := range mentions {
		m := &mentions[i]
		c := choice{mention: m, day: m.From, basis: cycle.ProseDate}
		if m.Kind == AClock {
			lone = append(lone, *m)
		}
		if m.From.IsZero() {
			continue
		}
		if right := slip(weeks, m); !right.IsZero() {
			c.day, c.literal = right, m.From
		} else if far(weeks, m) {
			continue
		}
		window := m.Kind == ARange && m.HasClock
		if m.Kind != ADate && !window {
			spans = append(spans, c)
			continue
		}
		c.clock(*m)
		if j := slices.IndexFunc(days, func(other choice) bool { return other.day == c.day }); j >= 0 {
			if days[j].at.IsZero() && !c.at.IsZero() {
				days[j] = c
			}
			continue
		}
		days = append(days, c)
	}
	if len(days) == 1 && days[0].at.IsZero() && len(lone) > 0 {
		c, m := &days[0], lone[0]
		m.From, m.To = c.day, c.day
		if !m.HasToClock && len(lone) > 1 {
			m.ToClock, m.HasToClock, m.Zone = lone[1].Clock, true, cmp.Or(m.Zone, lone[1].Zone)
		}
		c.clock(m)
	}
	return days, spans
}

// clock gives a choice the time of a mention. A zone that is not known makes no
// instant: a wrong one would be worse than none.
func (c *choice) clock(m Mention) {
	if !m.HasClock || m.Zone != "" && m.Zone != "UTC" {
		return
	}
	c.at = c.day.At(m.Clock, time.UTC).UTC()
	c.basis = cycle.ProseTime
	if m.Zone == "" {
		c.basis = cycle.ProseTimeNoZone
	}
	if m.HasToClock {
		to := c.day.AddDays(m.To.Sub(m.From))
		if until := to.At(m.ToClock, time.UTC).UTC(); until.After(c.at) {
			c.until = until
		}
	}
}

// slip is the day that a mention's year is a slip for: the same day of another
// year lies in one of the weeks, the day itself in none.
func slip(weeks []Week, m *Mention) civil.Date {
	if !m.YearGiven || slices.ContainsFunc(weeks, func(w Week) bool { return w.holds(m.From) || w.holds(m.To) }) {
		return civil.Date{}
	}
	for _, w := range weeks {
		if w.Monday.IsZero() {
			continue
		}
		if d := nearest(m.From.Month, m.From.Day, w.Monday); !d.IsZero() && d.Year != m.From.Year && w.holds(d) {
			return d
		}
	}
	return civil.Date{}
}

// farAway is how many days from all its weeks a date can't be an event's own.
const farAway = 182

// far reports whether a date lies in another cycle than all the weeks.
func far(weeks []Week, m *Mention) bool {
	return !slices.ContainsFunc(weeks, func(w Week) bool {
		return w.Monday.IsZero() || abs(m.From.Sub(w.Monday)) < farAway
	})
}

// inWeek lists the days that lie in a week: deadlines before other dates, dates
// of its own before asides.
func inWeek(w Week, days []choice) []int {
	rank := func(c choice) int {
		switch {
		case c.mention.Deadline:
			return 0
		case c.mention.Aside:
			return 2
		}
		return 1
	}
	best := 3
	var out []int
	for i, c := range days {
		switch r := rank(c); {
		case !w.holds(c.day) || r > best:
		case r < best:
			best, out = r, []int{i}
		default:
			out = append(out, i)
		}
	}
	return out
}

// undated is the date of a label in a week for which the prose has no day.
func undated(w Week, spans []choice, mentions []Mention, dated, only bool) choice {
	for _, c := range spans {
		to := c.day.AddDays(c.mention.To.Sub(c.mention.From))
		overlaps := w.holds(c.day) || w.holds(to)
		if !overlaps && (!only || dated || c.mention.Aside) {
			continue
		}
		c.basis = cycle.WholeWeek
		monday := c.day.Monday()
		if overlaps && !w.Monday.IsZero() {
			monday = w.Monday
		}
		first := c.day
		c.day = monday.AddDays(3)
		if c.mention.Kind == ARange && (to.Before(c.day) || first.After(c.day)) {
			c.day = to // a range without its week's Thursday ends with its last day
		}
		return c
	}
	c := choice{day: w.Day(time.Thursday), basis: cycle.ThursdayRule}
	for i := range mentions {
		m := &mentions[i]
		switch {
		case m.Kind == EndOfWeek && m.HasWeekday && !dated:
			return choice{day: w.Day(m.Weekday), basis: cycle.ProseDate, mention: m}
		case m.Kind == EndOfWeek && !dated:
			return choice{day: w.Day(time.Friday), basis: cycle.EndOfWeek, mention: m}
		case m.Kind == ADate && m.From.IsZero() && c.mention == nil:
			c.mention = m // a day that does not exist
		case m.Kind == ADate && m.YearGiven && c.mention == nil && !dated && !m.Aside && far([]Week{w}, m):
			c.mention, c.literal = m, m.From
		case m.Kind == ThisWeek && c.mention == nil:
			c.basis, c.mention = cycle.WholeWeek, m
		}
	}
	if dated {
		c.basis = cycle.WholeWeek
	}
	return c
}
