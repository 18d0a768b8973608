package outbox

import (
	"context"
	"strings"

	"torchbearer/bot"
)

// Said says which message the id is of that a network was given with it: its
// whole key, and the room it went to. False: there is none, or none any more.
func (o *Outbox) Said(ctx context.Context, id string) (key bot.Key, room bot.Room, ok bool) {
	err := o.store.View(ctx, func(tx bot.ReadTx) error {
		r, _, err := find(tx, id)
		if r != nil {
			key, room, ok = r.Key, r.Room, true
		}
		return err
	})
	if err != nil {
		o.log.Error("can't look for a message", "id", id, "err", err)
		return "", bot.Room{}, false
	}
	return key, room, ok
}

// find returns the message with an id, open or done. Known, and no record: there
// is one that this build can't read.
func find(tx bot.ReadTx, id string) (r *record, known bool, err error) {
	leads, err := tx.Get(idSpace + id)
	if err != nil || leads == nil {
		return nil, false, err
	}
	key, order := string(leads), ""
	if !strings.HasPrefix(key, doneSpace) {
		key, order = openSpace+key, key
	}
	value, err := tx.Get(key)
	if err != nil {
		return nil, false, err
	}
	if value == nil {
		value = doneBefore(tx, id)
	}
	if r, err = decode(order, value); err != nil {
		return nil, true, nil // logged by Run, if it is open
	}
	return r, true, nil
}

// doneBefore looks for a done record among all of them: before there were edits,
// its id went on leading to the order that it had had.
func doneBefore(tx bot.ReadTx, id string) []byte {
	for key, value := range tx.Scan(doneSpace) {
		if strings.HasSuffix(key, "-"+id) {
			return value
		}
	}
	return nil
}
