package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// Start reads how far the bot came in its last life, lets plugins hear what
// became of their team's calendar meanwhile, and drops what a plugin wanted to
// say that is no longer on. A start at which nothing changed commits nothing.
func (l *Loop) Start(ctx context.Context) error {
	now := l.Now().UTC()
	l.last = now
	var s started
	err := l.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if found, err := getJSON(tx, lastKey, &l.saved); err != nil {
			return err
		} else if found {
			l.last = l.saved
		}
		if err := l.observe(tx, now, &s); err != nil {
			return err
		}
		if err := l.tell(ctx, tx, l.moment(tx, now), &s); err != nil {
			return err
		}
		s.drop = l.off(l.Outbox.Waiting(tx))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read how far the bot came: %w", err)
	}
	if s.empty() && !l.saved.IsZero() {
		return nil
	}
	if !l.last.Before(now) {
		// What a change makes due at this very moment has not been looked at,
		// whatever the last life saw, or believed the time to be.
		l.last = now.Add(-1)
	}
	err = l.Store.Update(ctx, func(tx bot.Tx) error {
		for _, e := range append([]effects{{drop: s.drop}}, s.wants...) {
			if err := l.apply(tx, now, e); err != nil {
				return err
			}
		}
		if err := putAll(tx, s.put); err != nil {
			return err
		}
		return l.putLast(tx)
	})
	if err != nil {
		return fmt.Errorf("store the calendar as seen: %w", err)
	}
	return nil
}

// started is what a start wants to be stored.
type started struct {
	wants []effects
	drop  []bot.Key                  // whole
	put   map[string]cycle.Sightings // by whole key; nil deletes
	seen  map[string]cycle.Sightings // before this start, by team
}

func (s *started) empty() bool { return len(s.wants)+len(s.drop)+len(s.put) == 0 }

func (s *started) keep(key string, value cycle.Sightings) {
	if s.put == nil {
		s.put = map[string]cycle.Sightings{}
	}
	s.put[key] = value
}

// observe compares every team's calendar with what was seen before.
func (l *Loop) observe(tx bot.ReadTx, now time.Time, s *started) error {
	s.seen = map[string]cycle.Sightings{}
	cals := map[string]cycle.Calendar{}
	for _, t := range l.Teams {
		before := cycle.Sightings{}
		if _, err := getJSON(tx, calendarSpace+t.ID, &before); err != nil {
			return err
		}
		cal, after, diff := t.Calendar.Observe(before, now)
		cals[t.ID], s.seen[t.ID] = cal, before
		// Without a difference the sightings can be others all the same: of
		// a life whose clock was ahead.
		if !diff.Empty() || !equal(before, after) {
			s.keep(calendarSpace+t.ID, after)
		}
	}
	l.cals.Store(&cals)
	return nil
}

// tell lets plugins hear what became of their team's calendar. One that fails
// is logged, and hears of the same again at the next start: what it heard of
// last is kept for it.
func (l *Loop) tell(ctx context.Context, tx bot.ReadTx, m *moment, s *started) error {
	for _, t := range l.Teams {
		for _, p := range t.Plugins {
			if p.On == nil {
				continue
			}
			key := unheardSpace + t.ID + "/" + p.Name
			before := cycle.Sightings{}
			owed, err := getJSON(tx, key, &before)
			if err != nil {
				return err
			}
			if !owed {
				before = s.seen[t.ID]
			}
			_, _, diff := t.Calendar.Observe(before, m.now)
			if !diff.Empty() {
				e, err := m.call(t.ID, p.Name, func(v bot.View) (bot.Effects, error) {
					return p.On(ctx, v, bot.Event{Calendar: &diff})
				})
				if err != nil {
					_ = l.incident(err, "team", t.ID, "plugin", p.Name)
					if !owed {
						s.keep(key, before)
					}
					continue
				}
				if !e.empty() {
					s.wants = append(s.wants, e)
				}
			}
			if owed {
				s.keep(key, nil)
			}
		}
	}
	return nil
}

// off lists, as keys above their messages', the plugins that wait to say
// something to a team they are not on for, or that is no more.
func (l *Loop) off(waiting []bot.Key) []bot.Key {
	on := map[bot.Key]bool{}
	for _, t := range l.Teams {
		for _, p := range t.Plugins {
			on[pair(t.ID, p.Name)] = true
		}
	}
	var drop []bot.Key
	for _, key := range waiting {
		team, rest, _ := strings.Cut(string(key), "/")
		plugin, _, _ := strings.Cut(rest, "/")
		whose := pair(team, plugin)
		if team == reports || on[whose] {
			continue
		}
		on[whose] = true // it is listed
		l.Log.Warn("no longer on, what it wanted to say is dropped", "team", team, "plugin", plugin)
		drop = append(drop, whose)
	}
	return drop
}

func pair(team, plugin string) bot.Key { return bot.Key(team + "/" + plugin) }

// equal compares sightings as they are stored.
func equal(a, b cycle.Sightings) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// putAll stores sightings.
func putAll(tx bot.Tx, all map[string]cycle.Sightings) error {
	for key, value := range all {
		var err error
		if value == nil {
			err = tx.Delete(key)
		} else {
			err = putJSON(tx, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// saveEvery bounds how far back a bot that was killed looks for what is due.
// Looking back further costs nothing but the look: what has been decided stays
// decided.
const saveEvery = time.Hour

func (l *Loop) save(ctx context.Context) error {
	if l.horizon().Equal(l.saved) {
		return nil
	}
	return l.Store.Update(ctx, l.putLast)
}

// putLast stores how far the bot came.
func (l *Loop) putLast(tx bot.Tx) error {
	l.saved = l.horizon()
	return putJSON(tx, lastKey, l.saved)
}

// horizon is up to when everything due is decided: not past what a job could not
// say, nor past an occurrence that failed and will be tried again.
func (l *Loop) horizon() time.Time {
	h := l.last
	if !l.behind.IsZero() && l.behind.Before(h) {
		h = l.behind
	}
	for _, f := range l.failed {
		if before := f.p.At.Add(-1); before.Before(h) {
			h = before
		}
	}
	return h
}
