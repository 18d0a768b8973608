package outbox

import (
	"context"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

// Report is the outbox for status: what waits, and what was not delivered in
// the last day.
type Report struct {
	Waiting []Waiting `json:"waiting,omitempty"`
	Failed  []Waiting `json:"failed,omitempty"`
}

// Waiting is one message that has not arrived.
type Waiting struct {
	Key      bot.Key   `json:"key"`
	Room     bot.Room  `json:"room,omitzero"` // zero: for a person who is in none
	Since    time.Time `json:"since"`
	Expires  time.Time `json:"expires"`
	Attempts int       `json:"attempts"`
	Why      string    `json:"why,omitempty"` // the last attempt's fault
	Text     string    `json:"text"`          // how it would have begun when it was decided

	// Person is the id of whom it is for, empty for a room. Wait is why they
	// are not told now, which is no fault; people.No where only the room is
	// waited for.
	Person string      `json:"person,omitempty"`
	Wait   people.Wait `json:"wait,omitempty"`

	// At is the instant from which on it may be said, UTC; zero: now, or
	// nobody knows.
	At time.Time `json:"at,omitzero"`
}

// Report reads the store; it is meant for a person who asks, not for a loop.
func (o *Outbox) Report(ctx context.Context) (Report, error) {
	var rep Report
	now := o.now()
	yesterday := doneKey(now.Add(-24*time.Hour), "")
	err := o.store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(openSpace) {
			r, err := decode(key, value)
			if err != nil || r.quiet() {
				continue // logged by Run; or nobody waits for it
			}
			rep.Waiting = append(rep.Waiting, o.waiting(tx, now, r))
		}
		for key, value := range tx.Scan(doneSpace) {
			if key < yesterday {
				continue
			}
			r, err := decode(key, value)
			if err != nil {
				continue // logged by Run
			}
			if r.State != sent {
				rep.Failed = append(rep.Failed, r.waiting())
			}
		}
		return nil
	})
	return rep, err
}

// waiting is an open record as it stands.
func (o *Outbox) waiting(tx bot.ReadTx, now time.Time, r *record) Waiting {
	w := r.waiting()
	if now.Before(r.NotBefore) {
		w.At = r.NotBefore
	} else if r.roams() {
		reach := o.find(tx, now, r)
		w.Room, w.Wait, w.At = reach.Room, reach.Wait, reach.At
	}
	return w
}

func (r *record) waiting() Waiting {
	return Waiting{
		Key: r.Key, Room: r.Room, Person: r.To.Person, Since: r.Created, Expires: r.Expires,
		Attempts: r.Attempts, Why: r.Why, Text: r.text(),
	}
}

// Settle waits until nothing is being sent, and nothing waits that could be sent
// now. It asks again and again, which only somebody at a terminal needs.
func (o *Outbox) Settle(ctx context.Context) error {
	for {
		busy, err := o.busy(ctx)
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// busy reports whether a room's first message is being sent or can be. Those
// behind one that rests have to wait for it; those for a person who can't be
// told now, and those whose time has not come, are in nobody's way.
func (o *Outbox) busy(ctx context.Context) (busy bool, err error) {
	now := o.now()
	err = o.store.View(ctx, func(tx bot.ReadTx) error {
		seen := map[bot.Room]bool{}
		var edits []*record
		for key, value := range tx.Scan(openSpace) {
			r, err := decode(key, value)
			if err != nil || !now.Before(r.Expires) || now.Before(r.NotBefore) {
				continue
			}
			if r.quiet() {
				edits, busy = append(edits, r), busy || r.Dropped
				continue
			}
			reach := o.find(tx, now, r)
			if reach.Wait == people.OptedOut {
				busy = true // about to be given up
			}
			if reach.Wait != people.No || seen[reach.Room] {
				continue
			}
			seen[reach.Room] = true
			r.settleOn(reach)
			s := o.senders[r.Room.Network]
			// An attempt's outcome sets when the next may begin; until then
			// that lies in the past.
			busy = busy || !r.rests(now) && s != nil && s.Ready(r.Room)
		}
		for _, r := range edits {
			busy = busy || !seen[r.Room] && !r.rests(now) && o.editor(r.Room) != nil && o.senders[r.Room.Network].Ready(r.Room)
		}
		return nil
	})
	return busy, err
}

// rests reports whether the record's next attempt lies ahead. Further away than
// any rest, the clock was set back since.
func (r *record) rests(now time.Time) bool {
	d := r.Next.Sub(now)
	return d > 0 && d <= longestRest
}
