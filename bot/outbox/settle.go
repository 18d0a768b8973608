package outbox

import (
	"context"
	"errors"
	"time"

	"torchbearer/bot"
)

// settle stores how attempts went, all in one transaction.
func (o *Outbox) settle(ctx context.Context, results []result) error {
	if len(results) == 0 {
		return nil
	}
	now := o.now()
	for _, res := range results {
		delete(o.run.flying, res.r.Room)
	}
	var settled []result
	err := o.store.Update(ctx, func(tx bot.Tx) error {
		settled = nil // a store may run this twice
		for _, res := range results {
			r, err := o.outcome(tx, res, now)
			if err != nil {
				return err
			}
			if r != nil {
				settled = append(settled, result{r, res.err})
			}
			if r != nil && r.State == refused {
				if err := o.report(tx, now, []*record{r}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	tell := false
	for _, res := range settled {
		o.fault(res.r, res.err)
		tell = tell || res.r.Tell && !res.r.Done.IsZero()
	}
	if tell {
		o.told()
	}
	return nil
}

// outcome stores how an attempt went and returns the record as it is now: nil
// if nobody waits for the outcome, since it was dropped while the attempt was
// under way, or is an edit.
func (o *Outbox) outcome(tx bot.Tx, res result, now time.Time) (*record, error) {
	value, err := tx.Get(openSpace + res.r.order)
	if err != nil || value == nil {
		return nil, err
	}
	r, err := decode(res.r.order, value)
	if err != nil {
		return nil, err
	}
	said := *res.r
	said.Dropped = r.Dropped
	var refusal *bot.Refusal
	switch {
	case r.quiet() && o.over(r, res.err):
		return nil, o.forget(tx, r)
	case res.err == nil:
		said.Why = ""
		return &said, o.finish(tx, &said, sent, now)
	case errors.As(res.err, &refusal) && refusal.Final:
		said.Why = refusal.Why
		return &said, o.finish(tx, &said, refused, now)
	}
	// It has to be said again: with what it says by now, which may not be what
	// it said when the attempt began.
	switch {
	case errors.Is(res.err, bot.ErrNotReady):
		// Nothing left: the attempt counts as none, and a text that nobody
		// saw is put into words again when the room is back.
		r.Attempts--
		r.State, r.Payload = queued, nil
		r.Next = now.Add(time.Second)
	case refusal != nil:
		r.Why = refusal.Why
		r.State, r.Payload = queued, nil
		r.Next = now.Add(min(max(refusal.After, backoff(r)), longestRest))
	default:
		r.Why = res.err.Error()
		r.Next = now.Add(backoff(r))
	}
	if r.Of != "" {
		return nil, r.put(tx)
	}
	return r, r.put(tx)
}

// fault logs a room's fault when it is not the one logged last.
func (o *Outbox) fault(r *record, err error) {
	if err == nil {
		delete(o.run.faults, r.Room)
		return
	}
	if text := err.Error(); o.run.faults[r.Room] != text {
		o.run.faults[r.Room] = text
		o.log.Warn("message waits", "room", r.Room.String(), "id", r.ID, "err", err, "next", r.Next)
	}
}
