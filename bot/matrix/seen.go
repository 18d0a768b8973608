package matrix

import (
	"fmt"

	"torchbearer/bot"
)

// ring remembers the last events that were handed on.
type ring struct {
	number map[string]int // by event id
	ids    map[int]string
	next   int
}

func newRing() ring { return ring{number: map[string]int{}, ids: map[int]string{}} }

// add remembers an id, and reports whether it is new.
func (r *ring) add(event string) bool {
	if _, ok := r.number[event]; ok {
		return false
	}
	r.put(r.next, event)
	return true
}

func (r *ring) put(number int, event string) {
	r.number[event], r.ids[number] = number, event
	r.next = max(r.next, number+1)
	if old, ok := r.ids[number-keepSeen]; ok {
		delete(r.number, old)
		delete(r.ids, number-keepSeen)
	}
}

func seenKey(s space, number int) string { return s.key("seen", fmt.Sprintf("%016d", number)) }

// seenID is an id of the ring.
type seenID struct {
	number int
	event  string // empty: it has fallen out again before it was stored
}

// see stores ids of the ring.
func (t *Transport) see(tx bot.Tx, ids []seenID) error {
	for _, i := range ids {
		if i.event != "" {
			if err := tx.Put(seenKey(t.space, i.number), []byte(i.event)); err != nil {
				return err
			}
			if err := t.ranNoMore(tx, i.event); err != nil {
				return err
			}
		}
		if err := t.unsee(tx, i.number-keepSeen); err != nil {
			return err
		}
	}
	return nil
}

// ranNoMore deletes the RanKey of an event that the ring knows.
func (t *Transport) ranNoMore(tx bot.Tx, event string) error {
	if key := RanKey(t.cfg.Network, event); len(key) <= maxKey {
		return tx.Delete(key)
	}
	return nil
}

// unsee deletes what falls out of the ring, with a RanKey that was written after
// the ring was stored: a command may take its time.
func (t *Transport) unsee(tx bot.Tx, number int) error {
	key := seenKey(t.space, number)
	event, err := tx.Get(key)
	if err != nil || event == nil {
		return err
	}
	if err := t.ranNoMore(tx, string(event)); err != nil {
		return err
	}
	return tx.Delete(key)
}
