package lint

import (
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/cycle"
)

// example checks the example of the page's rule: "the Feature Freeze in week R-5
// is on 27 July". It is copied from series to series, and forgotten.
func (c *checker) example() {
	if c.monday.IsZero() {
		return
	}
	for _, s := range c.Schedule.Page.Sections {
		if len(s.Labels) > 0 {
			continue
		}
		fields := strings.Fields(s.Body.Raw[:min(len(s.Body.Raw), maxProse)])
		for i := 0; i+4 < len(fields); i++ {
			if !strings.EqualFold(fields[i], "week") || fields[i+2] != "is" || fields[i+3] != "on" {
				continue
			}
			n, ok := calendar.Week{Name: calendar.Text{Raw: fields[i+1]}}.Number()
			if !ok {
				continue
			}
			monday := c.monday.AddDays(7 * n)
			m, ok := mentioned(s.Mentions, fields[i+4:])
			if !ok || m.From.Monday() == monday {
				continue
			}
			c.add(m.Pos, WrongHead, Warning, "head", day(monday.AddDays(int(time.Thursday-time.Monday))),
				"the page's example has %s in %s, which is the week of %s", day(m.From), cycle.WeekName(n), monday)
			return
		}
	}
}

// mentioned finds the mention of a day with which a text begins.
func mentioned(mentions []calendar.Mention, text []string) (calendar.Mention, bool) {
	const longest = 8 // words of a date
	rest := strings.Join(text[:min(len(text), longest)], " ")
	for _, m := range mentions {
		if m.Kind == calendar.ADate && !m.From.IsZero() && strings.HasPrefix(rest, m.Raw) {
			return m, true
		}
	}
	return calendar.Mention{}, false
}
