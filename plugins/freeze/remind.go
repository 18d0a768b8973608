package freeze

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	return fit(eff, room(eff)), nil
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
	most := room(eff)
	return fit(merge(eff, p.correct(v, *ev.Calendar, changes, most-len(eff.Say))), most), nil
}

// alike reports whether the steps of an event that got another id are those that it
// had: not, as when everybody's date becomes the team's own, those that nobody was
// ever to hear.
func (p *plugin) alike(cal cycle.Calendar, c change) bool {
	was := cycle.Event{Kind: c.was.Kind, Name: c.was.Name, Team: c.was.Team}
	if was.Team != "" {
		was.Source.Label = c.old
	}
	return c.was.Team == c.is.Team || p.inFull(cal, was) && p.inFull(cal, c.event)
}

// missed reports whether a step of an event was due since an instant.
func (p *plugin) missed(v bot.View, e cycle.Event, since time.Time) bool {
	e.Remind = p.spans(v.Calendar(), e)
	return slices.ContainsFunc(p.ladder.of(e), func(s step) bool { return s.At.After(since) && !s.At.After(v.Now()) })
}

// correct drops or puts right what was said, and what waits to be said, of dates
// that are no more; for what waits there is room for so many messages.
func (p *plugin) correct(v bot.View, d cycle.Diff, changes []change, room int) bot.Effects {
	eff := bot.Effects{Put: map[string]any{}}
	for _, gone := range d.Gone {
		is := slices.IndexFunc(changes, func(c change) bool { return c.old == gone.ID && c.id != "" && c.id != gone.ID })
		h, heard := p.living(v, departed(gone))
		if is >= 0 {
			switch c := changes[is]; {
			case c.is.At.Before(gone.At):
				first, _ := since(v, departed(gone))
				eff.Put["renamed/"+c.id] = renamed{Seen: v.Now(), First: first}
			case p.alike(v.Calendar(), c):
				// A step may have been due since, while the bot was not on.
				first, _ := since(v, departed(gone))
				if heard {
					first = h.Said
				}
				if p.missed(v, c.event, first) { // of a file whose ids always change all go on under another
					eff.Put["renamed/"+c.id] = renamed{Seen: v.Now(), First: first}
				}
			}
		}
		waiting := waiting(v, gone.ID)
		switch expired := gone.At.Add(after).Before(v.Now()); {
		case waiting == nil:
			continue // nobody was ever told a step
		case is < 0 && expired:
			continue // nothing waits: of those that leave a file together there may be hundreds
		}
		if is < 0 || !heard {
			eff.Unsay = append(eff.Unsay, waiting...)
			stands := slices.IndexFunc(changes, func(c change) bool { return c.old == gone.ID && c.id == "" && c.event.ID != "" })
			if stands >= 0 && heard {
				eff.Say = append(eff.Say, p.dated(v, changes[stands].event, h.Key)...)
			} else {
				eff.Say = append(eff.Say, p.cancelled(v, gone)...)
			}
			continue
		}
		// It goes on under another id.
		h.Said = v.Now()
		eff.Put["heard/"+changes[is].id] = h
		if changes[is].said && !changes[is].official {
			eff.Unsay = append(eff.Unsay, waiting...)
		}
	}
	for _, c := range changes {
		// What comes back under another id goes on where it left.
		if h, ok := heardAs(v, c.old); ok && c.was.Gone && c.id != c.old {
			if newer, ok := heardAs(v, c.id); !ok || newer.Said.Before(h.Said) {
				h.Said = v.Now()
				eff.Put["heard/"+c.id] = h
			}
		}
	}
	for _, e := range d.New {
		// What waits is of an event that has passed, and is on again: that it
		// is in effect is no longer true.
		eff.Unsay = append(eff.Unsay, waiting(v, e.ID)...)
		if h, ok := heardAs(v, e.ID); ok && e.Edition > 0 && h.Key != "" {
			eff.Say = append(eff.Say, p.dated(v, e, h.Key)...)
		}
	}
	var older []bot.Say
	for _, e := range d.Moved {
		h, ok := p.living(v, e)
		if !ok {
			continue
		}
		newest, rest := p.amend(v, e, h)
		if room -= len(newest); room < 0 {
			// Better none than one of a date that is no more, and never in some rooms
			// only: that it moved is said.
			room += len(newest)
			eff.Unsay = append(eff.Unsay, waiting(v, e.ID)...)
		} else {
			eff.Say = append(eff.Say, newest...)
			older = append(older, rest...)
		}
		eff.Say = append(eff.Say, p.upToDate(v, e, h)...)
	}
	eff.Say = append(eff.Say, older...)
	return eff
}

// heardAs is the record of what was told of an event under an id.
func heardAs(v bot.View, id string) (h heard, ok bool) {
	found, err := v.Get("heard/"+id, &h)
	return h, err == nil && found
}

// waiting lists the keys under which a step of an event may wait for a network: none
// where no step was ever said, as of all dates that are new, which may be hundreds.
func waiting(v bot.View, id string) []bot.Key {
	var h heard
	if found, err := v.Get("heard/"+id, &h); err == nil && !found {
		return nil
	}
	keys := []bot.Key{bot.Key(id)}
	if h.Key != "" && !strings.HasPrefix(string(h.Key), id+"/") {
		keys = append(keys, h.Key) // its id was another then
	}
	return keys
}

// told returns the step that was decided last of an event that moved, by the
// new date. A room that has not heard it yet still has to hear of the event: the
// step may not come again, and the next one takes the place of whatever waits.
func (p *plugin) told(e cycle.Event, h heard) step {
	for _, s := range p.ladder.of(e) {
		if s.Span == h.Step {
			return s
		}
	}
	// The ladder has changed as well.
	return step{Span: h.Step, Until: e.At.Add(-1)}
}

// amend puts the new date into a step that waits, whichever date or id it was said
// for: the newest, and whatever may be left under an older date.
func (p *plugin) amend(v bot.View, e cycle.Event, h heard) (newest, older []bot.Say) {
	s := p.told(e, h)
	words := p.present(e, s, e.Seen)
	keys := []bot.Key{h.Key}
	add := func(day civil.Date) {
		if key := rung(e, day) + "/" + bot.Key(s.name()); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(e.Day)
	for _, was := range e.Was {
		add(was.Day)
	}
	for i, key := range keys {
		for _, say := range p.say(v, reminder{e, words}) {
			say.Key, say.Amend = key, true
			if i == 0 {
				newest = append(newest, say)
			} else {
				older = append(older, say)
			}
		}
	}
	return newest, older
}
