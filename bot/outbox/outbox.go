package outbox

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"torchbearer/bot"
)

// Options are what an outbox needs.
type Options struct {
	Store   bot.Store
	Senders map[string]bot.Sender // by network
	Now     func() time.Time
	Log     *slog.Logger

	// Register knows where people are; nil: what is for a person waits.
	Register Register

	// Told is called when there are new Outcomes; nil: nobody is. It must not
	// block.
	Told func()

	// Operators is the room that is told of what could not be delivered;
	// zero: none.
	Operators bot.Room
}

// Outbox stores and delivers. Say, Add, Amend, Edit, Drop and Forget take part in
// a transaction of the caller's, who calls Wake when it has been committed; Run
// delivers.
type Outbox struct {
	store    bot.Store
	senders  map[string]bot.Sender
	register Register // nil: none
	told     func()
	now      func() time.Time
	log      *slog.Logger
	wake     chan struct{}
	reports  bot.Room
	awaiting atomic.Bool // a message that is open is for a person

	orders, outcomes sequence
	run              runState // touched by Run alone
}

// New makes an outbox; nothing is sent before Run.
func New(o Options) *Outbox {
	box := &Outbox{
		store: o.Store, senders: o.Senders, register: o.Register, told: o.Told, now: o.Now, log: o.Log, reports: o.Operators,
		wake:   make(chan struct{}, 1),
		orders: sequence{space: openSpace}, outcomes: sequence{space: outcomeSpace},
		run: newRunState(),
	}
	if box.told == nil {
		box.told = func() {}
	}
	return box
}

// Seen says that somebody came into a room or spoke there, after the register
// knows: what waits for a person may go now. It never blocks, and costs nothing
// while nobody is waited for: in a busy room it is called for every line.
func (o *Outbox) Seen() {
	if o.awaiting.Load() {
		o.Wake()
	}
}

// Wake says that records were added or dropped, that a network may be ready, or
// that somebody changed what they consent to. It never blocks.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Say does with a message what it says of itself: it amends one, edits one, or is
// one to add.
func (o *Outbox) Say(tx bot.Tx, now time.Time, key bot.Key, to bot.Target, say bot.Say) error {
	switch {
	case say.Edit:
		return o.Edit(tx, now, key, to, say)
	case say.Amend:
		return o.Amend(tx, key, to, say)
	}
	return o.Add(tx, now, key, to, say)
}

// Add stores a message for one room or one person; to names exactly one of them,
// and a Room beside a Person is where to say it if they are there. A key that was
// said there before, or waits to be, is left alone: it is never said twice.
func (o *Outbox) Add(tx bot.Tx, now time.Time, key bot.Key, to bot.Target, say bot.Say) error {
	id := recordID(key, to)
	before, known, err := find(tx, id)
	switch {
	case err != nil:
		return err
	case known && (before == nil || !before.Dropped || before.State == sent):
		return nil
	case known:
		if err := o.unedit(tx, id); err != nil {
			return err
		}
	}
	r := &record{
		ID: id, Key: key, Message: say.Message,
		Created: now, Expires: say.Expires, NotBefore: say.NotBefore, Daily: say.Daily, Tell: say.Tell,
		State: queued, order: o.orders.next(tx, now),
	}
	if to.Person == "" {
		r.Room = to.Room
	} else {
		r.To = target{Person: to.Person, Room: to.Room, Direct: to.Direct}
	}
	if err := r.put(tx); err != nil {
		return err
	}
	return tx.Put(idSpace+id, []byte(r.order))
}

// Amend replaces the message of a key for one room or person, and when it is
// said, where it has not been acknowledged; otherwise it does nothing. An attempt
// under way is not called back, but every further one says the new message. To
// whom it goes, whether it counts and whether its outcome is told stays as it was.
func (o *Outbox) Amend(tx bot.Tx, key bot.Key, to bot.Target, say bot.Say) error {
	r, _, err := find(tx, recordID(key, to))
	if err != nil || r == nil || !r.Done.IsZero() || r.Dropped {
		return err
	}
	if err := o.unedit(tx, r.ID); err != nil { // it is older than these words
		return err
	}
	r.Message, r.NotBefore, r.Expires, r.Payload = say.Message, say.NotBefore, say.Expires, nil
	return r.put(tx)
}

// Drop forgets every message that has not been acknowledged and whose key is
// the given one or lies below it, and every edit that waits of those that have.
// Its key can be said again. It has no outcome, but for one: where an attempt is
// under way that arrives all the same, the key not having been said again, that
// is told, and the message has been said. An ask that may have reached somebody
// stays counted.
func (o *Outbox) Drop(tx bot.Tx, key bot.Key) error {
	var drop []*record
	for full, value := range tx.Scan(openSpace) {
		// The message, nearly all of a record, is of no interest here.
		var r struct {
			Key bot.Key `json:"key"`
		}
		if err := json.Unmarshal(value, &r); err != nil {
			continue // logged by Run
		}
		if r.Key == key || strings.HasPrefix(string(r.Key), string(key)+"/") {
			r, err := decode(strings.TrimPrefix(full, openSpace), value)
			if err != nil {
				continue
			}
			drop = append(drop, r)
		}
	}
	for _, r := range drop {
		if err := o.drop(tx, r); err != nil {
			return err
		}
	}
	return nil
}

// drop forgets one open record. What is being sent is kept until it is known
// what became of it.
func (o *Outbox) drop(tx bot.Tx, r *record) error {
	if r.Of != "" || r.State != sending {
		return o.forget(tx, r)
	}
	r.Dropped = true
	return r.put(tx)
}

// sequence makes key parts that sort by when they were made.
type sequence struct {
	space string

	mu   sync.Mutex
	last int64
}

// next returns a key part that sorts after that of every key in the space, of
// this life or an earlier one, whatever the clock does.
func (s *sequence) next(tx bot.ReadTx, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == 0 {
		for key := range tx.Scan(s.space) {
			part, _, _ := strings.Cut(strings.TrimPrefix(key, s.space), "-")
			if n, err := strconv.ParseUint(part, 16, 63); err == nil {
				s.last = int64(n)
			}
		}
	}
	s.last = max(s.last+1, now.UnixNano())
	return fmt.Sprintf("%016x", uint64(s.last))
}
