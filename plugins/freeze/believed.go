package freeze

import (
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
	Under  bool       `json:"under,omitempty"` // they know it as the official date under the team's own

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
