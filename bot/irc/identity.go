package irc

import (
	"context"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
)

const (
	identifyWithin = 3 * time.Second
	proofLasts     = 10 * time.Second
	maxQueries     = 8    // WHOIS under way
	maxSeen        = 5000 // nicks remembered
)

// queries are the WHOIS that the bot asks about others, where the network
// doesn't say with each message who is logged in. A proof belongs to a nick as
// it was when it spoke: whatever happens to the nick voids it, and an answer
// about somebody else with the same nick proves nothing.
type queries struct {
	seen map[string]*sight // by folded nick
	pace bucket
}

// sight is one nick that has spoken, since it was last seen to change.
type sight struct {
	origin string
	proof  bot.Principal // as far as WHOIS knows
	asked  bool          // WHOIS under way
	known  time.Time     // of the proof; zero: none
	mask   string        // user@host in the answer that is coming in
	wait   []chan struct{}
}

func newQueries() queries {
	return queries{seen: make(map[string]*sight), pace: newBucket(5, time.Second, time.Now())}
}

// saw notes who spoke with a nick.
func (q *queries) saw(nick, origin string) {
	if s, ok := q.seen[nick]; ok {
		if s.origin == origin {
			return
		}
		q.void(nick)
	}
	if len(q.seen) >= maxSeen {
		q.forget(maxSeen / 2)
	}
	q.seen[nick] = &sight{origin: origin}
}

// forget makes room; those forgotten are unproven until they speak again.
func (q *queries) forget(n int) {
	for nick := range q.seen {
		if n == 0 {
			return
		}
		q.void(nick)
		n--
	}
}

// void drops what is known of a nick.
func (q *queries) void(nick string) {
	if s, ok := q.seen[nick]; ok {
		delete(q.seen, nick)
		s.settle()
	}
}

// settle tells those who wait.
func (s *sight) settle() {
	for _, w := range s.wait {
		close(w)
	}
	s.wait, s.asked = nil, false
}

func (q *queries) voidAll() { q.forget(len(q.seen)) }

// Identify asks the network who a principal is. Where the network tags messages
// with accounts, the message has said it already, or said that there is none.
// Otherwise WHOIS is asked: 330 names an account, 307 says that the nick's owner
// has identified. Within 3 s there is an answer, or none.
func (t *Transport) Identify(ctx context.Context, p bot.Principal) (bot.Principal, error) {
	if p.Strength > bot.Unproven {
		return p, nil
	}
	p.Account = ""
	ctx, cancel := context.WithTimeout(ctx, identifyWithin)
	defer cancel()

	t.mu.Lock()
	s := t.s
	if s == nil || s.closed || s.caps["account-tag"] || !s.reg.settled || !validNick(p.Nick) {
		t.unlock()
		return p, nil
	}
	nick := s.fold(p.Nick)
	sight, ok := s.query.seen[nick]
	if !ok || sight.origin != p.Origin {
		t.unlock()
		return p, nil
	}
	if !sight.known.IsZero() && time.Since(sight.known) < proofLasts {
		defer t.unlock()
		return sight.prove(p), nil
	}
	if !sight.asked {
		if _, ok := s.query.pace.take(time.Now()); !ok || s.query.underWay() >= maxQueries {
			t.unlock()
			return p, nil
		}
		sight.asked, sight.known, sight.mask = true, time.Time{}, ""
		sight.proof = bot.Principal{}
		s.q.reply(&unit{lines: []string{"WHOIS " + p.Nick}})
	}
	answered := make(chan struct{})
	sight.wait = append(sight.wait, answered)
	t.unlock()

	select {
	case <-answered:
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.unlock()
	if ctx.Err() != nil {
		sight.asked = false // the next one asks again
		return p, nil
	}
	if s.query.seen[nick] != sight || sight.known.IsZero() {
		return p, nil // something about the nick has changed meanwhile
	}
	return sight.prove(p), nil
}

func (s *sight) prove(p bot.Principal) bot.Principal {
	p.Account, p.Strength = s.proof.Account, s.proof.Strength
	p.Bot = p.Bot || s.proof.Bot
	return p
}

func (q *queries) underWay() (n int) {
	for _, s := range q.seen {
		if s.asked {
			n++
		}
	}
	return n
}

// whois takes the lines of an answer to WHOIS (modern.ircdocs.horse, WHOIS).
func (s *session) whois(e *girc.Event) {
	nick := param(e, 1)
	if s.me(nick) {
		s.whoisSelf(e)
		return
	}
	sight, ok := s.query.seen[s.fold(nick)]
	if !ok || !sight.asked {
		return
	}
	switch e.Command {
	case "311":
		sight.mask = param(e, 2) + "@" + param(e, 3)
	case "307":
		if sight.proof.Strength < bot.Registered {
			sight.proof.Account, sight.proof.Strength = nick, bot.Registered
		}
	case "330":
		if account := param(e, 2); account != "" && account != "*" {
			sight.proof.Account, sight.proof.Strength = account, bot.Account
		}
	case "335":
		sight.proof.Bot = true
	case "401":
		s.query.void(s.fold(nick))
	case "318":
		if sight.mask != sight.origin {
			sight.proof = bot.Principal{} // not the one who spoke
		}
		sight.known = time.Now()
		sight.settle()
	}
}
