package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// stateOps are what rooms go through.
func stateOp(t *rapid.T, s *roomStates) {
	room := rapid.SampledFrom([]id.RoomID{"!a:test.example", "!slash/ed:test.example", "!version12"}).Draw(t, "room")
	user := rapid.SampledFrom([]id.UserID{"@a:test.example", "@b/%2f:test.example", ""}).Draw(t, "user")
	switch rapid.IntRange(0, 7).Draw(t, "op") {
	case 0:
		s.apply(room, "m.room.encryption", "", user, []byte(rapid.SampledFrom([]string{`{"algorithm":"m.megolm.v1.aes-sha2"}`, `{}`, `[]`, `null`}).Draw(t, "content")))
	case 1, 2:
		m := rapid.SampledFrom([]string{"join", "leave", "ban", "invite", "odd", ""}).Draw(t, "membership")
		s.apply(room, "m.room.member", user.String(), user, fmt.Appendf(nil, `{"membership":%q,"displayname":"n"}`, m))
	case 3:
		kind := rapid.SampledFrom([]string{"m.room.power_levels", "m.room.create", "m.room.topic", "m.room.tombstone"}).Draw(t, "kind")
		s.apply(room, kind, rapid.SampledFrom([]string{"", "key"}).Draw(t, "key"), user, []byte(`{"x":1}`))
	case 4:
		s.left(room)
	case 5:
		empty := ""
		s.replace(room, s.reading(room), []*event.Event{
			{Type: event.StateCreate, StateKey: &empty, Content: event.Content{VeryRaw: []byte(`{}`)}},
			nil,
			{Type: event.EventMessage},
		})
	case 6:
		_ = s.ClearCachedMembers(t.Context(), room, event.MembershipJoin)
	case 7:
		_ = s.SetMembership(t.Context(), room, user, event.MembershipJoin)
	}
}

// What is stored is what is known, whenever the bot is killed; and nothing that
// happens makes an encrypted room clear, or a room known that is not.
func TestStatesAreStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, store, at := newRoomStates(), bottest.NewStore(), space("matrix/main/")
		encrypted := map[id.RoomID]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "ops") {
			stateOp(t, s)
			for _, room := range s.all() {
				now, known := s.encryption(room)
				if encrypted[room] && (!now || !known) {
					t.Fatalf("%s was encrypted", room)
				}
				encrypted[room] = now
			}
			if !rapid.Bool().Draw(t, "stored") {
				continue
			}
			err := store.Update(t.Context(), func(tx bot.Tx) error {
				_, err := s.write(tx, at)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			loaded := newRoomStates()
			if err := store.View(t.Context(), func(tx bot.ReadTx) error { return loaded.load(tx, at) }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(snapshot(t, s), snapshot(t, loaded)); diff != "" {
				t.Fatalf("(-known +stored)\n%s", diff)
			}
		}
	})
}

// snapshot is all that is known, in a form to be compared; rooms of which
// nothing is known are left out.
func snapshot(t *rapid.T, s *roomStates) map[string]string {
	all := map[string]string{}
	for _, room := range s.all() {
		s.look(room, func(r *roomMemory) {
			raw, err := json.Marshal([]any{r.roomRecord, r.members})
			if err != nil {
				t.Fatal(err)
			}
			if string(raw) != "[{},{}]" {
				all[room.String()] = string(raw)
			}
		})
	}
	return all
}

// A transaction that failed is made up for by the next.
func TestStatesAfterAFailedWrite(t *testing.T) {
	s, store, at := newRoomStates(), bottest.NewStore(), space("matrix/main/")
	s.apply("!a:test.example", "m.room.encryption", "", "", []byte(`{}`))
	s.apply("!a:test.example", "m.room.member", "@a:test.example", "", []byte(`{"membership":"join"}`))
	for _, fails := range []bool{true, false} {
		_ = store.Update(t.Context(), func(tx bot.Tx) error {
			undo, err := s.write(tx, at)
			if fails {
				undo()
				return fmt.Errorf("disk full")
			}
			return err
		})
	}
	loaded := newRoomStates()
	if err := store.View(t.Context(), func(tx bot.ReadTx) error { return loaded.load(tx, at) }); err != nil {
		t.Fatal(err)
	}
	if encrypted, _ := loaded.encryption("!a:test.example"); !encrypted || !loaded.IsInRoom(t.Context(), "!a:test.example", "@a:test.example") {
		t.Error("the second transaction lacks what the first had")
	}
}

// As far as the library looks, our store answers as its own does: but for who has
// left, whom ours forgets, and for a room nobody knows, of which ours does not
// say that it is clear.
func TestStateStoreLikeTheLibrarys(t *testing.T) {
	const room, a, b = id.RoomID("!a:test.example"), id.UserID("@a:test.example"), id.UserID("@b:test.example")
	ctx, empty := t.Context(), ""
	type answers map[string]any
	ask := func(s mautrix.StateStore) answers {
		got := answers{}
		note := func(what string, v any, err error) {
			raw, _ := json.Marshal(v)
			got[what] = fmt.Sprint(string(raw), err)
		}
		for _, u := range []id.UserID{a, b, "@c:test.example"} {
			m, err := s.GetMember(ctx, room, u)
			note("member "+u.String(), m, err)
			note("in "+u.String(), []bool{s.IsInRoom(ctx, room, u), s.IsInvited(ctx, room, u), s.IsMembership(ctx, room, u, event.MembershipLeave)}, nil)
		}
		levels, err := s.GetPowerLevels(ctx, room)
		note("levels", levels, err)
		if levels != nil {
			note("level of a creator", levels.GetUserLevel(a), nil)
			note("level of another", levels.GetUserLevel(b), nil)
		}
		rules, err := s.GetJoinRules(ctx, room)
		note("join rules", rules, err)
		visibility, err := s.GetHistoryVisibility(ctx, room)
		note("visibility", visibility, err)
		encrypted, err := s.IsEncrypted(ctx, room)
		note("encrypted", encrypted, err)
		members, err := s.GetAllMembers(ctx, room)
		note("members", members, err)
		create, err := s.GetCreate(ctx, room)
		note("created by", create.Sender, err)
		return got
	}
	fill := func(s mautrix.StateStore) {
		raw := func(kind event.Type, key string, sender id.UserID, content string) *event.Event {
			e := &event.Event{Type: kind, RoomID: room, StateKey: &key, Sender: sender, Content: event.Content{VeryRaw: []byte(content)}}
			if err := json.Unmarshal(e.Content.VeryRaw, &e.Content.Raw); err != nil {
				t.Fatal(err)
			}
			if err := e.Content.ParseRaw(kind); err != nil {
				t.Fatal(err)
			}
			return e
		}
		for _, e := range []*event.Event{
			raw(event.StateCreate, empty, a, `{"room_version":"12"}`),
			raw(event.StatePowerLevels, empty, a, `{"users":{"@b:test.example":50},"users_default":1}`),
			raw(event.StateJoinRules, empty, a, `{"join_rule":"invite"}`),
			raw(event.StateHistoryVisibility, empty, a, `{"history_visibility":"joined"}`),
			raw(event.StateEncryption, empty, a, `{"algorithm":"m.megolm.v1.aes-sha2"}`),
			raw(event.StateMember, a.String(), a, `{"membership":"join","displayname":"A"}`),
			raw(event.StateMember, b.String(), a, `{"membership":"invite"}`),
		} {
			mautrix.UpdateStateStore(ctx, s, e)
		}
		if err := s.SetMembership(ctx, room, b, event.MembershipJoin); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs := newRoomStates(), mautrix.NewMemoryStateStore()
	fill(ours)
	fill(theirs)
	if diff := cmp.Diff(ask(theirs), ask(ours)); diff != "" {
		t.Errorf("(-theirs +ours)\n%s", diff)
	}
	if encrypted, err := ours.IsEncrypted(ctx, "!other:test.example"); err == nil {
		t.Errorf("room nobody knows: encrypted %v, want an error", encrypted)
	}
	if rooms, err := ours.FindSharedRooms(ctx, b); err != nil || len(rooms) != 1 {
		t.Errorf("shared rooms %v, %v", rooms, err)
	}
	if users, err := ours.GetRoomJoinedOrInvitedMembers(ctx, room); err != nil || len(users) != 2 {
		t.Errorf("members %v, %v", users, err)
	}
}

// A state that was on its way while sync told of changes is taken as far as it is
// not outdated.
func TestStateThatIsOutdated(t *testing.T) {
	const room, a, b, c = "!a:test.example", "@a:test.example", "@b:test.example", "@c:test.example"
	s := newRoomStates()
	joins := func(users ...string) (events []*event.Event) {
		for _, u := range users {
			events = append(events, &event.Event{Type: event.StateMember, StateKey: &u, Content: event.Content{VeryRaw: []byte(`{"membership":"join"}`)}})
		}
		return events
	}
	s.apply(room, "m.room.member", a, a, []byte(`{"membership":"join"}`))
	asked := s.reading(room)
	s.apply(room, "m.room.member", a, a, []byte(`{"membership":"leave"}`))
	s.apply(room, "m.room.member", c, c, []byte(`{"membership":"join"}`))
	if !s.replace(room, asked, joins(a, b)) {
		t.Fatal("not taken for the sake of members")
	}
	if diff := cmp.Diff(map[id.UserID]string{b: "", c: ""}, s.joined(room)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	asked = s.reading(room)
	s.apply(room, "m.room.tombstone", "", a, []byte(`{}`))
	if s.replace(room, asked, joins(a)) {
		t.Error("taken, though it lacks a tombstone")
	}
}

// However somebody calls themselves, little of it is kept.
func TestLongName(t *testing.T) {
	b := New(Options{Config: Config{Network: "main", User: "@me:b"}, Store: bottest.NewStore()})
	for _, name := range []string{strings.Repeat("x", 60000), "e" + strings.Repeat("\u0301", 30000)} {
		content, err := json.Marshal(map[string]string{"membership": "join", "displayname": name})
		if err != nil {
			t.Fatal(err)
		}
		b.states.apply("!a:b", "m.room.member", "@eve:evil", "@eve:evil", content)
		if nick := b.principal("!a:b", "@eve:evil").Nick; len(nick) > 256 || nick == "" {
			t.Errorf("called by %d bytes", len(nick))
		}
	}
}
