package freeze

import (
	"fmt"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// announcement is what a room hears at one step: from the event on, if it is
// said as late as that, that it is in effect. The event's own step says nothing
// else, though the clock be set back: no other would say it.
func (p *plugin) announcement(r reminder, room bot.Room) msg.Message {
	e, zone := r.event, p.team.Zone.String()
	ahead, here := p.named(e, room), p.named(e, room)
	if days, ok := r.step.Span.Days(); ok && days == 0 {
		ahead = append(ahead, msg.Text(" "), msg.Day(e.At, zone), msg.Text(", "), msg.Clock(e.At, zone), msg.Text(", "), msg.Left(e.At, zone), msg.Text("."))
		ahead = append(ahead, p.before(e)...)
	} else {
		ahead = append(ahead, msg.Text(" "), msg.Left(e.At, zone), msg.Text(": "), msg.Instant(e.At, zone), msg.Text("."))
	}
	verb := " is here ("
	if e.Freeze() {
		verb = " is in effect ("
	}
	here = append(here, msg.Text(verb), msg.Passed(e.At, zone), msg.Text(")."))
	here = append(here, p.from(e)...)

	m := msg.New(msg.Announce, here)
	if r.step.Span != civil.ClockSpan(0) {
		m = msg.New(msg.Announce, ahead, here)
		m.Blocks[0].Until, m.Blocks[1].From = e.At, e.At
	}
	m.Link = e.URL
	return m
}

// title is a step for status: "Spec freeze in 7 days".
func title(e cycle.Event, s step) string {
	switch days, ok := s.Span.Days(); {
	case ok && days == 0:
		return e.Name + " today"
	case ok && days == 1:
		return e.Name + " in 1 day"
	case ok:
		return fmt.Sprintf("%s in %d days", e.Name, days)
	case s.Span.Duration() == 0:
		return e.Name
	default:
		return e.Name + " in " + civil.Left(e.At.Add(-s.Span.Duration()), e.At, time.UTC)
	}
}

// named is the event's name, after the team's where the room has several.
func (p *plugin) named(e cycle.Event, room bot.Room) msg.Para {
	name := msg.Text(msg.CleanOr(e.Name, e.Kind))
	if team := p.team.In(room); team != "" {
		return msg.Para{msg.Text(team + ": "), name}
	}
	return msg.Para{name}
}

// ptlDecides reports whether the PTL grants exceptions to a freeze: to those of
// specs and features. Others are a different team's (requirements), the
// release's, or nobody's, and the bot does not guess.
//
// Source: openstack/releases, schedule.rst, "Feature freeze" and "Requirements
// freeze"; the teams' own pages for specs.
func ptlDecides(e cycle.Event) bool {
	return e.Freeze() && (strings.Contains(e.Kind, "spec") || strings.Contains(e.Kind, "feature"))
}

// before says whom to talk to while a freeze can still be met.
func (p *plugin) before(e cycle.Event) msg.Para {
	if !ptlDecides(e) || len(p.team.PTL) == 0 {
		return nil
	}
	return append(append(msg.Para{msg.Text(" Missing it? Talk to ")}, p.ptl("")...), msg.Text(" today."))
}

// from says who decides once a freeze is in effect.
func (p *plugin) from(e cycle.Event) msg.Para {
	if !ptlDecides(e) || len(p.team.PTL) == 0 {
		return nil
	}
	return append(append(msg.Para{msg.Text(" From here an exception is ")}, p.ptl("'s")...), msg.Text(" decision."))
}

// ptl names the PTL without highlighting anybody: "maria or nina".
func (p *plugin) ptl(suffix string) msg.Para {
	var names msg.Para
	for i, id := range p.team.PTL {
		if i > 0 {
			names = append(names, msg.Text(" or "))
		}
		names = append(names, msg.Name(id))
		if suffix != "" {
			names = append(names, msg.Text(suffix))
		}
	}
	return names
}

// answer is an event in one line: its name, instant, distance and week.
func (p *plugin) answer(cal cycle.Calendar, e cycle.Event, room bot.Room) bot.Effects {
	zone := p.team.Zone.String()
	text := append(p.named(e, room), msg.Text(": "), msg.Instant(e.At, zone), msg.Text(", "), msg.Left(e.At, zone))
	text = append(text, week(cal, e), msg.Text("."))
	return bot.Reply(text, e.URL)
}

// week is the event's R-week in brackets, and nothing where no release is near.
func week(cal cycle.Calendar, e cycle.Event) msg.Inline {
	if w, ok := cal.Week(e.At); ok {
		return msg.Text(" (" + w + ")")
	}
	return msg.Text("")
}
