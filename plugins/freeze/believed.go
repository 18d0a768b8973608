package freeze

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// belief is what the team's rooms know of one event.
type belief struct {
	Kind   string     `json:"kind"`
	Name   string     `json:"name"`
	Team   string     `json:"team,omitempty"` // whose it is
	Series string     `json:"series,omitempty"`
	Day    civil.Date `json:"day"`
	At     time.Time  `json:"at"`
	Clock  string     `json:"clock"`           // of At in the team's zone of then
	Timed  bool       `json:"timed,omitempty"` // At was published, not just the day
	About  bool       `json:"about,omitempty"` // the day was not either, it is an estimate
	Quiet  bool       `json:"quiet,omitempty"` // reminds of nothing, by configuration: nobody waits for it
	Gone   bool       `json:"gone,omitempty"`  // the rooms know that it has left the calendar

	// Published is the official date over which the team has laid its own. Nil: there
	// is none, or the record is of a bot that did not keep it.
	Published *cycle.Published `json:"published,omitempty"`
}

// beliefs are what the team's rooms know of the calendar, by event id.
type beliefs map[string]belief

// keep goes on with what was known under an id: another event may have that now, of a
// label that stands in several weeks.
func (b beliefs) keep(id string, was belief) {
	for old, taken := b[id]; taken && !old.equal(was); old, taken = b[id] {
		id = "~" + id
	}
	b[id] = was
}

// equal reports whether two say the same.
func (b belief) equal(c belief) bool {
	official := b.Published.Equal(c.Published)
	b.Published, c.Published = nil, nil
	return official && b == c
}

// believe takes an event as known.
func believe(e cycle.Event, zone *time.Location) belief {
	return belief{
		Kind: e.Kind, Name: e.Name, Team: e.Team, Series: e.Source.Series,
		Day: e.Day, At: e.At.UTC(), Clock: e.At.In(zone).Format(time.TimeOnly),
		Timed: !dayOnly(e), About: e.Estimated(), Quiet: e.Remind != nil && len(e.Remind) == 0,
		Published: e.Published(),
	}
}

// dated reports whether two have one date. That of an event without a time of its
// own stays when the team's zone changes, and its last minute with it.
func (b belief) dated(c belief) bool {
	return b.At.Equal(c.At) || b.Day == c.Day && b.Clock == c.Clock
}

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
		c.said = c.said || c.official
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
	left, gone, fresh := beliefs{}, beliefs{}, slices.Clone(cal.Events)
	for id, was := range b {
		if was.Gone {
			gone[id] = was
		} else {
			left[id] = was
		}
	}
	left.lay(cal)
	var out []change
	// pair takes events away together with what was known of them.
	pair := func(from beliefs, fits func(id string, was belief, e cycle.Event, is belief) bool) {
		ids := slices.Sorted(maps.Keys(from))
		fresh = slices.DeleteFunc(fresh, func(e cycle.Event) bool {
			is := believe(e, zone)
			for _, id := range ids {
				was, ok := from[id]
				if !ok || !fits(id, was, e, is) {
					continue
				}
				delete(from, id)
				if id != e.ID || was.Gone || !was.dated(is) || !was.Published.Equal(is.Published) {
					out = append(out, newChange(id, was, e, is, now))
				}
				return true
			}
			return false
		})
	}
	sameID := func(id string, _ belief, e cycle.Event, _ belief) bool { return id == e.ID }
	passed := func(_ string, was belief) bool { return !was.At.After(now) }
	// renamed pairs what probably is the same under another id.
	renamed := func(from beliefs) {
		pair(from, func(_ string, was belief, _ cycle.Event, is belief) bool {
			return was.dated(is) && (was.Kind == is.Kind && is.Kind != vague || was.Name == is.Name)
		})
		for _, what := range []func(kind, name string) string{
			func(kind, name string) string {
				if kind == vague {
					return name
				}
				return kind
			},
			func(_, name string) string { return name },
		} {
			meant := meant(from, fresh, what)
			pair(from, func(id string, _ belief, e cycle.Event, _ belief) bool { return meant[e.ID] == id })
		}
	}
	pair(left, func(id string, was belief, e cycle.Event, is belief) bool { return id == e.ID && was.dated(is) })
	// A label that stands in several weeks has numbered ids, which shift when one
	// of them goes.
	pair(left, func(_ string, was belief, _ cycle.Event, is belief) bool {
		return was.dated(is) && was.Kind == is.Kind && was.Name == is.Name
	})
	pair(left, sameID)
	maps.DeleteFunc(left, passed)
	renamed(left)
	pair(gone, sameID)
	maps.DeleteFunc(gone, passed)
	renamed(gone)

	for _, e := range fresh {
		is := believe(e, zone)
		seen := e.Own() || slices.Contains(sources, source(e))
		out = append(out, change{id: e.ID, is: is, event: e, said: seen && !is.Quiet && is.At.After(now)})
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

// meant finds the events that probably are others under a new id: those of the same
// kind, or name, as near as a team's own event is to the official one that it stands
// for.
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
