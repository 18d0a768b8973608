package lint

import (
	"slices"
	"strings"

	"torchbearer/bot/calendar"
)

// unplaced finds review days that a text names and no week does: "On 7 November
// 2023 and 5 December 2023" of a label that stands in one of the two weeks, so
// that the other day is lost. Texts of other kinds name days that are not their
// own.
func (c *checker) unplaced() {
	for label, readings := range c.byLabel {
		r := readings[0]
		if !strings.HasSuffix(r.Kind, "review-day") || r.Section == nil || r.Section.Body.File != c.Schedule.Page.File || !slices.ContainsFunc(readings, dated) {
			continue
		}
		for _, m := range r.Section.Mentions {
			if m.Kind != calendar.ADate || m.Aside || m.From.IsZero() || !c.during(m.From) || slices.ContainsFunc(readings, func(o calendar.Reading) bool {
				return o.Day == m.From || o.Literal == m.From || o.Week.Monday == m.From.Monday()
			}) {
				continue
			}
			c.add(m.Pos, OutsideWeek, Warning, label, c.inWeek(m.From.Monday()), "the text says %s too, but that week does not name the label", day(m.From))
		}
	}
}

// dated reports whether a day of the text lies in the label's week.
func dated(r calendar.Reading) bool {
	return r.Mention != nil && r.Mention.Kind == calendar.ADate && r.Disagreement() == calendar.Agree
}
