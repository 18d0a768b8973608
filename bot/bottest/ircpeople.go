package bottest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Join lets people come into a channel.
func (s *IRCServer) Join(channel string, nicks ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, nick := range nicks {
		u := s.person(nick)
		ch := s.channel(channel)
		if ch.people == nil {
			ch.people = make(map[string]bool)
		}
		ch.people[strings.ToLower(nick)] = true
		if c := s.client(); c != nil && ch.members[strings.ToLower(c.Nick)] {
			rest := "JOIN :" + channel
			if c.caps["extended-join"] {
				rest = fmt.Sprintf("JOIN %s %s :%s", channel, starred(u.Account), u.Nick)
			}
			c.Send("%s:%s %s", s.tags(c, u.Account, u.Bot, "", ""), u.mask(), rest)
		}
	}
}

// Part lets somebody leave a channel.
func (s *IRCServer) Part(channel, nick string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	delete(ch.people, strings.ToLower(nick))
	if c := s.client(); c != nil && ch.members[strings.ToLower(c.Nick)] {
		c.Send(":%s PART %s", s.person(nick).mask(), channel)
	}
}

// Rename gives somebody another nick.
func (s *IRCServer) Rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.person(from)
	if c := s.client(); c != nil {
		c.Send(":%s NICK :%s", u.mask(), to)
	}
	delete(s.users, strings.ToLower(from))
	u.Nick = to
	s.users[strings.ToLower(to)] = u
	for _, ch := range s.channels {
		if ch.people[strings.ToLower(from)] {
			delete(ch.people, strings.ToLower(from))
			ch.people[strings.ToLower(to)] = true
		}
	}
}

// Login logs somebody in, or out with "", and tells clients that want to know.
func (s *IRCServer) Login(nick, account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.person(nick)
	u.Account = account
	if c := s.client(); c != nil && c.caps["account-notify"] {
		c.Send(":%s ACCOUNT %s", u.mask(), starred(account))
	}
}

func (u *IRCUser) mask() string { return u.Nick + "!" + u.User + "@" + u.Host }

// starred is an account as a line has it.
func starred(account string) string {
	if account == "" {
		return "*"
	}
	return account
}

// names answers JOIN with who is there, three to a line.
func (c *IRCConn) names(ch *ircChannel, channel string) {
	list := []string{c.Nick}
	for i, nick := range slices.Sorted(maps.Keys(ch.people)) {
		u := c.s.person(nick)
		name := u.Nick
		if c.caps["userhost-in-names"] {
			name = u.mask()
		}
		// The first is an operator with a voice.
		switch {
		case i == 0 && c.caps["multi-prefix"]:
			name = "@+" + name
		case i == 0:
			name = "@" + name
		}
		list = append(list, name)
	}
	for some := range slices.Chunk(list, 3) {
		c.Numeric("353", "= "+channel+" :"+strings.Join(some, " "))
	}
	c.Numeric("366", channel+" :End of /NAMES list.")
}

// who answers WHO for a channel, with the fields "tuhnfa" where the network has
// WHOX and is asked for them (ircv3.net/specs/extensions/whox).
func (c *IRCConn) who(channel, fields string) {
	s := c.s
	what, token, extended := strings.Cut(fields, ",")
	extended = extended && slices.Contains(s.opts.ISupport, "WHOX") && what == "%tcuhnfa"
	line := func(nick, user, host, account string, robot bool) {
		flags := "H"
		if robot {
			flags += "B"
		}
		if extended {
			if account == "" {
				account = "0"
			}
			c.Numeric("354", fmt.Sprintf("%s %s %s %s %s %s %s", token, channel, user, host, nick, flags, account))
			return
		}
		c.Numeric("352", fmt.Sprintf("%s %s %s irc.test %s %s :0 %s", channel, user, host, nick, flags, nick))
	}
	ch := s.channel(channel)
	line(c.Nick, c.user, c.Host, c.account, true)
	for _, nick := range slices.Sorted(maps.Keys(ch.people)) {
		u := s.person(nick)
		line(u.Nick, u.User, u.Host, u.Account, u.Bot)
	}
	c.Numeric("315", channel+" :End of /WHO list.")
}
