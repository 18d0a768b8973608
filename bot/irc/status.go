package irc

import (
	"fmt"
	"time"

	"torchbearer/bot"
)

// Status describes the network as it is now.
func (t *Transport) Status() bot.NetworkStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	st := bot.NetworkStatus{
		Network: t.cfg.Network, Since: t.date(t.since, now), Lag: t.lag,
		Login: "not logged in", Detail: t.detail,
		Rooms: make([]bot.RoomStatus, 0, len(t.rooms)),
	}
	if t.s != nil {
		st.Connected = t.s.login.done && !t.s.closed
		st.Login = t.s.loginWords()
		if st.Connected && !t.s.hasNick() {
			st.Detail = fmt.Sprintf("called %s, waiting for the nick %s", printable(t.s.nick), t.cfg.Nick)
		}
	}
	if t.s != nil && t.s.login.resting(now) {
		st.Detail, st.Retry = st.Login, t.date(t.s.login.next, now)
	}
	if !t.retry.IsZero() {
		st.Retry = t.date(t.retry, now)
	}
	for _, r := range t.rooms {
		rs := bot.RoomStatus{Room: r.cfg, Ready: r.joined}
		if !r.joined {
			rs.Why = r.why
			if t.s != nil && !r.next.IsZero() {
				rs.Retry = t.date(r.next, now)
			}
		}
		st.Rooms = append(st.Rooms, rs)
	}
	return st
}

// date tells an instant of package time in the time that is handed on.
func (t *Transport) date(at, now time.Time) time.Time {
	return t.now().Add(at.Sub(now)).UTC().Round(0)
}
