package freeze

import (
	"context"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// The newest step that was said is the living message of its countdown: where a
// network can change what was said it is brought up to date once a day, at the
// event's instant and when its date changes, so that who scrolls back finds no
// number that is not true any more. Each further step is a message of its own,
// and leaves to the one before it only the date.

// countdown is how long before its event a message is kept up to date.
const countdown = 28

// living returns the newest step that was said of an event, at this date or one
// that it moved from, and the key it was said with.
func (p *plugin) living(v bot.View, e cycle.Event) (heard, bool) {
	first := e.Seen
	if len(e.Was) > 0 {
		first = e.Was[0].Seen
	}
	var h heard
	if found, err := v.Get("heard/"+e.ID, &h); err != nil || !found || h.Said.Before(first) {
		return heard{}, false
	}
	if h.Key == "" { // of a bot that did not keep it
		h.Key = stepKey(e, step{Span: h.Step})
	}
	return h, true
}

// dueEdits lists when living messages are brought up to date. Nobody is told, so
// they have no title.
func (p *plugin) dueEdits(v bot.View, from, to time.Time) []bot.Occurrence {
	var occs []bot.Occurrence
	for _, e := range p.reminded(v.Calendar()) {
		begin := e.Day.AddDays(-countdown)
		if e.At.Before(from) || begin.Start(p.team.Zone).After(to) {
			continue
		}
		if _, ok := p.living(v, e); !ok {
			continue
		}
		steps := p.ladder.of(e)
		add := func(at time.Time, name string) {
			said := slices.ContainsFunc(steps, func(s step) bool { return s.At.Equal(at) })
			if said || !at.After(from) || at.After(to) {
				return
			}
			occs = append(occs, bot.Occurrence{
				Key: rung(e, e.Day) + "/living/" + bot.Key(name), At: at, Until: at.Add(after),
				Series: string(rung(e, e.Day) + "/living"), Data: e,
			})
		}
		for day := begin; !day.After(e.Day); day = day.AddDays(1) {
			if at := day.At(p.ladder.at, p.team.Zone); at.Before(e.At) {
				add(at, day.String())
			}
		}
		add(e.At, "0s")
	}
	return occs
}

// refresh brings the living message of an event up to date.
func (p *plugin) refresh(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	e := o.Data.(cycle.Event)
	h, ok := p.living(v, e)
	if !ok {
		return bot.Effects{}, nil
	}
	return bot.Effects{Say: p.upToDate(v, e, h)}, nil
}

// upToDate has the living message of an event say what is true now.
func (p *plugin) upToDate(v bot.View, e cycle.Event, h heard) []bot.Say {
	r := reminder{e, p.present(e, step{Span: h.Step}, v.Now())}
	return p.edit(v, h.Key, func(room bot.Room) msg.Message { return p.announcement(v, r, room) })
}

// present is a step as it is put into words at an instant: the event's own, said
// at a date that it has moved from, is not today any more; or not yet, after all,
// where the clock was set back.
func (p *plugin) present(e cycle.Event, s step, now time.Time) step {
	_, isDay := s.Span.Days()
	today := isDay && !civil.DateOf(now, p.team.Zone).Before(e.Day)
	if s.Span.Duration() == 0 && e.At.After(now) && !today {
		s.Span = civil.ClockSpan(e.At.Sub(now))
	}
	return s
}

// dated leaves nothing but the date to a step after which another is said, so
// that it says no time left that is not so.
func (p *plugin) dated(v bot.View, e cycle.Event, key bot.Key) []bot.Say {
	return p.edit(v, key, func(room bot.Room) msg.Message {
		m := msg.New(msg.Announce, slices.Concat(p.named(e, room), msg.Para{msg.Text(": ")}, p.date(e, p.team.Zone.String()), msg.Para{msg.Text(".")}))
		m.Link = e.URL
		return m
	})
}

// cancelled says of an event that lay ahead that it has left the calendar.
func (p *plugin) cancelled(v bot.View, gone cycle.Sighted) []bot.Say {
	e := departed(gone)
	h, ok := p.living(v, e)
	if !ok || !e.At.After(v.Now()) {
		return nil
	}
	return p.edit(v, h.Key, func(room bot.Room) msg.Message {
		return msg.New(msg.Announce, append(p.named(e, room), msg.Text(": not in the calendar any more.")))
	})
}

// edit changes what was said with a key in each of the team's rooms.
func (p *plugin) edit(v bot.View, key bot.Key, words func(bot.Room) msg.Message) []bot.Say {
	rooms := p.team.Announced()
	says := make([]bot.Say, len(rooms))
	for i, room := range rooms {
		says[i] = bot.Say{Key: key, To: bot.Target{Room: room}, Message: words(room), Edit: true, Expires: v.Now().Add(after)}
	}
	return says
}
