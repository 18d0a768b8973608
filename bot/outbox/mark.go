package outbox

import (
	"context"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

// mark ends the dead and marks the others as being sent, in one transaction. It
// returns them as stored, without those that the loop has changed since they
// were read, and without those whose person can't be told there any more.
func (o *Outbox) mark(ctx context.Context, now time.Time, dead, start []*record) (dropped, marked []*record, err error) {
	err = o.store.Update(ctx, func(tx bot.Tx) error {
		dropped, marked = nil, nil // a store may run this twice
		for _, r := range dead {
			c, err := o.end(tx, now, r)
			if err != nil {
				return err
			}
			if c != nil {
				dropped = append(dropped, c)
			}
		}
		if err := o.report(tx, now, dropped); err != nil {
			return err
		}
		for _, r := range start {
			c, err := o.begin(tx, now, r)
			if err != nil {
				return err
			}
			if c != nil {
				marked = append(marked, c)
			}
		}
		return nil
	})
	if err == nil && slices.ContainsFunc(dropped, func(r *record) bool { return r.Tell }) {
		o.told()
	}
	return dropped, marked, err
}

// end finishes a record that will never be said; nil if the loop has changed it,
// or nobody waits for its end.
func (o *Outbox) end(tx bot.Tx, now time.Time, r *record) (*record, error) {
	if same, err := r.unchanged(tx); err != nil || !same {
		return nil, err
	}
	if r.quiet() {
		return nil, o.forget(tx, r)
	}
	c := *r
	if now.Before(r.Expires) {
		return &c, o.finish(tx, &c, refused, now)
	}
	c.Why = r.tooLate()
	return &c, o.finish(tx, &c, expired, now)
}

// begin marks a record as being sent; nil if the loop has changed it, or its
// person. Asks are counted one after the other, so that of two in the same
// transaction the second knows of the first.
func (o *Outbox) begin(tx bot.Tx, now time.Time, r *record) (*record, error) {
	if same, err := r.unchanged(tx); err != nil || !same {
		return nil, err
	}
	reach := o.find(tx, now, r)
	if reach.Wait != people.No || !same(reach, r.reach) {
		return nil, nil
	}
	c := *r
	if err := o.count(tx, now, &c); err != nil {
		return nil, err
	}
	c.State = sending
	c.Attempts++
	return &c, c.put(tx)
}
