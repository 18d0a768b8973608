package loop

import (
	"context"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// Start reads how far the bot came in its last life, and lets plugins hear what
// became of their team's calendar meanwhile. A calendar that is as it was
// commits nothing.
func (l *Loop) Start(ctx context.Context) error {
	now := l.Now().UTC()
	l.last = now
	var changes []change
	var wants []effects
	err := l.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		if found, err := getJSON(tx, lastKey, &l.saved); err != nil {
			return err
		} else if found {
			l.last = l.saved
		}
		if changes, err = l.observe(tx, now); err != nil {
			return err
		}
		for _, c := range changes {
			wants = append(wants, l.tell(ctx, tx, now, c)...)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read how far the bot came: %w", err)
	}
	if len(changes) == 0 && !l.saved.IsZero() {
		return nil
	}
	if !l.last.Before(now) {
		// What a change makes due at this very moment has not been looked at,
		// whatever the last life saw, or believed the time to be.
		l.last = now.Add(-1)
	}
	err = l.Store.Update(ctx, func(tx bot.Tx) error {
		for _, e := range wants {
			if err := l.apply(tx, now, e); err != nil {
				return err
			}
		}
		for _, c := range changes {
			if err := putJSON(tx, calendarSpace+c.team.ID, c.after); err != nil {
				return err
			}
		}
		return l.putLast(tx)
	})
	if err != nil {
		return fmt.Errorf("store the calendar as seen: %w", err)
	}
	return nil
}

// change is what became of one team's calendar.
type change struct {
	team  Team
	after cycle.Sightings
	diff  cycle.Diff
}

// observe compares every team's calendar with what was seen before.
func (l *Loop) observe(tx bot.ReadTx, now time.Time) ([]change, error) {
	var changes []change
	for _, t := range l.Teams {
		before := cycle.Sightings{}
		if _, err := getJSON(tx, calendarSpace+t.ID, &before); err != nil {
			return nil, err
		}
		cal, after, diff := t.Calendar.Observe(before, now)
		l.cals[t.ID] = cal
		if !diff.Empty() {
			changes = append(changes, change{t, after, diff})
		}
	}
	return changes, nil
}

// tell lets a team's plugins hear of its calendar. A plugin that fails is
// logged; the others hear of it all the same.
func (l *Loop) tell(ctx context.Context, tx bot.ReadTx, now time.Time, c change) []effects {
	var wants []effects
	for _, p := range c.team.Plugins {
		if p.On == nil {
			continue
		}
		e, err := l.ask(c.team.ID, p.Name, func() (bot.Effects, error) {
			return p.On(ctx, l.view(tx, now, c.team.ID, p.Name), bot.Event{Calendar: &c.diff})
		})
		if err != nil {
			_ = l.incident(err, "team", c.team.ID, "plugin", p.Name)
			continue
		}
		wants = append(wants, e)
	}
	return wants
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

// horizon is up to when everything due is decided: not past an occurrence that
// failed and will be tried again.
func (l *Loop) horizon() time.Time {
	h := l.last
	for _, f := range l.failed {
		if before := f.p.At.Add(-1); before.Before(h) {
			h = before
		}
	}
	return h
}
