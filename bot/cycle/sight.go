package cycle

import (
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
	Name string     `json:"name"`
	Day  civil.Date `json:"day"`
	At   time.Time  `json:"at"`
	Seen time.Time  `json:"seen"`
	Was  []Was      `json:"was,omitempty"`
}

// Diff is how a calendar differs from the one seen before.
type Diff struct {
	New   []Event
	Moved []Event   // with their earlier dates in Was, the last one newest
	Gone  []Sighted // in the future when they went
}

// Sighted is a sighting with its event's id.
type Sighted struct {
	ID string
	Sighting
}

// Empty reports whether nothing differs.
func (d Diff) Empty() bool { return len(d.New)+len(d.Moved)+len(d.Gone) == 0 }

// Observe compares the calendar with what was seen before and returns the
// calendar with Seen and Was filled in, what to remember from now on, and the
// difference. An event has moved when its id stands at another instant while
// the old one still lay ahead; once that has passed, the same id at another
// date is a new event of the next cycle. A passed event that leaves the
// calendar is not gone, only over.
func (c Calendar) Observe(before Sightings, now time.Time) (Calendar, Sightings, Diff) {
	after := make(Sightings, len(c.Events))
	var diff Diff
	events := make([]Event, len(c.Events))
	for i, e := range c.Events {
		old, known := before[e.ID]
		switch {
		case !known:
			e.Seen = now
			diff.New = append(diff.New, e)
		case old.At.Equal(e.At) && old.Day == e.Day:
			e.Seen, e.Was = old.Seen, old.Was
		case !old.At.After(now):
			e.Seen = now
			diff.New = append(diff.New, e)
		default:
			e.Seen = now
			e.Was = append(append([]Was(nil), old.Was...), Was{Day: old.Day, At: old.At, Seen: old.Seen})
			diff.Moved = append(diff.Moved, e)
		}
		events[i] = e
		after[e.ID] = Sighting{Name: e.Name, Day: e.Day, At: e.At, Seen: e.Seen, Was: e.Was}
	}
	for id, old := range before {
		if _, still := after[id]; !still && old.At.After(now) {
			diff.Gone = append(diff.Gone, Sighted{ID: id, Sighting: old})
		}
	}
	return Calendar{Zone: c.Zone, Events: events}, after, diff
}
