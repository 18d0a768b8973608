package cycle

import (
	"slices"
	"strings"
	"time"
)

// Part returns what the calendar has of another team, or of a series, and its name as
// the calendar has it: "nova", "hibiscus", "2026.2", "last cycle". The name is empty
// where words are neither.
func (c Calendar) Part(words string, now time.Time) (name string, events []Event) {
	if len(words) > longestAsked {
		return "", nil
	}
	said := c.named(spoken(terms(words)), now)
	said = less(less(c.numbered(less(said, article)), asking), func(w string) bool {
		switch w {
		case "all", "calendar", "schedule":
			return true
		case "day", "days", "week", "weeks": // of it, which is less
			return false
		}
		return dated(w)
	})
	if len(said) == 0 {
		return "", nil
	}
	take := func(all []Event, of func(Event) string) {
		for _, e := range all {
			if slices.Equal(terms(of(e)), said) {
				name, events = of(e), append(events, e)
			}
		}
	}
	if take(c.Others, func(e Event) string { return e.Team }); name == "" {
		take(c.Events, c.seriesOf())
	}
	return strings.TrimSpace(name), events
}
