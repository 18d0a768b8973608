package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

const (
	turnWithin  = 25 * time.Second // for a message to leave: five at the default pace
	searchPages = 10               // of searchLimit events of the bot's own
	searchLimit = 100
	searchSlack = 5 * time.Minute // between our clock and the server's
)

// noTurn is [bot.ErrNotReady] for a message that others were told before.
type noTurn struct{}

func (noTurn) Error() string { return "too much else to say at the server's pace" }
func (noTurn) Unwrap() error { return bot.ErrNotReady }

const unreadable = "the stored message is unreadable"

// answerID is the transaction id of the n-th answer to a command.
func answerID(command string, n int) string {
	sum := sha256.Sum256([]byte(command))
	return "re-" + base64.RawURLEncoding.EncodeToString(sum[:16]) + "-" + strconv.Itoa(n)
}

// Ready reports whether a message to the room could be sent now: the bot is
// there, sync has caught up, and it is known whether the room is encrypted. A
// person ("@zoe:example.org") is ready when a talk of two could be opened.
func (t *Transport) Ready(r bot.Room) bool {
	_, ready := t.target(r)
	return ready
}

// Deliver sends a rendered message and returns nil when the server has given it
// an event id. The outbox's id is the transaction id, by which the server knows a
// message that it got before: Synapse for 24 h, others until they restart, and
// none once the bot's device is another. So when an earlier attempt ended in
// doubt, the message is looked for first, by the id that it carries, among what
// the bot has said in the room since that attempt.
//
// To a person with whom there is no talk of two Deliver opens one, and says "not
// ready" until sync has shown it: who gets ErrNotReady tries again, told by Changed.
//
// A message whose turn doesn't come within 25 s is taken back, as not ready: what
// is said last of thirty rooms must be as true as what was said first.
func (t *Transport) Deliver(ctx context.Context, key string, r bot.Room, payload []byte) error {
	c, err := rendered(payload, key)
	if err != nil {
		return &bot.Refusal{Why: unreadable, Final: true}
	}
	at, ready := t.target(r)
	if !ready {
		return bot.ErrNotReady
	}
	if at == "" {
		return t.openTalk(ctx, id.UserID(r.Name))
	}
	k := tryKey{key, at}
	return t.deliver(ctx, k, c, false, func(e id.EventID) { t.sent.add(k, e, time.Now()) })
}

// deliver sends a message or an edit once, and notes its event before it counts
// as settled.
func (t *Transport) deliver(ctx context.Context, k tryKey, c content, edit bool, note func(id.EventID)) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return &bot.Refusal{Why: unreadable, Final: true}
	}
	doubt, since, err := t.tries.begin(ctx, k, time.Now())
	if err != nil {
		return fmt.Errorf("%w: store attempt: %w", bot.ErrNotReady, err)
	}
	if doubt {
		found, err := t.find(ctx, k.room, k.outbox, since)
		if err != nil {
			return fmt.Errorf("look for the message in the room: %s", words(err))
		}
		if found != "" {
			note(found)
			t.tries.settled(k)
			return nil
		}
	}
	event, err := t.wait(ctx, &item{
		room: k.room, txn: k.outbox, content: raw, queued: time.Now(),
		d: &delivery{edit: edit, result: make(chan outcome, 1)},
	})
	var refusal *bot.Refusal
	switch {
	case err == nil:
		note(event)
		t.tries.settled(k)
	case errors.Is(err, bot.ErrNotReady) || errors.As(err, &refusal):
		if !doubt {
			t.tries.nothing(k)
		}
	}
	return err
}

// wait queues a message and waits for its outcome.
func (t *Transport) wait(ctx context.Context, it *item) (id.EventID, error) {
	t.q.announce(it)
	turn := time.NewTimer(turnWithin)
	defer turn.Stop()
	for {
		select {
		case o := <-it.d.result:
			return o.event, o.err
		case <-turn.C:
			if t.q.retract(it) {
				return "", noTurn{}
			}
			// It is on its way, which takes no longer than a request may.
		case <-ctx.Done():
			if t.q.retract(it) {
				return "", fmt.Errorf("%w: %w", bot.ErrNotReady, ctx.Err())
			}
			return "", fmt.Errorf("deliver message: %w", ctx.Err())
		}
	}
}

// find looks for a message of the bot's in a room, by its key, as far back as it
// may have been sent; empty: it is not there.
func (t *Transport) find(ctx context.Context, at id.RoomID, key string, since time.Time) (id.EventID, error) {
	t.use.RLock()
	defer t.use.RUnlock()
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	own := &mautrix.FilterPart{
		Senders: []id.UserID{t.user()},
		Types:   []event.Type{event.EventMessage, event.EventEncrypted},
	}
	from := ""
	for range searchPages {
		page, err := lenient(t.client.Messages(ctx, at, from, "", mautrix.DirectionBackward, own, searchLimit))
		if err == nil && page == nil {
			err = errNoAnswer
		}
		if err != nil {
			return "", err
		}
		for _, e := range page.Chunk {
			if e == nil || e.ID == "" {
				continue
			}
			if time.UnixMilli(e.Timestamp).Before(since.Add(-searchSlack)) {
				return "", nil
			}
			if own, ok := t.own(ctx, at, e); ok && own.Key == key {
				return e.ID, nil
			}
		}
		if from = page.End; from == "" || len(page.Chunk) == 0 {
			return "", nil
		}
	}
	return "", nil
}

// own reads an event of a room as a message that the bot has said; false where it
// is none: what others say is not, whatever it looks like.
func (t *Transport) own(ctx context.Context, at id.RoomID, e *event.Event) (c content, ok bool) {
	if e.Sender != t.user() || e.StateKey != nil {
		return c, false
	}
	e.RoomID = at
	if e.Type.Type == event.EventEncrypted.Type && t.crypt != nil {
		clear, err := t.crypt.Decrypt(ctx, e)
		if err != nil {
			return c, false
		}
		e = clear
	}
	ok = e.Type.Type == event.EventMessage.Type && json.Unmarshal(e.Content.VeryRaw, &c) == nil
	return c, ok
}
