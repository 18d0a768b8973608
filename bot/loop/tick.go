package loop

import (
	"context"
	"fmt"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// Schedule says what is due, and what of it is still worth doing.
type Schedule interface {
	Due(view func(team, plugin string) bot.View, from, to time.Time) ([]bot.Planned, error)
	Decide(due []bot.Planned, now time.Time) bot.Decision
}

// tick does everything that came due since the last one, in one transaction
// unless that would be too large, and returns how long nothing else will.
func (l *Loop) tick(ctx context.Context) (time.Duration, error) {
	// Outcomes first: a ping that was answered is not asked after.
	if err := l.hearAll(ctx); err != nil {
		return 0, err
	}
	now := l.Now().UTC()
	from := l.last
	if now.Before(from) {
		// What was decided stays decided; what comes due again by the new
		// time is looked at again.
		l.Log.Warn("the clock was set back", "from", from, "to", now)
		from = now
		if err := l.seeAgain(ctx, now); err != nil {
			return 0, fmt.Errorf("store the calendar as seen: %w", err)
		}
	}
	if !l.behind.IsZero() && l.behind.Before(from) {
		from = l.behind
	}
	next := idle
	var done []outcome
	err := l.Store.View(ctx, func(tx bot.ReadTx) error {
		m := l.moment(tx, now)
		due, fault := l.Schedule.Due(m.view, from, now)
		due = slices.DeleteFunc(due, func(p bot.Planned) bool { return l.failed[p.WholeKey()] != nil }) // they rest
		due, err := undecided(tx, append(l.retries(now), due...))
		if err != nil {
			return err
		}
		done = l.carryOut(ctx, m, l.Schedule.Decide(due, now))
		done = append(done, l.fallBehind(fault, from, now)...)
		ahead, fault := l.Schedule.Due(m.view, now, now.Add(idle))
		l.complain(fault)
		if len(ahead) > 0 {
			next = ahead[0].At.Sub(now)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for what is due: %w", err)
	}
	l.last = now
	switch {
	case len(done) > 0:
		err = l.decide(ctx, now, done)
	case now.Sub(l.saved) >= saveEvery || now.Before(l.saved):
		err = l.save(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("store what was decided: %w", err)
	}
	if err := l.prune(ctx, now); err != nil {
		return 0, fmt.Errorf("delete old marks: %w", err)
	}
	for _, f := range l.failed {
		next = min(next, max(f.again.Sub(now), time.Millisecond))
	}
	for _, f := range l.deaf {
		next = min(next, max(f.again.Sub(now), time.Millisecond))
	}
	return next, nil
}

// seeAgain stores the calendars as seen by a clock that was set back: no event
// was seen later than it is now, or its steps until then would be lost.
func (l *Loop) seeAgain(ctx context.Context, now time.Time) error {
	var s started
	if err := l.Store.View(ctx, func(tx bot.ReadTx) error { return l.observe(tx, now, &s) }); err != nil || s.empty() {
		return err
	}
	return l.Store.Update(ctx, func(tx bot.Tx) error { return putAll(tx, s.put) })
}

// undecided leaves out what has been decided in this life or an earlier one.
func undecided(tx bot.ReadTx, due []bot.Planned) ([]bot.Planned, error) {
	kept := due[:0]
	seen := map[bot.Key]bool{}
	for _, p := range due {
		key := p.WholeKey()
		value, err := tx.Get(decidedSpace + string(key))
		if err != nil {
			return nil, err
		}
		if value == nil && !seen[key] {
			kept = append(kept, p)
		}
		seen[key] = true
	}
	return kept, nil
}

// outcome is an occurrence that is decided, and what it wants; or, without how,
// a report alone under a key.
type outcome struct {
	p      bot.Planned
	eff    effects
	how    string
	key    bot.Key
	report msg.Message // for the operators; the zero Message: nothing
}

// How an occurrence was decided, as stored for people who look.
const (
	carriedOut = "done"
	superseded = "superseded" // a newer one of its series was done instead
	parked     = "parked"     // it failed too often
)

// carryOut runs what is to be done and collects what is decided by it.
func (l *Loop) carryOut(ctx context.Context, m *moment, d bot.Decision) []outcome {
	var done []outcome
	for _, p := range d.Late {
		delete(l.failed, p.WholeKey())
		if !l.first("late: " + string(p.WholeKey())) {
			continue
		}
		l.Log.Warn("too late, not said", "team", p.Team, "plugin", p.Plugin, "job", p.Job.Name, "key", string(p.Key), "due", p.At)
	}
	for _, p := range d.Superseded {
		delete(l.failed, p.WholeKey())
		l.Log.Info("superseded, not said", "team", p.Team, "plugin", p.Plugin, "job", p.Job.Name, "key", string(p.Key), "due", p.At)
		done = append(done, outcome{p: p, how: superseded})
	}
	for _, p := range d.Run {
		eff, err := m.call(p.Team, p.Plugin, func(v bot.View) (bot.Effects, error) {
			return p.Job.Do(ctx, v, p.Occurrence)
		})
		if err != nil {
			if o, ok := l.fail(p, m.now, err); ok {
				done = append(done, o)
			}
			continue
		}
		delete(l.failed, p.WholeKey())
		done = append(done, outcome{p: p, eff: eff, how: carriedOut})
		done = append(done, l.overtaken(p)...)
	}
	return done
}

// overtaken gives up failed occurrences of a series of which a newer one has
// been done.
func (l *Loop) overtaken(p bot.Planned) []outcome {
	var done []outcome
	for key, f := range l.failed {
		if p.Series != "" && f.p.Series == p.Series && f.p.Team == p.Team && f.p.Plugin == p.Plugin && f.p.At.Before(p.At) {
			delete(l.failed, key)
			done = append(done, outcome{p: f.p, how: superseded})
		}
	}
	return done
}

// decide stores outcomes: that they are decided, the plugins' records and the
// messages, of each all or nothing. What one transaction does not hold takes
// several, in order: after a kill in between, the rest is due again, and sees
// the records of what was before it.
func (l *Loop) decide(ctx context.Context, now time.Time, done []outcome) error {
	for len(done) > 0 {
		n := fits(done)
		if err := l.store(ctx, now, done[:n], n == len(done)); err != nil {
			return err
		}
		done = done[n:]
	}
	l.Outbox.Wake()
	return nil
}

// fits returns how many of some outcomes one transaction holds, at least one.
func fits(done []outcome) int {
	var s size
	for i, o := range done {
		if s.full() {
			return i
		}
		s.add(o.eff)
		s.writes++
		if len(o.report.Blocks) > 0 {
			s.add(effects{say: make([]said, 1)})
		}
	}
	return len(done)
}

// store stores outcomes in one transaction; last: then nothing of the tick is
// left.
func (l *Loop) store(ctx context.Context, now time.Time, done []outcome, last bool) error {
	return l.Store.Update(ctx, func(tx bot.Tx) error {
		for _, o := range done {
			key := o.key
			if o.how != "" {
				key = o.p.WholeKey()
				if err := putJSON(tx, decidedSpace+string(key), decision{At: now, Due: o.p.At, How: o.how}); err != nil {
					return err
				}
			}
			if err := l.apply(tx, now, o.eff); err != nil {
				return err
			}
			if err := l.report(tx, now, key, o.report); err != nil {
				return err
			}
		}
		if !last {
			return nil
		}
		return l.putLast(tx)
	})
}

// decision is what is stored of a decided occurrence.
type decision struct {
	At  time.Time `json:"at"`
	Due time.Time `json:"due"`
	How string    `json:"how"`
}

// report tells the operators' room about an occurrence.
func (l *Loop) report(tx bot.Tx, now time.Time, key bot.Key, m msg.Message) error {
	if len(m.Blocks) == 0 || l.Operators == (bot.Room{}) {
		return nil
	}
	return l.Outbox.Say(tx, now, reports+"/"+key, bot.Target{Room: l.Operators}, bot.Say{Message: m, Expires: now.Add(reportFor)})
}

// reports begins the keys of reports, where others have a team.
const reports = "operators"

// reportFor is how long a report to the operators is worth delivering.
const reportFor = 7 * 24 * time.Hour

// Ahead lists what the schedule would decide in a span, as far as can be known
// now: for status.
func (l *Loop) Ahead(ctx context.Context, from, to time.Time) (due []bot.Planned, err error) {
	err = l.Store.View(ctx, func(tx bot.ReadTx) error {
		view := func(team, plugin string) bot.View { return l.view(tx, from, team, plugin) }
		if due, err = l.Schedule.Due(view, from, to); err != nil {
			return err
		}
		due, err = undecided(tx, due)
		return err
	})
	return due, err
}
