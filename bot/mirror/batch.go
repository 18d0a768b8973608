package mirror

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Batch is what one transaction writes of a reading.
type Batch struct {
	mirror    *Mirror
	server    string
	at, since time.Time
	raws      []review.Raw // private: gone
	mark      []byte       // nil: as before

	// What follows from them, see compare:
	rules  server
	old    *held
	steps  []step
	writes map[string][]byte // by key; nil deletes
	told   [][]review.Event  // of each change
}

// step is what becomes of what is known of one change.
type step struct {
	number int
	entry  *entry // nil: nothing is known any more
}

// know keeps a reading; a nil value is not written, the store has it.
func (b *Batch) know(e *entry, value []byte, events []review.Event) {
	b.steps = append(b.steps, step{e.change.Number, e})
	if value != nil {
		b.writes[changeKey(b.server, e.change.Number)] = value
	}
	b.tell(events)
}

func (b *Batch) forget(number int, events []review.Event) {
	b.steps = append(b.steps, step{number, nil})
	b.writes[changeKey(b.server, number)] = nil
	b.tell(events)
}

func (b *Batch) tell(events []review.Event) {
	if len(events) > 0 {
		b.told = append(b.told, events)
	}
}

// Empty reports whether there is nothing to write: nothing has changed, and
// nothing has happened. Keep it all the same, it says when changes were read.
func (b *Batch) Empty() bool {
	b.compare()
	return len(b.writes) == 0
}

// Events returns what happened, in order of time. Those of one change keep their
// order, even where a server does not say when something was.
func (b *Batch) Events() []review.Event {
	b.compare()
	type placed struct {
		event review.Event
		at    int64
	}
	var all []placed
	for _, events := range b.told {
		var at int64
		for _, e := range events {
			// The time of an event that has none is that of the one before.
			if !e.At.IsZero() {
				at = max(at, e.At.Unix())
			}
			all = append(all, placed{e, at})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	var events []review.Event
	for _, p := range all {
		events = append(events, p.event)
	}
	return events
}

// Write puts the batch into a transaction.
func (b *Batch) Write(tx bot.Tx) error {
	b.compare()
	for _, key := range slices.Sorted(maps.Keys(b.writes)) {
		var err error
		if value := b.writes[key]; value == nil {
			err = tx.Delete(key)
		} else {
			err = tx.Put(key, value)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", key, err)
		}
	}
	return nil
}

// Keep lets everybody see the batch. Whoever does so before it is in the store,
// so that those who hear of an event see it, can't go on when the store fails.
func (b *Batch) Keep() {
	b.compare()
	old := b.mirror.of(b.server)
	next := &held{mark: old.mark, rules: old.rules, entries: merge(old.entries, b.steps)}
	if b.mark != nil {
		next.mark, next.rules = b.mark, b.rules.fingerprint
	}
	for _, key := range old.waste {
		if _, written := b.writes[key]; !written {
			next.waste = append(next.waste, key)
		}
	}
	b.mirror.publish(b.server, next)
}

// merge returns the entries after the steps.
func merge(entries []*entry, steps []step) []*entry {
	steps = slices.SortedFunc(slices.Values(steps), func(a, b step) int { return cmp.Compare(a.number, b.number) })
	merged := make([]*entry, 0, len(entries)+len(steps))
	for _, s := range steps {
		i := 0
		for i < len(entries) && entries[i].change.Number < s.number {
			i++
		}
		merged = append(merged, entries[:i]...)
		entries = entries[i:]
		if len(entries) > 0 && entries[0].change.Number == s.number {
			entries = entries[1:]
		}
		if s.entry != nil {
			merged = append(merged, s.entry)
		}
	}
	return append(merged, entries...)
}
