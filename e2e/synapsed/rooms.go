package synapsed

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"
)

const v3 = "/_matrix/client/v3/"

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
	return u.Send(room, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// Send sends any event and returns its id.
func (u *User) Send(room, kind string, content map[string]any) string {
	u.s.t.Helper()
	path := fmt.Sprintf("%srooms/%s/send/%s/%d", v3, url.PathEscape(room), kind, rand.Uint64())
	id, _ := u.Call("PUT", path, content)["event_id"].(string)
	return id
}

// React puts a sign to an event and returns the id of that.
func (u *User) React(room, event, sign string) string {
	u.s.t.Helper()
	return u.Send(room, "m.reaction", Annotation(event, sign))
}

// Redact takes an event back.
func (u *User) Redact(room, event string) {
	u.s.t.Helper()
	u.Call("PUT", fmt.Sprintf("%srooms/%s/redact/%s/%d", v3, url.PathEscape(room), url.PathEscape(event), rand.Uint64()), map[string]any{})
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

// Said lists what somebody has said in a room, oldest first, of its last 1,000
// messages.
func (u *User) Said(room, by string) []Event {
	u.s.t.Helper()
	return slices.DeleteFunc(u.events(room, `{"types":["m.room.message","m.room.encrypted"]}`), func(e Event) bool { return e.Sender != by })
}

// Timeline lists the last 1,000 things that happened in a room, oldest first.
func (u *User) Timeline(room string) []Event {
	u.s.t.Helper()
	return u.events(room, `{}`)
}

func (u *User) events(room, filter string) (list []Event) {
	u.s.t.Helper()
	page := u.Call("GET", v3+"rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=1000&filter="+url.QueryEscape(filter), nil)
	chunk, _ := page["chunk"].([]any)
	for _, raw := range chunk {
		e, _ := raw.(map[string]any)
		content, _ := e["content"].(map[string]any)
		at, _ := e["origin_server_ts"].(float64)
		list = append(list, Event{
			ID: text(e, "event_id"), Type: text(e, "type"), Sender: text(e, "sender"),
			Content: content, At: time.UnixMilli(int64(at)),
		})
	}
	slices.Reverse(list)
	return list
}
