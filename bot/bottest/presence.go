package bottest

import (
	"slices"
	"strings"

	"torchbearer/bot"
)

// Speaker is somebody who says something.
type Speaker struct {
	Nick    string // what they are called
	Account string // logged in as; empty: not at all, on a Rich network somebody from elsewhere
	Origin  string // empty: a host of the nick's own
}

// User is who a speaker is to a network of a kind: on a Plain one the nick, on a
// Rich one a user id.
func (k Kind) User(who Speaker) string {
	switch {
	case k == Plain:
		return who.Nick
	case strings.HasPrefix(who.Account, "@"):
		return who.Account
	case who.Account != "":
		return "@" + who.Account + ":example.org"
	default:
		return "@" + who.Nick + ":elsewhere.example"
	}
}

// Join lets somebody come into a room. Who speaks in one has joined it.
func (n *Network) Join(room bot.Room, who Speaker) {
	n.mu.Lock()
	user := n.enter(room, who)
	p, s, at := n.principal(user), n.session, n.now()
	heard := s != nil && s.ready(room)
	n.mu.Unlock()
	if heard {
		s.in.Seen(room, p, at)
	}
}

// Part lets somebody leave a room. Who is in none, and has not spoken to the bot
// alone, is not on the network.
func (n *Network) Part(room bot.Room, nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.present[room] = without(n.present[room], n.whoIs(nick, n.present[room]))
}

// Quit lets somebody leave the network.
func (n *Network) Quit(nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	user := n.whoIs(nick, n.everybody())
	for room, in := range n.present {
		n.present[room] = without(in, user)
	}
	delete(n.accounts, user)
}

// Rename gives somebody another nick. On a Plain network that is who they are: the
// login is lost with the old one, as services have it. On a Rich one a name is
// only shown, and several can have it.
func (n *Network) Rename(from, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.Kind == Rich {
		n.names[n.whoIs(from, n.everybody())] = to
		return
	}
	n.names[to] = to
	for room, in := range n.present {
		if !slices.Contains(in, from) {
			continue
		}
		n.present[room] = without(in, from)
		if room.Name == from {
			room.Name = to
		}
		n.present[room] = append(without(n.present[room], to), to)
	}
	delete(n.accounts, from)
}

// enter notes somebody in a room, and returns who that is to the network. The
// lock is held, as in all below.
func (n *Network) enter(room bot.Room, who Speaker) (user string) {
	user = n.Kind.User(who)
	if direct(room) {
		room.Name = user
	}
	// Whoever came last is last: it is them whom a script means by a name that
	// two have.
	n.present[room] = append(without(n.present[room], user), user)
	n.accounts[user], n.origins[user], n.names[user] = who.Account, who.Origin, who.Nick
	return user
}

// everybody lists who is on the network, somebody in two rooms twice.
func (n *Network) everybody() (users []string) {
	for _, in := range n.present {
		users = append(users, in...)
	}
	return users
}

// whoIs finds who is called so, of several who came last; a user id is itself.
func (n *Network) whoIs(nick string, of []string) string {
	for _, user := range slices.Backward(of) {
		if n.names[user] == nick {
			return user
		}
	}
	return nick
}

// called is what somebody is called.
func (n *Network) called(user string) string {
	if name := n.names[user]; name != "" {
		return name
	}
	return user
}

// userAt is who a direct room is for.
func (n *Network) userAt(r bot.Room) string {
	if n.Kind == Rich && r.Name[0] != '@' {
		return n.whoIs(r.Name, n.everybody())
	}
	return r.Name
}

// principal is somebody as the network shows them unasked.
func (n *Network) principal(user string) bot.Principal {
	p := bot.Principal{Network: n.Name, Nick: n.called(user), Origin: n.origins[user]}
	if n.Kind == Rich {
		p.User, p.Account, p.Strength = user, user, bot.Account
	}
	if p.Origin == "" {
		p.Origin = p.Nick + "@host.example"
	}
	return p
}

// online reports whether somebody is on the network.
func (n *Network) online(user string) bool { return slices.Contains(n.everybody(), user) }

// direct reports whether a room is a person.
func direct(r bot.Room) bool { return r.Name != "" && !strings.ContainsRune("#&!", rune(r.Name[0])) }

func without(in []string, nick string) []string {
	return slices.DeleteFunc(slices.Clone(in), func(s string) bool { return s == nick })
}

// Members implements bot.Transport.
func (s *Session) Members(r bot.Room) (members []bot.Principal) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if !s.ready(r) || direct(r) {
		return nil
	}
	for _, user := range s.n.present[r] {
		if s.n.called(user) != s.n.nick {
			members = append(members, s.n.principal(user))
		}
	}
	return members
}
