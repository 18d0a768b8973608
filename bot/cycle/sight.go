package cycle

import (
	"cmp"
	"slices"
	"time"

	"torchbearer/bot/civil"
)

// Sightings is what the bot remembers of a calendar from one start to the next:
// for each event id where it stood and since when. Without it nobody could tell
// an event that moved from one that is new, and a step from before the bot knew
// of its event would be said as if it had been missed.
type Sightings map[string]Sighting

// Sighting is one event as last seen.
type Sighting struct {
	Name    string     `json:"name"`
	Day     civil.Date `json:"day"`
	At      time.Time  `json:"at"`
	Seen    time.Time  `json:"seen"`
	Was     []Was      `json:"was,omitempty"`
	Edition int        `json:"edition,omitempty"`

	// Published is the official date under a team's own event. Nil: there is none,
	// or a bot saw it that did not remember such.
	Published *Published `json:"published,omitempty"`

	// Gone says that the event has left the calendar since. It is remembered
	// for two days after its instant, so that a calendar without it for two
	// minutes costs no reminder.
	Gone bool `json:"gone,omitempty"`
}

// remembered is how long after its instant an event that left is remembered.
const remembered = 48 * time.Hour

// A source with two copies that differ, or whose ids are others at each reading,
// would have sightings grow for ever.
const (
	mostWas  = 32  // dates of one event: the first, and the newest
	mostGone = 256 // events that left: those whose instants come first
)

// by returns the sighting without knowledge from the future, which is left of a
// clock that was wrong: what was seen later than now was seen now.
func (s Sighting) by(now time.Time) Sighting {
	if !s.Seen.After(now) {
		return s
	}
	s.Seen, s.Was = now, slices.Clone(s.Was)
	for i := range s.Was {
		if s.Was[i].Seen.After(now) {
			s.Was[i].Seen = now
		}
	}
	return s
}

// Diff is how a calendar differs from the one seen before.
type Diff struct {
	New   []Event
	Moved []Event   // with their earlier dates in Was, the last one newest
	Gone  []Sighted // left the calendar, before their instant or after it; by date

	// Official are events of a team's own that stand where they stood, while the
	// official date under them does not: it is another, or came, or left. That it
	// came may mean that nobody remembered it.
	Official []Event
}

// Sighted is a sighting with its event's id.
type Sighted struct {
	ID string
	Sighting
}

// Empty reports whether nothing differs.
func (d Diff) Empty() bool { return len(d.New)+len(d.Moved)+len(d.Gone)+len(d.Official) == 0 }

// Observe compares the calendar with what was seen before and returns the
// calendar with Seen and Was filled in, what to remember from now on, and the
// difference. An event has moved when its id stands at another instant while
// the old one still lay ahead, or stands there again after it had left; once
// that has passed, the same id at another date is a new event of the next
// cycle.
//
// It is called again when the clock was set back: nothing is known from a
// future that has not come. So what to remember can differ though nothing else
// does.
func (c Calendar) Observe(before Sightings, now time.Time) (Calendar, Sightings, Diff) {
	after := make(Sightings, len(c.Events))
	var diff Diff
	events := make([]Event, len(c.Events))
	for i, e := range c.Events {
		old, known := before[e.ID]
		old = old.by(now)
		switch {
		case !known:
			e.Seen = now
			diff.New = append(diff.New, e)
		case !old.Gone && old.At.Equal(e.At) && old.Day == e.Day:
			e.Seen, e.Was, e.Edition = old.Seen, old.Was, old.Edition
			if !old.Published.Equal(e.Published()) {
				diff.Official = append(diff.Official, e)
			}
		case !old.At.After(now):
			e.Seen = now
			if old.Day == e.Day {
				e.Edition = old.Edition + 1
			}
			diff.New = append(diff.New, e)
		default:
			e.Seen, e.Edition = now, old.Edition
			e.Was = append(slices.Clone(old.Was), Was{Day: old.Day, At: old.At, Seen: old.Seen})
			if n := len(e.Was); n > mostWas {
				e.Was = slices.Delete(e.Was, 1, 1+n-mostWas)
			}
			diff.Moved = append(diff.Moved, e)
		}
		events[i] = e
		after[e.ID] = Sighting{
			Name: e.Name, Day: e.Day, At: e.At, Seen: e.Seen, Was: e.Was, Edition: e.Edition, Published: e.Published(),
		}
	}
	var left []Sighted
	for id, old := range before {
		if _, still := after[id]; still {
			continue
		}
		if !old.Gone {
			diff.Gone = append(diff.Gone, Sighted{ID: id, Sighting: old})
		}
		if now.Before(old.At.Add(remembered)) {
			old = old.by(now)
			old.Gone = true
			left = append(left, Sighted{ID: id, Sighting: old})
		}
	}
	byDate := func(a, b Sighted) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(diff.Gone, byDate) // what is said of them has an order
	slices.SortFunc(left, byDate)
	for _, gone := range left[:min(len(left), mostGone)] {
		after[gone.ID] = gone.Sighting
	}
	c.Events = events
	return c, after, diff
}
