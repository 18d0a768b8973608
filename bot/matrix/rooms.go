package matrix

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

const (
	resolveEvery = time.Hour        // an alias may be moved
	joinAgain    = time.Minute      // after what may pass
	stateTries   = 5                // to read a state that changes
	refusedAgain = 10 * time.Minute // after what a person has to mend
)

const (
	unconnected = "not connected" // why no room is ready at first
	joining     = "joining"       // the server was asked to, or has agreed
)

// room is one room of the configuration. The Transport's lock guards it.
type room struct {
	cfg      bot.Room
	id       id.RoomID // where the name leads; empty: not known yet
	resolved time.Time // when an alias was last looked up
	failures int
	next     time.Time // next attempt to get in; zero: at once
	why      string    // not ready, in words
	lacks    []string  // to get in, and who can grant it
}

// alias reports whether the room is configured by alias.
func (r *room) alias() bool { return strings.HasPrefix(r.cfg.Name, "#") }

// place is what a room is called, and whether it is one for talking to the bot
// alone; zero where it is nothing to anybody: a room that has moved.
func (t *Transport) place(at id.RoomID) (where bot.Room, direct bool) {
	t.mu.Lock()
	for _, r := range t.rooms {
		if r.id == at {
			t.mu.Unlock()
			return r.cfg, false
		}
	}
	t.mu.Unlock()
	if t.movedTo(at) != "" {
		return bot.Room{}, false
	}
	if user := t.alone(at); user != "" {
		return bot.Room{Network: t.cfg.Network, Name: user.String()}, true
	}
	return bot.Room{Network: t.cfg.Network, Name: at.String()}, false
}

// alone is the one person whom the bot talks to in a room, if it is a room of
// two: by its members, or by an invitation to talk alone to who is still there.
func (t *Transport) alone(at id.RoomID) (other id.UserID) {
	me, others := t.user(), 0
	t.states.look(at, func(r *roomMemory) {
		for user, m := range r.members {
			if user != me && m.Membership.IsInviteOrJoin() {
				others++
				other = user
			}
		}
		if r.Direct != "" && r.members[r.Direct].Membership == event.MembershipJoin {
			others, other = 1, r.Direct
		}
	})
	if others != 1 {
		return ""
	}
	return other
}

// target is where a message to a room goes, and whether it could go there now.
// Nowhere and yet ready is somebody with whom a talk can be opened.
func (t *Transport) target(r bot.Room) (at id.RoomID, ready bool) {
	if r.Network != t.cfg.Network || r.Name == "" {
		return "", false
	}
	t.mu.Lock()
	live := t.live
	for _, known := range t.rooms {
		if known.cfg == r {
			at = known.id
		}
	}
	t.mu.Unlock()
	switch {
	case at != "":
	case r.Name[0] == '!':
		at = id.RoomID(r.Name)
	case r.Name[0] == '@':
		if at = t.directRoom(id.UserID(r.Name)); at == "" {
			return "", t.talkable(id.UserID(r.Name))
		}
	}
	return at, at != "" && live && t.joined(at) && t.known(at) && t.movedTo(at) == ""
}

// directRoom is where the bot talks to somebody alone; empty: nowhere.
func (t *Transport) directRoom(user id.UserID) (found id.RoomID) {
	for _, at := range t.states.all() {
		if t.joined(at) && t.movedTo(at) == "" && t.alone(at) == user {
			if where, direct := t.place(at); direct && where.Name == user.String() {
				found = at
			}
		}
	}
	return found
}

// joined reports whether sync has shown the bot in a room.
func (t *Transport) joined(at id.RoomID) (in bool) {
	t.states.look(at, func(r *roomMemory) { in = r.Synced })
	return in
}

// known reports whether all is known of a room that speaking there needs: that it
// is not encrypted, or who is to be sent the keys.
func (t *Transport) known(at id.RoomID) (whole bool) {
	t.states.look(at, func(r *roomMemory) { whole = r.Whole })
	return whole
}

// tendRooms keeps the bot where it should be until ctx ends.
func (t *Transport) tendRooms(ctx context.Context) {
	for {
		wait := t.tendOnce(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-t.tend:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tendOnce does what is due and returns how long nothing else is.
func (t *Transport) tendOnce(ctx context.Context) time.Duration {
	t.mu.Lock()
	started := t.next != "" // before the first answer nobody knows where the bot is
	rooms := slices.Clone(t.rooms)
	t.mu.Unlock()
	if !started {
		return time.Minute
	}
	next := time.Now().Add(resolveEvery)
	for _, r := range rooms {
		if ctx.Err() != nil {
			return time.Minute
		}
		if at := t.tendRoom(ctx, r); at.Before(next) {
			next = at
		}
	}
	next = earlier(next, t.answerInvites(ctx))
	next = earlier(next, t.tendOthers(ctx))
	return max(time.Until(next), 10*time.Millisecond)
}

// tendRoom brings the bot into a room of the configuration, and says when to
// look again.
func (t *Transport) tendRoom(ctx context.Context, r *room) (again time.Time) {
	t.mu.Lock()
	due, at, why := r.next, r.id, r.why
	resolve := r.alias() && (at == "" || time.Since(r.resolved) >= resolveEvery)
	t.mu.Unlock()
	if wait := time.Until(due); wait > 0 {
		return due
	}
	if resolve {
		found, err := t.resolve(ctx, r)
		if err != nil && at == "" {
			return t.notIn(r, err, "no such room: "+r.cfg.Name)
		}
		if err == nil {
			at = found
		}
	} else if at == "" {
		at = id.RoomID(r.cfg.Name)
	}
	if !t.joined(at) {
		if wait := t.q.joining(); wait > 0 {
			t.setRoom(ctx, r, at, "waiting to join: the server allows so many a time")
			return t.rest(r, wait)
		}
		if why == "" || why == unconnected {
			why = joining
		}
		t.setRoom(ctx, r, at, why)
		if err := t.join(ctx, at, r.via()); err != nil {
			return t.notIn(r, err, "no such room: "+r.cfg.Name)
		}
		if again, joined := t.await(r, at); !joined {
			return again
		}
	}
	if !t.known(at) {
		t.setRoom(ctx, r, at, "reading the room's state")
		if err := t.readState(ctx, at); err != nil {
			return t.notIn(r, err, "the room's state can't be read")
		}
	}
	if replacement := t.movedTo(at); replacement != "" && replacement != at {
		why, err := t.follow(ctx, at, replacement)
		if err != nil {
			return t.notIn(r, err, "the room has moved to one that is not there")
		}
		if why != "" {
			t.setRoom(ctx, r, at, why)
			return t.rest(r, refusedAgain)
		}
		if again, joined := t.await(r, replacement); !joined {
			return again
		}
		t.log.Info("room has moved", "room", r.cfg.String(), "from", at, "to", replacement)
		at = replacement
	}
	t.setRoom(ctx, r, at, "")
	if r.alias() {
		return time.Now().Add(resolveEvery)
	}
	return time.Now().Add(24 * time.Hour)
}

// via are the servers to ask for a room: that of its name, where it has one. A
// room id of version 12 has none.
func (r *room) via() []string {
	if _, server, ok := strings.Cut(r.cfg.Name, ":"); ok {
		return []string{server}
	}
	return nil
}

// join joins a room, which sync will show.
func (t *Transport) join(ctx context.Context, at id.RoomID, via []string) error {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	_, err := t.client.JoinRoom(ctx, at.String(), &mautrix.ReqJoinRoom{Via: via})
	t.q.joined(err)
	return err
}

// leave leaves a room, and says why.
func (t *Transport) leave(ctx context.Context, at id.RoomID, reason string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	_, err := t.client.LeaveRoom(ctx, at, &mautrix.ReqLeave{Reason: reason})
	return err
}

// readState reads the whole state of a room, again if sync tells of a change
// meanwhile: the answer may be from before it.
func (t *Transport) readState(ctx context.Context, at id.RoomID) error {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	for tries := 0; ; tries++ {
		changes := t.states.reading(at)
		events, err := lenient(t.wholeState(ctx, at))
		switch {
		case err != nil:
			return err
		case !slices.ContainsFunc(events, func(e *event.Event) bool { return e != nil && e.Type.Type == "m.room.create" }):
			return errors.New("the server's answer is not a room's state")
		case tries >= stateTries:
			return errors.New("the room's state changes all the time")
		}
		if t.states.replace(at, changes, events) {
			break
		}
	}
	t.mu.Lock()
	t.changed = true
	t.unlock()
	return nil
}

// wholeState asks for a room's state. The library's way of doing so takes no null
// for an event.
func (t *Transport) wholeState(ctx context.Context, at id.RoomID) (events []*event.Event, err error) {
	_, err = t.client.MakeRequest(ctx, http.MethodGet, t.client.BuildClientURL("v3", "rooms", at, "state"), nil, &events)
	return events, err
}

// setRoom notes where a name leads, and why the room is not ready.
func (t *Transport) setRoom(ctx context.Context, r *room, at id.RoomID, why string) {
	t.mu.Lock()
	moved := r.id != at
	t.changed = t.changed || moved || r.why != why
	r.id, r.why = at, why
	if why == "" {
		r.failures, r.lacks = 0, nil
	}
	t.unlock()
	if !moved {
		return
	}
	err := t.store.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error {
		return put(tx, t.space.key("name", r.cfg.Name), []byte(at))
	})
	if err != nil {
		t.log.Error("where a name leads is not stored", "room", r.cfg.String(), "err", err)
	}
}

// notIn notes why the bot is not in a room, and says when to try again.
func (t *Transport) notIn(r *room, err error, missing string) time.Time {
	wait := joinAgain
	t.mu.Lock()
	r.failures++
	r.resolved = time.Time{} // the alias may be mended by then
	r.why, r.lacks = words(err), absent(err, t.me)
	switch after, slow := limited(err); {
	case slow:
		wait = after
	case code(err) == "M_NOT_FOUND":
		r.why, wait = missing, refusedAgain
	case code(err) == "M_FORBIDDEN":
		r.why, wait = "not let in: "+words(err), refusedAgain
	case status(err) == 0 || status(err) >= 500:
		wait = backoff(r.failures)
	}
	why := r.why
	t.changed = true
	t.unlock()
	t.log.Warn("not in room", "room", r.cfg.String(), "why", why)
	return t.rest(r, wait)
}

// await reports whether sync has shown the bot in a room that it has joined. If
// not, arrived will look at it, or else the time that await returns.
func (t *Transport) await(r *room, at id.RoomID) (again time.Time, joined bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.joined(at) {
		return time.Time{}, true
	}
	r.next = time.Now().Add(joinAgain)
	return r.next, false
}

// rest leaves a room alone for a while.
func (t *Transport) rest(r *room, wait time.Duration) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.next = time.Now().Add(wait)
	return r.next
}
