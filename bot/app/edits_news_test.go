package app_test

import (
	"fmt"
	"time"

	"torchbearer/bot/civil"
)

const (
	day   = 24 * 60 // minutes
	often = 2       // times a day that one event is news, if nobody must act on it
)

// believed is what the room knows of the event, by hand.
type believed struct {
	event   int
	present bool
	gone    bool  // it was told that the event has left
	told    []int // when it was told of changes
}

// unsent is a line that waits for the network: a step of the ladder, or news.
type unsent struct {
	step string
	put  bool // off, from the day of a 0d that waits
	news func(now int) string
	ends int
}

// tell compares what is with what the room knows, and says the difference.
func (o *oracle) tell(now int) {
	was := o.room
	next := believed{event: o.event, present: o.present}
	for _, at := range was.told {
		if now < at+day {
			next.told = append(next.told, at)
		}
	}
	var words func(now int) string
	switch ahead := was.event > now; {
	case was.present && !o.present && ahead:
		words = func(int) string { return "Spec freeze is no longer in the calendar (was " + instant(was.event) + ")." }
	case was.present && o.present && was.event != o.event && (ahead || o.event > now):
		words = movedFrom(was.event, o.event)
	case !was.present && o.present && o.event > now:
		how, note := "New", ": short notice"
		if was.gone {
			how, note = "Back", ""
		}
		event := o.event
		words = func(now int) string {
			return how + " in the calendar: Spec freeze, " + instant(event) + ", " + distance(now, event) + note + "."
		}
	case !was.present && o.present: // it has passed
		next = believed{told: next.told, event: was.event, gone: was.gone && now < was.event+day}
	case was.gone && !o.present && now < was.event+day:
		next = believed{event: was.event, gone: true, told: next.told}
	}
	o.due = 0
	urgent := was.present && !o.present || (was.present || was.gone) && o.event < was.event
	if n := len(was.told); words != nil && !urgent && n >= often && was.told[n-often]+day > now {
		o.due = was.told[n-often] + day
		next.event, next.present, next.gone = was.event, was.present, was.gone
	} else if words != nil {
		o.queue = append(o.queue, unsent{news: words, ends: max(now+day, was.event, o.event)})
		next.told = append(next.told, now)
		if !o.present {
			next.event, next.gone = was.event, true
		}
	}
	o.room = next
}

func movedFrom(from, to int) func(now int) string {
	return func(now int) string {
		if from/day == to/day {
			return fmt.Sprintf("Spec freeze moved: %s → %s UTC, %s.", instant(from), minute(to).Format("15:04"), distance(now, to))
		}
		return fmt.Sprintf("Spec freeze moved: %s → %s, %s.", minute(from).Format("Mon 2006-01-02"), instant(to), distance(now, to))
	}
}

func instant(event int) string { return minute(event).Format("Mon 2006-01-02 15:04") + " UTC" }

// distance is the time left, or since.
func distance(now, event int) string {
	left := civil.Left(minute(now), minute(event), time.UTC)
	switch {
	case now == event:
		return "now"
	case now > event:
		return left + " ago"
	}
	return "in " + left
}
