package freeze

import (
	"fmt"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// announcement is what a room hears at one step. A message that reaches its room
// after the event says that it is in effect; the event's own step says nothing else,
// even where the clock was set back: no other would say it. What it says of specs is
// as of now, and left out where the message waits too long for that.
func (p *plugin) announcement(v bot.View, r reminder, room bot.Room) msg.Message {
	e, cal, specs := r.event, v.Calendar(), p.specs(v, r.event)
	end := v.Now().Add(trusted)
	here := p.here(e, room)

	m := msg.Message{Kind: msg.Announce, Link: e.URL}
	if r.step.Span == civil.ClockSpan(0) {
		var counts msg.Para
		if specs != nil {
			counts = specs.over(p.team.Zone.String())
		}
		m.Blocks = until(end, here, counts, p.from(cal, e))
		return m
	}
	var ahead, counts, rest msg.Para
	if days, ok := r.step.Span.Days(); ok && days == 0 {
		ahead, rest = p.today(e, room), p.before(cal, e)
		if specs != nil {
			counts = specs.today()
		}
	} else {
		ahead, rest = p.ahead(cal, r, room), p.beside(cal, e)
		if specs != nil {
			counts = specs.days()
			if len(specs.open) > 0 || specs.unknown {
				m.Link = p.search()
			}
		}
	}
	for _, b := range until(end, ahead, counts, rest) {
		if b.From.Before(e.At) {
			if b.Until.IsZero() || b.Until.After(e.At) {
				b.Until = e.At
			}
			m.Blocks = append(m.Blocks, b)
		}
	}
	m.Blocks = append(m.Blocks, msg.Block{Para: slices.Concat(here, p.from(cal, e)), From: e.At})
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
	e.Name = msg.CleanOr(e.Name, e.Kind) // it is read on terminals
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

// named is the event's name, after that of the team that says it where the room
// has several.
func (p *plugin) named(e cycle.Event, room bot.Room) msg.Para {
	name := msg.Text(msg.CleanOr(e.Name, e.Kind))
	if team := p.team.In(room); team != "" {
		return msg.Para{msg.Text(team + ": "), name}
	}
	return msg.Para{name}
}

// answer is an event in one line: its name, date, distance and week; what else
// there is to know about its date, and who grants exceptions; and, ahead of a
// freeze of specs, how they stand.
func (p *plugin) answer(v bot.View, e cycle.Event, c bot.Call) bot.Effects {
	cal, zone := v.Calendar(), p.zone(c)
	text := slices.Concat(p.titled(cal, e, c.Room), msg.Para{msg.Text(": ")}, p.date(e, zone), msg.Para{msg.Text(", "), p.left(e, zone), week(cal, e)})
	if !e.Until.IsZero() && !dayOnly(e) {
		text = append(text, msg.Text(", until "), msg.Instant(e.Until, zone))
	}
	text = append(append(text, p.proviso(e)...), msg.Text("."))
	if c.Zone != nil && dayOnly(e) {
		text = append(text, msg.Text(" Its calendar gives no time."))
	}
	text = append(text, p.exceptions(v, e)...)
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
