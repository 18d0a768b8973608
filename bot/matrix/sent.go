package matrix

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

const (
	keepSent  = 35 * 24 * time.Hour // as long as the outbox knows what it has said
	mostSent  = 10000               // of each kind; the oldest go first
	pruneSent = time.Hour
	mostPrune = 2000 // deletes in one transaction (bot.Store)
)

// saidRecord is where a message of the outbox is in a room.
type saidRecord struct {
	Event id.EventID `json:"event"`
	At    time.Time  `json:"at"` // UTC
	// Gone says that somebody has removed it.
	Gone bool `json:"gone,omitempty"`
}

// ownRecord is what an event of the bot's is: a message of the outbox, or an edit
// of one.
type ownRecord struct {
	Of   string    `json:"of"` // the message's id in the outbox
	Room id.RoomID `json:"room"`
	At   time.Time `json:"at"` // UTC
}

// reactRecord is a reaction that was handed on.
type reactRecord struct {
	Of   string    `json:"of"`
	Room id.RoomID `json:"room"`
	Sign bot.Sign  `json:"sign"`
	By   id.UserID `json:"by"`
	At   time.Time `json:"at"` // UTC
}

// sent knows which event is which message of the outbox, for edits and reactions.
// It is kept in the store and read from there: in memory is only what is new since
// the last commit.
type sent struct {
	store bot.Store
	space space

	mu     sync.Mutex
	fresh  map[string]any // records by key
	pruned time.Time      // when last looked for old ones; zero: not yet
}

func newSent(store bot.Store, at space) *sent {
	return &sent{store: store, space: at, fresh: map[string]any{}}
}

func (s *sent) saidKey(k tryKey) string { return s.space.key("said", k.outbox, k.room.String()) }

func (s *sent) ownKey(e id.EventID) string { return s.space.key("own", e.String()) }

func (s *sent) reactKey(e id.EventID) string { return s.space.key("react", e.String()) }

// add remembers the event of a message.
func (s *sent) add(k tryKey, event id.EventID, now time.Time) {
	now = now.UTC().Round(0)
	s.put(s.saidKey(k), saidRecord{Event: event, At: now})
	s.put(s.ownKey(event), ownRecord{Of: k.outbox, Room: k.room, At: now})
}

// addEdit remembers the event of an edit: a reaction to it is one to the message.
func (s *sent) addEdit(of tryKey, event id.EventID, now time.Time) {
	s.put(s.ownKey(event), ownRecord{Of: of.outbox, Room: of.room, At: now.UTC().Round(0)})
}

// gone notes that an event of a room was removed, if it is a message of the bot's.
func (s *sent) gone(ctx context.Context, at id.RoomID, event id.EventID) error {
	own, ok, err := s.own(ctx, event)
	if err != nil || !ok || own.Room != at {
		return err
	}
	k := tryKey{own.Of, at}
	said, ok, err := s.said(ctx, k)
	if err != nil || !ok || said.Event != event {
		return err
	}
	said.Gone = true
	s.put(s.saidKey(k), said)
	return nil
}

// reacted remembers a reaction, so that it can be undone.
func (s *sent) reacted(event id.EventID, r reactRecord) { s.put(s.reactKey(event), r) }

func (s *sent) put(key string, record any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(key) <= maxKey {
		s.fresh[key] = record
	}
}

// said, own and reaction read a record; false where there is none.
func (s *sent) said(ctx context.Context, k tryKey) (saidRecord, bool, error) {
	return sentRecord[saidRecord](ctx, s, s.saidKey(k))
}

func (s *sent) own(ctx context.Context, event id.EventID) (ownRecord, bool, error) {
	return sentRecord[ownRecord](ctx, s, s.ownKey(event))
}

func (s *sent) reaction(ctx context.Context, event id.EventID) (reactRecord, bool, error) {
	return sentRecord[reactRecord](ctx, s, s.reactKey(event))
}

func sentRecord[R any](ctx context.Context, s *sent, key string) (record R, ok bool, err error) {
	if len(key) > maxKey {
		return record, false, nil
	}
	s.mu.Lock()
	record, ok = s.fresh[key].(R)
	s.mu.Unlock()
	if ok {
		return record, true, nil
	}
	err = s.store.View(ctx, func(tx bot.ReadTx) error {
		value, err := tx.Get(key)
		if err != nil || value == nil {
			return err
		}
		ok = json.Unmarshal(value, &record) == nil
		return nil
	})
	if err != nil {
		return record, false, fmt.Errorf("look up message: %w", err)
	}
	return record, ok, nil
}

// untidy reports whether write has something to do.
func (s *sent) untidy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.fresh) > 0
}

// write stores what is new, and once an hour deletes what is old. It returns what
// was written.
func (s *sent) write(tx bot.Tx, now time.Time) (written map[string]any, err error) {
	s.mu.Lock()
	written, prune := maps.Clone(s.fresh), now.Sub(s.pruned) >= pruneSent
	s.mu.Unlock()
	for key, record := range written {
		value, err := json.Marshal(record)
		if err != nil {
			return nil, fmt.Errorf("encode message: %w", err)
		}
		if err := tx.Put(key, value); err != nil {
			return nil, err
		}
	}
	if !prune {
		return written, nil
	}
	left := mostPrune
	for _, kind := range []string{"said", "own", "react"} {
		for _, key := range oldest(tx, s.space.key(kind)+"/", now.Add(-keepSent)) {
			if left--; left < 0 {
				return written, nil // and the rest at the next commit
			}
			if err := tx.Delete(key); err != nil {
				return nil, err
			}
		}
	}
	s.mu.Lock()
	s.pruned = now
	s.mu.Unlock()
	return written, nil
}

// oldest lists the keys of records from before an instant, and of those that are
// too many.
func oldest(tx bot.ReadTx, prefix string, before time.Time) (keys []string) {
	type dated struct {
		key string
		at  time.Time
	}
	var all []dated
	for key, value := range tx.Scan(prefix) {
		var record struct {
			At time.Time `json:"at"`
		}
		_ = json.Unmarshal(value, &record) // what can't be read is old
		all = append(all, dated{strings.Clone(key), record.At})
	}
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.key, b.key)) })
	for i, r := range all {
		if i >= len(all)-mostSent && !r.at.Before(before) {
			break
		}
		keys = append(keys, r.key)
	}
	return keys
}

// wrote notes that a write was stored.
func (s *sent) wrote(written map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, record := range written {
		if s.fresh[key] == record {
			delete(s.fresh, key)
		}
	}
}
