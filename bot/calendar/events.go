package calendar

import (
	"fmt"
	"strings"
	"time"

	"torchbearer/bot/cycle"
)

// Events makes a calendar's events of readings, in their order. An event's id is
// its label, "label.2" for the second date of the same one: it stays when the
// date moves. An event without a time is 23:59 of its day in zone, and not
// Exact.
//
// Weeks that only repeat a label, as the second and third week of a poll do, are
// no events: nobody wants to hear three times that polls open.
func Events(readings []Reading, zone *time.Location) []cycle.Event {
	var out []cycle.Event
	seen := map[string]int{}
	for _, r := range readings {
		e := r.event()
		key := e.ID
		again := r.Repeat || r.Basis == cycle.WholeWeek && seen[key] > 0 // "during this week", of each
		if again && strings.HasPrefix(r.Kind, "election-") || r.Day.IsZero() {
			continue
		}
		if seen[key]++; seen[key] > 1 {
			e.ID = fmt.Sprintf("%s.%d", key, seen[key])
		}
		if !e.Exact {
			e.At = lastMinute(e.Day, zone)
		}
		out = append(out, e)
	}
	return out
}

// event is a reading as an event, without an instant where the source has none.
func (r Reading) event() cycle.Event {
	name := r.Title
	if name == "" {
		name = r.Label
	}
	return cycle.Event{
		ID: strings.ToLower(r.Label), Kind: r.Kind, Name: name, Team: r.Team,
		Day: r.Day, At: r.At, Exact: !r.At.IsZero(), Until: r.Until,
		Source: cycle.Source{
			File: r.Pos.File, Line: r.Pos.Line, Series: r.Series,
			Label: r.Label, Week: r.Week.Name.Raw, Basis: r.Basis,
		},
	}
}
