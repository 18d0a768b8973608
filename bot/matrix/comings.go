package matrix

import (
	"encoding/json"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/msg"
)

// arrived notes that sync shows the bot in a room.
func (t *Transport) arrived(at id.RoomID) {
	t.states.change(at, func(r *roomRecord) { r.Synced = true })
	t.mu.Lock()
	defer t.unlock()
	delete(t.invites, at)
	delete(t.other, at)
	for _, r := range t.rooms {
		if r.id == at || r.id != "" && t.movedTo(r.id) == at {
			r.next = time.Time{}
		}
	}
	t.changed = true
}

// leftRoom notes that the bot is no longer in a room.
func (t *Transport) leftRoom(at id.RoomID, data *mautrix.SyncLeftRoom) {
	why := "left the room"
	for _, e := range append(data.State.Events, data.Timeline.Events...) {
		var m event.MemberEventContent
		if e.StateKey == nil || e.Type.Type != "m.room.member" || *e.StateKey != t.user().String() || json.Unmarshal(e.Content.VeryRaw, &m) != nil {
			continue
		}
		switch by := msg.Cut(msg.Clean(e.Sender.String()), 100); {
		case m.Membership == event.MembershipBan:
			why = "banned from the room by " + by
		case e.Sender != t.user():
			why = "removed from the room by " + by
		}
		if m.Reason != "" {
			why += ": " + msg.Cut(msg.Clean(m.Reason), 100)
		}
	}
	t.states.left(at)
	t.mu.Lock()
	delete(t.invites, at)
	for _, r := range t.rooms {
		if r.id == at {
			t.log.Warn("not in room", "room", r.cfg.String(), "why", why)
			r.why, r.next = why, time.Now().Add(refusedAgain)
		}
	}
	t.changed = true
	t.unlock()
}
