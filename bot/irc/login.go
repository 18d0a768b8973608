package irc

import (
	"fmt"
	"strings"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot/msg"
)

// The ways to log in; values of [Config.Login].
const (
	SASLPlain    = "sasl-plain"    // account and password
	SASLExternal = "sasl-external" // the client certificate
	NickServ     = "nickserv"      // password, certificate or both
	None         = "none"
)

const (
	firstIdentify = time.Minute
	lastIdentify  = 10 * time.Minute
	proofWithin   = 5 * time.Second // then the bot asks who it is
)

// login is how far the bot has proven to the network who it is. What NickServ
// says is no proof: anybody can have the nick while services are away. Proof is
// numeric 900, the server setting mode +r, or a WHOIS of oneself.
type login struct {
	done  bool
	by    string    // "SASL PLAIN", "NickServ, seen by mode +r"
	asked int       // IDENTIFY sent without proof
	away  bool      // 401 for NickServ
	began time.Time // of the last attempt
	next  time.Time // attempt
	words string    // what NickServ said last: no proof of anything, but a hint
	retry timer
	probe timer
}

// beginLogin does after the registration what is left of the login.
func (s *session) beginLogin() {
	c := &s.t.cfg
	switch {
	case s.login.done: // proven while the message of the day was under way
	case c.Login != NickServ && c.Login != "" && c.Login != None:
		s.login.by = "SASL " + c.saslMechanism()
		s.enter()
	case c.Login == NickServ && s.login.by != "":
		s.enter()
	case c.Login == NickServ:
		s.identify()
	default:
		s.enter()
	}
}

// identify asks services for the login and comes back, more and more slowly,
// until there is proof.
func (s *session) identify() {
	if s.login.done || !s.reg.settled {
		return
	}
	wait := min(firstIdentify<<min(s.login.asked, 5), lastIdentify)
	if s.t.cfg.Password != "" && s.hasNick() {
		s.q.now("PRIVMSG NickServ :IDENTIFY " + s.t.cfg.identifyWith(s.is.names, s.login.asked))
		s.login.asked++
		s.login.away = false
	}
	s.after(&s.login.probe, proofWithin, func() {
		s.q.soon("WHOIS " + s.nick)
		if s.login.asked == 1 {
			s.t.log.Warn("not logged in yet", "login", s.loginWords())
		}
	})
	s.login.began, s.login.next = time.Now(), time.Now().Add(wait)
	s.after(&s.login.retry, wait, s.identify)
}

// resting reports that an attempt to log in to services has brought no proof, and
// the next one is some way off.
func (l *login) resting(now time.Time) bool {
	return !l.done && !l.began.IsZero() && now.Sub(l.began) > 2*proofWithin
}

// identifyWith returns the words after IDENTIFY. The password alone is right
// everywhere for whoever holds the account's nick, or one grouped with it. Where
// the account is called otherwise and that didn't help, it is named as well: before
// the password as Anope and Atheme want it, or after it as OFTC does.
func (c *Config) identifyWith(names casemap, attempt int) string {
	switch {
	case c.Account == "" || names.same(c.Account, c.Nick):
	case attempt%3 == 1:
		return c.Account + " " + c.Password
	case attempt%3 == 2:
		return c.Password + " " + c.Account
	}
	return c.Password
}

// loggedIn is called with each proof.
func (s *session) loggedIn(by string) {
	if s.t.cfg.Login != NickServ || s.login.by != "" {
		return
	}
	s.login.by = "NickServ, seen by " + by
	s.login.away = false
	if s.reg.settled {
		s.enter()
	}
}

// enter goes where the bot belongs, once it is who it should be.
func (s *session) enter() {
	s.login.done, s.login.asked = true, 0
	s.login.probe.stop()
	s.t.entered()
	s.joinAll()
}

// loggedOut is 901 or the loss of mode +r, as after a change of nick. The rooms
// stay; the login is made anew.
func (s *session) loggedOut() {
	if !s.login.done {
		return
	}
	switch s.t.cfg.Login {
	case NickServ:
		s.login.done, s.login.by = false, ""
		s.t.changed = true
		s.identify()
	case SASLPlain, SASLExternal:
		s.fail(fault{why: "the network has logged the bot out"})
	}
}

// serviceWords keeps what NickServ says for people who look why there is no
// login. Nothing is concluded from it: anybody can have that nick.
func (s *session) serviceWords(e *girc.Event) {
	if s.login.done || s.t.cfg.Login != NickServ || e.Source == nil || !s.is.names.same(e.Source.Name, "NickServ") {
		return
	}
	if words := msg.Cut(printable(e.Last()), 120); words != "" && (s.t.cfg.Password == "" || !strings.Contains(words, s.t.cfg.Password)) {
		s.login.words = words
	}
}

// mode looks for what concerns the bot itself: +r, and the loss of it.
func (s *session) mode(e *girc.Event) {
	if !s.me(param(e, 0)) {
		return
	}
	on := true
	for _, m := range param(e, 1) {
		switch m {
		case '+', '-':
			on = m == '+'
		case 'r':
			if on {
				s.loggedIn("mode +r")
			} else if s.t.cfg.Login == NickServ {
				s.loggedOut()
			}
		}
	}
}

// whoisSelf takes the lines of a WHOIS of the bot.
func (s *session) whoisSelf(e *girc.Event) {
	switch e.Command {
	case "307":
		s.loggedIn("WHOIS 307")
	case "330":
		if account := s.t.cfg.Account; account == "" || s.is.names.same(account, param(e, 2)) {
			s.loggedIn("WHOIS 330")
		}
	}
}

// loginWords describes the login for people.
func (s *session) loginWords() string {
	c := &s.t.cfg
	account := s.reg.account
	if account == "" && c.Login != NickServ {
		account = c.Account
	}
	if account == "" {
		account = s.nick // whose owner NickServ has seen, whatever is configured
	}
	switch {
	case c.Login == None || c.Login == "":
		return "no login configured"
	case s.login.done:
		return fmt.Sprintf("account %s (%s)", printable(account), s.login.by)
	case c.Login == NickServ && s.login.away:
		return "not logged in: NickServ is away"
	case c.Login == NickServ && s.reg.settled && !s.hasNick():
		return fmt.Sprintf("not logged in: waiting for the nick %s", c.Nick)
	case s.login.asked > 0:
		words := "not logged in: NickServ was asked, the network shows no login"
		if s.login.words != "" {
			words += "; NickServ said: " + s.login.words
		}
		return words
	}
	return "not logged in"
}
