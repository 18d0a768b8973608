package matrix

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

const (
	lookTime  = 10 * time.Second // to look up what the reactions of one answer are to
	looksOnce = 10               // such questions at once, then
	looksPace = 5 * time.Second  // one each
	keepLooks = 1000             // events that are none of the bot's messages
)

// lookups bounds what reactions to unknown events cost: anybody can react to
// anything.
type lookups struct {
	mu     sync.Mutex
	bucket bucket
	none   map[id.EventID]bool
	order  []id.EventID
}

func newLookups(now time.Time) *lookups {
	return &lookups{bucket: newBucket(looksOnce, looksPace, now), none: map[id.EventID]bool{}}
}

// may reports whether the server can be asked for an event that is not known yet
// to be none of the bot's messages.
func (l *lookups) may(e id.EventID) (ask bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.none[e] {
		_, ask = l.bucket.take(time.Now(), 0)
	}
	return ask
}

// nothing notes that an event is none of the bot's messages.
func (l *lookups) nothing(e id.EventID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.order) >= keepLooks {
		delete(l.none, l.order[0])
		l.order = slices.Delete(l.order, 0, 1)
	}
	l.none[e] = true
	l.order = append(l.order, e)
}

// sign reads what a reaction means. Keyboards add a variation selector (U+FE0F:
// show it as an emoji) and the tone of the skin.
func sign(key string) (bot.Sign, bool) {
	plain := strings.Map(func(r rune) rune {
		if r == '\ufe0f' || '\U0001f3fb' <= r && r <= '\U0001f3ff' {
			return -1
		}
		return r
	}, key)
	switch s := bot.Sign(plain); s {
	case bot.SignTake, bot.SignTomorrow, bot.SignCancel:
		return s, true
	}
	return "", false
}

// annotation is what is read of an m.reaction.
type annotation struct {
	Relates struct {
		Type  string     `json:"rel_type"`
		Event id.EventID `json:"event_id"`
		Key   string     `json:"key"`
	} `json:"m.relates_to"`
}

// reaction reads an m.reaction that is a sign, and what it is to.
func reaction(e *event.Event) (to id.EventID, s bot.Sign, ok bool) {
	var a annotation
	if e.Type.Type != event.EventReaction.Type || json.Unmarshal(e.Content.VeryRaw, &a) != nil ||
		a.Relates.Type != "m.annotation" || a.Relates.Event == "" {
		return "", "", false
	}
	s, ok = sign(a.Relates.Key)
	return a.Relates.Event, s, ok
}

// hearReaction hands on a sign that somebody puts to a message of the bot's: one
// that is remembered, or was looked up before (ahead).
func (t *Transport) hearReaction(ctx context.Context, room id.RoomID, e *event.Event, where bot.Room, now time.Time) {
	to, s, ok := reaction(e)
	if !ok {
		return
	}
	own, ok, err := t.sent.own(ctx, to)
	if err != nil {
		t.log.Error("message of a reaction can't be looked up", "room", room, "event", to, "err", err)
		return
	}
	if !ok || own.Room != room {
		return
	}
	record := reactRecord{Of: own.Of, Room: room, Sign: s, By: e.Sender, At: now}
	t.handReaction(ctx, e, where, record, false, now)
	// Also if it was heard before: a crash may have lost that, and not its effects.
	t.sent.reacted(e.ID, record)
}

// hearRedaction hands on that somebody has taken their sign back. What others
// remove is no word of theirs: a moderator's tidying takes no review from anybody.
func (t *Transport) hearRedaction(ctx context.Context, room id.RoomID, e *event.Event, where bot.Room, now time.Time) {
	record, ok, err := t.sent.reaction(ctx, t.redacted(room, e))
	if err != nil {
		t.log.Error("reaction taken back can't be looked up", "room", room, "event", e.ID, "err", err)
		return
	}
	if ok && record.Room == room && record.By == e.Sender {
		t.handReaction(ctx, e, where, record, true, now)
	}
}

// handReaction hands on a reaction once.
func (t *Transport) handReaction(ctx context.Context, e *event.Event, where bot.Room, r reactRecord, undone bool, now time.Time) {
	_, direct := t.place(r.Room)
	direct = direct && where.Name == e.Sender.String()
	q := t.reactedTo(ctx, r, direct)
	t.mu.Lock()
	fresh := t.seen.add(e.ID.String())
	if fresh {
		t.asked.add(e.ID.String(), q)
	}
	t.mu.Unlock()
	if !fresh {
		return
	}
	who := t.principal(r.Room, e.Sender)
	if !direct {
		t.in.Seen(where, who, now)
	}
	t.in.Incoming(bot.Incoming{
		Room: where, Direct: direct, From: who, ID: e.ID.String(), At: now,
		React: &bot.React{Of: r.Of, Sign: r.Sign, Undone: undone}, Once: t.once(e.ID.String()),
	})
}

// reactedTo is where an answer to a reaction goes: where the bot talks to the person
// alone, if it does, and otherwise into a thread at the message, where it is out of
// the way.
func (t *Transport) reactedTo(ctx context.Context, r reactRecord, direct bool) *question {
	if direct {
		return &question{room: r.Room, direct: true}
	}
	if talk := t.directRoom(r.By); talk != "" {
		if encrypted, known := t.states.encryption(talk); known && (!encrypted || t.crypt != nil) {
			return &question{room: talk, direct: true}
		}
	}
	said, _, err := t.sent.said(ctx, tryKey{r.Of, r.Room})
	if err != nil {
		t.log.Error("message of a reaction can't be looked up", "room", r.Room, "err", err)
	}
	return &question{room: r.Room, event: said.Event, thread: said.Event}
}

// redacted is the event that a redaction removes. Up to room version 10 it is named
// beside the content, which says what the sender likes, and since then in it (spec:
// room version 11, redactions).
func (t *Transport) redacted(room id.RoomID, e *event.Event) id.EventID {
	var create struct {
		Version string `json:"room_version"`
	}
	_, known := t.states.content(room, "m.room.create", &create)
	switch create.Version {
	case "", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10":
		if known {
			return e.Redacts
		}
	}
	var content struct {
		Redacts id.EventID `json:"redacts"`
	}
	_ = json.Unmarshal(e.Content.VeryRaw, &content) // empty, where it can't be read
	return content.Redacts
}
