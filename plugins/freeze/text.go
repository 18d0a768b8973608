package freeze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// announcement is what a room hears at one step: from the event on, if it is
// said as late as that, that it is in effect. The event's own step says nothing
// else, though the clock be set back: no other would say it. What it says of
// specs is of now, and left out once that was long ago.
func (p *plugin) announcement(v bot.View, r reminder, room bot.Room) msg.Message {
	e, zone, specs := r.event, p.team.Zone.String(), p.specs(v, r.event)
	end := v.Now().Add(trusted)
	verb := " is here ("
	if e.Freeze() {
		verb = " is in effect ("
	}
	here := append(p.named(e, room), msg.Text(verb), msg.Passed(e.At, zone), msg.Text(")."))

	m := msg.Message{Kind: msg.Announce, Link: e.URL}
	if r.step.Span == civil.ClockSpan(0) {
		var counts msg.Para
		if specs != nil {
			counts = specs.over(zone)
		}
		m.Blocks = until(end, here, counts, p.from(e))
		return m
	}
	ahead := p.named(e, room)
	var counts, whom msg.Para
	if days, ok := r.step.Span.Days(); ok && days == 0 {
		ahead = append(ahead, msg.Text(" "), msg.Day(e.At, zone), msg.Text(", "), msg.Clock(e.At, zone), msg.Text(", "), msg.Left(e.At, zone), msg.Text("."))
		whom = p.before(e)
		if specs != nil {
			counts = specs.today()
		}
	} else {
		ahead = append(ahead, msg.Text(" "), msg.Left(e.At, zone), msg.Text(": "), msg.Instant(e.At, zone), msg.Text("."))
		if specs != nil {
			counts = specs.days()
			if len(specs.open) > 0 || specs.unknown {
				m.Link = p.search()
			}
		}
	}
	for _, b := range until(end, ahead, counts, whom) {
		if b.From.Before(e.At) {
			if b.Until.IsZero() || b.Until.After(e.At) {
				b.Until = e.At
			}
			m.Blocks = append(m.Blocks, b)
		}
	}
	m.Blocks = append(m.Blocks, msg.Block{Para: slices.Concat(here, p.from(e)), From: e.At})
	return m
}

// until is a text with counts in its middle up to an instant, and without them
// from then on.
func until(end time.Time, before, counts, after msg.Para) []msg.Block {
	if len(counts) == 0 {
		return []msg.Block{{Para: slices.Concat(before, after)}}
	}
	return []msg.Block{
		{Para: slices.Concat(before, counts, after), Until: end},
		{Para: slices.Concat(before, after), From: end},
	}
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

// answer is an event in one line: its name, instant, distance and week; and,
// ahead of a freeze of specs, how they stand.
func (p *plugin) answer(v bot.View, e cycle.Event, room bot.Room) bot.Effects {
	zone := p.team.Zone.String()
	text := append(p.named(e, room), msg.Text(": "), msg.Instant(e.At, zone), msg.Text(", "), msg.Left(e.At, zone))
	text = append(text, week(v.Calendar(), e), msg.Text("."))
	if specs := p.specs(v, e); specs != nil && !specs.unknown && e.At.After(v.Now()) {
		text = append(text, specs.counts()...)
	}
	return bot.Reply(text, e.URL)
}

// week is the event's R-week in brackets, and nothing where no release is near.
func week(cal cycle.Calendar, e cycle.Event) msg.Inline {
	if w, ok := cal.Week(e.At); ok {
		return msg.Text(" (" + w + ")")
	}
	return msg.Text("")
}
