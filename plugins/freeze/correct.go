package freeze

import (
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// correct drops or puts right what was said, and what waits to be said, of dates that
// are no more. Left is how many more messages the transaction holds.
func (p *plugin) correct(v bot.View, d cycle.Diff, changes []change, left int) bot.Effects {
	var eff bot.Effects
	for _, gone := range d.Gone {
		on := slices.IndexFunc(changes, func(c change) bool { return c.old == gone.ID && c.id != "" && c.id != gone.ID })
		if on >= 0 {
			eff = merge(eff, p.goesOn(v, gone, changes[on]))
		} else {
			eff = merge(eff, p.leaves(v, gone, changes))
		}
	}
	eff = merge(eff, returned(v, changes))
	eff = merge(eff, p.again(v, d.New))
	return merge(eff, p.moved(v, d.Moved, left))
}

// goesOn has what was told of an event that left the calendar count for what it became,
// under another id.
func (p *plugin) goesOn(v bot.View, gone cycle.Sighted, c change) bot.Effects {
	eff := bot.Effects{Put: map[string]any{}}
	h, told := p.living(v, departed(gone))
	first, _ := since(v, departed(gone))
	last := first
	if told {
		last = h.Said
	}
	switch {
	case c.is.At.Before(gone.At):
		eff.Put["renamed/"+c.id] = renamed{Seen: v.Now(), First: first}
	case p.alike(v.Calendar(), c) && p.missed(v, c.event, last):
		// A step was due while the bot was not on. Of others there is no record: of a
		// file whose ids always change all go on under another.
		eff.Put["renamed/"+c.id] = renamed{Seen: v.Now(), First: last}
	}
	keys := waiting(v, gone.ID)
	switch {
	case keys == nil: // nobody was ever told a step
	case !told:
		eff.Unsay = keys
	default:
		h.Said = v.Now()
		eff.Put["heard/"+c.id] = h
		if c.said && !c.official {
			eff.Unsay = keys
		}
	}
	return eff
}

// leaves drops what waits of an event that is in the calendar no more, and says so
// where it was told.
func (p *plugin) leaves(v bot.View, gone cycle.Sighted, changes []change) bot.Effects {
	keys := waiting(v, gone.ID)
	if keys == nil || gone.At.Add(after).Before(v.Now()) {
		return bot.Effects{} // nothing waits: of those that leave a file together there may be hundreds
	}
	stands := slices.IndexFunc(changes, func(c change) bool { return c.old == gone.ID && c.id == "" && c.event.ID != "" })
	if h, told := p.living(v, departed(gone)); told && stands >= 0 {
		return bot.Effects{Unsay: keys, Say: p.dated(v, changes[stands].event, h.Key)}
	}
	return bot.Effects{Unsay: keys, Say: p.cancelled(v, gone)}
}

// returned has what comes back under another id go on where it left.
func returned(v bot.View, changes []change) bot.Effects {
	eff := bot.Effects{Put: map[string]any{}}
	for _, c := range changes {
		if h, ok := heardAs(v, c.old); ok && c.was.Gone && c.id != c.old {
			if newer, ok := heardAs(v, c.id); !ok || newer.Said.Before(h.Said) {
				h.Said = v.Now()
				eff.Put["heard/"+c.id] = h
			}
		}
	}
	return eff
}

// again drops what waits of events that have passed and are on again: that they are in
// effect is no longer true.
func (p *plugin) again(v bot.View, events []cycle.Event) bot.Effects {
	var eff bot.Effects
	for _, e := range events {
		eff.Unsay = append(eff.Unsay, waiting(v, e.ID)...)
		if h, ok := heardAs(v, e.ID); ok && e.Edition > 0 && h.Key != "" {
			eff.Say = append(eff.Say, p.dated(v, e, h.Key)...)
		}
	}
	return eff
}

// moved puts the new date into what was said of events that moved, and into as much of
// what waits as messages are left.
func (p *plugin) moved(v bot.View, events []cycle.Event, left int) bot.Effects {
	var eff bot.Effects
	var older []bot.Say
	for _, e := range events {
		h, ok := p.living(v, e)
		if !ok {
			continue
		}
		newest, rest := p.amend(v, e, h)
		if len(newest) > left {
			// Better none than one of a date that is no more, and never in some rooms
			// only: that it moved is said.
			eff.Unsay = append(eff.Unsay, waiting(v, e.ID)...)
		} else {
			left -= len(newest)
			eff.Say = append(eff.Say, newest...)
			older = append(older, rest...)
		}
		eff.Say = append(eff.Say, p.upToDate(v, e, h)...)
	}
	eff.Say = append(eff.Say, older...)
	return eff
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
