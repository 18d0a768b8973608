// Package outbox carries what must arrive. A message is stored in the same
// transaction as the decision to say it; it is rendered when it is first
// attempted, so that it is true when it is read, marked before it is sent, and
// done when the network has acknowledged it. What can't be delivered is tried
// until it expires, and can be seen.
//
// Delivery is at least once on a network that forgets (IRC): whoever is killed
// between the socket and the acknowledgement says the message again, so the
// window for a double is one round trip. A network that knows ids drops the
// second. In one room messages keep their order; rooms do not wait for each
// other.
//
//	box := outbox.New(outbox.Options{Store: store, Senders: senders, Now: time.Now, Log: log})
//	err := store.Update(ctx, func(tx bot.Tx) error { return box.Add(tx, now, "glance/freeze", team, say) })
//	box.Wake()
//	err = box.Run(ctx)
package outbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// The outbox's key spaces:
//
//	outbox/open/<order>           a record that is not done, in order of decision
//	outbox/id/<id>                the order of the record with this id, open or done
//	outbox/done/<instant>-<id>    a record that is done, for 35 days
const (
	openSpace = "outbox/open/"
	idSpace   = "outbox/id/"
	doneSpace = "outbox/done/"
)

// Kept is how long a record is remembered after it is done: for that long its
// key is not said again, and the audit can be read.
const Kept = 35 * 24 * time.Hour

type state string

const (
	queued  state = "queued"  // not attempted
	sending state = "sending" // an attempt began; whether it arrived is unknown
	sent    state = "sent"    // acknowledged
	expired state = "expired" // its time passed before it was acknowledged
	refused state = "refused" // the network will never take it
)

// record is one message to one room.
type record struct {
	ID      string      `json:"id"`
	Key     bot.Key     `json:"key"` // whole: team/plugin/...
	Room    bot.Room    `json:"room"`
	Message msg.Message `json:"message"`
	Created time.Time   `json:"created"`
	Expires time.Time   `json:"expires"`

	State    state     `json:"state"`
	Payload  []byte    `json:"payload,omitempty"`  // as rendered at the first attempt
	Rendered time.Time `json:"rendered,omitzero"`  // when
	Attempts int       `json:"attempts,omitempty"` // that may have reached the network
	Next     time.Time `json:"next,omitzero"`      // no attempt before
	Why      string    `json:"why,omitempty"`      // the last attempt's fault
	Done     time.Time `json:"done,omitzero"`

	order string // the open key's last part; not stored twice
	read  []byte // as it was read from the store
}

// recordID is the same for the same key and room in every life of the bot, so
// that a network that knows ids can drop a double.
func recordID(key bot.Key, room bot.Room) string {
	sum := sha256.Sum256([]byte(string(key) + "\x00" + room.String()))
	return hex.EncodeToString(sum[:12])
}

func (r *record) put(tx bot.Tx) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode outbox record %s: %w", r.ID, err)
	}
	return tx.Put(openSpace+r.order, value)
}

// unchanged reports whether the store still holds the record as it was read. If
// not, the loop has dropped or amended it since.
func (r *record) unchanged(tx bot.ReadTx) (bool, error) {
	value, err := tx.Get(openSpace + r.order)
	return err == nil && value != nil && bytes.Equal(value, r.read), err
}

// finish moves the record from the open ones to the done ones.
func (r *record) finish(tx bot.Tx, s state, now time.Time) error {
	r.State, r.Done = s, now
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode outbox record %s: %w", r.ID, err)
	}
	if err := tx.Delete(openSpace + r.order); err != nil {
		return err
	}
	return tx.Put(doneKey(now, r.ID), value)
}

// doneKey orders the done records by instant.
func doneKey(done time.Time, id string) string {
	return fmt.Sprintf("%s%016x-%s", doneSpace, uint64(done.UnixNano()), id)
}

func decode(order string, value []byte) (*record, error) {
	r := &record{order: order, read: value}
	if err := json.Unmarshal(value, r); err != nil {
		return nil, fmt.Errorf("decode outbox record %s: %w", order, err)
	}
	return r, nil
}
