package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// The key spaces of a network, below matrix/<network>/:
//
//	login                     the user, device and access token; who reads the store is the bot
//	sync                      the token up to which everything was handed on
//	seen/<number>             ids of events handed on, the last 2,000
//	ran/<event id>            written by who stores the effects of a command, with them; see RanKey
//	room/<room id>            a room's state but for its members
//	member/<room id>/<user>   a member
//	name/<name>               the room that a configured name leads to by now
//	talk/<user>               the last talk of two that the bot has opened with somebody
//	try/<outbox id>/<room id> the first attempt of a message that is not settled
//	said/<outbox id>/<room id> which event a message has become
//	own/<event id>            which message an event of the bot's is, or has edited
//	react/<event id>          a reaction that was handed on
//	crypto/                   see cryptoStore
//
// Ids stand escaped: there may be slashes in them.
//
// # Commands and crashes
//
// What sync brings is handed on at once. Every 5 s one transaction stores the
// token of 5 s before, the rooms' state as of then or later, and the ids of what
// was handed on by then: so a command has 5 s to run before anybody could take it
// for done. When the bot stops, all of it is stored. After a crash the server
// tells again what happened since the token, at most the 10 s before: nothing is
// lost. Of that, what is known to have run does not run again:
//
//   - an id among the stored 2,000 is dropped,
//   - so is a command whose effects were stored, if they were stored with its
//     RanKey,
//   - any other command runs again, and as it had no effects that is harmless:
//     its answer has the same transaction id, so the room sees one.
const (
	commitEvery = 5 * time.Second
	commitQuiet = time.Hour // where nothing happens but that the token changes
	keepSeen    = 2000

	// mostIDs and mostMembers are stored in one transaction; of more those that
	// are too many go before, in some of their own (see bot.Store).
	mostIDs     = 250
	mostMembers = 500
)

// RanKey is the key under which the effects of a command note that it has run, an
// Incoming's Once: who stores them writes it in the same transaction, with any
// value. The id is the Incoming's. The transport deletes it when the server can't
// tell of the command again.
func RanKey(network, eventID string) string {
	return "matrix/" + network + "/ran/" + url.PathEscape(eventID)
}

// once is the Once of an Incoming; empty where a hostile id makes it too long.
func (t *Transport) once(id string) string {
	if key := RanKey(t.cfg.Network, id); len(key) <= maxKey {
		return key
	}
	return ""
}

// space is the beginning of a network's keys.
type space string

func (s space) key(parts ...string) string {
	for i, p := range parts[1:] {
		parts[i+1] = url.PathEscape(p)
	}
	return string(s) + strings.Join(parts, "/")
}

// maxKey is how long a key may be (bot.Tx).
const maxKey = 1024

// mark is where sync is.
type mark struct {
	token string // up to which everything was handed on
	news  int    // answers that held any
	seen  int    // ids in the ring so far
}

// here is where sync is now; the lock is held.
func (t *Transport) here() mark { return mark{t.next, t.news, t.seen.next} }

// load reads what an earlier life of the bot has stored.
func (t *Transport) load(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen, t.asked = newRing(), newQuestions()
	ran := map[string]bool{}
	err := t.store.View(ctx, func(tx bot.ReadTx) error {
		next, err := tx.Get(t.space.key("sync"))
		if err != nil {
			return err
		}
		t.next = string(next)
		for key, value := range tx.Scan(t.space.key("seen") + "/") {
			if n, err := strconv.Atoi(key[strings.LastIndexByte(key, '/')+1:]); err == nil {
				t.seen.put(n, string(value))
			}
		}
		t.stored, t.storedAt = t.here(), time.Now()
		t.staged = t.stored
		for key := range tx.Scan(t.space.key("ran") + "/") {
			if event, err := url.PathUnescape(key[strings.LastIndexByte(key, '/')+1:]); err == nil {
				ran[event] = true
			}
		}
		for _, r := range t.rooms {
			value, err := tx.Get(t.space.key("name", r.cfg.Name))
			if err != nil {
				return err
			}
			r.id = id.RoomID(value)
		}
		t.loadTalks(tx)
		t.tries.load(tx, t.log)
		return t.states.load(tx, t.space)
	})
	for event := range ran {
		t.seen.add(event) // and with the next commit the ring has it
	}
	return err
}

// load reads all rooms. What can't be read is as if it were not there: then the
// room's state is read from the server.
func (s *roomStates) load(tx bot.ReadTx, at space) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range tx.Scan(at.key("room") + "/") {
		room, err := url.PathUnescape(strings.TrimPrefix(key, at.key("room")+"/"))
		if err == nil {
			var record roomRecord
			if json.Unmarshal(value, &record) == nil {
				s.at(id.RoomID(room)).roomRecord = record
			}
		}
	}
	for key, value := range tx.Scan(at.key("member") + "/") {
		room, user, ok := strings.Cut(strings.TrimPrefix(key, at.key("member")+"/"), "/")
		room, err := url.PathUnescape(room)
		user, err2 := url.PathUnescape(user)
		var m memberRecord
		if !ok || errors.Join(err, err2, json.Unmarshal(value, &m)) != nil {
			continue
		}
		s.at(id.RoomID(room)).members[id.UserID(user)] = m
	}
	return nil
}

// write stores what changed. It returns how to take that back, should the
// transaction fail.
func (s *roomStates) write(tx bot.Tx, at space) (undo func(), err error) {
	undoMembers, err := s.writeMembers(tx, at)
	if err != nil {
		return undoMembers, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dirty := s.dirty
	s.dirty = map[id.RoomID]bool{}
	undo = func() {
		undoMembers()
		s.mu.Lock()
		defer s.mu.Unlock()
		for room := range dirty {
			s.dirty[room] = true
		}
	}
	for room := range dirty {
		value, err := json.Marshal(s.rooms[room].roomRecord)
		if err != nil {
			return undo, fmt.Errorf("encode state of %s: %w", room, err)
		}
		if err := put(tx, at.key("room", room.String()), value); err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// writeMembers stores members that changed, as many as one transaction takes.
func (s *roomStates) writeMembers(tx bot.Tx, at space) (undo func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	members := map[memberKey]bool{}
	for m := range s.members {
		if len(members) == mostMembers {
			break
		}
		members[m] = true
		delete(s.members, m)
	}
	undo = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for m := range members {
			s.members[m] = true
		}
	}
	for m := range members {
		key := at.key("member", m.room.String(), m.user.String())
		known, ok := s.rooms[m.room].members[m.user]
		if !ok {
			if len(key) <= maxKey {
				err = tx.Delete(key)
			}
		} else {
			var value []byte
			if value, err = json.Marshal(known); err == nil {
				err = put(tx, key, value)
			}
		}
		if err != nil {
			return undo, fmt.Errorf("store member of %s: %w", m.room, err)
		}
	}
	return undo, nil
}

// put stores a value, unless hostile ids make its key too long.
func put(tx bot.Tx, key string, value []byte) error {
	if len(key) > maxKey {
		return nil
	}
	return tx.Put(key, value)
}

// commits stores every 5 s where sync is, until ctx ends. On an error the store
// can't be used, and the session is cut.
func (t *Transport) commits(ctx context.Context, cut func()) error {
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := t.commit(context.WithoutCancel(ctx), true); err != nil {
				cut()
				return err
			}
		}
	}
}

// commit stores the sync token with everything that it stands for; old: that of
// the last call. Where nothing is new it costs no transaction.
func (t *Transport) commit(ctx context.Context, old bool) error {
	t.write.Lock()
	defer t.write.Unlock()
	t.states.mu.RLock()
	clean := len(t.states.dirty)+len(t.states.members) == 0
	t.states.mu.RUnlock()
	t.mu.Lock()
	waits := t.waits() // for a key: the server has to tell of the message again
	if !old && !waits {
		t.staged = t.here()
	}
	m, from := t.staged, t.stored.seen
	if !waits {
		t.staged = t.here()
	}
	quiet := m.token == t.stored.token ||
		t.stored.token != "" && m.news == t.stored.news && time.Since(t.storedAt) < commitQuiet
	var ids []seenID
	for n := from; n < m.seen; n++ {
		ids = append(ids, seenID{n, t.seen.ids[n]})
	}
	idle := clean && from == m.seen && quiet && !t.tries.untidy() && !t.sent.untidy()
	t.mu.Unlock()
	if idle || m.token == "" && clean {
		return nil
	}
	ids, err := t.commitMost(ctx, ids)
	if err != nil {
		return fmt.Errorf("store rooms: %w", err)
	}
	undo, settled, written := func() {}, []tryKey(nil), map[string]any(nil)
	err = t.store.Update(ctx, func(tx bot.Tx) (err error) {
		if undo, err = t.states.write(tx, t.space); err != nil {
			return err
		}
		if err := t.see(tx, ids); err != nil {
			return err
		}
		if settled, err = t.tries.sweep(tx); err != nil {
			return err
		}
		if written, err = t.sent.write(tx, time.Now()); err != nil {
			return err
		}
		return tx.Put(t.space.key("sync"), []byte(m.token))
	})
	if err != nil {
		undo()
		return fmt.Errorf("store sync token: %w", err)
	}
	t.tries.swept(settled)
	t.sent.wrote(written)
	t.mu.Lock()
	t.stored, t.storedAt = m, time.Now()
	t.mu.Unlock()
	return nil
}

// commitMost stores what is too much for the transaction of the sync token before
// it, and returns the ids that are left. Who is in a room is stored before what
// says that all of them are known.
func (t *Transport) commitMost(ctx context.Context, ids []seenID) ([]seenID, error) {
	for len(ids) > mostIDs {
		if err := t.store.Update(ctx, func(tx bot.Tx) error { return t.see(tx, ids[:mostIDs]) }); err != nil {
			return nil, err
		}
		ids = ids[mostIDs:]
	}
	for t.states.manyMembers() {
		undo := func() {}
		err := t.store.Update(ctx, func(tx bot.Tx) (err error) {
			undo, err = t.states.writeMembers(tx, t.space)
			return err
		})
		if err != nil {
			undo()
			return nil, err
		}
	}
	return ids, nil
}

// manyMembers reports whether more members have changed than one transaction
// takes.
func (s *roomStates) manyMembers() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.members) > mostMembers
}
