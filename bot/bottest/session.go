package bottest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	gone            chan struct{}  // closed when the connection breaks
	answers         map[string]int // given, by the id of the line
}

var _ bot.Transport = (*Session)(nil)

// Connect makes the transport of a bot's next life: on a Rich network a bot.Editor
// too, see Editing.
func (n *Network) Connect() *Session {
	return &Session{n: n, gone: make(chan struct{}), answers: map[string]int{}}
}

// Kill ends the bot's life here as kill -9 does: what it does afterwards has no
// effect.
func (s *Session) Kill() {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.killed = true
	s.n.lost(s)
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
	s.n.catchUp()
	<-ctx.Done()
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.running = false
	s.n.left(s)
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
	out := s.render(r, m, at)
	if len(out.Lines) == 0 {
		return nil, errors.New("the message says nothing")
	}
	return json.Marshal(out)
}

func (s *Session) render(r bot.Room, m msg.Message, at time.Time) (out rendered) {
	if s.n.Kind == Plain {
		members := s.Members(r)
		out.Lines = msg.IRC(msg.Spare(m, func(word string) bool {
			return slices.ContainsFunc(members, func(p bot.Principal) bool { return p.Nick == word })
		}), at, lineLimit)
		return out
	}
	if text := msg.Plain(m, at); text != "" {
		out.Lines = []string{text}
	}
	if m.Kind != msg.Answer {
		out.Mentions = msg.Mentions(m, at)
	}
	return out
}

// errUnknown is what a sender learns when nobody answers.
var errUnknown = errors.New("connection lost before the acknowledgement")

// Deliver implements bot.Sender.
func (s *Session) Deliver(ctx context.Context, id string, r bot.Room, payload []byte) error {
	return s.send(ctx, id, r, payload, func(m rendered) (Seen, error) {
		seen := s.n.arrive(r, m)
		s.n.seen = append(s.n.seen, seen)
		s.n.post(id, seen)
		return seen, nil
	})
}

// send sends what show will show, unless the network knows the id.
func (s *Session) send(ctx context.Context, id string, r bot.Room, payload []byte, show func(rendered) (Seen, error)) error {
	m, err := decode(payload)
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
	case direct(r) && !n.online(n.userAt(r)):
		n.mu.Unlock()
		return &bot.Refusal{Why: r.Name + " is not on the network (401)"}
	}
	fault, slow, gone := n.fault, n.slow, s.gone
	var seen Seen
	if known := n.Kind == Rich && n.ids[id]; fault != Dropped && !known {
		seen, err = show(m)
	}
	if err != nil {
		n.mu.Unlock()
		return err
	}
	n.ids[id] = n.ids[id] || fault != Dropped
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

// Reply implements bot.Replier. A Rich network knows an answer by the line it
// answers: the same one, given again after a kill, is not shown again. A reaction is
// answered to the person alone, if they have spoken to the bot so.
func (s *Session) Reply(to bot.Incoming, m msg.Message, at time.Time) {
	out := s.render(to.Room, m, at)
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if alone := (bot.Room{Network: s.n.Name, Name: to.From.User}); to.React != nil && len(s.n.present[alone]) > 0 {
		to.Room = alone
	}
	if !s.ready(to.Room) || len(out.Lines) == 0 {
		return
	}
	s.answers[to.ID]++
	id := fmt.Sprintf("re %s %d", to.ID, s.answers[to.ID])
	if s.n.Kind == Rich && s.n.ids[id] {
		return
	}
	s.n.ids[id] = true
	seen := s.n.arrive(to.Room, out)
	seen.Reply, seen.To = true, to.ID
	s.n.seen = append(s.n.seen, seen)
}

// Identify implements bot.Replier.
func (s *Session) Identify(_ context.Context, p bot.Principal) (bot.Principal, error) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if account := s.n.accounts[p.Nick]; s.n.Kind == Plain && account != "" && s.n.services {
		p.Account, p.Strength = account, bot.Account
	}
	return p, nil
}
