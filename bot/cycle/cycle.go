// Package cycle is the release calendar as a team lives it: events on their day or
// at their instant, kinds that say what they mean, the R-weeks before a release, the
// team's own dates laid over official ones, what people call them, and what the bot
// has seen of an event's earlier dates. It is pure; now is an argument.
//
//	cal := cycle.New(time.UTC, events)
//	e, ok := cal.Next(now, cycle.Event.Freeze)
//	week, ok := cal.Week(e.At) // "R-15"
package cycle

import (
	"slices"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// Event is one date of a cycle that a team has to know.
type Event struct {
	// ID is unique in the calendar, and stays when the date moves: the kind or what
	// the team chose, of an event of a source what that calls it.
	ID   string
	Kind string // "spec-freeze": lower-case letters, digits, hyphens
	Name string // "Spec freeze"; hostile text
	URL  string // where it is published; empty: nowhere
	// Team whose event it is, as the source names it: "nova", or CrossProject
	// or Elections. Empty for an event of the team's own.
	Team string

	Day civil.Date // civil date in the calendar's zone
	At  time.Time  // the instant, UTC; for an event without a time 23:59 of Day
	// Exact says that the source gave the instant. An own event has it in At
	// either way.
	Exact bool
	// Until is the end of what begins at At: of a nomination, a meeting. Zero
	// where there is none, or nobody knows.
	Until time.Time

	Source   Source    // zero for an event of the team's own
	Official *Official // the published date that this own event replaces; nil: none

	// Remind replaces the team's ladder of reminders for this event, or what its
	// kind says of them. Nil: the team's ladder; empty and not nil: none.
	Remind []civil.Span

	// Seen is when the bot first saw the event at this date, UTC. Zero: it
	// has always been there.
	Seen time.Time
	// Was lists the dates it had before, oldest first.
	Was []Was
	// Edition counts the times that the event came again on a day on which
	// it had passed: a freeze at noon that is extended to midnight.
	Edition int
}

// Was is a date that an event no longer has.
type Was struct {
	Day  civil.Date `json:"day"`
	At   time.Time  `json:"at"`
	Seen time.Time  `json:"seen"`
}

// Freeze reports whether the event is a freeze: from its instant on something
// is no longer accepted.
func (e Event) Freeze() bool {
	return e.Kind == "freeze" || strings.HasSuffix(e.Kind, "-freeze")
}

// Calendar is a team's events in order. The zero Calendar is empty.
type Calendar struct {
	Zone   *time.Location
	Events []Event // by At, then ID

	// Others are the dates that its sources have of other teams, in the same
	// order: the bot answers for them, and reminds nobody.
	Others []Event
	// Kinds says what the events' kinds mean, and who grants exceptions. Nil:
	// DefaultKinds.
	Kinds Kinds
	// Unread says that one of its sources has not been read so far: it lacks dates,
	// nobody knows which.
	Unread bool
}

// New orders events into a calendar of the zone.
func New(zone *time.Location, events []Event) Calendar {
	return Calendar{Zone: zone, Events: inOrder(events)}
}

// WithOthers adds the events of other teams.
func (c Calendar) WithOthers(others []Event) Calendar {
	c.Others = inOrder(others)
	return c
}

// Kind is what the calendar's table says of an event's kind, or of one that the
// kind's name recognises: a team may write "nova-spec-freeze". Zero but for the
// name where it says nothing.
func (c Calendar) Kind(e Event) Kind {
	k, ok := c.kinds().Named(e.Kind)
	if !ok {
		k, _ = c.kinds().Of(e.Kind)
	}
	k.Name = e.Kind
	return k
}

func (c Calendar) kinds() Kinds {
	if c.Kinds == nil {
		return DefaultKinds()
	}
	return c.Kinds
}

func inOrder(events []Event) []Event {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b Event) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return sorted
}

// Upcoming returns the next n events that lie after now and match; a nil match
// takes every event.
func (c Calendar) Upcoming(now time.Time, n int, match func(Event) bool) []Event {
	var out []Event
	for _, e := range c.Events {
		if len(out) == n {
			break
		}
		if e.At.After(now) && (match == nil || match(e)) {
			out = append(out, e)
		}
	}
	return out
}

// Next returns the first event after now that matches.
func (c Calendar) Next(now time.Time, match func(Event) bool) (Event, bool) {
	if up := c.Upcoming(now, 1, match); len(up) == 1 {
		return up[0], true
	}
	return Event{}, false
}

// Week names the week of an instant by its distance to the next release, as
// OpenStack's schedules do: R-15 is the fifteenth week before the one the
// release is in, R+0 that week. False when no event of kind "release" lies at
// or after the instant, or more than a year ahead.
//
// Source: openstack/releases, doc/source/<series>/schedule.yaml.
func (c Calendar) Week(at time.Time) (string, bool) {
	if c.Zone == nil {
		return "", false
	}
	_, week, ok := c.week(civil.DateOf(at, c.Zone))
	return week, ok
}

// week names the week of a day, with the release that it is counted from.
func (c Calendar) week(day civil.Date) (release Event, name string, ok bool) {
	for _, e := range c.Events {
		if e.Kind != "release" {
			continue
		}
		switch week := (Cycle{Release: e.Day}).Week(day); {
		case week > 0:
			continue
		case week < -52:
			return Event{}, "", false
		default:
			return e, WeekName(week), true
		}
	}
	return Event{}, "", false
}
