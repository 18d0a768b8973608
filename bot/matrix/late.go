package matrix

import (
	"context"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// The key of a message may come after it: servers pass both on by different ways.
// Until it is there the message waits, and the sync token with it (commit): so a
// command is not lost if the bot is killed meanwhile.
//
// Anybody can send what nobody can decrypt, for ever: so the token waits only so
// long, and then for nobody until no message waits any more.
const (
	lateWithin = 30 * time.Second
	lateToken  = time.Minute
	maxLate    = 100
	maxLateOf  = 10 // of one sender in one room
)

// lateEvent is a message that waits for its key.
type lateEvent struct {
	room  id.RoomID
	event *event.Event
	until time.Time
	again bool // it has not come at the last try either
}

// later keeps an event until its key comes; false: it has waited for long enough.
func (t *Transport) later(room id.RoomID, e *event.Event) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.late {
		if l.event.ID == e.ID {
			l.again = time.Now().Before(l.until)
			return l.again
		}
	}
	of := 0
	for _, l := range t.late {
		if l.room == room && l.event.Sender == e.Sender {
			of++
		}
	}
	if len(t.late) >= maxLate || of >= maxLateOf {
		return false
	}
	t.late = append(t.late, &lateEvent{room: room, event: e, until: time.Now().Add(lateWithin), again: true})
	t.wakeLate()
	return true
}

// waits reports whether the token waits for messages that wait. It is called when
// the token could be stored, with the lock held.
func (t *Transport) waits() bool {
	if len(t.late) == 0 {
		t.held = time.Time{}
		return false
	}
	if t.held.IsZero() {
		t.held = time.Now()
	}
	return time.Since(t.held) < lateToken
}

// keysArrived has the waiting events tried again.
func (t *Transport) keysArrived() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.late) > 0 {
		t.wakeLate()
	}
}

func (t *Transport) wakeLate() {
	select {
	case t.retryLate <- struct{}{}:
	default:
	}
}

// tendLate tries waiting events whenever keys came, and once more when their time
// is over, until ctx ends.
func (t *Transport) tendLate(ctx context.Context) {
	for {
		wait := time.Hour
		t.mu.Lock()
		for _, l := range t.late {
			wait = min(wait, max(time.Until(l.until), 0))
		}
		t.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-t.retryLate:
		case <-timer.C:
		}
		timer.Stop()
		t.tryLate(ctx)
	}
}

func (t *Transport) tryLate(ctx context.Context) {
	t.mu.Lock()
	list := slices.Clone(t.late)
	for _, l := range list {
		l.again = false
	}
	t.mu.Unlock()
	for _, l := range list {
		if where, _ := t.place(l.room); where != (bot.Room{}) {
			t.guarded(l.room, func() { t.hearOne(ctx, l.room, l.event, where, t.now().UTC()) })
		}
		t.mu.Lock()
		if !l.again {
			t.late = slices.DeleteFunc(t.late, func(other *lateEvent) bool { return other == l })
		}
		t.mu.Unlock()
	}
}
