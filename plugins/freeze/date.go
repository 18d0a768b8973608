package freeze

import (
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// A date is said as it was published: one without a time claims none, one that
// nobody published is "about", and where the team's own lies over an official one
// both are said.

// dayOnly reports whether an event's source gives a day and no time. The team's own
// have always one: that of a date alone is its last minute.
func dayOnly(e cycle.Event) bool { return !e.Own() && !e.Exact }

// zone is where the times of an answer are.
func (p *plugin) zone(c bot.Call) string {
	if c.Zone != nil {
		return c.Zone.String()
	}
	return p.team.Zone.String()
}

// date is when an event is: "Thu 2026-12-10 23:59 UTC", "Thu 2027-01-14". A day is
// the same day in every zone.
func (p *plugin) date(e cycle.Event, zone string) msg.Para {
	switch day := msg.Date(e.At, p.team.Zone.String()); {
	case e.Estimated():
		return msg.Para{msg.Text("about "), day}
	case dayOnly(e):
		return msg.Para{day}
	default:
		return msg.Para{msg.Instant(e.At, zone)}
	}
}

// left is how far away an event is.
func (p *plugin) left(e cycle.Event, zone string) msg.Inline {
	if dayOnly(e) {
		return msg.Days(e.At, p.team.Zone.String())
	}
	return msg.Left(e.At, zone)
}

// proviso is what else there is to know about a date: ", estimated from the release
// date", ", officially Thu 2026-12-03".
func (p *plugin) proviso(e cycle.Event) msg.Para {
	switch o := e.Official; {
	case e.Estimated():
		return msg.Para{msg.Text(", estimated from the release date")}
	case o == nil || o.Day == e.Day && (!o.Exact || o.At.Equal(e.At)) || o.Source.Basis == cycle.Estimate:
		return nil
	case o.Exact:
		return msg.Para{msg.Text(", officially "), msg.Instant(o.At, p.team.Zone.String())}
	default:
		return msg.Para{msg.Text(", officially "), msg.Date(o.At, p.team.Zone.String())}
	}
}

// briefly is a proviso as a list has room for.
func (p *plugin) briefly(e cycle.Event) msg.Para {
	if e.Estimated() {
		return msg.Para{msg.Text(", estimated")}
	}
	return p.proviso(e)
}

// titled is the event's name in an answer, after that of the team that says it where
// the room has several.
func (p *plugin) titled(cal cycle.Calendar, e cycle.Event, room bot.Room) msg.Para {
	if team := p.team.In(room); team != "" {
		return append(msg.Para{msg.Text(team + ": ")}, called(cal, e)...)
	}
	return called(cal, e)
}

// called is the event's name with whose it is, where that is another team, and of
// which series, where there are several with one like it; unless the name says so.
func called(cal cycle.Calendar, e cycle.Event) msg.Para {
	name := msg.Para{msg.Text(msg.CleanOr(e.Name, e.Kind))}
	says := func(word string) bool { return strings.Contains(strings.ToLower(e.Name), strings.ToLower(word)) }
	if foreign(cal, e) && !says(e.Team) {
		name = append(name, msg.Text(" of "+e.Team))
	}
	series := cal.Series(e)
	another := func(o cycle.Event) bool {
		of := cal.Series(o)
		return o.Kind == e.Kind && of != "" && of != series
	}
	// What trails a release stands in the schedule of the next, and names its own.
	named := func(o cycle.Event) bool { return o.Kind == "release" && cal.Series(o) != "" && says(cal.Series(o)) }
	if series != "" && !says(series) && !slices.ContainsFunc(cal.Events, named) &&
		(slices.ContainsFunc(cal.Events, another) || slices.ContainsFunc(cal.Others, another)) {
		name = append(name, msg.Text(" ("+series+")"))
	}
	return name
}

// general reports whether a team of an event's is no single team.
func general(team string) bool { return team == cycle.CrossProject || team == cycle.Elections }

// ahead begins a reminder some time before: "Spec freeze in 7 days: Thu 2026-12-10
// 23:59 UTC." A week and more before a published one it also says what that means:
// the team did not put it there itself.
func (p *plugin) ahead(cal cycle.Calendar, r reminder, room bot.Room) msg.Para {
	e := r.event
	zone := p.team.Zone.String()
	text := append(p.named(e, room), msg.Text(" "), p.left(e, zone), msg.Text(": "))
	text = append(text, p.date(e, zone)...)
	if e.Estimated() {
		text = append(text, p.proviso(e)...)
	}
	if means := cal.Kind(e).Means; means != "" && !e.Own() && r.step.Span.Duration() >= meaning {
		text = append(text, msg.Text(" ("+means+")"))
	}
	return append(text, msg.Text("."))
}

// meaning is from how long before an event on its reminders say what it means.
const meaning = 7 * 24 * time.Hour

// today begins a reminder on the day: "Spec freeze today, 23:59 UTC, in 9 h 59
// min."
func (p *plugin) today(e cycle.Event, room bot.Room) msg.Para {
	zone := p.team.Zone.String()
	text := append(p.named(e, room), msg.Text(" "))
	if dayOnly(e) {
		return append(text, msg.Days(e.At, zone), msg.Text("."))
	}
	return append(text, msg.Day(e.At, zone), msg.Text(", "), msg.Clock(e.At, zone), msg.Text(", "), msg.Left(e.At, zone), msg.Text("."))
}

// here says that the event has come: "Spec freeze is in effect (23:59 UTC)." Nobody
// knows that of an estimated one.
func (p *plugin) here(e cycle.Event, room bot.Room) msg.Para {
	zone := p.team.Zone.String()
	text := p.named(e, room)
	if e.Estimated() {
		return slices.Concat(text, msg.Para{msg.Text(": ")}, p.date(e, zone), p.proviso(e), msg.Para{msg.Text(".")})
	}
	verb := " is here ("
	if e.Freeze() {
		verb = " is in effect ("
	}
	when := msg.Passed(e.At, zone)
	if dayOnly(e) {
		when = msg.Date(e.At, zone)
	}
	return append(text, msg.Text(verb), when, msg.Text(")."))
}

// beside names what else has its deadline on the same day, and no reminder of its
// own.
func (p *plugin) beside(cal cycle.Calendar, e cycle.Event) msg.Para {
	var text msg.Para
	for i, o := range p.sameDay(cal, e) {
		if i == 0 {
			text = append(text, msg.Text(" Same day: "))
		} else {
			text = append(text, msg.Text(", "))
		}
		text = append(text, msg.Text(msg.CleanOr(o.Name, o.Kind)))
	}
	if text == nil {
		return nil
	}
	return append(text, msg.Text("."))
}
