package follow

import (
	"cmp"
	"slices"
	"strings"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// once leaves out events that stand before: by id, as the release of a cycle stands
// in the next one's schedule too; or, of an iCalendar file, one that another source
// has too, and then its time counts if only it has one.
func once(events []cycle.Event, team string) []cycle.Event {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b cycle.Event) int {
		last := func(e cycle.Event) int {
			if meeting(e) {
				return 1
			}
			return 0
		}
		return cmp.Compare(last(a), last(b))
	})
	seen := map[string]bool{}
	same := newDoubles(events, team)
	var out []cycle.Event
	for _, e := range events {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		i := -1
		if meeting(e) {
			i = slices.IndexFunc(out, func(o cycle.Event) bool { return same.double(e, o) })
		}
		switch {
		case i < 0:
			out = append(out, e)
		case e.Exact && !out[i].Exact:
			out[i].At, out[i].Until, out[i].Exact = e.At, e.Until, true
		}
	}
	return out
}

// meeting reports whether an event is of an iCalendar file.
func meeting(e cycle.Event) bool {
	return e.Source.Basis == cycle.AtInstant && e.Team == cycle.CrossProject
}

// doubles knows which events of iCalendar files are others' too: those of the same
// kind on the same day, if the other is the team's or everybody's. One that names
// another team is that one's; and of several of a kind that a file has on a day, as
// the nominations of two elections, those are the same that are called the same, and
// so of two such files.
type doubles struct {
	team   string
	others map[string]bool // teams that the sources know, in lower case
	on     map[day]int     // how many of a kind there are
}

// day is what an iCalendar file has of a kind on a day.
type day struct {
	file, kind string
	civil.Date
}

func dayOf(e cycle.Event) day { return day{e.Source.File, e.Kind, e.Day} }

func newDoubles(events []cycle.Event, team string) doubles {
	d := doubles{team: team, others: map[string]bool{}, on: map[day]int{}}
	for _, e := range events {
		if e.Team != "" && e.Team != cycle.CrossProject && e.Team != cycle.Elections && !strings.EqualFold(e.Team, team) {
			d.others[strings.ToLower(e.Team)] = true
		}
	}
	for _, e := range events {
		if meeting(e) && !d.elsewhere(e) {
			d.on[dayOf(e)]++
		}
	}
	return d
}

func (d doubles) double(e, o cycle.Event) bool {
	return e.Kind != "event" && o.Source.File != e.Source.File && o.Kind == e.Kind && o.Day == e.Day &&
		len(cycle.For(d.team, []cycle.Event{o})) > 0 && !d.elsewhere(e) &&
		(d.on[dayOf(e)] == 1 && !meeting(o) || slices.Equal(cycle.Words(e.Name), cycle.Words(o.Name)))
}

// elsewhere reports whether an event's name has another team's in it.
func (d doubles) elsewhere(e cycle.Event) bool {
	return slices.ContainsFunc(cycle.Words(e.Name), func(w string) bool { return d.others[w] })
}
