package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// ErrEnded is what Take answers when the loop has ended, or another goes on in
// its place.
var ErrEnded = errors.New("the loop has ended")

// Batch is news of a review server that are ready to be kept.
type Batch interface {
	// Events are what happened to changes, in order.
	Events() []review.Event

	// Write stores the news; it may take up to half of what a transaction
	// holds (2,048 writes and 512 KiB, see bot.Store).
	Write(tx bot.Tx) error

	// Keep publishes the news to views. It is called before Write, since
	// whoever hears of an event is to see it: a store that fails then ends the
	// process. It is called of an empty batch too.
	Keep()

	// Empty: nothing is to be stored, and there are no events.
	Empty() bool
}

// Take keeps news of a review server: prepare, which may return nil for none,
// runs in the loop, then the plugins of every team that has the changes'
// projects hear of each event, with a view that shows the news already, and
// what they want is stored in one transaction with the batch. It returns when
// that is committed, or ctx ends; after the end of Run with ErrEnded.
//
// A flood of events whose effects one transaction does not hold takes several,
// of which the last writes the batch. A kill in between has the same events
// heard again, with the records that the first ones left: keys that were said
// are not said twice.
func (l *Loop) Take(ctx context.Context, server string, prepare func(now time.Time) (Batch, error)) error {
	ended := *l.ended.Load()
	t := take{server: server, prepare: prepare, done: make(chan error, 1)}
	select {
	case l.takes <- t:
	case <-ended:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-t.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type take struct {
	server  string
	prepare func(now time.Time) (Batch, error)
	done    chan error
}

// take runs one Take. An error means that the store can't be used.
func (l *Loop) take(ctx context.Context, t take) error {
	now := l.Now().UTC()
	b, err := prepared(t.prepare, now)
	if _, panicked := errors.AsType[*panicError](err); panicked {
		err = l.incident(err, "server", t.server)
	}
	if err != nil || b == nil {
		t.done <- err
		return nil
	}
	b.Keep()
	if b.Empty() {
		t.done <- nil
		return nil
	}
	if err = l.keep(ctx, now, t.server, b); err != nil {
		err = fmt.Errorf("keep changes: %w", err)
	}
	t.done <- err
	return err
}

// prepared guards the loop from what a review server's answer may do to its
// reader.
func prepared(prepare func(now time.Time) (Batch, error), now time.Time) (b Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return prepare(now)
}

// keep lets plugins hear of a batch's events and stores what they want, and
// last the batch.
func (l *Loop) keep(ctx context.Context, now time.Time, server string, b Batch) error {
	events := b.Events()
	for {
		var heard int
		var wants []effects
		err := l.Store.View(ctx, func(tx bot.ReadTx) error {
			heard, wants = l.spread(ctx, l.moment(tx, now), server, events)
			return nil
		})
		if err != nil {
			return err
		}
		events = events[heard:]
		err = l.Store.Update(ctx, func(tx bot.Tx) error {
			for _, e := range wants {
				if err := l.apply(tx, now, e); err != nil {
					return err
				}
			}
			if len(events) > 0 {
				return nil
			}
			return b.Write(tx)
		})
		if err != nil {
			return err
		}
		if len(wants) > 0 {
			l.Outbox.Wake()
		}
		if len(events) == 0 {
			return nil
		}
	}
}

// spread lets plugins hear of events until what they want fills a transaction,
// and returns how many were heard. Whoever fails is logged, and misses that
// event.
func (l *Loop) spread(ctx context.Context, m *moment, server string, events []review.Event) (heard int, wants []effects) {
	var s size
	for _, ev := range events {
		if s.full() {
			return heard, wants
		}
		heard++
		for _, t := range l.Teams {
			project := ev.Change.Project
			if t.Gerrit.Name != server || !slices.Contains(t.Projects, project) && !slices.Contains(t.Specs, project) {
				continue
			}
			for _, p := range t.Plugins {
				if p.On == nil {
					continue
				}
				own := ev
				eff, err := m.call(t.ID, p.Name, func(v bot.View) (bot.Effects, error) {
					return p.On(ctx, v, bot.Event{Change: &own})
				})
				switch {
				case err != nil:
					_ = l.incident(err, "team", t.ID, "plugin", p.Name, "change", ev.Change.Number, "event", string(ev.What))
				case !eff.empty():
					wants = append(wants, eff)
					s.add(eff)
				}
			}
		}
	}
	return heard, wants
}
