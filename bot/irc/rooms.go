package irc

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
)

const (
	joinTimeout = 60 * time.Second // without any answer
	firstRejoin = time.Minute
	lastRejoin  = 30 * time.Minute
	forgiven    = time.Hour        // in the room for so long, the next kick counts as the first
	joinAttempt = 10 * time.Second // at least between two, whoever invites
)

// room is a configured room. It outlives connections: who was kicked is not
// let off by reconnecting.
type room struct {
	cfg    bot.Room
	folded string
	joined bool
	since  time.Time // joined
	why    string    // not joined
	next   time.Time // next attempt, zero: none planned
	tried  time.Time // last JOIN
	fails  int       // joins refused in a row
	kicks  int       // in a row
	timer  timer

	counted bool // WHO is asked for or sent, since joined
}

// joinAll joins every room, except those that a kick keeps us from for a while.
func (s *session) joinAll() {
	now := time.Now()
	for _, r := range s.t.rooms {
		switch {
		case r.joined:
		case r.kicks > 0 && r.next.After(now):
			s.after(&r.timer, r.next.Sub(now), func() { s.enterRoom(r) })
		default:
			s.enterRoom(r)
		}
	}
}

// enterRoom sends a JOIN, one for each room: servers drop what is too much of
// a list without a word.
func (s *session) enterRoom(r *room) {
	if r.joined || !s.login.done {
		return
	}
	r.tried, r.next = time.Now(), time.Time{}
	r.why = "joining"
	before := s.q.soon("JOIN " + r.cfg.Name)
	s.after(&r.timer, joinTimeout+time.Duration(before)*s.t.cfg.Pace, func() { s.rejoin(r, "no answer to JOIN") })
}

// rejoin plans another attempt after a refusal.
func (s *session) rejoin(r *room, why string) {
	wait := min(firstRejoin<<min(r.fails, 5), lastRejoin)
	wait += rand.N(wait / 10)
	r.fails++
	s.planJoin(r, why, wait)
}

func (s *session) planJoin(r *room, why string, wait time.Duration) {
	r.joined, r.why, r.next = false, why, time.Now().Add(wait)
	s.roster.leave(r)
	s.t.changed = true
	s.t.log.Warn("not in room", "room", r.cfg.String(), "why", why, "again", wait.Round(time.Second))
	s.after(&r.timer, wait, func() { s.enterRoom(r) })
}

// join handles JOIN. The bot's own shows its mask as others see it.
func (s *session) join(e *girc.Event) heard {
	nick, channel := who(e), param(e, 0)
	if nick == "" || channel == "" {
		return heard{}
	}
	if !s.me(nick) {
		return s.came(s.t.find(channel), e)
	}
	if e.Source.Ident != "" && e.Source.Host != "" {
		s.host = e.Source.Ident + "@" + e.Source.Host
		s.measure()
	}
	r := s.t.find(channel)
	if r == nil {
		// Forwarded, or made to join: a room nobody has asked us into.
		if validTarget(channel) {
			s.q.soon("PART " + channel)
		}
		return heard{}
	}
	r.counted = false // NAMES follows
	r.joined, r.since, r.why, r.next, r.fails = true, time.Now(), "", time.Time{}, 0
	r.timer.stop()
	s.t.changed = true
	return heard{}
}

// part handles PART; the bot itself parts only when made to.
func (s *session) part(e *girc.Event) {
	nick := who(e)
	if !s.me(nick) {
		s.went(param(e, 0), nick)
		return
	}
	if r := s.t.find(param(e, 0)); r != nil && r.joined {
		s.thrownOut(r, "made to leave")
	}
}

func (s *session) kick(e *girc.Event) {
	nick := param(e, 1)
	if !s.me(nick) {
		s.went(param(e, 0), nick)
		return
	}
	if r := s.t.find(param(e, 0)); r != nil {
		why := "kicked by " + printable(who(e))
		if len(e.Params) > 2 && e.Last() != "" {
			why += ": " + printable(e.Last())
		}
		s.thrownOut(r, why)
	}
}

// thrownOut honours a kick: a minute away, and twice as long each time.
func (s *session) thrownOut(r *room, why string) {
	if r.joined && time.Since(r.since) > forgiven {
		r.kicks = 0
	}
	wait := min(firstRejoin<<min(r.kicks, 5), lastRejoin)
	r.kicks++
	s.planJoin(r, why, wait+rand.N(wait/10))
}

// invite handles INVITE: an invitation into a configured room is taken.
func (s *session) invite(e *girc.Event) {
	r := s.t.find(param(e, 1))
	if r == nil || r.joined || !s.me(param(e, 0)) || time.Since(r.tried) < joinAttempt {
		return
	}
	s.enterRoom(r)
}

// gone handles QUIT.
func (s *session) gone(nick string) {
	s.query.void(s.fold(nick))
	s.roster.drop(s.roster.people[s.fold(nick)])
	s.freed(nick)
}

// refusal handles an error numeric about a target: a join that failed, or a
// message that was not delivered.
func (s *session) refusal(e *girc.Event) {
	target := param(e, 1)
	if target == "" {
		return
	}
	if s.is.names.same(target, "NickServ") && e.Command == "401" {
		s.login.away = true
		return
	}
	if _, ok := e.Tags["label"]; !ok {
		s.refused(s.fold(target), e.Command, printable(e.Last()))
	}
	r := s.t.find(target)
	switch {
	case r == nil:
	case e.Command == "442": // not on the channel: our roster was wrong
		if r.joined {
			s.rejoin(r, "no longer in the room (442)")
		}
	case !r.joined && r.next.IsZero() && !r.tried.IsZero():
		s.rejoin(r, joinWords(e))
	}
}

// joinWords says why a JOIN failed (modern.ircdocs.horse, numerics).
func joinWords(e *girc.Event) string {
	words := map[string]string{
		"403": "no such channel", "405": "in too many channels", "437": "temporarily unavailable",
		"470": "forwarded to another channel", "471": "the channel is full", "473": "the channel is invite-only",
		"474": "banned from the channel", "475": "the channel has a key", "477": "only for registered nicks",
		"480": "joins are throttled", "489": "only over TLS", "520": "only for operators of the network",
	}
	if w, ok := words[e.Command]; ok {
		return fmt.Sprintf("%s (%s)", w, e.Command)
	}
	return fmt.Sprintf("%s (%s)", printable(e.Last()), e.Command)
}
