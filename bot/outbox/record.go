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
// A message to a person belongs to no room until it is sent: at every look a
// Register says where and when the person may be told something, so it is said
// where they are by then, and holds up nobody while they sleep. See person.go
// for what that makes of the promise above.
//
// What has been said can be changed where the network can do that: an edit waits
// like a message, behind all that is to be said in the room. See edit.go.
//
//	box := outbox.New(outbox.Options{Store: store, Senders: senders, Register: roster, Now: time.Now, Log: log})
//	err := store.Update(ctx, func(tx bot.Tx) error {
//		return box.Add(tx, now, "glance/ask/912345/zoe", bot.Target{Person: "zoe"}, say)
//	})
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
//	outbox/id/<id>                the order of the open record with this id, or the whole key of the done one
//	outbox/done/<instant>-<id>    a record that is done, for 35 days
//	outbox/edit/<id>              how often the record with this id was edited, and which edit waits
//	outcome/<instant>-<id>        what became of a message, until its plugin knows
const (
	openSpace    = "outbox/open/"
	idSpace      = "outbox/id/"
	doneSpace    = "outbox/done/"
	editSpace    = "outbox/edit/"
	outcomeSpace = "outcome/"
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

// record is one message to one room, or to one person, or an edit of one.
type record struct {
	ID      string      `json:"id"`
	Key     bot.Key     `json:"key"` // whole: team/plugin/...
	Message msg.Message `json:"message"`
	Created time.Time   `json:"created"`
	Expires time.Time   `json:"expires"`

	// Room is where it goes. Of a message to a person it is where the last
	// attempt went, with the Nick they had there, and the User that is them to
	// the network, if it has such; zero before the first.
	Room bot.Room `json:"room,omitzero"`
	To   target   `json:"to,omitzero"`
	Nick string   `json:"nick,omitempty"`
	User string   `json:"user,omitempty"`

	// Of makes it an edit of the message with that id. It is said where that was
	// said, to whom it was said: in no Room until that is known.
	Of string `json:"of,omitempty"`

	// Dropped: it is not to be said any more, but an attempt is under way, or
	// was when the bot was killed.
	Dropped bool `json:"dropped,omitempty"`

	NotBefore time.Time `json:"notBefore,omitzero"`
	Daily     int       `json:"daily,omitempty"`
	Counted   time.Time `json:"counted,omitzero"` // until when the day that it was counted in lasts
	Tell      bool      `json:"tell,omitempty"`

	State    state     `json:"state"`
	Payload  []byte    `json:"payload,omitempty"`  // as rendered at the first attempt
	Rendered time.Time `json:"rendered,omitzero"`  // when
	Attempts int       `json:"attempts,omitempty"` // that may have reached the network
	Next     time.Time `json:"next,omitzero"`      // no attempt before
	Why      string    `json:"why,omitempty"`      // the last attempt's fault
	Done     time.Time `json:"done,omitzero"`

	order string    // the open key's last part; not stored twice
	read  []byte    // as it was read from the store
	reach bot.Reach // where it would go now
}

// recordID is the same for the same key and target in every life of the bot, so
// that a network that knows ids can drop a double.
func recordID(key bot.Key, to bot.Target) string {
	place := to.Room.String()
	if to.Person != "" {
		place = "person/" + to.Person
	}
	sum := sha256.Sum256([]byte(string(key) + "\x00" + place))
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

// finish moves a message from the open ones to the done ones, and leaves a note
// of its outcome for a plugin that wants to know. What was edited meanwhile can
// be said now.
func (o *Outbox) finish(tx bot.Tx, r *record, s state, now time.Time) error {
	r.State, r.Done = s, now
	order, err := tx.Get(idSpace + r.ID)
	if err != nil {
		return err
	}
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode outbox record %s: %w", r.ID, err)
	}
	if err := tx.Delete(openSpace + r.order); err != nil {
		return err
	}
	done := doneKey(now, r.ID)
	if err := tx.Put(done, value); err != nil {
		return err
	}
	if string(order) != r.order {
		return nil // it was dropped, and its key is said anew: the news is of that
	}
	if err := tx.Put(idSpace+r.ID, []byte(done)); err != nil {
		return err
	}
	if err := o.release(tx, r); err != nil {
		return err
	}
	return o.note(tx, r)
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
