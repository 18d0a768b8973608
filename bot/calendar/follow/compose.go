package follow

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// compose makes a team's calendar of what its places say, and its own events.
func (f *Follower) compose(t Team) cycle.Calendar {
	var all []*parsed
	unread := false
	for _, p := range f.byTeam[t.ID] {
		p.mu.Lock()
		if counts := cmp.Or(p.parsed, p.stand); counts != nil {
			all = append(all, counts)
		} else {
			unread = true
		}
		p.mu.Unlock()
	}
	cal := compose(t, all)
	cal.Unread = unread
	return cal
}

func compose(t Team, all []*parsed) cycle.Calendar {
	var pages []calendar.Page
	for _, p := range all {
		if p.schedule != nil {
			pages = append(pages, p.schedule.Page)
		}
	}
	var official []cycle.Event
	var elections [][]cycle.Event
	for _, p := range all {
		events := slices.Clone(p.events)
		switch {
		case p.schedule != nil:
			// Labels that one schedule places and another defines find each other.
			events = calendar.Events(p.schedule.Readings(t.Kinds, pages...), t.Zone)
			link(events, *p.schedule, t.Page)
		case p.place.Form == Elections:
			apart(official, events)
			elections = append(elections, events)
		}
		official = append(official, events...)
	}
	// What is published comes in the place of an estimate.
	official = cycle.Lay((cycle.Cycle{Release: t.Release}).Estimated(t.Zone), official)
	for _, election := range elections {
		official = exactElections(official, election)
	}
	official = once(official, t.As)
	for i, e := range official {
		if e.Exact { // an election's day was in UTC
			e.Day = civil.DateOf(e.At, t.Zone)
		}
		official[i] = inBounds(e)
	}
	mine := cycle.For(t.As, official)
	var others []cycle.Event
	for _, e := range official {
		if !slices.ContainsFunc(mine, func(m cycle.Event) bool { return m.ID == e.ID }) {
			others = append(others, e)
		}
	}
	cal := cycle.New(t.Zone, cycle.Lay(mine, t.Own)).WithOthers(others)
	cal.Kinds = t.Kinds
	for i, e := range cal.Events {
		if e.Remind == nil {
			cal.Events[i].Remind = cal.Kind(e).Remind
		}
	}
	return cal
}

// inBounds cuts what a source says of an event to what fits into a line of chat, as
// the team's own has to; an address that does not is none.
func inBounds(e cycle.Event) cycle.Event {
	const name, address = 120, 300 // characters, bytes
	cut := func(s string) string {
		if r := []rune(s); len(r) > name {
			return string(r[:name-1]) + "…"
		}
		return s
	}
	e.Name, e.Source.Series = cut(e.Name), cut(e.Source.Series)
	if len(e.URL) > address {
		e.URL = ""
	}
	return e
}

// link gives the events of a schedule the address at which people find them.
func link(events []cycle.Event, s calendar.Schedule, page string) {
	if page == "" {
		return
	}
	address := strings.ReplaceAll(page, "{series}", url.PathEscape(s.Series))
	defined := map[string]bool{}
	for _, section := range s.Page.Sections {
		for _, label := range section.Labels {
			defined[label.Raw] = true
		}
	}
	for i, e := range events {
		events[i].URL = address
		if defined[e.Source.Label] {
			// docutils, "Identifier Normalization": small letters, digits, hyphens.
			events[i].URL += "#" + url.PathEscape(strings.ReplaceAll(strings.ToLower(e.Source.Label), "_", "-"))
		}
	}
}

// around is how far before and after an election that is configured the
// schedule's dates of elections mean the same one.
const around = 21 * 24 * time.Hour

// exactElections leaves out what schedules say of an election whose own
// configuration is there: it has the instants, and is earlier and right.
func exactElections(official, election []cycle.Event) []cycle.Event {
	if len(election) == 0 {
		return official
	}
	first, last := election[0].At, election[0].At
	for _, e := range election {
		if e.At.Before(first) {
			first = e.At
		}
		for _, at := range []time.Time{e.At, e.Until} {
			if at.After(last) {
				last = at
			}
		}
	}
	return slices.DeleteFunc(official, func(e cycle.Event) bool {
		return e.Team == cycle.Elections && e.Source.Basis != cycle.AtInstant &&
			e.At.After(first.Add(-around)) && e.At.Before(last.Add(around))
	})
}

// apart gives the dates of an election ids of their own, where those before are of
// another: each has its nominations.
func apart(before, election []cycle.Event) {
	taken := map[string]time.Time{}
	for _, e := range before {
		taken[e.ID] = e.At
	}
	for i, e := range election {
		for n := 2; !taken[election[i].ID].IsZero() && !taken[election[i].ID].Equal(e.At); n++ {
			election[i].ID = fmt.Sprintf("%s.%d", e.ID, n)
		}
	}
}
