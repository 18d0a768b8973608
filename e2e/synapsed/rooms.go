package synapsed

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
)

const v3 = "/_matrix/client/v3/"

// Event is one event of a room, as its server tells it.
type Event struct {
	ID, Type, Sender string
	Content          map[string]any
}

// Body is what the event says, where it says something.
func (e Event) Body() string { s, _ := e.Content["body"].(string); return s }

// CreateRoom makes a room and returns its id.
func (u *User) CreateRoom(options map[string]any) string {
	u.s.t.Helper()
	id, _ := u.Call("POST", v3+"createRoom", options)["room_id"].(string)
	return id
}

// Join joins a room by id or alias.
func (u *User) Join(room string) {
	u.s.t.Helper()
	u.Call("POST", v3+"join/"+url.PathEscape(room), map[string]any{})
}

// Invite invites somebody.
func (u *User) Invite(room, user string) {
	u.s.t.Helper()
	u.Call("POST", v3+"rooms/"+url.PathEscape(room)+"/invite", map[string]any{"user_id": user})
}

// Upgrade makes the room anew in a version, and returns the new room's id.
func (u *User) Upgrade(room, version string) string {
	u.s.t.Helper()
	id, _ := u.Call("POST", v3+"rooms/"+url.PathEscape(room)+"/upgrade", map[string]any{"new_version": version})["replacement_room"].(string)
	return id
}

// Say sends a text and returns its event id.
func (u *User) Say(room, text string) string {
	u.s.t.Helper()
	path := fmt.Sprintf("%srooms/%s/send/m.room.message/%d", v3, url.PathEscape(room), rand.Uint64())
	id, _ := u.Call("PUT", path, map[string]any{"msgtype": "m.text", "body": text})["event_id"].(string)
	return id
}

// State sets a room's state.
func (u *User) State(room, kind, key string, content map[string]any) {
	u.s.t.Helper()
	u.Call("PUT", v3+"rooms/"+url.PathEscape(room)+"/state/"+kind+"/"+url.PathEscape(key), content)
}

// Membership is somebody's membership in a room the user sees, and the reason
// they gave; empty: none.
func (u *User) Membership(room, of string) (membership, reason string) {
	content, err := u.Try("GET", v3+"rooms/"+url.PathEscape(room)+"/state/m.room.member/"+url.PathEscape(of), nil)
	if err != nil {
		return "", ""
	}
	membership, _ = content["membership"].(string)
	reason, _ = content["reason"].(string)
	return membership, reason
}

// Said lists what somebody has said in a room, oldest first, at most 1,000
// messages.
func (u *User) Said(room, by string) (said []Event) {
	u.s.t.Helper()
	filter := url.QueryEscape(`{"types":["m.room.message","m.room.encrypted"]}`)
	page := u.Call("GET", v3+"rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=1000&filter="+filter, nil)
	chunk, _ := page["chunk"].([]any)
	for _, raw := range chunk {
		e, _ := raw.(map[string]any)
		id, _ := e["event_id"].(string)
		kind, _ := e["type"].(string)
		sender, _ := e["sender"].(string)
		content, _ := e["content"].(map[string]any)
		if sender == by {
			said = append(said, Event{ID: id, Type: kind, Sender: sender, Content: content})
		}
	}
	slices.Reverse(said)
	return said
}
