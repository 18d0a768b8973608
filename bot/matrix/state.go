package matrix

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/msg"
)

// kept are the types of state that are kept of a room, beside its members; all
// of them have an empty state key.
func kept(kind string) bool {
	switch kind {
	case "m.room.create", "m.room.power_levels", "m.room.encryption", "m.room.tombstone", "m.room.join_rules",
		"m.room.history_visibility", "m.room.name", "m.room.canonical_alias":
		return true
	}
	return false
}

// stateEvent is one event of a room's state.
type stateEvent struct {
	Sender  id.UserID       `json:"sender,omitempty"`
	Content json.RawMessage `json:"content"`
}

// roomRecord is what is stored of a room beside its members.
type roomRecord struct {
	// Whole says that the state was read in whole, and followed since: what is
	// not in it is not there.
	Whole bool `json:"whole,omitempty"`
	// Synced says that sync has shown the room as one the bot is in.
	Synced bool `json:"synced,omitempty"`
	// Encrypted is for ever: nothing makes a room clear again.
	Encrypted bool `json:"encrypted,omitempty"`
	// Direct is who the bot talks to here alone, as their invitation said.
	Direct id.UserID             `json:"direct,omitempty"`
	State  map[string]stateEvent `json:"state,omitempty"` // by type
}

// maxName is how many bytes are kept of a member's name: an event has room for
// 64 KiB, and everybody can call themselves what they like.
const maxName = 256

// memberRecord is what is stored of a member.
type memberRecord struct {
	Membership event.Membership `json:"m"`
	Name       string           `json:"n,omitempty"` // hostile
}

type roomMemory struct {
	roomRecord
	changes int // of its state, members apart
	// since are the members that changed since the state was asked for; nil:
	// nobody asks.
	since   map[id.UserID]bool
	members map[id.UserID]memberRecord
}

type memberKey struct {
	room id.RoomID
	user id.UserID
}

// roomStates is the state of all rooms, in memory; what changed since is stored
// with the sync token (commit.go). It is the library's StateStore too.
type roomStates struct {
	mu      sync.RWMutex
	rooms   map[id.RoomID]*roomMemory
	dirty   map[id.RoomID]bool
	members map[memberKey]bool // dirty
}

var _ mautrix.StateStore = (*roomStates)(nil)

func newRoomStates() *roomStates {
	return &roomStates{rooms: map[id.RoomID]*roomMemory{}, dirty: map[id.RoomID]bool{}, members: map[memberKey]bool{}}
}

// at is a room's memory, made if need be; the lock is held.
func (s *roomStates) at(room id.RoomID) *roomMemory {
	r := s.rooms[room]
	if r == nil {
		r = &roomMemory{members: map[id.UserID]memberRecord{}, roomRecord: roomRecord{State: map[string]stateEvent{}}}
		s.rooms[room] = r
	}
	return r
}

// change changes what is known of a room.
func (s *roomStates) change(room id.RoomID, f func(*roomRecord)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty[room] = true
	f(&s.at(room).roomRecord)
}

// look shows what is known of a room; it must not be kept.
func (s *roomStates) look(room id.RoomID, f func(*roomMemory)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if r := s.rooms[room]; r != nil {
		f(r)
		return
	}
	f(&roomMemory{})
}

// apply takes a state event, and returns the membership that it ends, for one of
// a member.
func (s *roomStates) apply(room id.RoomID, kind, key string, sender id.UserID, content json.RawMessage) (before event.Membership) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set(room, kind, key, sender, content)
}

// set is apply with the lock held.
func (s *roomStates) set(room id.RoomID, kind, key string, sender id.UserID, content json.RawMessage) (before event.Membership) {
	switch {
	case kind == "m.room.member":
		var m struct {
			Membership event.Membership `json:"membership"`
			Name       any              `json:"displayname"` // a string, if the sender keeps to the spec
		}
		if json.Unmarshal(content, &m) != nil || key == "" {
			return ""
		}
		name, _ := m.Name.(string)
		return s.member(room, id.UserID(key), memberRecord{m.Membership, name})
	case key != "" || !kept(kind):
		return ""
	}
	r := s.at(room)
	r.changes++
	if kind == "m.room.encryption" {
		// Whatever it says: a room whose encryption nobody understands is no
		// clear room, and a second event can't take it back.
		r.Encrypted = true
	}
	if r.State == nil {
		r.State = map[string]stateEvent{}
	}
	r.State[kind] = stateEvent{sender, slices.Clone(content)}
	s.dirty[room] = true
	return ""
}

// member sets a member; the lock is held.
func (s *roomStates) member(room id.RoomID, user id.UserID, m memberRecord) (before event.Membership) {
	r := s.at(room)
	old := r.members[user]
	m.Name = strings.Clone(msg.Cut(m.Name, maxName))
	if old == m {
		return old.Membership
	}
	if r.since != nil {
		r.since[user] = true
	}
	s.members[memberKey{room, user}] = true
	if m.Membership == event.MembershipJoin || m.Membership == event.MembershipInvite || m.Membership == event.MembershipBan {
		r.members[user] = m
	} else {
		delete(r.members, user)
	}
	return old.Membership
}

// reading notes that a room's state is being asked for, and counts its changes so
// far.
func (s *roomStates) reading(room id.RoomID) (changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.at(room)
	r.since = map[id.UserID]bool{}
	return r.changes
}

// replace takes a room's whole state as the server has told it, but for the
// members that have changed since it was asked. Where anything else has changed
// since, it takes nothing and returns false.
func (s *roomStates) replace(room id.RoomID, asked int, events []*event.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.at(room)
	if r.changes != asked {
		return false
	}
	newer := map[id.UserID]memberRecord{}
	for user := range r.since {
		newer[user] = r.members[user]
	}
	r.since = nil
	for user := range r.members {
		s.members[memberKey{room, user}] = true
	}
	clear(r.members)
	clear(r.State)
	for _, e := range events {
		if e != nil && e.StateKey != nil {
			s.set(room, e.Type.Type, *e.StateKey, e.Sender, e.Content.VeryRaw)
		}
	}
	for user, m := range newer {
		s.member(room, user, m)
	}
	r.Whole, s.dirty[room] = true, true
	return true
}

// left forgets a room that the bot is no longer in, but not that it is encrypted.
func (s *roomStates) left(room id.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[room]
	if r == nil {
		return
	}
	for user := range r.members {
		s.members[memberKey{room, user}] = true
	}
	clear(r.members)
	r.changes++
	tombstone, moved := r.State["m.room.tombstone"]
	r.roomRecord = roomRecord{Encrypted: r.Encrypted, State: map[string]stateEvent{}}
	if moved {
		r.State["m.room.tombstone"] = tombstone
	}
	s.dirty[room] = true
}

// encryption reports whether a room is encrypted, and whether that is known at
// all.
func (s *roomStates) encryption(room id.RoomID) (encrypted, known bool) {
	s.look(room, func(r *roomMemory) { encrypted, known = r.Encrypted, r.Encrypted || r.Whole })
	return encrypted, known
}

// content decodes the content of an event of a room's state; false where there
// is none that can be read.
func (s *roomStates) content(room id.RoomID, kind string, into any) (sender id.UserID, ok bool) {
	var raw json.RawMessage
	s.look(room, func(r *roomMemory) {
		var e stateEvent
		e, ok = r.State[kind]
		sender, raw = e.Sender, e.Content
	})
	return sender, ok && json.Unmarshal(raw, into) == nil
}

// joined lists who is in a room, the bot among them, by user id.
func (s *roomStates) joined(room id.RoomID) map[id.UserID]string {
	members := map[id.UserID]string{}
	s.look(room, func(r *roomMemory) {
		for user, m := range r.members {
			if m.Membership == event.MembershipJoin {
				members[user] = m.Name
			}
		}
	})
	return members
}

// in reports a member's membership.
func (s *roomStates) in(room id.RoomID, user id.UserID) (m event.Membership) {
	s.look(room, func(r *roomMemory) { m = r.members[user].Membership })
	return m
}

// all lists the rooms that are known.
func (s *roomStates) all() []id.RoomID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.rooms))
}

// levels are a room's power levels, with what they say of creators; nil where
// they are not known.
func (s *roomStates) levels(room id.RoomID) *event.PowerLevelsEventContent {
	levels := new(event.PowerLevelsEventContent)
	if _, ok := s.content(room, "m.room.power_levels", levels); !ok {
		return nil
	}
	levels.CreateEvent = s.createEvent(room)
	return levels
}

// createEvent is a room's first event as the library wants it; nil where it is
// not known.
func (s *roomStates) createEvent(room id.RoomID) *event.Event {
	content := new(event.CreateEventContent)
	sender, ok := s.content(room, "m.room.create", content)
	if !ok {
		return nil
	}
	empty := ""
	return &event.Event{Type: event.StateCreate, RoomID: room, Sender: sender, StateKey: &empty, Content: event.Content{Parsed: content}}
}
