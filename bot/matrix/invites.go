package matrix

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

const (
	strangerReason = "I come by invitation of people I know only; ask my operators"
	emptyReason    = "nobody else is here"
	inviteTries    = 5
)

// invite is an invitation that was not answered yet.
type invite struct {
	by     id.UserID
	direct bool // to talk to the bot alone
	tries  int
	next   time.Time
}

// invited notes an invitation. It is seen again after joining, so to note it
// twice changes nothing. The server of who invites may lay what it likes beside the
// invitation (spec: server-server API, invite_room_state), another one by somebody
// who is known too: of two by different people nobody is taken to have sent either.
func (t *Transport) invited(at id.RoomID, data *mautrix.SyncInvitedRoom) {
	found, inv := false, invite{}
	for _, e := range data.State.Events {
		if e.StateKey == nil || e.Type.Type != "m.room.member" || *e.StateKey != t.user().String() {
			continue
		}
		var m struct {
			Direct any `json:"is_direct"`
		}
		_ = json.Unmarshal(e.Content.VeryRaw, &m) // what can't be read is an invitation too
		direct, _ := m.Direct.(bool)
		if found && inv.by != e.Sender {
			inv = invite{}
			continue
		}
		found, inv = true, invite{by: e.Sender, direct: direct}
	}
	if !found {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.invites[at] = inv
	for _, r := range t.rooms {
		if r.id == at || r.cfg.Name == at.String() {
			r.next = time.Time{}
		}
	}
}

// answerInvites accepts invitations into rooms of the configuration, to where
// such a room has moved, and by people who are known; others it refuses and says
// why. It says when to look again.
func (t *Transport) answerInvites(ctx context.Context) (again time.Time) {
	again = time.Now().Add(time.Hour)
	t.mu.Lock()
	open := maps.Clone(t.invites)
	t.mu.Unlock()
	for at, inv := range open {
		if ctx.Err() != nil || time.Until(inv.next) > 0 {
			again = earlier(again, inv.next)
			continue
		}
		var err error
		accept := t.wanted(at) || t.welcome(inv.by.String())
		if accept {
			var via []string
			if server := inv.by.Homeserver(); server != "" {
				via = []string{server}
			}
			if inv.direct {
				t.states.change(at, func(r *roomRecord) { r.Direct = inv.by })
			}
			err = t.join(ctx, at, via)
		} else {
			err = t.leave(ctx, at, strangerReason)
		}
		if err != nil {
			t.log.Warn("invitation not answered", "room", at, "by", inv.by, "welcome", accept, "why", words(err))
		} else {
			t.log.Info("invitation", "room", at, "by", inv.by, "accepted", accept)
		}
		t.mu.Lock()
		if _, still := t.invites[at]; still {
			inv.tries++
			inv.next = time.Now().Add(backoff(inv.tries))
			if after, ok := limited(err); ok {
				inv.next = time.Now().Add(after)
			}
			t.invites[at] = inv
			if err == nil || inv.tries >= inviteTries {
				delete(t.invites, at)
			} else {
				again = earlier(again, inv.next)
			}
		}
		t.mu.Unlock()
	}
	return again
}

// wanted reports whether the configuration names a room, or one that has moved
// there.
func (t *Transport) wanted(at id.RoomID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rooms {
		if r.id == at || r.cfg.Name == at.String() || r.id != "" && t.movedTo(r.id) == at {
			return true
		}
	}
	return false
}

// tendOthers reads the state of rooms that are not of the configuration, and
// leaves those where nobody else is.
func (t *Transport) tendOthers(ctx context.Context) (again time.Time) {
	again = time.Now().Add(time.Hour)
	for _, at := range t.states.all() {
		if ctx.Err() != nil || !t.joined(at) || t.wanted(at) {
			continue
		}
		t.mu.Lock()
		next := t.other[at]
		t.mu.Unlock()
		if time.Until(next) > 0 {
			again = earlier(again, next)
			continue
		}
		whole := false
		t.states.look(at, func(r *roomMemory) { whole = r.Whole })
		var err error
		switch {
		case !whole:
			err = t.readState(ctx, at)
		case t.deserted(at, t.user()):
			t.log.Info("leaving a room where nobody else is", "room", at)
			err = t.leave(ctx, at, emptyReason)
		default:
			continue
		}
		if err != nil {
			t.log.Warn("room can't be tended", "room", at, "why", words(err))
		}
		t.mu.Lock()
		t.other[at] = time.Now().Add(joinAgain)
		if err == nil && !whole {
			delete(t.other, at)
		}
		t.mu.Unlock()
		again = earlier(again, time.Now().Add(joinAgain))
	}
	return again
}

// deserted reports whether nobody but the bot is in a room, or could still come.
func (t *Transport) deserted(at id.RoomID, me id.UserID) bool {
	others := 0
	t.states.look(at, func(r *roomMemory) {
		for user, m := range r.members {
			if user != me && m.Membership.IsInviteOrJoin() {
				others++
			}
		}
	})
	return others == 0
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
