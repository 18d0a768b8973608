package calendar

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// icalEvent is an event of an iCalendar file, as it stands there.
type icalEvent struct {
	uid string

	// When it begins; or, of one that comes in the place of another of its uid, when
	// that would have begun. At is zero where only the day is known.
	day civil.Date
	at  time.Time

	event *cycle.Event // without the number of its id; nil: cancelled
}

// instead reports whether an override comes in the place of an event. One that names a
// day alone means whatever there is on that day.
func (o icalEvent) instead(e icalEvent) bool {
	if o.at.IsZero() || e.at.IsZero() {
		return o.day == e.day
	}
	return o.at.Equal(e.at)
}

// settled are the events of the file in its order, with what comes in the place of
// others there. What does so of a date that a rule of recurrence would have given, which
// nobody reads, stands by itself.
func (p *icalParser) settled() []cycle.Event {
	byUID := map[string][]int{}
	for i, e := range p.events {
		byUID[e.uid] = append(byUID[e.uid], i)
	}
	var more []icalEvent
	for _, o := range p.overrides {
		same := byUID[o.uid]
		if i := slices.IndexFunc(same, func(i int) bool { return o.instead(p.events[i]) }); i >= 0 {
			p.events[same[i]].event = o.event
		} else {
			more = append(more, o)
		}
	}
	var out []cycle.Event
	ids := map[string]int{}
	for _, e := range append(p.events, more...) {
		if e.event == nil {
			continue
		}
		id := e.event.ID
		if ids[id]++; ids[id] > 1 {
			e.event.ID = fmt.Sprintf("%s.%d", id, ids[id])
		}
		out = append(out, *e.event)
	}
	slices.SortStableFunc(out, func(a, b cycle.Event) int { return cmp.Compare(a.Source.Line, b.Source.Line) })
	return out
}

// duration reads how long something lasts, as "PT1H30M", "P2DT12H" or "P1W"; a day has
// 24 hours. Zero: it is none.
func duration(text string) time.Duration {
	text, ok := strings.CutPrefix(strings.TrimPrefix(text, "+"), "P")
	if !ok {
		return 0
	}
	dates, clock, _ := strings.Cut(text, "T")
	days, ok := amounts(dates, map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour})
	hours, ok2 := amounts(clock, map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second})
	if !ok || !ok2 {
		return 0
	}
	return days + hours
}

// amounts adds up numbers, each with the letter of its unit behind it.
func amounts(text string, units map[byte]time.Duration) (sum time.Duration, ok bool) {
	const most = 5 // digits
	for text != "" {
		n := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if n < 1 || n > most {
			return 0, false
		}
		unit, known := units[text[n]]
		number, err := strconv.Atoi(text[:n])
		if !known || err != nil || time.Duration(number) > (math.MaxInt64-sum)/unit {
			return 0, false // or it would wrap around, and end at any time
		}
		sum += time.Duration(number) * unit
		text = text[n+1:]
	}
	return sum, true
}
