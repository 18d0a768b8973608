package lint

import (
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

// head checks what the files say about the cycle as a whole: the keys
// start-week and release-week, and the page's "April 2, 2026 - September 30,
// 2026 (26 weeks)".
func (c *checker) head() {
	g, p := c.Schedule.Grid, c.Schedule.Page
	span := p.Range
	if c.first.IsZero() {
		return // no week has a name
	}
	fits := c.span(span, p.RangeWeeks)
	if d := g.StartWeek.Date; !d.IsZero() {
		right := c.first
		// A cycle that begins early in a week has that as its first one, even if
		// the list gives it no name; but not in the week of the release before.
		if from := span.From; fits && from.Weekday() >= time.Monday && from.Weekday() <= time.Wednesday &&
			from.Before(right) && right.Sub(from) <= 7 && !c.releases(from.Monday()) {
			right = from.Monday()
		}
		c.headKey(g.StartWeek, "start-week", right, "the cycle's first week")
	}
	c.headKey(g.ReleaseWeek, "release-week", c.monday, "the week R+0")
}

func (c *checker) headKey(d calendar.Day, key string, right civil.Date, what string) {
	switch {
	case d.Date.IsZero() || d.Date == right:
	case d.Date.Monday() == right:
		c.add(d.Pos, WrongHead, Warning, key, right.String(), "%s is a %s, not the start of its week", d.Date, d.Date.Weekday())
	default:
		c.add(d.Pos, WrongHead, Warning, key, right.String(), "%s is not %s", d.Date, what)
	}
}

// releases reports whether another series is released in a week: where its
// label stands in several, the first counts.
func (c *checker) releases(monday civil.Date) bool {
	for _, r := range c.readings {
		if r.Kind == "release" && prefix(r.Label) != c.letter && r.Week.Monday == monday {
			first := c.byLabel[r.Label][0]
			return first.Week.Monday == monday
		}
	}
	return false
}

// span checks the page's range and reports whether it fits the weeks.
func (c *checker) span(span calendar.Mention, weeks int) bool {
	if span.From.IsZero() || span.To.IsZero() {
		return false
	}
	const near = 21 // days: ranges begin with the release before, a week or two ahead of the first week
	ok := true
	for _, end := range []struct{ is, right civil.Date }{{span.From, c.first}, {span.To, c.monday}} {
		if off := abs(end.is.Sub(end.right)); off <= near {
			continue
		}
		ok = false
		for _, years := range []int{-1, 1} {
			d := end.is
			d.Year += years
			if abs(d.Sub(end.right)) <= near && d.AddDays(0) == d {
				c.add(span.Pos, WrongYear, Warning, "head", d.String(), "the page says that the cycle runs from %s to %s; its weeks run from %s to %s", span.From, span.To, c.first, c.monday)
				return false
			}
		}
	}
	if !ok {
		c.add(span.Pos, WrongHead, Notice, "head", "", "the page says that the cycle runs from %s to %s; its weeks run from %s to %s", span.From, span.To, c.first, c.monday)
		return false
	}
	if n := (span.To.Sub(span.From) + 3) / 7; weeks > 0 && abs(n-weeks) > 1 {
		c.add(span.Pos, WrongHead, Notice, "head", "", "from %s to %s are %d weeks, not %d", span.From, span.To, n, weeks)
	}
	for _, r := range c.readings {
		if r.Kind == "release" && r.Mention != nil && r.Week.Monday == c.monday && r.Day.Monday() == c.monday && r.Day.After(span.To) {
			c.add(span.Pos, WrongHead, Notice, "head", r.Day.String(), "the page says that the cycle ends on %s, before its release: %s says %s", span.To, clip(r.Label), r.Day)
			break
		}
	}
	return true
}

func abs(n int) int { return max(n, -n) }
