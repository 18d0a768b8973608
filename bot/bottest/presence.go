package bottest

import (
	"slices"

	"torchbearer/bot"
)

// Join lets somebody come into a room. Who speaks in one has joined it.
func (n *Network) Join(room bot.Room, who Speaker) {
	n.mu.Lock()
	p, heard := n.enter(room, who)
	s := n.session
	at := n.now()
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
	n.present[room] = without(n.present[room], nick)
}

// Quit lets somebody leave the network.
func (n *Network) Quit(nick string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for room, in := range n.present {
		n.present[room] = without(in, nick)
	}
	delete(n.accounts, nick)
}

// Rename gives somebody another nick. On a Plain network the login is lost with
// the old one, as services have it; on a Rich one names are only shown.
func (n *Network) Rename(from, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
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
	if account := n.accounts[from]; account != "" && n.Kind == Rich {
		n.accounts[to] = account
	}
	delete(n.accounts, from)
}

// enter notes somebody in a room and reports whether the bot can see it. The
// lock is held.
func (n *Network) enter(room bot.Room, who Speaker) (p bot.Principal, heard bool) {
	if in := n.present[room]; !slices.Contains(in, who.Nick) {
		n.present[room] = append(slices.Clone(in), who.Nick)
	}
	n.accounts[who.Nick] = who.Account
	n.origins[who.Nick] = who.Origin
	return n.principal(who.Nick), n.session != nil && n.session.ready(room)
}

// principal is somebody as the network shows them unasked; the lock is held.
func (n *Network) principal(nick string) bot.Principal {
	p := bot.Principal{Network: n.Name, Nick: nick, Origin: n.origins[nick]}
	if p.Origin == "" {
		p.Origin = nick + "@host.example"
	}
	if account := n.accounts[nick]; n.Kind == Rich && account != "" && n.services {
		p.Account, p.Strength = account, bot.Account
	}
	return p
}

// online reports whether anybody has the nick; the lock is held.
func (n *Network) online(nick string) bool {
	for _, in := range n.present {
		if slices.Contains(in, nick) {
			return true
		}
	}
	return false
}

// direct reports whether a room is a person.
func direct(r bot.Room) bool { return r.Name != "" && r.Name[0] != '#' && r.Name[0] != '!' }

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
	for _, nick := range s.n.present[r] {
		if nick != s.n.nick {
			members = append(members, s.n.principal(nick))
		}
	}
	return members
}
