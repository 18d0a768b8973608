package freeze

import (
	"slices"
	"strings"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// An official calendar has forty events a cycle and more. Who heard seven
// reminders of each would stop listening, so a room is reminded of
//
//   - the team's own events, and of whatever says itself when to remind;
//   - the team's freezes and deadlines, by the whole ladder, and so of
//     everybody's feature freeze;
//   - everybody's other freezes and release candidates a week and a day before,
//     by a line of their own only where no other on that day names them;
//   - the release a week before and on its day;
//   - estimated dates some days before, neither the day before nor that they have come.
//
// All else, as milestones, elections and other teams' freezes, is answered for.

// reminded returns the calendar's events with the steps of each in Remind.
func (p *plugin) reminded(cal cycle.Calendar) []cycle.Event {
	events := slices.Clone(cal.Events)
	for i, e := range events {
		events[i].Remind = p.spans(cal, e)
	}
	return events
}

// spans is when to remind of an event of the calendar. Never nil: the ladder that
// everybody has is put in.
func (p *plugin) spans(cal cycle.Calendar, e cycle.Event) []civil.Span {
	spans := []civil.Span{}
	switch {
	case e.Remind != nil:
		spans = e.Remind
	case p.inFull(cal, e):
		spans = append(spans, p.ladder.steps...)
	case inBrief(cal, e) && !p.spokenFor(cal, e):
		spans = p.only(7, 1)
	case e.Kind == "release" && everybodys(e) && e.Name != e.Source.Label:
		// One without a name is of the cycle before, whose page has its day.
		spans = p.only(7, 0)
	}
	return certain(e, spans)
}

// certain leaves out what would say of an estimated date more than anybody knows, as
// that it is tomorrow, also where the table of kinds has it.
func certain(e cycle.Event, spans []civil.Span) []civil.Span {
	if !e.Estimated() {
		return spans
	}
	return slices.DeleteFunc(slices.Clone(spans), func(s civil.Span) bool {
		days, ok := s.Days()
		return !ok || days < 2
	})
}

// only is what the ladder has of some steps in days.
func (p *plugin) only(days ...int) []civil.Span {
	return slices.DeleteFunc(slices.Clone(p.ladder.steps), func(s civil.Span) bool {
		n, ok := s.Days()
		return !ok || !slices.Contains(days, n)
	})
}

// inFull reports whether an event that does not say so itself has the whole ladder.
func (p *plugin) inFull(cal cycle.Calendar, e cycle.Event) bool {
	return e.Own() || gate(cal, e) && (!everybodys(e) || e.Kind == "feature-freeze")
}

func inBrief(cal cycle.Calendar, e cycle.Event) bool { return gate(cal, e) && everybodys(e) }

// everybodys reports whether an event of a source is no single team's.
func everybodys(e cycle.Event) bool {
	return !e.Own() && general(e.Team)
}

// gate reports whether something is no longer accepted from the event on.
func gate(cal cycle.Calendar, e cycle.Event) bool {
	return e.Team != cycle.Elections && (e.Freeze() || strings.HasSuffix(e.Kind, "-deadline") || cal.Kind(e).Grants != "")
}

func daysBefore(s civil.Span) bool {
	days, ok := s.Days()
	return ok && days > 0
}

// speaker is the event of a day whose reminders name the others of that day that
// have but a brief ladder: one with the whole ladder, or else the first of them.
func (p *plugin) speaker(cal cycle.Calendar, e cycle.Event) (cycle.Event, bool) {
	var first cycle.Event
	found := false
	for _, o := range cal.Events {
		if o.Day != e.Day {
			continue
		}
		switch full := p.inFull(cal, o) || o.Remind != nil; {
		case full:
			spans := o.Remind
			if spans == nil {
				spans = p.ladder.steps
			}
			if slices.ContainsFunc(certain(o, spans), daysBefore) {
				return o, true
			}
		case inBrief(cal, o) && !found:
			first, found = o, true
		}
	}
	return first, found
}

// spokenFor reports whether another event's reminders name this one.
func (p *plugin) spokenFor(cal cycle.Calendar, e cycle.Event) bool {
	s, ok := p.speaker(cal, e)
	return ok && s.ID != e.ID
}

// sameDay lists the events that an event's reminders name beside it.
func (p *plugin) sameDay(cal cycle.Calendar, e cycle.Event) []cycle.Event {
	if s, ok := p.speaker(cal, e); !ok || s.ID != e.ID {
		return nil
	}
	var out []cycle.Event
	for _, o := range cal.Events {
		if o.Day == e.Day && o.ID != e.ID && o.Remind == nil && inBrief(cal, o) && !p.inFull(cal, o) {
			out = append(out, o)
		}
	}
	return out
}
