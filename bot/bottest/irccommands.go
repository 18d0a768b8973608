package bottest

import (
	"fmt"
	"slices"
	"strings"
)

// handle answers one line of a client; the server's lock is held.
func (c *IRCConn) handle(line string) {
	s := c.s
	var label string
	if strings.HasPrefix(line, "@") {
		tags, rest, _ := strings.Cut(line[1:], " ")
		line = rest
		for _, tag := range strings.Split(tags, ";") {
			if value, ok := strings.CutPrefix(tag, "label="); ok {
				label = value
			}
		}
	}
	before, trailing, ok := strings.Cut(line, " :")
	fields := strings.Fields(before)
	if len(fields) == 0 {
		return
	}
	if ok {
		fields = append(fields, trailing)
	}
	command, params := strings.ToUpper(fields[0]), fields[1:]
	if s.opts.Hook != nil && s.opts.Hook(c, command, params) {
		return
	}
	arg := func(i int) string {
		if i < len(params) {
			return params[i]
		}
		return ""
	}
	switch command {
	case "CAP":
		c.capability(strings.ToUpper(arg(0)), arg(1))
	case "NICK":
		c.rename(arg(0))
	case "USER":
		c.user = "~" + arg(0)
		c.register()
	case "AUTHENTICATE":
		c.authenticate(arg(0))
	case "PING":
		c.Send("%s:irc.test PONG irc.test :%s", s.tags(c, "", false, label, ""), arg(0))
	case "JOIN":
		c.join(arg(0))
	case "PART":
		delete(s.channel(arg(0)).members, strings.ToLower(c.Nick))
		c.Send(":%s PART %s", c.mask(), arg(0))
	case "PRIVMSG":
		c.say(label, arg(0), arg(1))
	case "WHOIS":
		c.whois(arg(0))
	case "WHO":
		c.who(arg(0), arg(1))
	case "ISON":
		var on []string
		if s.taken(arg(0)) {
			on = append(on, arg(0))
		}
		c.Numeric("303", ":"+strings.Join(on, " "))
	case "MONITOR", "MODE", "PONG":
	case "QUIT":
		c.Send("ERROR :Closing link: %s", arg(0))
		c.out <- ""
	default:
		c.Numeric("421", command+" :Unknown command")
	}
}

func (c *IRCConn) capability(sub, list string) {
	s := c.s
	if s.opts.Caps == nil {
		c.Numeric("421", "CAP :Unknown command")
		return
	}
	nick := c.Nick
	if nick == "" {
		nick = "*"
	}
	switch sub {
	case "LS":
		c.capOpen = !c.registered
		offered := s.opts.Caps
		if !s.services {
			offered = slices.DeleteFunc(slices.Clone(offered), func(c string) bool { return strings.HasPrefix(c, "sasl") })
		}
		half := len(offered) / 2
		c.Send(":irc.test CAP %s LS * :%s", nick, strings.Join(offered[:half], " "))
		c.Send(":irc.test CAP %s LS :%s", nick, strings.Join(offered[half:], " "))
	case "REQ":
		for _, name := range strings.Fields(list) {
			if !slices.ContainsFunc(s.opts.Caps, func(c string) bool { return c == name || strings.HasPrefix(c, name+"=") }) {
				c.Send(":irc.test CAP %s NAK :%s", nick, list)
				return
			}
		}
		for _, name := range strings.Fields(list) {
			c.caps[name] = true
		}
		c.Send(":irc.test CAP %s ACK :%s", nick, list)
	case "END":
		c.capOpen = false
		c.register()
	}
}

func (c *IRCConn) taken(nick string) bool { return c.s.taken(nick) }

// taken reports whether anybody has a nick.
func (s *IRCServer) taken(nick string) bool {
	if _, ok := s.users[strings.ToLower(nick)]; ok {
		return true
	}
	for _, c := range s.conns {
		select {
		case <-c.gone:
		default:
			if strings.EqualFold(c.Nick, nick) {
				return true
			}
		}
	}
	return false
}

func (c *IRCConn) rename(nick string) {
	switch {
	case nick == "" || len(nick) > 30:
		c.Numeric("432", nick+" :Erroneous nickname")
	case !strings.EqualFold(nick, c.Nick) && c.taken(nick):
		c.Numeric("433", nick+" :Nickname is already in use")
	case c.registered:
		c.Rename(nick)
	default:
		c.Nick = nick
		c.register()
	}
}

// Rename gives the client another nick, as services do. Its login goes.
func (c *IRCConn) Rename(nick string) {
	for _, ch := range c.s.channels {
		if ch.members[strings.ToLower(c.Nick)] {
			delete(ch.members, strings.ToLower(c.Nick))
			ch.members[strings.ToLower(nick)] = true
		}
	}
	c.Send(":%s NICK :%s", c.mask(), nick)
	c.Nick = nick
	if c.plus {
		c.plus = false
		c.Send(":%s MODE %s :-r", nick, nick)
	}
}

func (c *IRCConn) register() {
	if c.registered || c.capOpen || c.Nick == "" || c.user == "" {
		return
	}
	c.registered = true
	c.Send("%s:irc.test 001 %s :Welcome to the test network", c.s.tags(c, "", false, "", ""), c.Nick)
	c.Numeric("004", "irc.test fake-1 iorw bklmnopstv")
	c.Numeric("005", strings.Join(c.s.opts.ISupport, " ")+" :are supported by this server")
	if c.s.opts.Motd {
		c.Numeric("375", ":- message of the day")
		c.Numeric("372", ":- be kind")
		c.Numeric("376", ":End of /MOTD command.")
	} else {
		c.Numeric("422", ":MOTD File is missing")
	}
}

func (c *IRCConn) authenticate(arg string) {
	s := c.s
	if c.mech == "" {
		c.mech = arg
		c.Send("AUTHENTICATE +")
		return
	}
	if len(arg) == 400 {
		c.payload += arg
		return
	}
	if arg != "+" {
		c.payload += arg
	}
	account := s.opts.Cert
	if c.mech == "PLAIN" {
		var password string
		if account, password = decodePlain(c.payload); s.opts.Accounts[account] != password || password == "" {
			account = ""
		}
	}
	c.mech, c.payload = "", ""
	if account == "" {
		c.Numeric("904", ":SASL authentication failed")
		return
	}
	c.account = account
	c.Numeric("900", fmt.Sprintf("%s!%s@%s %s :You are now logged in as %s", c.Nick, c.user, c.Host, account, account))
	c.Numeric("903", ":SASL authentication successful")
}

func (c *IRCConn) join(channel string) {
	ch := c.s.channel(channel)
	if ch.closed != "" {
		c.Numeric(ch.closed, channel+" :Cannot join channel")
		return
	}
	ch.members[strings.ToLower(c.Nick)] = true
	if c.caps["extended-join"] {
		c.Send(":%s JOIN %s %s :the bot", c.mask(), channel, starred(c.account))
	} else {
		c.Send(":%s JOIN :%s", c.mask(), channel)
	}
	c.names(ch, channel)
}

// say relays what a client says, in 512 bytes.
func (c *IRCConn) say(label, target, text string) {
	s := c.s
	if strings.EqualFold(target, "NickServ") {
		c.nickServ(text)
		return
	}
	refuse := func(numeric, words string) {
		c.Send("%s:irc.test %s %s %s :%s", s.tags(c, "", false, label, ""), numeric, c.Nick, target, words)
	}
	if strings.HasPrefix(target, "#") {
		ch := s.channel(target)
		if ch.muted {
			refuse("404", "Cannot send to channel")
			return
		}
		if !ch.members[strings.ToLower(c.Nick)] {
			refuse("404", "You are not in the channel")
			return
		}
	} else if !s.taken(target) {
		refuse("401", "No such nick/channel")
		return
	}
	head := fmt.Sprintf(":%s PRIVMSG %s :", c.mask(), target)
	text = text[:min(len(text), 510-len(head))]
	s.said[strings.ToLower(target)] = append(s.said[strings.ToLower(target)], text)
	if c.caps["echo-message"] {
		c.Send("%s%s%s", s.tags(c, c.account, false, label, "echo"), head, text)
	} else if label != "" && c.caps["labeled-response"] {
		c.Send("@label=%s :irc.test ACK", label)
	}
}

func (c *IRCConn) nickServ(text string) {
	s := c.s
	if !s.services {
		c.Numeric("401", "NickServ :No such nick/channel")
		return
	}
	notice := func(words string) {
		c.Send(":NickServ!services@services.test NOTICE %s :%s", c.Nick, words)
	}
	words := append(strings.Fields(text), "", "", "")
	switch strings.ToUpper(words[0]) {
	case "IDENTIFY":
		if password, ok := s.opts.Accounts[c.Nick]; !ok || words[2] != "" || words[1] != password {
			notice("Password incorrect.")
			return
		}
		c.plus = true
		notice("You are now identified.")
		c.Send(":NickServ!services@services.test MODE %s :+r", c.Nick)
	case "RECOVER":
		if s.opts.Accounts[words[1]] != words[2] || words[2] == "" {
			notice("Access denied.")
			return
		}
		delete(s.users, strings.ToLower(words[1]))
		c.Rename(words[1])
	default:
		notice("Unknown command.")
	}
}

func (c *IRCConn) whois(nick string) {
	s := c.s
	if u, ok := s.users[strings.ToLower(nick)]; ok {
		c.Numeric("311", fmt.Sprintf("%s %s %s * :%s", u.Nick, u.User, u.Host, u.Nick))
		if u.Account != "" {
			c.Numeric("307", u.Nick+" :is a registered nick")
			if s.opts.Caps != nil {
				c.Numeric("330", u.Nick+" "+u.Account+" :is logged in as")
			}
		}
		if u.Bot {
			c.Numeric("335", u.Nick+" :is a bot")
		}
	} else if strings.EqualFold(nick, c.Nick) {
		c.Numeric("311", fmt.Sprintf("%s %s %s * :bot", c.Nick, c.user, c.Host))
		if c.plus {
			c.Numeric("307", c.Nick+" :is a registered nick")
		}
	} else {
		c.Numeric("401", nick+" :No such nick/channel")
	}
	c.Numeric("318", nick+" :End of /WHOIS list.")
}
