package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"torchbearer/bot"
)

// post is a message of the bot's as it reads now.
type post struct {
	id     string // with which it was delivered
	room   bot.Room
	seen   Seen
	edited bool
	signs  []sign
}

// sign is a reaction of somebody's.
type sign struct {
	user string
	sign bot.Sign
}

// post remembers a message for edits and reactions; the lock is held.
func (n *Network) post(id string, s Seen) {
	if n.Kind == Rich {
		n.posts = append(n.posts, &post{id: id, room: s.Room, seen: s})
	}
}

// Editing is a Session of a Rich network.
type Editing struct{ *Session }

var _ bot.Editor = Editing{}

// Transport is the session as the bot has it: only that of a Rich network can
// edit.
func (s *Session) Transport() bot.Transport {
	if s.n.Kind == Rich {
		return Editing{s}
	}
	return s
}

// Edit implements bot.Editor. What people were shown at first stays with Take; what
// the message reads now is what Reads tells.
func (e Editing) Edit(ctx context.Context, id, of string, r bot.Room, payload []byte) error {
	return e.send(ctx, id, r, payload, func(m rendered) (Seen, error) {
		now := e.n.arrive(r, m)
		i := slices.IndexFunc(e.n.posts, func(p *post) bool { return p.id == of && p.seen.Room == now.Room })
		if i < 0 {
			return Seen{}, &bot.Refusal{Why: "the message is no more", Final: true}
		}
		e.n.posts[i].seen, e.n.posts[i].edited = now, true
		return Seen{}, nil // nobody is notified
	})
}

// Reads returns the bot's messages in a room as they read now, oldest first: those
// that were edited, or all.
func (n *Network) Reads(r bot.Room, edited bool) (all []Seen) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.posts {
		if p.seen.in(r) && (p.edited || !edited) {
			all = append(all, p.seen)
		}
	}
	return all
}

// React lets somebody put a sign to the bot's newest message in a room that fits,
// as it reads now. An answer can't be found so: nothing is expected of a reaction
// to it.
func (n *Network) React(r bot.Room, who Speaker, s bot.Sign, fits func(Seen) bool) error {
	return n.react(r, who, s, fits, false)
}

// Unreact takes a sign back.
func (n *Network) Unreact(r bot.Room, who Speaker, s bot.Sign, fits func(Seen) bool) error {
	return n.react(r, who, s, fits, true)
}

func (n *Network) react(r bot.Room, who Speaker, s bot.Sign, fits func(Seen) bool, undo bool) error {
	if n.Kind != Rich {
		return errors.New("this network has no reactions")
	}
	n.mu.Lock()
	p, err := n.newest(r, fits)
	if err != nil {
		n.mu.Unlock()
		return err
	}
	user := n.enter(r, who)
	mine := sign{user, s}
	switch has := slices.Contains(p.signs, mine); {
	case has && !undo:
		err = fmt.Errorf("%s has put %s there already", user, s)
	case !has && undo:
		err = fmt.Errorf("%s has not put %s there", user, s)
	case undo:
		p.signs = slices.DeleteFunc(p.signs, func(other sign) bool { return other == mine })
	default:
		p.signs = append(p.signs, mine)
	}
	if err != nil {
		n.mu.Unlock()
		return err
	}
	in := n.line(r, user)
	in.React = &bot.React{Of: p.id, Sign: s, Undone: undo}
	hand := n.tell(in)
	n.mu.Unlock()
	hand()
	return nil
}

// newest finds a message; the lock is held.
func (n *Network) newest(r bot.Room, fits func(Seen) bool) (*post, error) {
	for _, p := range slices.Backward(n.posts) {
		if p.seen.in(r) && fits(p.seen) {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no message of the bot's in %s reads so", r)
}
