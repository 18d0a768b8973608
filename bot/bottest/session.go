package bottest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// Session is one life of the bot on a Network: its bot.Transport.
type Session struct {
	n  *Network
	in bot.Receiver // set by Run

	// Guarded by the network's lock.
	running, killed bool
	gone            chan struct{} // closed when the connection breaks
}

var _ bot.Transport = (*Session)(nil)

// Connect makes the transport of a bot's next life.
func (n *Network) Connect() *Session { return &Session{n: n, gone: make(chan struct{})} }

// Kill ends the bot's life here as kill -9 does: what it does afterwards has no
// effect.
func (s *Session) Kill() {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.killed = true
	s.cut()
}

// cut breaks the connection; the lock is held.
func (s *Session) cut() {
	if s != nil {
		close(s.gone)
		s.gone = make(chan struct{})
	}
}

// connected reports whether the bot is there; the lock is held.
func (s *Session) connected() bool { return s.running && !s.killed && s.n.up }

// ready reports whether a room can be reached; the lock is held.
func (s *Session) ready(r bot.Room) bool { return s.connected() && !s.n.kicked[r] }

// Network implements bot.Transport.
func (s *Session) Network() string { return s.n.Name }

// Run implements bot.Transport.
func (s *Session) Run(ctx context.Context, in bot.Receiver) error {
	s.n.mu.Lock()
	s.in = in
	s.running = true
	s.n.session = s
	s.n.mu.Unlock()
	in.Changed(s.n.Name)
	<-ctx.Done()
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.running = false
	if s.n.session == s {
		s.n.session = nil
	}
	s.cut()
	return nil
}

// Status implements bot.Transport.
func (s *Session) Status() bot.NetworkStatus {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	st := bot.NetworkStatus{Network: s.n.Name, Connected: s.connected()}
	if !st.Connected {
		st.Detail = "connection refused"
	}
	for r := range s.n.kicked {
		st.Rooms = append(st.Rooms, bot.RoomStatus{Room: r, Why: "kicked"})
	}
	return st
}

// Ready implements bot.Sender.
func (s *Session) Ready(r bot.Room) bool {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	return s.ready(r)
}

// Render implements bot.Sender.
func (s *Session) Render(r bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	lines := s.lines(r, m, at)
	if len(lines) == 0 {
		return nil, errors.New("the message says nothing")
	}
	return json.Marshal(lines)
}

func (s *Session) lines(r bot.Room, m msg.Message, at time.Time) []string {
	if s.n.Kind == Plain {
		members := s.Members(r)
		return msg.IRC(msg.Spare(m, func(word string) bool {
			return slices.ContainsFunc(members, func(p bot.Principal) bool { return p.Nick == word })
		}), at, lineLimit)
	}
	return []string{msg.Plain(m, at)}
}

// errUnknown is what a sender learns when nobody answers.
var errUnknown = errors.New("connection lost before the acknowledgement")

// Deliver implements bot.Sender.
func (s *Session) Deliver(ctx context.Context, id string, r bot.Room, payload []byte) error {
	lines, err := decode(payload)
	if err != nil {
		return &bot.Refusal{Why: err.Error(), Final: true}
	}
	n := s.n
	n.mu.Lock()
	switch {
	case !s.ready(r):
		n.mu.Unlock()
		return bot.ErrNotReady
	case n.muted[r]:
		n.mu.Unlock()
		return &bot.Refusal{Why: "muted in the channel (404)"}
	case direct(r) && !n.online(r.Name):
		n.mu.Unlock()
		return &bot.Refusal{Why: r.Name + " is not on the network (401)"}
	}
	fault, slow, gone := n.fault, n.slow, s.gone
	known := n.Kind == Rich && n.ids[id]
	n.ids[id] = n.ids[id] || fault != Dropped
	var seen Seen
	if fault != Dropped && !known {
		seen = n.arrive(r, lines, false)
	}
	n.mu.Unlock()
	if n.OnArrival != nil && seen.Lines != nil {
		n.OnArrival(seen)
	}
	ack := time.NewTimer(slow)
	defer ack.Stop()
	select {
	case <-gone:
		return errUnknown
	case <-ctx.Done():
		return ctx.Err()
	case <-ack.C:
	}
	if fault != NoFault {
		return errUnknown
	}
	return nil
}

// Reply implements bot.Replier.
func (s *Session) Reply(to bot.Incoming, m msg.Message, at time.Time) {
	lines := s.lines(to.Room, m, at)
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if s.ready(to.Room) && len(lines) > 0 {
		s.n.arrive(to.Room, lines, true)
	}
}

// Identify implements bot.Replier.
func (s *Session) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if account := s.n.accounts[p.Nick]; account != "" && s.n.services {
		p.Account, p.Strength = account, bot.Account
	}
	return p, nil
}
