package freeze

import (
	"context"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// reminder is what an occurrence carries from Due to Do.
type reminder struct {
	event cycle.Event
	step  step
}

// heard is the record of the nearest step that a room was told of an event,
// under "heard/<event id>". It keeps a date that moves from repeating what
// people know.
type heard struct {
	Step civil.Span `json:"step"`
	Said time.Time  `json:"said"`
	Key  bot.Key    `json:"key,omitempty"` // with which it was said
}

// rung is the key of an event's date, below which its steps lie. An event that
// comes again on a day on which it had passed has steps of its own.
func rung(e cycle.Event, day civil.Date) bot.Key {
	key := bot.Key(e.ID + "/" + day.String())
	if e.Edition > 0 {
		key += bot.Key(fmt.Sprintf(".%d", e.Edition+1))
	}
	return key
}

func stepKey(e cycle.Event, s step) bot.Key { return rung(e, e.Day) + "/" + bot.Key(s.name()) }

// due lists the steps of all ladders in the span.
func (p *plugin) due(v bot.View, from, to time.Time) []bot.Occurrence {
	var occs []bot.Occurrence
	for _, e := range p.reminded(v.Calendar()) {
		for _, s := range p.ladder.of(e) {
			at, ok := planned(v, e, s)
			if !ok || !at.After(from) || at.After(to) {
				continue
			}
			occs = append(occs, bot.Occurrence{
				Key: stepKey(e, s), At: at, Until: s.Until, Series: string(rung(e, e.Day)),
				Title: title(e, s), Data: reminder{e, s},
			})
		}
	}
	return occs
}

// planned is when a step is said: at its time; never, if that was before the
// bot first saw the event; and at once, if the event has moved so that the
// step's time is already over and nobody has been told a step as near.
func planned(v bot.View, e cycle.Event, s step) (time.Time, bool) {
	if s.At.After(e.Seen) {
		return s.At, true
	}
	first, moved := since(v, e)
	if !moved || !s.At.After(first) {
		return time.Time{}, false
	}
	var h heard
	found, err := v.Get("heard/"+e.ID, &h)
	if err != nil || found && !h.Said.Before(first) && h.Step.Duration() <= s.Span.Duration() {
		return time.Time{}, false
	}
	return e.Seen, true
}

// renamed is the record "renamed/<event id>" of an event that got this id and an
// earlier date at once, as when the team lays its own over the official one; or but
// another id.
type renamed struct {
	Seen  time.Time `json:"seen"`  // at which
	First time.Time `json:"first"` // since when it was known by another id, or a step of it was said
}

// since is when the bot first saw an event, at any date and under whichever id; and
// whether it has moved.
func since(v bot.View, e cycle.Event) (first time.Time, moved bool) {
	first, moved = e.Seen, len(e.Was) > 0
	if moved {
		first = e.Was[0].Seen
	}
	var r renamed
	if found, err := v.Get("renamed/"+e.ID, &r); err == nil && found && r.Seen.Equal(first) {
		return r.First, true
	}
	return first, moved
}

// remind says one step in every room, instead of whatever has not reached a room
// yet of the event's earlier steps, at this date or another.
func (p *plugin) remind(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	r := o.Data.(reminder)
	key := stepKey(r.event, r.step)
	eff := bot.Effects{
		Unsay: []bot.Key{bot.Key(r.event.ID)},
		Say:   p.say(v, r),
		Put:   map[string]any{"heard/" + r.event.ID: heard{Step: r.step.Span, Said: v.Now(), Key: key}},
	}
	if h, ok := p.living(v, r.event); ok && h.Key != key {
		eff.Unsay = append(eff.Unsay, h.Key) // its event's id may have been another
		eff.Say = append(eff.Say, p.dated(v, r.event, h.Key)...)
	}
	if m, fresh, err := begun(v); err == nil && fresh && len(p.team.Specs) > 0 && v.Reviews().State().Known {
		eff.Put["merged"] = m // nothing has happened to a spec so far
	}
	return fit(eff, capacity(eff)), nil
}

// say is one step for every room of the team, of a mirror for one.
func (p *plugin) say(v bot.View, r reminder) []bot.Say {
	rooms := p.team.Announced()
	says := make([]bot.Say, len(rooms))
	for i, room := range rooms {
		says[i] = bot.Say{
			Key: stepKey(r.event, r.step), To: bot.Target{Room: room},
			Message: p.announcement(v, r, room), Expires: r.step.Until.Add(1),
		}
	}
	return says
}

// on hears of specs, to count those that merge; and that the calendar changed, says
// so, and drops or puts right what still waits to be said of a date that is no more.
func (p *plugin) on(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
	switch {
	case ev.Change != nil:
		return p.heardOf(v, *ev.Change)
	case ev.Calendar == nil:
		return bot.Effects{}, nil
	}
	eff, changes, err := p.changed(v, *ev.Calendar)
	if err != nil {
		return bot.Effects{}, err
	}
	most := capacity(eff)
	return fit(merge(eff, p.correct(v, *ev.Calendar, changes, most-len(eff.Say))), most), nil
}
