package freeze

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"torchbearer/bot/cycle"
)

// change is one way in which a calendar is not what rooms know. Of was and is one
// can be zero, with its id empty: the event is new, or no more.
type change struct {
	old, id string
	was, is belief
	event   cycle.Event // as it is; of one that is no more, what stands for it (see standing)
	said    bool        // rooms want to hear of it

	// official: it is but the official date under the team's own, which stays.
	official bool
}

// forgotten is how long after its instant an event that comes again at another
// date is the next cycle's, and not the same one put off.
const forgotten = 60 * 24 * time.Hour

// newChange pairs what was known with an event at another date, or under another
// id.
func newChange(old string, was belief, e cycle.Event, is belief, now time.Time) change {
	c := change{old: old, id: e.ID, was: was, is: is, event: e}
	switch {
	case was.Gone || !was.At.After(now):
		c.said = !is.Quiet && is.At.After(now)
		if !was.Gone && is.At.Sub(was.At) > forgotten {
			c.old, c.was = "", belief{}
		}
	default:
		// That it lies in the past now is news as well, to who waits for it; that
		// a page has lost its time of day is none.
		c.said = !is.Quiet && !was.dated(is) && (is.Timed || was.Day != is.Day)
		c.official = e.Own() && !is.Quiet && was.dated(is) && officialNews(was.Published, is.Published, now)
		c.said = c.said || c.official || was.Under && !is.Quiet && is.At.After(now)
	}
	return c
}

// vague is the kind of what a source says nothing more of, as of meetings in an .ics.
// Two such are one only by id or name.
const vague = "event"

// compare lists what differs between what rooms know and a calendar, in order of
// dates. What an event is called and where it was read is no difference: one
// whose label alone changes is the same, and so is one over which the team lays
// its own. What a source brings that the calendar did not have before is not new
// in it, it is seen for the first time.
func (b beliefs) compare(cal cycle.Calendar, zone *time.Location, sources []string, now time.Time) []change {
	left, gone := beliefs{}, beliefs{}
	for id, was := range b {
		if was.Gone {
			gone[id] = was
		} else {
			left[id] = was
		}
	}
	bare := left.lay(cal)
	m := &matching{zone: zone, now: now, fresh: slices.Clone(cal.Events)}
	passed := func(_ string, was belief) bool { return !was.At.After(now) }
	m.pair(left, func(id string, was belief, e cycle.Event, is belief) bool { return id == e.ID && was.dated(is) })
	// A label that stands in several weeks has numbered ids, which shift when one
	// of them goes.
	m.pair(left, func(_ string, was belief, _ cycle.Event, is belief) bool {
		return was.dated(is) && was.Kind == is.Kind && was.Name == is.Name
	})
	m.pair(left, sameID)
	maps.DeleteFunc(left, passed)
	m.renamed(left)
	m.pair(gone, sameID)
	maps.DeleteFunc(gone, passed)
	m.renamed(gone)

	out := m.changes
	for _, e := range m.fresh {
		is := believe(e, zone)
		seen := e.Own() || slices.Contains(sources, source(e))
		c := change{id: e.ID, is: is, event: e, said: seen && !is.Quiet && is.At.After(now)}
		if o := bare[e.ID]; o != nil && !is.Quiet && is.At.After(now) {
			c.old, c.was, c.said = e.ID, under(o, is, zone), true
		}
		out = append(out, c)
	}
	for id, was := range left {
		stands, ok := standing(cal, id, was)
		// That nobody estimates a date any more is no news.
		out = append(out, change{old: id, was: was, event: stands, said: !ok && !was.Quiet && !was.About})
	}
	slices.SortFunc(out, func(a, b change) int {
		return cmp.Or(a.at().Compare(b.at()), cmp.Compare(a.id, b.id), cmp.Compare(a.old, b.old))
	})
	return out
}

// matching finds of a calendar's events which of those they are that rooms know.
type matching struct {
	zone    *time.Location
	now     time.Time
	fresh   []cycle.Event // known by none so far
	changes []change      // of those that were found
}

// pair takes events away together with what was known of them. Of several that fit
// the first id counts.
func (m *matching) pair(from beliefs, fits func(id string, was belief, e cycle.Event, is belief) bool) {
	ids := slices.Sorted(maps.Keys(from))
	m.fresh = slices.DeleteFunc(m.fresh, func(e cycle.Event) bool {
		is := believe(e, m.zone)
		for _, id := range ids {
			was, ok := from[id]
			if !ok || !fits(id, was, e, is) {
				continue
			}
			delete(from, id)
			if id != e.ID || was.Gone || !was.dated(is) || was.Under || !was.Published.Equal(is.Published) {
				m.changes = append(m.changes, newChange(id, was, e, is, m.now))
			}
			return true
		}
		return false
	})
}

func sameID(id string, _ belief, e cycle.Event, _ belief) bool { return id == e.ID }

// renamed pairs what probably is the same under another id: of one date, or else near
// by, by the kind first and then by the name.
func (m *matching) renamed(from beliefs) {
	m.pair(from, func(_ string, was belief, _ cycle.Event, is belief) bool {
		return was.dated(is) && (was.Kind == is.Kind && is.Kind != vague || was.Name == is.Name)
	})
	byKind := func(kind, name string) string {
		if kind == vague {
			return name
		}
		return kind
	}
	byName := func(_, name string) string { return name }
	for _, what := range []func(kind, name string) string{byKind, byName} {
		now := meant(from, m.fresh, what)
		m.pair(from, func(id string, _ belief, e cycle.Event, _ belief) bool { return now[e.ID] == id })
	}
}

// meant finds the events that probably are others under a new id: those of the same
// kind, or name, as near as a team's own event is to the official one that it stands
// for. It returns the old ids by the new ones.
func meant(left beliefs, fresh []cycle.Event, what func(kind, name string) string) map[string]string {
	var old, now []cycle.Event
	for _, id := range slices.Sorted(maps.Keys(left)) {
		was := left[id]
		old = append(old, cycle.Event{ID: id, Kind: what(was.Kind, was.Name), Name: was.Name, Team: was.Team, Day: was.Day, At: was.At})
	}
	for _, e := range fresh {
		e.Kind, e.Official = what(e.Kind, e.Name), nil
		now = append(now, e)
	}
	out := map[string]string{}
	for _, e := range cycle.Lay(old, now) {
		if e.Official != nil {
			out[e.ID] = e.Official.ID
		}
	}
	return out
}

// source names where an event was read.
func source(e cycle.Event) string {
	return cmp.Or(e.Source.File, string(e.Source.Basis))
}

// at is the date by which changes are listed.
func (c change) at() time.Time {
	if c.id == "" {
		return c.was.At
	}
	return c.is.At
}

// ends is the latest instant to which the change matters.
func (c change) ends() time.Time {
	if c.was.At.After(c.is.At) {
		return c.was.At
	}
	return c.is.At
}
