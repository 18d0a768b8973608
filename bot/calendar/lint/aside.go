package lint

import "torchbearer/bot/calendar"

// aside finds a slip of the year in another event's date that a text names: "to
// be merged before 2 September 2020" in the cycle in which feature freeze is on
// 2 September 2021. Only a day of the calendar shows that it is one: texts may
// speak of years past.
func (c *checker) aside(s calendar.Section, l calendar.Text) {
	if prefix(l.Raw) != c.letter || len(c.byLabel[l.Raw]) == 0 {
		return
	}
	for _, m := range s.Mentions {
		if m.Kind != calendar.ADate || !m.Aside || !m.YearGiven || m.From.IsZero() || !m.From.Before(c.first) {
			continue
		}
		if _, said := c.slips[m.Text]; said {
			continue
		}
		d := m.From
		if d.Year++; d.AddDays(0) != d {
			continue
		}
		for _, o := range c.byDay[d] {
			if o.Label != l.Raw && o.Disagreement() == calendar.Agree {
				c.slips[m.Text] = d.Weekday()
				c.add(m.Pos, WrongYear, Error, l.Raw, d.String(), "the text says %s, a year before %s", m.From, clip(o.Label))
				return
			}
		}
	}
}
