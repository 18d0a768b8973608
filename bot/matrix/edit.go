package matrix

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// Edit puts a rendered message in the place of one that was delivered, and
// notifies nobody. It waits in the same queue as all that is said, last, and is
// sent as Deliver sends.
//
// Which event the message has become is known from the store, or by the id that
// the message carries in the room. A message that is not there, or that somebody
// has removed, or that was said before the room moved, is a final Refusal.
func (t *Transport) Edit(ctx context.Context, key, of string, r bot.Room, payload []byte) error {
	c, err := rendered(payload, of)
	if err != nil {
		return &bot.Refusal{Why: unreadable, Final: true}
	}
	at, ready := t.target(r)
	if !ready {
		return bot.ErrNotReady
	}
	k := tryKey{of, at}
	said, err := t.original(ctx, k)
	switch {
	case err != nil:
		return err
	case said.Event == "":
		return &bot.Refusal{Why: "the message to be changed is not in the room", Final: true}
	case said.Gone:
		return &bot.Refusal{Why: "the message to be changed was removed", Final: true}
	}
	return t.deliver(ctx, tryKey{key, at}, edited(c, key, said.Event), true, func(e id.EventID) { t.sent.addEdit(k, e, time.Now()) })
}

// original is where a message is that was delivered to a room; zero: nowhere.
func (t *Transport) original(ctx context.Context, k tryKey) (saidRecord, error) {
	said, ok, err := t.sent.said(ctx, k)
	if ok || err != nil || k.room == "" {
		return said, err
	}
	event, err := t.find(ctx, k.room, k.outbox, time.Now().Add(-keepSent))
	if err != nil {
		return said, fmt.Errorf("look for the message in the room: %s", words(err))
	}
	if event != "" {
		said = saidRecord{Event: event}
		t.sent.add(k, event, time.Now())
		t.tries.settled(k)
	}
	return said, nil
}
