package loop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// Told keeps what became of messages until the loop has let their plugins know:
// the outbox.
type Told interface {
	Outcomes(tx bot.ReadTx) []bot.Told // oldest first
	Forget(tx bot.Tx, id string) error
}

// Hear says that there may be outcomes to be told. It never blocks.
func (l *Loop) Hear() {
	select {
	case l.hears <- struct{}{}:
	default:
	}
}

// mostOutcomes bounds what is told in one transaction.
const mostOutcomes = 256

// hear lets plugins know what became of their messages. True: it is to be called
// again, since one transaction does not hold everything.
func (l *Loop) hear(ctx context.Context) (again bool, err error) {
	if l.Told == nil {
		return false, nil
	}
	now := l.Now().UTC()
	var told []bot.Told
	var done []outcome // of each of told
	err = l.Store.View(ctx, func(tx bot.ReadTx) error {
		m := l.moment(tx, now)
		var s size
		all := l.Told.Outcomes(m.tx)
		l.dropDeaf(all)
		for _, t := range all {
			if s.full() || len(done) == mostOutcomes {
				again = true
				break
			}
			if f := l.deaf[t.ID]; f != nil && f.rests(now) {
				continue
			}
			if o, ok := l.tellOutcome(ctx, m, t); ok {
				told, done = append(told, t), append(done, o)
				s.add(o.eff)
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look for what became of messages: %w", err)
	}
	if len(done) == 0 {
		return false, nil
	}
	err = l.Store.Update(ctx, func(tx bot.Tx) error {
		for i, o := range done {
			if err := l.apply(tx, now, o.eff); err != nil {
				return err
			}
			if err := l.report(tx, now, o.key, o.report); err != nil {
				return err
			}
			if err := l.Told.Forget(tx, told[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("store what became of messages: %w", err)
	}
	l.Outbox.Wake()
	return again, nil
}

// hearAll hears until nothing is left that could be told now.
func (l *Loop) hearAll(ctx context.Context) error {
	for {
		if again, err := l.hear(ctx); err != nil || !again {
			return err
		}
	}
}

// tellOutcome lets a plugin hear of one outcome. False: it failed, and hears of
// it again later. Of a plugin that is no longer on, or does not listen, there
// is nothing to do but to forget.
func (l *Loop) tellOutcome(ctx context.Context, m *moment, t bot.Told) (outcome, bool) {
	id, rest, _ := strings.Cut(string(t.Key), "/")
	name, key, _ := strings.Cut(rest, "/")
	team := l.team(id)
	i := slices.IndexFunc(team.Plugins, func(p Plugin) bool { return p.Name == name })
	if i < 0 || team.Plugins[i].On == nil {
		return outcome{}, true
	}
	o := t.Outcome
	o.Key = bot.Key(key)
	eff, err := m.call(id, name, func(v bot.View) (bot.Effects, error) {
		return team.Plugins[i].On(ctx, v, bot.Event{Outcome: &o})
	})
	if err == nil {
		delete(l.deaf, t.ID)
		return outcome{eff: eff}, true
	}
	f := l.deaf[t.ID]
	if f == nil {
		f = &failure{}
		l.deaf[t.ID] = f
	}
	f.times++
	f.again = m.now.Add(again)
	reason := l.incident(err, "team", id, "plugin", name, "key", string(t.Key), "outcome", string(t.Outcome.What), "times", f.times)
	if f.times < tries {
		return outcome{}, false
	}
	delete(l.deaf, t.ID)
	became := "was not delivered"
	if o.What == bot.Delivered {
		became = "was delivered"
	}
	return outcome{key: "heard/" + t.Key, report: msg.New(msg.Announce, append(spell(t.Key),
		msg.Text(fmt.Sprintf(" %s, but its plugin could not take note: it failed %d times (%s in the log).", became, f.times, reason)),
	))}, true
}

// dropDeaf forgets the failures of outcomes that are no more.
func (l *Loop) dropDeaf(all []bot.Told) {
	for id := range l.deaf {
		if !slices.ContainsFunc(all, func(t bot.Told) bool { return t.ID == id }) {
			delete(l.deaf, id)
		}
	}
}
