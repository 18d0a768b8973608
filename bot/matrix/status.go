package matrix

import (
	"context"
	"time"

	"torchbearer/bot"
)

// Status describes the network as it is now.
func (t *Transport) Status() bot.NetworkStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	st := bot.NetworkStatus{
		Network: t.cfg.Network, Connected: t.live, Since: t.date(t.since, now), Lag: t.lag,
		Detail: t.detail,
		Rooms:  make([]bot.RoomStatus, 0, len(t.rooms)),
	}
	if t.crypt != nil {
		st.Trust = t.trust
	}
	if t.live {
		st.Login = t.cfg.User + ", device " + t.device.String()
	}
	if !t.retry.IsZero() {
		st.Retry = t.date(t.retry, now)
	}
	me := t.me
	for _, r := range t.rooms {
		rs := bot.RoomStatus{Room: r.cfg, Why: r.why}
		encrypted, known := t.states.encryption(r.id)
		switch {
		case !t.live:
			rs.Why = unconnected
		case r.why != "":
			// What the server has agreed to is under way until sync shows it.
			if time.Until(r.next) > 0 && r.why != joining {
				rs.Retry = t.date(r.next, now)
			}
		case !known || !t.joined(r.id):
			rs.Why = "reading the room's state"
		case t.movedTo(r.id) != "":
			rs.Why = "the room has moved, and the bot is on its way"
		case encrypted && t.crypt == nil:
			rs.Why = noCrypto
		case t.mute(r.id, me) != "":
			rs.Why = t.mute(r.id, me)
		default:
			rs.Ready = true
		}
		if t.live && known && t.joined(r.id) {
			rs.Lacks = t.lacks(r.id, me, t.crypt != nil)
		} else if t.live {
			rs.Lacks = r.lacks
		}
		st.Rooms = append(st.Rooms, rs)
	}
	return st
}

// date tells an instant of package time in the time that is handed on.
func (t *Transport) date(at, now time.Time) time.Time {
	return t.now().Add(at.Sub(now)).UTC().Round(0)
}

// Members lists who is in a room now, but for the bot and those it ignores. The
// server vouches for all of them.
func (t *Transport) Members(r bot.Room) (members []bot.Principal) {
	at, _ := t.target(r)
	if at == "" || !t.joined(at) {
		return nil
	}
	me := t.user()
	for user, name := range t.states.joined(at) {
		if user != me && !t.ignored(user) {
			members = append(members, t.named(user, name))
		}
	}
	return members
}

// Identify knows nothing beyond what was known: the server vouches for whoever it
// names, and where its word is not enough there is nobody else to ask.
func (t *Transport) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) {
	return p, nil
}
