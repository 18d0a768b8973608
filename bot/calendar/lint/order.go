package lint

import (
	"maps"
	"strings"

	"torchbearer/bot/calendar"
	"torchbearer/bot/cycle"
)

// step is an event that every cycle has, in the same order.
type step struct {
	place int    // in the order; equal ones may stand in any
	week  int    // in which it usually is; 0: it differs, or it is the release
	with  string // the kind of an event that always stands in the same week
}

// stepOf finds an event's step.
//
// Source: 21 series of openstack/releases, Ocata to 2027.1: extra-AC and Oslo
// freeze R-7, library freeze R-6 (20 of 21), feature freeze and milestone 3 R-5
// (20 of 21), RC1 R-3 and final RC R-1 (all); milestones where they fit.
func (c *checker) stepOf(r calendar.Reading) (step, bool) {
	if prefix(r.Label) != c.letter {
		return step{}, false
	}
	if !r.Placement.Cross && !(r.Kind == "feature-freeze" && r.Team == "oslo") {
		return step{}, false
	}
	if !r.Placement.Cross {
		return step{place: 3, week: -7}, true
	}
	switch r.Kind {
	case "milestone":
		switch afterLetter(r.Label) {
		case "1":
			return step{place: 1}, true
		case "2":
			return step{place: 2, with: "membership-freeze"}, true
		case "3":
			return step{place: 5, week: -5, with: "feature-freeze"}, true
		}
	case "library-freeze":
		return step{place: 4, week: -6}, true
	case "feature-freeze":
		return step{place: 5, week: -5, with: "soft-string-freeze"}, true
	case "client-library-freeze":
		return step{place: 5, week: -5}, true
	case "rc1":
		return step{place: 6, week: -3, with: "hard-string-freeze"}, true
	case "final-rc":
		return step{place: 7, week: -1}, true
	case "release":
		return step{place: 8}, true
	}
	return step{}, false
}

// stepped is an event that is a step, and with how many others it is out of
// order.
type stepped struct {
	calendar.Reading
	step
	against int
}

// order finds steps in each other's place. An event whose prose has a date of
// its own elsewhere is outside its week, and one that stands twice or before
// another's title has a rule of its own: they are not looked at here.
func (c *checker) order() {
	var steps []stepped
	for _, r := range c.readings {
		if s, ok := c.stepOf(r); ok && len(c.byLabel[r.Label]) == 1 && len(steps) < maxOthers && !c.crossed[r.Label] &&
			!r.Day.IsZero() && r.Disagreement() == calendar.Agree && !r.Week.Monday.IsZero() {
			steps = append(steps, stepped{Reading: r, step: s})
		}
	}
	wrong := func(a, b stepped) bool { return a.place < b.place && a.Day.Monday().After(b.Day.Monday()) }
	for i := range steps {
		for j := range steps {
			if wrong(steps[i], steps[j]) {
				steps[i].against++
				steps[j].against++
			}
		}
	}
	said := maps.Clone(c.crossed)
	say := func(a, b stepped, rule Rule, probably string) {
		if !said[a.Label] {
			said[a.Label] = true
			c.add(a.Pos, rule, Warning, a.Label, probably, "stands in %s, %s in %s: the other way round from every cycle's order", weekOf(a.Week), clip(b.Label), weekOf(b.Week))
		}
	}
	for _, a := range steps {
		for _, b := range steps {
			if wrong(a, b) {
				c.blame(a, b, say)
			}
		}
	}
	c.together(said)
}

// blame says which of two steps is out of order: both where each stands in the
// other's usual week, one where the other stands in its own, or where that is out
// of order with more others; and both where nothing tells.
func (c *checker) blame(a, b stepped, say func(a, b stepped, rule Rule, probably string)) {
	here, there := 0, 0
	if !c.monday.IsZero() && a.week != 0 && b.week != 0 {
		here, there = a.Day.Monday().Sub(c.monday)/7, b.Day.Monday().Sub(c.monday)/7
	}
	switch {
	case here != 0 && here == b.week && there == a.week:
		say(a, b, Swapped, cycle.WeekName(a.week))
		say(b, a, Swapped, cycle.WeekName(b.week))
	case here != 0 && here == a.week || b.against > a.against:
		say(b, a, EventOrder, b.guess("after ", a))
	case there != 0 && there == b.week || a.against > b.against:
		say(a, b, EventOrder, a.guess("before ", b))
	default:
		say(a, b, EventOrder, a.guess("before ", b))
		say(b, a, EventOrder, b.guess("after ", a))
	}
}

// guess is a step's usual week, or its place by another's.
func (s stepped) guess(side string, other stepped) string {
	if s.week != 0 {
		return cycle.WeekName(s.week)
	}
	return side + strings.ToLower(other.Label)
}
