package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"torchbearer/bot"
)

// An edit waits among the messages, behind those of its room, and makes no noise:
// it is not counted, not reported, and given up without a word. What it promises:
//
//   - It changes nothing that has not been acknowledged. While a message is being
//     sent, nobody knows whether its words can still be changed, so an edit is
//     kept until it is done; one of a message that waits to be tried is not.
//   - Of several of one message only the newest waits. One under way is not
//     called back; the next follows it.
//   - Each has an id of its own, the same at every attempt: a network that drops
//     the second of two must not take the newer edit for the older one.

// edited is what is stored of a message that was edited.
type edited struct {
	Last  int    `json:"last"`            // number of the newest edit
	Waits string `json:"waits,omitempty"` // its order, while it waits
}

// Edit changes what was said with a key to one room or person, as Say.Edit has
// it.
func (o *Outbox) Edit(tx bot.Tx, now time.Time, key bot.Key, to bot.Target, say bot.Say) error {
	of, _, err := find(tx, recordID(key, to))
	if err != nil || of == nil {
		return err
	}
	e, err := editsOf(tx, of.ID)
	if err != nil {
		return err
	}
	switch of.State {
	case sent:
		if o.editor(of.Room) == nil {
			return nil
		}
	case sending:
	case queued:
		if e.Waits == "" {
			return nil
		}
		// One was kept, and then it was known that nothing had arrived.
	default:
		return nil
	}
	order := o.orders.next(tx, now) // while the one before is there: it may be under way, and orders are for ever
	if e.Waits != "" {
		if err := tx.Delete(openSpace + e.Waits); err != nil {
			return err
		}
	}
	e.Last++
	r := &record{
		ID: fmt.Sprintf("%s-%d", of.ID, e.Last), Of: of.ID, Key: key, Message: say.Message,
		Created: now, Expires: say.Expires, State: queued, order: order,
	}
	e.Waits = order
	if of.State == sent {
		r.follow(of)
	}
	if err := r.put(tx); err != nil {
		return err
	}
	return e.put(tx, of.ID)
}

// follow makes an edit go where its message went.
func (r *record) follow(of *record) {
	r.Room, r.To, r.Nick, r.User = of.Room, of.To, of.Nick, of.User
}

// release sends the edit of a message on its way that was kept until it would be
// known what became of that; or drops it.
func (o *Outbox) release(tx bot.Tx, of *record) error {
	if of.State != sent || o.editor(of.Room) == nil {
		return o.unedit(tx, of.ID)
	}
	e, err := editsOf(tx, of.ID)
	if err != nil || e.Waits == "" {
		return err
	}
	value, err := tx.Get(openSpace + e.Waits)
	if err != nil || value == nil {
		return err
	}
	r, err := decode(e.Waits, value)
	if err != nil {
		return err
	}
	r.follow(of)
	return r.put(tx)
}

// unedit drops the edit of a message that waits.
func (o *Outbox) unedit(tx bot.Tx, id string) error {
	e, err := editsOf(tx, id)
	if err != nil || e.Waits == "" {
		return err
	}
	if err := tx.Delete(openSpace + e.Waits); err != nil {
		return err
	}
	e.Waits = ""
	return e.put(tx, id)
}

// forget deletes an open record, as if it had never been decided.
func (o *Outbox) forget(tx bot.Tx, r *record) error {
	if r.Of != "" {
		e, err := editsOf(tx, r.Of)
		if err != nil {
			return err
		}
		if e.Waits == r.order {
			return o.unedit(tx, r.Of)
		}
		return tx.Delete(openSpace + r.order)
	}
	if err := tx.Delete(openSpace + r.order); err != nil {
		return err
	}
	order, err := tx.Get(idSpace + r.ID)
	if err != nil || string(order) != r.order {
		return err // its key was said again
	}
	if err := o.unedit(tx, r.ID); err != nil {
		return err
	}
	if err := tx.Delete(editSpace + r.ID); err != nil {
		return err
	}
	return tx.Delete(idSpace + r.ID)
}

// quiet reports whether nobody waits for the record: it is counted by no status,
// and its end is not reported.
func (r *record) quiet() bool { return r.Of != "" || r.Dropped }

// over reports whether a quiet record is done with after an attempt. A message
// that was dropped is so unless it arrived all the same: then it has been said.
func (o *Outbox) over(r *record, err error) bool {
	if r.Dropped {
		return err != nil
	}
	var refusal *bot.Refusal
	final := errors.As(err, &refusal) && refusal.Final
	if err != nil {
		o.log.Debug("edit not made", "room", r.Room.String(), "id", r.ID, "key", string(r.Key), "err", err, "final", final)
	}
	return err == nil || final
}

// behind puts edits behind the messages: the oldest of a room where no message
// can go now, and nothing is under way.
func (o *Outbox) behind(first map[bot.Room]*record, edits []*record) {
	last := map[bot.Room]*record{}
	for _, r := range edits {
		switch f := last[r.Room]; {
		case r.Room == bot.Room{} || first[r.Room] != nil || o.run.flying[r.Room] != "":
		case f == nil || r.order < f.order:
			last[r.Room] = r
		}
	}
	for room, r := range last {
		first[room] = r
	}
}

// editor returns who edits in a room, nil where the network can't.
func (o *Outbox) editor(r bot.Room) bot.Editor {
	editor, _ := o.senders[r.Network].(bot.Editor)
	return editor
}

func editsOf(tx bot.ReadTx, id string) (e edited, err error) {
	value, err := tx.Get(editSpace + id)
	if err != nil || value == nil {
		return e, err
	}
	if err := json.Unmarshal(value, &e); err != nil {
		return e, fmt.Errorf("decode edits of %s: %w", id, err)
	}
	return e, nil
}

func (e edited) put(tx bot.Tx, id string) error {
	value, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode edits of %s: %w", id, err)
	}
	return tx.Put(editSpace+id, value)
}
