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
			if err := unlearn(tx, id, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// unlearn forgets the id of a done record that has been deleted, and how often it
// was edited; not where the id is another's by now, whose key was said again.
func unlearn(tx bot.Tx, id, key string) error {
	leads, err := tx.Get(idSpace + id)
	if err != nil || leads == nil {
		return err
	}
	if string(leads) != key {
		open, err := tx.Get(openSpace + string(leads))
		if err != nil || open != nil || strings.HasPrefix(string(leads), doneSpace) {
			return err
		}
	}
	if err := tx.Delete(idSpace + id); err != nil {
		return err
	}
	edited, err := tx.Get(editSpace + id)
	if err != nil || edited == nil {
		return err
	}
	return tx.Delete(editSpace + id)
}
