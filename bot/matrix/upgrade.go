package matrix

import (
	"context"
	"encoding/json"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// movedTo is the room that a room's tombstone leads to; empty: none.
func (t *Transport) movedTo(at id.RoomID) id.RoomID {
	if tombstone := get[event.TombstoneEventContent](t.states, at, "m.room.tombstone"); tombstone != nil {
		return tombstone.ReplacementRoom
	}
	return ""
}

// resolve looks up an alias. An alias that still leads to the room that was left
// behind means the one it has moved to.
func (t *Transport) resolve(ctx context.Context, r *room) (id.RoomID, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	resp, err := t.client.ResolveAlias(ctx, id.RoomAlias(r.cfg.Name))
	if err == nil && (resp == nil || resp.RoomID == "") {
		err = errNoAnswer
	}
	t.mu.Lock()
	r.resolved = time.Now()
	if err != nil {
		r.resolved = r.resolved.Add(refusedAgain - resolveEvery)
	}
	known := r.id
	t.mu.Unlock()
	if err != nil {
		return "", err
	}
	at := resp.RoomID
	for hops, next := 0, at; next != "" && hops < 10; hops, next = hops+1, t.movedTo(next) {
		if next == known {
			at = known
		}
	}
	return at, nil
}

// follow joins the room that another has moved to, by way of the server of who
// moved it, and says why not where it is not what it should be: it has to name
// the old room as its predecessor, and who moved the old one must have the right
// to invite there.
func (t *Transport) follow(ctx context.Context, from, to id.RoomID) (why string, err error) {
	mover, _ := t.states.content(from, "m.room.tombstone", new(json.RawMessage))
	if !t.joined(to) {
		if err := t.join(ctx, to, []string{mover.Homeserver()}); err != nil {
			return "", err
		}
		if !t.joined(to) {
			return "", nil
		}
	}
	if !t.known(to) {
		if err := t.readState(ctx, to); err != nil {
			return "", err
		}
	}
	var create event.CreateEventContent
	_, ok := t.states.content(to, "m.room.create", &create)
	levels := t.states.levels(to)
	switch {
	case !ok || create.GetPredecessor().RoomID != from:
		why = "the room has moved to one that does not know of it"
	case levels == nil || levels.GetUserLevel(mover) < levels.Invite():
		why = "the room was moved by somebody without rights in the new one"
	default:
		return "", nil
	}
	t.log.Warn("room's upgrade not followed", "from", from, "to", to, "by", mover, "why", why)
	return why, t.leave(ctx, to, why)
}
