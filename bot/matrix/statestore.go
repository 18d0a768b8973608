package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// What follows is mautrix.StateStore and crypto.StateStore. The library asks it
// who is in a room and whether it is encrypted; what it tells of its own accord
// is taken like an event of the room, but nothing can make a room clear.

// IsInRoom reports whether a user is in a room.
func (s *roomStates) IsInRoom(_ context.Context, room id.RoomID, user id.UserID) bool {
	return s.in(room, user) == event.MembershipJoin
}

// IsInvited reports whether a user is in a room or invited.
func (s *roomStates) IsInvited(_ context.Context, room id.RoomID, user id.UserID) bool {
	return s.in(room, user).IsInviteOrJoin()
}

// IsMembership reports whether a user's membership is one of those.
func (s *roomStates) IsMembership(ctx context.Context, room id.RoomID, user id.UserID, allowed ...event.Membership) bool {
	m, _ := s.GetMember(ctx, room, user)
	return slices.Contains(allowed, m.Membership)
}

// GetMember returns a member; who is none has left.
func (s *roomStates) GetMember(ctx context.Context, room id.RoomID, user id.UserID) (*event.MemberEventContent, error) {
	m, err := s.TryGetMember(ctx, room, user)
	if m == nil {
		m = &event.MemberEventContent{Membership: event.MembershipLeave}
	}
	return m, err
}

// TryGetMember returns a member, or nil.
func (s *roomStates) TryGetMember(_ context.Context, room id.RoomID, user id.UserID) (m *event.MemberEventContent, _ error) {
	s.look(room, func(r *roomMemory) {
		if known, ok := r.members[user]; ok {
			m = &event.MemberEventContent{Membership: known.Membership, Displayname: known.Name}
		}
	})
	return m, nil
}

// SetMembership sets a membership, and leaves the name.
func (s *roomStates) SetMembership(_ context.Context, room id.RoomID, user id.UserID, m event.Membership) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.member(room, user, memberRecord{m, s.at(room).members[user].Name})
	return nil
}

// SetMember sets a member.
func (s *roomStates) SetMember(_ context.Context, room id.RoomID, user id.UserID, m *event.MemberEventContent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.member(room, user, memberRecord{m.Membership, m.Displayname})
	return nil
}

// IsConfusableName finds nobody: names are not told apart by looks here.
func (s *roomStates) IsConfusableName(context.Context, id.RoomID, id.UserID, string) ([]id.UserID, error) {
	return nil, nil
}

// ClearCachedMembers forgets members of those memberships, all if there are none.
func (s *roomStates) ClearCachedMembers(_ context.Context, room id.RoomID, memberships ...event.Membership) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, m := range s.at(room).members {
		if len(memberships) == 0 || slices.Contains(memberships, m.Membership) {
			s.member(room, user, memberRecord{Membership: event.MembershipLeave})
		}
	}
	return nil
}

// ReplaceCachedMembers sets the members of those memberships.
func (s *roomStates) ReplaceCachedMembers(ctx context.Context, room id.RoomID, events []*event.Event, only ...event.Membership) error {
	if err := s.ClearCachedMembers(ctx, room, only...); err != nil {
		return err
	}
	for _, e := range events {
		if e != nil && e.StateKey != nil {
			s.apply(room, e.Type.Type, *e.StateKey, e.Sender, e.Content.VeryRaw)
		}
	}
	return nil
}

// HasFetchedMembers reports whether all members are known.
func (s *roomStates) HasFetchedMembers(_ context.Context, room id.RoomID) (whole bool, _ error) {
	s.look(room, func(r *roomMemory) { whole = r.Whole })
	return whole, nil
}

// MarkMembersFetched does nothing: that a room is known in whole is not for the
// library to say.
func (s *roomStates) MarkMembersFetched(context.Context, id.RoomID) error { return nil }

// GetAllMembers returns the members that are known.
func (s *roomStates) GetAllMembers(_ context.Context, room id.RoomID) (map[id.UserID]*event.MemberEventContent, error) {
	members := map[id.UserID]*event.MemberEventContent{}
	s.look(room, func(r *roomMemory) {
		for user, m := range r.members {
			members[user] = &event.MemberEventContent{Membership: m.Membership, Displayname: m.Name}
		}
	})
	return members, nil
}

// GetRoomJoinedOrInvitedMembers lists to whom a room's keys go.
func (s *roomStates) GetRoomJoinedOrInvitedMembers(_ context.Context, room id.RoomID) (users []id.UserID, _ error) {
	s.look(room, func(r *roomMemory) {
		for user, m := range r.members {
			if m.Membership.IsInviteOrJoin() {
				users = append(users, user)
			}
		}
	})
	slices.Sort(users)
	return users, nil
}

// FindSharedRooms lists the encrypted rooms that somebody is in.
func (s *roomStates) FindSharedRooms(_ context.Context, user id.UserID) (rooms []id.RoomID, _ error) {
	for _, room := range s.all() {
		s.look(room, func(r *roomMemory) {
			if r.Encrypted && r.members[user].Membership.IsInviteOrJoin() {
				rooms = append(rooms, room)
			}
		})
	}
	return rooms, nil
}

// SetPowerLevels sets a room's power levels.
func (s *roomStates) SetPowerLevels(_ context.Context, room id.RoomID, levels *event.PowerLevelsEventContent) error {
	return s.put(room, "m.room.power_levels", levels)
}

// GetPowerLevels returns a room's power levels, nil where they are not known.
func (s *roomStates) GetPowerLevels(_ context.Context, room id.RoomID) (*event.PowerLevelsEventContent, error) {
	return s.levels(room), nil
}

// SetCreate sets a room's first event.
func (s *roomStates) SetCreate(_ context.Context, e *event.Event) error {
	content := e.Content.VeryRaw
	if content == nil {
		var err error
		if content, err = json.Marshal(&e.Content); err != nil {
			return fmt.Errorf("encode create event: %w", err)
		}
	}
	s.apply(e.RoomID, "m.room.create", "", e.Sender, content)
	return nil
}

// GetCreate returns a room's first event, nil where it is not known.
func (s *roomStates) GetCreate(_ context.Context, room id.RoomID) (*event.Event, error) {
	return s.createEvent(room), nil
}

// SetJoinRules sets who may join a room.
func (s *roomStates) SetJoinRules(_ context.Context, room id.RoomID, content *event.JoinRulesEventContent) error {
	return s.put(room, "m.room.join_rules", content)
}

// GetJoinRules returns who may join a room, nil where that is not known.
func (s *roomStates) GetJoinRules(_ context.Context, room id.RoomID) (*event.JoinRulesEventContent, error) {
	return get[event.JoinRulesEventContent](s, room, "m.room.join_rules"), nil
}

// SetHistoryVisibility sets who may read what was said before.
func (s *roomStates) SetHistoryVisibility(_ context.Context, room id.RoomID, content *event.HistoryVisibilityEventContent) error {
	return s.put(room, "m.room.history_visibility", content)
}

// GetHistoryVisibility returns that, nil where it is not known.
func (s *roomStates) GetHistoryVisibility(_ context.Context, room id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	return get[event.HistoryVisibilityEventContent](s, room, "m.room.history_visibility"), nil
}

// SetEncryptionEvent notes that a room is encrypted.
func (s *roomStates) SetEncryptionEvent(_ context.Context, room id.RoomID, content *event.EncryptionEventContent) error {
	return s.put(room, "m.room.encryption", content)
}

// GetEncryptionEvent returns how a room is encrypted, nil where it is not.
func (s *roomStates) GetEncryptionEvent(_ context.Context, room id.RoomID) (*event.EncryptionEventContent, error) {
	return get[event.EncryptionEventContent](s, room, "m.room.encryption"), nil
}

// IsEncrypted reports whether a room is encrypted, and fails where nobody knows.
func (s *roomStates) IsEncrypted(_ context.Context, room id.RoomID) (bool, error) {
	encrypted, known := s.encryption(room)
	if !known {
		return false, fmt.Errorf("look up encryption of %s: its state is not known", room)
	}
	return encrypted, nil
}

// put sets a piece of state as the library has it.
func (s *roomStates) put(room id.RoomID, kind string, content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	s.apply(room, kind, "", "", raw)
	return nil
}

// get reads a piece of state; nil where it is not there, or unreadable.
func get[T any](s *roomStates, room id.RoomID, kind string) *T {
	content := new(T)
	if _, ok := s.content(room, kind, content); !ok {
		return nil
	}
	return content
}
