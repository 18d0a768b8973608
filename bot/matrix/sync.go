package matrix

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	pollTime  = 30 * time.Second
	pollSlack = 15 * time.Second // beyond it nobody knows what happened meanwhile
	catchUps  = 10               // answers at most, before the bot takes itself for caught up
	staleText = 10 * time.Minute // older at catching up: no command
)

// filter is what sync tells: everything of the rooms, little of the rest. The
// first time members come later, room by room, since all at once would be large.
// A mark makes it one that nobody has used before.
func filter(first bool, mark string) string {
	none := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	presence := *none
	if mark != "" {
		presence.NotTypes = append(presence.NotTypes, event.Type{Type: mark})
	}
	f := mautrix.Filter{
		Presence:    &presence,
		AccountData: &mautrix.FilterPart{Types: []event.Type{event.AccountDataDirectChats}},
		Room: &mautrix.RoomFilter{
			AccountData: none, Ephemeral: none,
			Timeline: &mautrix.FilterPart{Limit: 50},
			State:    &mautrix.FilterPart{LazyLoadMembers: first},
		},
	}
	if first {
		f.Room.Timeline.Limit = 1
	}
	raw, err := json.Marshal(f)
	if err != nil {
		panic(err) // a literal
	}
	return string(raw)
}

// syncs asks the server what happened, for ever. It returns when ctx ends, or
// with the fault that ends the session.
//
// Synapse answers a request that it had before from a cache, for two minutes, and
// what is in there may hold nothing: when it was put there nothing had happened
// in the bot's rooms, but in others, so that the next token was another one. A bot
// that was killed meanwhile would ask the same again, and take itself for caught
// up. So until it is, no request is like another, and it is not before an answer
// without news, or many.
func (t *Transport) syncs(ctx context.Context) fault {
	first, later := filter(true, ""), filter(false, "")
	for caught := 0; ; {
		t.mu.Lock()
		since, live := t.next, t.live
		t.mu.Unlock()
		req := mautrix.ReqSync{Since: since, FilterID: later, SetPresence: event.PresenceOffline}
		limit := wholeTime
		switch {
		case since == "":
			req.FilterID = first
		case live:
			req.Timeout = int(pollTime.Milliseconds())
			limit = pollTime + pollSlack
		default:
			req.FilterID = filter(false, rand.Text())
		}
		resp, err := t.syncOnce(ctx, req, limit)
		if ctx.Err() != nil {
			return fault{why: "left"}
		}
		if err != nil {
			return t.loginFault(ctx, err)
		}
		tidy(resp)
		missed := t.ahead(ctx, resp, since)
		if ctx.Err() != nil {
			return fault{why: "left"}
		}
		take := func(ctx context.Context) { t.take(ctx, resp, missed, since) }
		if t.crypt == nil {
			take(ctx)
		} else if err := t.crypt.Sync(ctx, resp, since, take); err != nil {
			return fault{why: "encryption failed: " + words(err)}
		}
		caught++
		news := len(resp.Rooms.Join)+len(resp.Rooms.Invite)+len(resp.Rooms.Leave) > 0
		t.mu.Lock()
		t.next = resp.NextBatch
		if news || len(resp.ToDevice.Events)+len(resp.AccountData.Events) > 0 {
			t.news++
		}
		if !t.live && since != "" && (!news || caught >= catchUps) {
			t.live, t.since, t.detail, t.changed = true, time.Now(), "", true
			t.log.Info("connected", "user", t.cfg.User, "device", t.device)
		}
		t.unlock()
		if since == "" {
			// From here on nothing is lost. Nothing was handed on so far.
			if err := t.commit(ctx, false); err != nil {
				return fault{fatal: err}
			}
		}
		t.look()
	}
}

func (t *Transport) syncOnce(ctx context.Context, req mautrix.ReqSync, limit time.Duration) (*mautrix.RespSync, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, err := lenient(t.client.FullSyncRequest(ctx, req))
	if err == nil && (resp == nil || resp.NextBatch == "") {
		err = fmt.Errorf("the server's answer to a sync is none")
	}
	return resp, err
}

// take handles one answer: first the state of all rooms, so that nothing is
// answered into a room whose news are not known yet, then what was said. Missed is
// what came before an answer's part of a room. Nothing here waits for the network:
// keys are stored when it is over.
func (t *Transport) take(ctx context.Context, resp *mautrix.RespSync, missed map[id.RoomID][]*event.Event, since string) {
	ids := slices.Sorted(maps.Keys(resp.Rooms.Join))
	said := make([]talk, len(ids))
	for i, room := range ids {
		understood := false
		t.guarded(room, func() {
			said[i] = t.takeState(room, resp.Rooms.Join[room], since == "")
			understood = true
		})
		if !understood {
			// It may have been the encryption that was not understood: read
			// the state anew, and say nothing before.
			t.states.change(room, func(r *roomRecord) { r.Whole = false })
		}
	}
	for _, e := range resp.AccountData.Events {
		t.directs(e)
	}
	for room, left := range resp.Rooms.Leave {
		t.guarded(room, func() { t.leftRoom(room, left) })
	}
	for room, data := range resp.Rooms.Invite {
		t.guarded(room, func() { t.invited(room, data) })
	}
	for i, room := range ids {
		t.guarded(room, func() {
			said[i].events = append(missed[room], said[i].events...)
			t.hear(ctx, room, said[i])
		})
	}
}

// directs takes the account's list of talks of two.
func (t *Transport) directs(e *event.Event) {
	var rooms map[id.UserID][]id.RoomID
	if e.Type.Type != event.AccountDataDirectChats.Type || json.Unmarshal(e.Content.VeryRaw, &rooms) != nil {
		return
	}
	for user, list := range rooms {
		for _, room := range list {
			t.states.change(room, func(r *roomRecord) { r.Direct = user })
		}
	}
}

// tidy takes out of an answer what stands for nothing.
func tidy(resp *mautrix.RespSync) {
	events := func(list *mautrix.SyncEventsList) {
		list.Events = slices.DeleteFunc(list.Events, func(e *event.Event) bool { return e == nil })
	}
	maps.DeleteFunc(resp.Rooms.Join, func(_ id.RoomID, r *mautrix.SyncJoinedRoom) bool { return r == nil })
	maps.DeleteFunc(resp.Rooms.Leave, func(_ id.RoomID, r *mautrix.SyncLeftRoom) bool { return r == nil })
	maps.DeleteFunc(resp.Rooms.Invite, func(_ id.RoomID, r *mautrix.SyncInvitedRoom) bool { return r == nil })
	events(&resp.AccountData)
	for _, r := range resp.Rooms.Join {
		events(&r.State)
		events(&r.Timeline.SyncEventsList)
		if r.StateAfter != nil {
			events(r.StateAfter)
		}
	}
	for _, r := range resp.Rooms.Leave {
		events(&r.State)
		events(&r.Timeline.SyncEventsList)
	}
	for _, r := range resp.Rooms.Invite {
		events(&r.State)
	}
}

// guarded keeps what hostile events may do to one room to that room.
func (t *Transport) guarded(room id.RoomID, f func()) {
	defer func() {
		if p := recover(); p != nil {
			t.log.Error("room's news not understood", "room", room, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// talk is what is new in a room.
type talk struct {
	events []*event.Event // of the timeline, that may be spoken to the bot
	joins  []id.UserID    // who came in
}

// takeState applies what an answer says of a room's state, and returns what
// remains to be heard: nothing of what was said before the bot was there.
func (t *Transport) takeState(room id.RoomID, data *mautrix.SyncJoinedRoom, first bool) (said talk) {
	synced := false
	t.states.look(room, func(r *roomMemory) { synced = r.Synced })
	for _, e := range data.State.Events {
		t.applied(room, e)
	}
	if data.StateAfter != nil {
		for _, e := range data.StateAfter.Events {
			t.applied(room, e)
		}
	}
	for _, e := range data.Timeline.Events {
		e.RoomID = room
		if e.StateKey == nil {
			said.events = append(said.events, e)
			continue
		}
		before := t.applied(room, e)
		if e.Type.Type != "m.room.member" {
			continue
		}
		switch user := id.UserID(*e.StateKey); {
		case t.states.in(room, user) != event.MembershipJoin:
		case user == t.user():
			if !synced {
				said = talk{} // what is before was said to others
			}
		case before != event.MembershipJoin:
			said.joins = append(said.joins, user)
		}
	}
	if first {
		said = talk{}
	}
	if !synced {
		t.arrived(room)
	}
	return said
}

// applied applies a state event, and returns the membership before one of a
// member.
func (t *Transport) applied(room id.RoomID, e *event.Event) event.Membership {
	if e.StateKey == nil {
		return ""
	}
	return t.states.apply(room, e.Type.Type, *e.StateKey, e.Sender, e.Content.VeryRaw)
}

// user is who the bot is.
func (t *Transport) user() id.UserID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.me
}
