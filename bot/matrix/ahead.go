package matrix

import (
	"context"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	gapPages = 5 // of gapLimit events, to fill a gap
	gapLimit = 100
	gapTries = 3 // to read one of them
	gapsOnce = 4 // rooms that are read at the same time
)

// ahead asks the server, before an answer is handled, for what handling it takes:
// what gaps hide, which it returns by room, and what reactions are to. A slow room
// costs the others requestTime at most, and no key waits for it to be stored.
func (t *Transport) ahead(ctx context.Context, resp *mautrix.RespSync, since string) map[id.RoomID][]*event.Event {
	if since == "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	var (
		mu     sync.Mutex
		missed = map[id.RoomID][]*event.Event{}
		turns  = make(chan struct{}, gapsOnce)
		ended  sync.WaitGroup
	)
	for room, data := range resp.Rooms.Join {
		// What is before the bot came in was said to others.
		if !data.Timeline.Limited || data.Timeline.PrevBatch == "" || !t.joined(room) {
			continue
		}
		ended.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			t.guarded(room, func() {
				events := t.fill(limited, room, data.Timeline.PrevBatch, since)
				mu.Lock()
				defer mu.Unlock()
				missed[room] = events
			})
		})
	}
	ended.Wait()
	t.lookUp(ctx, resp, missed)
	return missed
}

// lookUp looks up what reactions are to, where that is not known.
func (t *Transport) lookUp(ctx context.Context, resp *mautrix.RespSync, missed map[id.RoomID][]*event.Event) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	live, now := t.isLive(), t.now()
	for room, data := range resp.Rooms.Join {
		if !t.joined(room) {
			continue
		}
		for _, e := range slices.Concat(missed[room], data.Timeline.Events) {
			if to, _, ok := reaction(e); ok && ctx.Err() == nil && t.heeds(e, live, now) {
				t.guarded(room, func() { t.remind(ctx, room, to) })
			}
		}
	}
}

// remind remembers which message of the bot's an event is, if it is one. What the
// store does not know the server is asked for, since the bot may have been killed
// right after it said it.
func (t *Transport) remind(ctx context.Context, room id.RoomID, e id.EventID) {
	if _, known, err := t.sent.own(ctx, e); err != nil || known {
		return // hearReaction tells of an error
	}
	if !t.looks.may(e) {
		t.log.Debug("reaction dropped", "room", room, "event", e, "why", "it is to nothing that the bot has said, or there are too many")
		return
	}
	found, err := t.client.GetEvent(ctx, room, e)
	if code(err) == "M_NOT_FOUND" {
		t.looks.nothing(e)
		return
	}
	if err == nil && found == nil {
		err = errNoAnswer
	}
	if err != nil {
		t.log.Warn("reaction dropped", "room", room, "why", "what it is to can't be looked up", "err", words(err))
		return
	}
	c, ok := content{}, found.ID == e && (found.RoomID == room || found.RoomID == "")
	if ok {
		c, ok = t.own(ctx, room, found)
	}
	switch now := time.Now(); {
	case ok && c.New == nil && c.Key != "":
		t.sent.add(tryKey{c.Key, room}, e, now)
	case ok && c.New != nil && c.New.Key != "":
		t.sent.addEdit(tryKey{c.New.Key, room}, e, now)
	default:
		t.looks.nothing(e)
	}
}

// fill reads what a gap hides, up to a bound, oldest first.
func (t *Transport) fill(ctx context.Context, room id.RoomID, from, to string) (events []*event.Event) {
	only := &mautrix.FilterPart{Types: []event.Type{event.EventMessage, event.EventEncrypted, event.EventReaction, event.EventRedaction}}
	for range gapPages {
		page, err := t.page(ctx, room, from, to, only)
		if err != nil {
			t.log.Warn("commands may have been missed", "room", room, "why", words(err), "read", len(events))
			slices.Reverse(events)
			return events
		}
		for _, e := range page.Chunk {
			if e != nil && e.StateKey == nil {
				e.RoomID = room
				events = append(events, e)
			}
		}
		if from = page.End; from == "" || len(page.Chunk) == 0 {
			slices.Reverse(events)
			return events
		}
	}
	t.log.Warn("commands may have been missed", "room", room, "why", "too much was said meanwhile", "read", len(events))
	slices.Reverse(events)
	return events
}

// page reads one page of a gap, again after a fault that may pass: what is not
// read now is never heard.
func (t *Transport) page(ctx context.Context, room id.RoomID, from, to string, only *mautrix.FilterPart) (*mautrix.RespMessages, error) {
	for tries := 1; ; tries++ {
		page, err := lenient(t.client.Messages(ctx, room, from, to, mautrix.DirectionBackward, only, gapLimit))
		if err == nil && page == nil {
			err = errNoAnswer
		}
		wait, slow := limited(err)
		if s := status(err); err == nil || tries == gapTries || s >= 400 && s < 500 && !slow {
			return page, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(max(wait, backoff(tries-1))):
		}
	}
}
