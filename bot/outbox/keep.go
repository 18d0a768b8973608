package outbox

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"torchbearer/bot"
)

// backoff is how long a record waits after an attempt: 2 s, 4 s, ... 5 min, a
// quarter more or less. The jitter comes from the record's id, so that rooms
// that failed together don't come back together, and a test can repeat it.
func backoff(r *record) time.Duration {
	d := min(time.Second<<min(r.Attempts, 9), 5*time.Minute)
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d", r.ID, r.Attempts)
	return d*3/4 + d/2*time.Duration(h.Sum32()%1024)/1024
}

// longestRest is the longest wait for an attempt, whoever asks for it.
const longestRest = 15 * time.Minute

const (
	pruneEvery = 24 * time.Hour
	pruneMost  = 1000 // records in one transaction, so that nobody waits for it
)

// prune forgets done records after Kept, once a day.
func (o *Outbox) prune(ctx context.Context) error {
	now := o.now()
	if age := now.Sub(o.run.pruned); age >= 0 && age < pruneEvery {
		return nil
	}
	var keys []string
	before := doneKey(now.Add(-Kept), "")
	err := o.store.View(ctx, func(tx bot.ReadTx) error {
		for key := range tx.Scan(doneSpace) {
			if key >= before || len(keys) == pruneMost {
				break
			}
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for old messages: %w", err)
	}
	if len(keys) < pruneMost {
		o.run.pruned = now
	}
	if len(keys) == 0 {
		return nil
	}
	return o.store.Update(ctx, func(tx bot.Tx) error {
		for _, key := range keys {
			_, id, _ := strings.Cut(strings.TrimPrefix(key, doneSpace), "-")
			if err := tx.Delete(key); err != nil {
				return err
			}
			if err := tx.Delete(idSpace + id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Report is the outbox for status: what waits, and what was not delivered in
// the last day.
type Report struct {
	Waiting []Waiting `json:"waiting,omitempty"`
	Failed  []Waiting `json:"failed,omitempty"`
}

// Waiting is one message that has not arrived.
type Waiting struct {
	Key      bot.Key   `json:"key"`
	Room     bot.Room  `json:"room"`
	Since    time.Time `json:"since"`
	Expires  time.Time `json:"expires"`
	Attempts int       `json:"attempts"`
	Why      string    `json:"why,omitempty"`
	Text     string    `json:"text"` // how it would have begun when it was decided
}

// Report reads the store; it is meant for a person who asks, not for a loop.
func (o *Outbox) Report(ctx context.Context) (Report, error) {
	var rep Report
	now := o.now()
	yesterday := doneKey(now.Add(-24*time.Hour), "")
	err := o.store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(openSpace) {
			r, err := decode(key, value)
			if err != nil {
				continue // logged by Run
			}
			rep.Waiting = append(rep.Waiting, r.waiting())
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
// behind one that rests have to wait for it.
func (o *Outbox) busy(ctx context.Context) (busy bool, err error) {
	now := o.now()
	err = o.store.View(ctx, func(tx bot.ReadTx) error {
		seen := map[bot.Room]bool{}
		for key, value := range tx.Scan(openSpace) {
			r, err := decode(key, value)
			if err != nil || !now.Before(r.Expires) || seen[r.Room] {
				continue
			}
			seen[r.Room] = true
			s := o.senders[r.Room.Network]
			// An attempt's outcome sets when the next may begin; until then
			// that lies in the past.
			busy = busy || !r.rests(now) && s != nil && s.Ready(r.Room)
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

func (r *record) waiting() Waiting {
	return Waiting{Key: r.Key, Room: r.Room, Since: r.Created, Expires: r.Expires, Attempts: r.Attempts, Why: r.Why, Text: r.text()}
}
