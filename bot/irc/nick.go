package irc

import (
	"strconv"
	"strings"
	"time"

	"github.com/lrstanley/girc"
)

const (
	mostNicks     = 20 // tried in one registration
	regainStep    = 10 * time.Second
	regainAgain   = 10 * time.Minute // services are asked again
	nickPoll      = 60 * time.Second
	nickAttempt   = 5 * time.Second // at least between two NICKs
	safeNick      = 9               // RFC 1459, 1.2: every server takes so many
	hostUnknown   = 1 + 12 + 1 + 63 // "!user@host" until the bot has seen its own
	relayOverhead = 2 + 10          // ":" and space, and slack for a name that changes under way
)

// regain is the way back to the configured nick.
type regain struct {
	tried   int // nicks refused during registration
	step    int // of services
	watched bool
	last    time.Time // NICK sent
	back    timer
	poll    timer
}

func (s *session) hasNick() bool { return s.me(s.t.cfg.Nick) }

// candidate is the n-th substitute for a nick, from 1: nick_, nick__1, nick__2 and
// so on; after the first few shortened, in case it was the length that was refused.
func candidate(nick string, n int) string {
	if n == 1 {
		return nick + "_"
	}
	suffix := "__" + strconv.Itoa(n-1)
	if n > 3 && len(nick)+len(suffix) > safeNick {
		nick = nick[:max(1, safeNick-len(suffix))]
	}
	return nick + suffix
}

// nickRefused handles 432, 433, 436 and 437. Before 001 another nick is tried;
// afterwards the bot keeps what it has and waits. 437 is also about channels.
func (s *session) nickRefused(e *girc.Event) {
	if s.reg.welcome {
		if s.is.channel(param(e, 1)) {
			s.refusal(e)
		}
		return
	}
	s.tried++
	if s.tried > mostNicks {
		s.fail(fault{why: "no nick was free: " + printable(e.Last())})
		return
	}
	s.nick = candidate(s.t.cfg.Nick, s.tried)
	s.q.now("NICK " + s.nick)
}

// renamed handles NICK, of the bot or of somebody else.
func (s *session) renamed(e *girc.Event) {
	from, to := who(e), param(e, 0)
	if from == "" || to == "" {
		return
	}
	s.query.void(s.fold(from))
	s.query.void(s.fold(to))
	if !s.me(from) {
		s.calls(from, to)
		s.freed(from)
		return
	}
	s.nick = to
	s.measure()
	if s.hasNick() {
		s.regained()
		return
	}
	s.t.log.Warn("renamed", "nick", printable(to))
	s.beginRegain()
}

// beginRegain sets about getting the configured nick: services first where
// they know us, and the network's notice that it is free, or asking each minute.
func (s *session) beginRegain() {
	if !s.reg.settled || s.hasNick() {
		return
	}
	if s.is.monitor {
		if !s.watched {
			s.watched = true
			s.q.soon("MONITOR + " + s.t.cfg.Nick)
		}
	} else {
		s.after(&s.poll, nickPoll, s.askISON)
	}
	s.step = 0
	s.after(&s.back, 2*time.Second, s.askServices)
}

// askServices tries the commands by which the suites of services give a nick
// back: REGAIN (OFTC, Atheme), RECOVER (Anope), GHOST (older ones).
func (s *session) askServices() {
	commands := [...]string{"REGAIN", "RECOVER", "GHOST"}
	c := &s.t.cfg
	if c.Login == None || c.Login == "" || s.step >= len(commands) {
		s.takeNick()
		s.after(&s.back, regainAgain, s.beginRegain)
		return
	}
	line := "PRIVMSG NickServ :" + commands[s.step] + " " + c.Nick
	if c.Password != "" {
		line += " " + c.Password
	}
	s.q.now(line)
	s.step++
	s.after(&s.back, regainStep, s.askServices)
}

func (s *session) askISON() {
	if s.hasNick() {
		return
	}
	s.q.soon("ISON " + s.t.cfg.Nick)
	s.after(&s.poll, nickPoll, s.askISON)
}

// ison reads 303, the nicks that are present.
func (s *session) ison(nicks string) {
	if !s.reg.settled || s.hasNick() {
		return
	}
	for nick := range strings.FieldsSeq(nicks) {
		if s.is.names.same(nick, s.t.cfg.Nick) {
			return
		}
	}
	s.takeNick()
}

// offline reads 731, a list of masks that have gone.
func (s *session) offline(list string) {
	for mask := range strings.SplitSeq(list, ",") {
		nick, _, _ := strings.Cut(mask, "!")
		s.freed(nick)
	}
}

// freed is told that somebody no longer has a nick.
func (s *session) freed(nick string) {
	if s.reg.settled && !s.hasNick() && s.is.names.same(nick, s.t.cfg.Nick) {
		s.takeNick()
	}
}

func (s *session) takeNick() {
	if s.hasNick() || !s.last.IsZero() && time.Since(s.last) < nickAttempt {
		return
	}
	s.last = time.Now()
	s.q.soon("NICK " + s.t.cfg.Nick)
}

// regained is called when the bot has its nick again.
func (s *session) regained() {
	s.back.stop()
	s.poll.stop()
	if s.watched {
		s.watched = false
		s.q.soon("MONITOR - " + s.t.cfg.Nick)
	}
	if s.t.cfg.Login == NickServ && !s.login.done {
		s.identify()
	}
}

// cloaked reads 396: the host that others see has changed.
func (s *session) cloaked(host string) {
	if host == "" {
		return
	}
	user, _, _ := strings.Cut(s.host, "@")
	if strings.Contains(host, "@") {
		s.host = host
	} else if s.host != "" {
		s.host = user + "@" + host
	}
	s.measure()
}

// chghost reads the same about anybody, where the network tells.
func (s *session) chghost(e *girc.Event) {
	nick := who(e)
	s.query.void(s.fold(nick))
	user, host := param(e, 0), param(e, 1)
	if user == "" || host == "" {
		return
	}
	if s.me(nick) {
		s.host = user + "@" + host
		s.measure()
	} else if p := s.roster.people[s.fold(nick)]; p != nil {
		p.origin = user + "@" + host
	}
}

// measure works out how much a relayed line carries in front.
func (s *session) measure() {
	n := len(s.nick) + relayOverhead
	if s.host == "" {
		n += hostUnknown
	} else {
		n += 1 + len(s.host)
	}
	s.prefix = n
	// The slack is for rendering: at the gate a line may use it up.
	s.q.prefix.Store(int32(n - relayOverhead + 2))
}

// space is how many bytes of text a line to the target may have.
func (s *session) space(target string) int {
	return lineRoom(s.prefix, target)
}

func lineRoom(prefix int, target string) int {
	return maxLine - 2 - prefix - len("PRIVMSG  :") - len(target)
}
