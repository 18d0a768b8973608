package irc

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lrstanley/girc"
)

// wanted are the capabilities the bot has a use for (ircv3.net/irc). Nothing is
// requested for later.
var wanted = [...]string{
	"account-notify", "account-tag", "batch", "chghost", "echo-message", "extended-join",
	"labeled-response", "message-tags", "multi-prefix", "server-time", "userhost-in-names",
}

// registration is the dialogue from the first line to 001.
type registration struct {
	offered map[string]string // CAP LS: name to value, of those wanted
	asked   bool              // CAP LS is complete
	pending int               // CAP REQ without an answer
	ended   bool              // CAP END sent
	begun   bool              // AUTHENTICATE sent, a challenge may come
	sent    bool              // the SASL response
	proven  bool              // 903
	welcome bool              // 001
	settled bool              // end of the message of the day: the bot may speak
	account string            // from 900
	wait    timer             // for the end of the message of the day
}

// hello opens the registration. CAP LS holds it open until CAP END; a server
// that knows no capabilities answers 421 and goes on.
func (s *session) hello() {
	c := &s.t.cfg
	s.q.now("CAP LS 302")
	s.q.now("NICK " + c.Nick)
	s.q.now("USER " + c.User + " 0 * :" + c.Realname)
}

func (c *Config) saslMechanism() string {
	switch c.Login {
	case SASLPlain:
		return "PLAIN"
	case SASLExternal:
		return "EXTERNAL"
	}
	return ""
}

// capability handles CAP lines (ircv3.net/specs/extensions/capability-negotiation).
func (s *session) capability(e *girc.Event) {
	list := strings.Fields(e.Last())
	switch strings.ToUpper(param(e, 1)) {
	case "LS":
		if s.reg.asked {
			return
		}
		// However many lines of them a server has, only these are kept.
		for _, c := range list {
			if name, value, _ := strings.Cut(c, "="); slices.Contains(wanted[:], name) || name == "sasl" {
				s.reg.offered[name] = value
			}
		}
		if param(e, 2) == "*" && len(e.Params) > 3 {
			return // more lines follow
		}
		s.reg.asked = true
		s.request()
	case "ACK":
		for _, c := range list {
			if name, off := strings.CutPrefix(c, "-"); off {
				delete(s.caps, name)
			} else if slices.Contains(wanted[:], c) || c == "sasl" {
				s.caps[c] = true
			}
		}
		s.granted()
	case "NAK":
		// One refused name spoils the whole request; each is asked for alone.
		if len(list) > 1 && !s.reg.ended {
			for _, c := range list {
				if slices.Contains(wanted[:], c) {
					s.reg.pending++
					s.q.now("CAP REQ " + c)
				}
			}
		}
		s.granted()
	case "NEW":
		for _, c := range list {
			if name, _, _ := strings.Cut(c, "="); slices.Contains(wanted[:], name) && !s.caps[name] {
				s.q.soon("CAP REQ " + name)
			}
		}
	case "DEL":
		for _, c := range list {
			delete(s.caps, c)
		}
	}
}

// request asks for what is offered and wanted; for SASL by itself, because the
// login must not fail over something else.
func (s *session) request() {
	mechanism := s.t.cfg.saslMechanism()
	if mechanism != "" {
		value, ok := s.reg.offered["sasl"]
		if !ok {
			s.fail(fault{why: "the network offers no SASL login now; its services may be away"})
			return
		}
		if value != "" && !slices.Contains(strings.Split(strings.ToUpper(value), ","), mechanism) {
			s.fail(fault{why: fmt.Sprintf("the network offers no SASL %s, only %s", mechanism, printable(value)), wait: longStop})
			return
		}
		s.reg.pending++
		s.q.now("CAP REQ sasl")
	}
	var names []string
	for _, c := range wanted {
		if _, ok := s.reg.offered[c]; ok {
			names = append(names, c)
		}
	}
	if len(names) > 0 {
		s.reg.pending++
		s.q.now("CAP REQ :" + strings.Join(names, " "))
	}
	s.reg.pending++ // stands for this function
	s.granted()
}

// granted counts an answered request; after the last one the login begins.
func (s *session) granted() {
	if s.reg.ended || s.reg.pending == 0 {
		return
	}
	if s.reg.pending--; s.reg.pending > 0 {
		return
	}
	mechanism := s.t.cfg.saslMechanism()
	switch {
	case mechanism == "":
		s.endCap()
	case !s.caps["sasl"]:
		s.fail(fault{why: "the network refused the SASL capability"})
	default:
		s.reg.begun = true
		s.q.now("AUTHENTICATE " + mechanism)
	}
}

func (s *session) endCap() {
	s.reg.ended = true
	s.q.now("CAP END")
}

// authenticate answers the server's challenge, which for both mechanisms is
// empty (ircv3.net/specs/extensions/sasl-3.1). It answers once: whoever asks again wants
// something else than we have.
func (s *session) authenticate(challenge string) {
	if challenge != "+" || !s.reg.begun || s.reg.sent || s.reg.ended {
		return
	}
	s.reg.sent = true
	for _, chunk := range saslResponse(&s.t.cfg) {
		s.q.now("AUTHENTICATE " + chunk)
	}
}

// saslResponse encodes the response in chunks of 400 bytes; one that is full is
// followed by another, if need be an empty one, "+".
func saslResponse(c *Config) (chunks []string) {
	if c.Login == SASLExternal {
		return []string{"+"} // the certificate says it all
	}
	const size = 400
	rest := base64.StdEncoding.EncodeToString([]byte(c.Account + "\x00" + c.Account + "\x00" + c.Password))
	for len(rest) >= size {
		chunks = append(chunks, rest[:size])
		rest = rest[size:]
	}
	if rest == "" {
		rest = "+"
	}
	return append(chunks, rest)
}

// sasl handles the numerics of logins, some of which also come without SASL.
func (s *session) sasl(e *girc.Event) {
	switch e.Command {
	case "900": // nick mask account words
		s.reg.account = param(e, 2)
		s.loggedIn("900")
	case "901":
		if s.reg.welcome {
			s.loggedOut()
		}
	case "903":
		if s.reg.sent && !s.reg.ended {
			s.reg.proven = true
			s.endCap()
		}
	case "907": // already logged in; can't be without 903
	case "906":
		if !s.reg.welcome {
			s.fail(fault{why: "the SASL login was aborted"})
		}
	default: // 902 locked, 904 failed, 905 too long, 908 other mechanisms
		if !s.reg.welcome && s.t.cfg.saslMechanism() != "" {
			why := fmt.Sprintf("the network refused the SASL login (%s): %s", e.Command, printable(e.Last()))
			s.fail(fault{why: why, wait: longStop})
		}
	}
}

// welcome is 001: registered.
func (s *session) welcome(e *girc.Event) {
	if s.reg.welcome || param(e, 0) == "" {
		return
	}
	if s.t.cfg.saslMechanism() != "" && !s.reg.proven {
		s.fail(fault{why: "the network let the bot in without SASL login; its services may be away"})
		return
	}
	s.reg.welcome, s.reg.ended = true, true
	s.limit.stop()
	s.nick = param(e, 0)
	s.measure()
	s.liveSince(e)
	s.patrol()
	s.after(&s.reg.wait, 10*time.Second, s.settled)
}

// settled is the end of the message of the day: everything about the network
// is known, and the bot may speak.
func (s *session) settled() {
	if !s.reg.welcome || s.reg.settled {
		return
	}
	s.reg.settled = true
	s.reg.wait.stop()
	if s.is.botMode != "" {
		s.q.soon("MODE " + s.nick + " +" + s.is.botMode)
	}
	s.beginLogin()
	if !s.hasNick() {
		s.beginRegain()
	}
}
