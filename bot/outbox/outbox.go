package outbox

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
)

// Options are what an outbox needs.
type Options struct {
	Store   bot.Store
	Senders map[string]bot.Sender // by network
	Now     func() time.Time
	Log     *slog.Logger

	// Operators is the room that is told of what could not be delivered;
	// zero: none.
	Operators bot.Room
}

// Outbox stores and delivers. Add, Amend and Drop take part in a transaction of
// the caller's, who calls Wake when it has been committed; Run delivers.
type Outbox struct {
	store   bot.Store
	senders map[string]bot.Sender
	now     func() time.Time
	log     *slog.Logger
	wake    chan struct{}
	reports bot.Room

	orders struct {
		sync.Mutex
		last int64
	}
	run runState // touched by Run alone
}

// New makes an outbox; nothing is sent before Run.
func New(o Options) *Outbox {
	return &Outbox{
		store: o.Store, senders: o.Senders, now: o.Now, log: o.Log, reports: o.Operators,
		wake: make(chan struct{}, 1),
		run:  newRunState(),
	}
}

// Wake says that records were added or dropped, or that a network may be ready.
// It never blocks.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Add stores a message for one room. A key that was said there before, or waits
// to be, is left alone: it is never said twice.
func (o *Outbox) Add(tx bot.Tx, now time.Time, key bot.Key, room bot.Room, say bot.Say) error {
	id := recordID(key, room)
	known, err := tx.Get(idSpace + id)
	if err != nil || known != nil {
		return err
	}
	r := &record{
		ID: id, Key: key, Room: room, Message: say.Message,
		Created: now, Expires: say.Expires, State: queued, order: o.order(tx, now),
	}
	if err := r.put(tx); err != nil {
		return err
	}
	return tx.Put(idSpace+id, []byte(r.order))
}

// Amend replaces the message of a key in one room where it has not been
// acknowledged; otherwise it does nothing. An attempt under way is not called
// back, but every further one says the new message.
func (o *Outbox) Amend(tx bot.Tx, key bot.Key, room bot.Room, say bot.Say) error {
	order, err := tx.Get(idSpace + recordID(key, room))
	if err != nil || order == nil {
		return err
	}
	value, err := tx.Get(openSpace + string(order))
	if err != nil || value == nil {
		return err
	}
	r, err := decode(string(order), value)
	if err != nil {
		return err
	}
	r.Message, r.Expires, r.Payload = say.Message, say.Expires, nil
	return r.put(tx)
}

// Drop forgets every message that has not been acknowledged and whose key is
// the given one or lies below it. Its key can be said again.
func (o *Outbox) Drop(tx bot.Tx, key bot.Key) error {
	drop := map[string]string{} // open keys to ids
	for full, value := range tx.Scan(openSpace) {
		// The message, nearly all of a record, is of no interest here.
		var r struct {
			ID  string  `json:"id"`
			Key bot.Key `json:"key"`
		}
		if err := json.Unmarshal(value, &r); err != nil {
			continue // logged by Run
		}
		if r.Key == key || strings.HasPrefix(string(r.Key), string(key)+"/") {
			drop[full] = r.ID
		}
	}
	for full, id := range drop {
		if err := tx.Delete(full); err != nil {
			return err
		}
		if err := tx.Delete(idSpace + id); err != nil {
			return err
		}
	}
	return nil
}

// order returns a key part that sorts after that of every open record, of this
// life or an earlier one, whatever the clock does.
func (o *Outbox) order(tx bot.Tx, now time.Time) string {
	o.orders.Lock()
	defer o.orders.Unlock()
	if o.orders.last == 0 {
		for key := range tx.Scan(openSpace) {
			if n, err := strconv.ParseUint(strings.TrimPrefix(key, openSpace), 16, 63); err == nil {
				o.orders.last = int64(n)
			}
		}
	}
	o.orders.last = max(o.orders.last+1, now.UnixNano())
	return fmt.Sprintf("%016x", uint64(o.orders.last))
}
