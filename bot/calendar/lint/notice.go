package lint

import (
	"slices"
	"strings"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// enough is how many days ahead people have to know a date.
const enough = 14

// notice reports events that entered the calendar, or moved nearer, with less
// than 14 days to go.
func (c *checker) notice() {
	if c.Before == nil || c.Seen.IsZero() {
		return
	}
	before := map[string][]civil.Date{}
	for _, r := range c.Before.Readings(c.Kinds, c.Pages...) {
		key := strings.ToLower(r.Label)
		before[key] = append(before[key], r.Day)
	}
	last := c.Last
	if last.IsZero() || last.After(c.Seen) {
		last = c.Seen
	}
	said := map[string]bool{}
	for _, r := range c.readings {
		key := strings.ToLower(r.Label)
		// Only what is short even if it came right after the state before.
		if r.Repeat || r.Day.IsZero() || said[key] || slices.Contains(before[key], r.Day) || r.Day.Sub(last) >= enough {
			continue
		}
		said[key] = true
		old, known := before[key]
		sooner := slices.ContainsFunc(old, func(d civil.Date) bool { return d.After(r.Day) })
		when := "on " + c.Seen.String()
		if last != c.Seen {
			when = "between " + last.String() + " and " + c.Seen.String()
		}
		switch {
		case known && sooner && !r.Day.Before(c.Seen):
			c.add(r.Pos, ShortNotice, Notice, r.Label, "", "moved %s to %s, less than %d days ahead", when, day(r.Day), enough)
		case known:
		case r.Day.Before(c.Seen):
			c.add(r.Pos, AddedLate, Warning, r.Label, "", "entered the calendar %s, too late for its date, %s", when, day(r.Day))
		default:
			c.add(r.Pos, ShortNotice, Notice, r.Label, "", "entered the calendar %s, less than %d days ahead of its date, %s", when, enough, day(r.Day))
		}
	}
}

// reviews reports milestones before which a team does not review together: of
// the teams given, and between the review days of those that the schedule
// gives some.
func (c *checker) reviews() {
	var milestones []calendar.Reading
	for _, r := range c.readings {
		if r.Kind == "milestone" && r.Placement.Cross && prefix(r.Label) == c.letter && !r.Day.IsZero() && len(milestones) < maxOthers {
			milestones = append(milestones, r)
		}
	}
	slices.SortStableFunc(milestones, func(a, b calendar.Reading) int { return a.Day.Compare(b.Day) })
	published := map[string][]civil.Date{}
	var names []string
	for _, r := range c.readings {
		if strings.HasSuffix(r.Kind, "review-day") && !r.Day.IsZero() {
			if published[r.Team] == nil && len(names) < maxOthers {
				names = append(names, r.Team)
			}
			published[r.Team] = append(published[r.Team], r.Day)
		}
	}
	for _, t := range c.Teams {
		days := append(slices.Clone(t.Reviews), published[strings.ToLower(t.Name)]...)
		days = append(days, published[cycle.CrossProject]...)
		c.reviewsOf(t.Name, days, milestones, t.From, false)
		names = slices.DeleteFunc(names, func(n string) bool { return strings.EqualFold(n, t.Name) })
	}
	for _, n := range names {
		c.reviewsOf(n, published[n], milestones, civil.Date{}, true)
	}
}

// reviewsOf looks at the time before each milestone since the one before, of those
// on or after a day; within means only at milestones between two review days.
func (c *checker) reviewsOf(team string, days []civil.Date, milestones []calendar.Reading, from civil.Date, within bool) {
	slices.SortFunc(days, civil.Date.Compare)
	next := c.first
	for _, m := range milestones {
		since := next
		next = m.Day.AddDays(1)
		if m.Day.Before(from) || slices.ContainsFunc(days, func(d civil.Date) bool { return !d.Before(since) && !d.After(m.Day) }) {
			continue
		}
		if within && (len(days) == 0 || !days[0].Before(since) || !days[len(days)-1].After(m.Day)) {
			continue
		}
		c.add(m.Pos, NoReviewDay, Notice, m.Label, "", "%s has no review day in the weeks before it", clip(team))
	}
}
