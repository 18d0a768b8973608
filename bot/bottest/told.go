package bottest

import (
	"fmt"
	"slices"
	"time"

	"torchbearer/bot"
)

const (
	// again is for how long before a kill a Rich network tells again what the bot
	// has heard: two of its commits, see package matrix.
	again = 10 * time.Second
	// stale is how old may be what the bot is told that was away.
	stale = 10 * time.Minute
)

// told is a line that the bot has heard, or is still to hear.
type told struct {
	in   bot.Incoming
	said time.Time
	to   *Session  // who heard it last; nil: nobody yet
	at   time.Time // when
}

// line is an empty one of somebody's in a room; the lock is held, as in all below.
func (n *Network) line(r bot.Room, user string) bot.Incoming {
	in := bot.Incoming{Room: r, Direct: direct(r), From: n.principal(user), At: n.now()}
	if n.Kind == Rich {
		n.serial++
		in.ID = fmt.Sprintf("$%d", n.serial)
		in.Once = "rich/" + n.Name + "/ran/" + in.ID
	}
	if in.Direct {
		in.Room.Name = user
	}
	return in
}

// tell lets the bot hear a line, now or, on a Rich network, when it is back. The
// function it returns is to be called without the lock.
func (n *Network) tell(in bot.Incoming) (hand func()) {
	s := n.session
	if n.Kind == Rich && !n.kicked[in.Room] {
		n.told = append(n.told, told{in: in, said: in.At})
	}
	switch {
	case s == nil || !s.ready(in.Room):
		return func() {}
	case n.Kind == Rich:
		return n.next()
	}
	return s.hand(in)
}

// hand lets the bot hear a line.
func (s *Session) hand(in bot.Incoming) func() {
	return func() {
		if !in.Direct {
			s.in.Seen(in.Room, in.From, in.At)
		}
		s.in.Incoming(in)
	}
}

// next hands on what the bot has not heard yet, and forgets what nobody will tell
// again.
func (n *Network) next() (hand func()) {
	s, now := n.session, n.now()
	if s == nil || !s.connected() {
		return func() {}
	}
	n.told = slices.DeleteFunc(n.told, func(t told) bool {
		return t.to == s && now.Sub(t.at) > again || t.to == nil && now.Sub(t.said) > stale || t.to != nil && t.to != s && n.Ran != nil && n.Ran(t.in.Once)
	})
	var all []func()
	for i := range n.told {
		t := &n.told[i]
		if t.to == s || !s.ready(t.in.Room) {
			continue
		}
		t.to, t.at, t.in.At = s, now, now
		all = append(all, s.hand(t.in))
	}
	return func() {
		for _, hand := range all {
			hand()
		}
	}
}

// catchUp tells the bot what it has missed.
func (n *Network) catchUp() {
	n.mu.Lock()
	hand := func() {}
	if n.Kind == Rich {
		hand = n.next()
	}
	n.mu.Unlock()
	hand()
}

// lost notes that a session was killed: what it has heard a while ago is known to
// have been heard, the rest is not.
func (n *Network) lost(s *Session) {
	now := n.now()
	n.told = slices.DeleteFunc(n.told, func(t told) bool { return t.to == s && now.Sub(t.at) > again })
}

// left notes that a session has ended in order, and has heard what it has heard.
func (n *Network) left(s *Session) {
	if !s.killed {
		n.told = slices.DeleteFunc(n.told, func(t told) bool { return t.to == s })
	}
}
