package command

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
)

// Limit is how many commands one person may use in a span: Number at once, and
// again as the span passes. The zero Limit is none.
type Limit struct {
	Number int
	Per    time.Duration
}

// per puts the span into words.
func (l Limit) per() string {
	switch l.Per {
	case time.Minute:
		return "a minute"
	case time.Hour:
		return "an hour"
	}
	return "in " + civil.ClockSpan(l.Per).String()
}

// verdict is what the limit says of one command.
type verdict int

const (
	within verdict = iota
	justOver
	over // and told so before
)

// remembered is how many people's use is kept; beyond it those who have none to
// answer for are forgotten.
const remembered = 4096

// limits counts the commands of each person. A person is an account, or where
// the network proves none the place they connect from: another nick is not
// another person.
type limits struct {
	limit  Limit
	mu     sync.Mutex
	people map[string]*use
}

type use struct {
	bucket *rate.Limiter
	told   bool // until the limit is whole again: a flood of an hour is one line, too
}

func (u *use) whole(l Limit, now time.Time) bool {
	return u.bucket.TokensAt(now) >= float64(l.Number)
}

func newLimits(l Limit) *limits { return &limits{limit: l, people: map[string]*use{}} }

func (l *limits) take(p bot.Principal, now time.Time) verdict {
	if l.limit.Number <= 0 {
		return within
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	who := person(p)
	u := l.people[who]
	if u == nil {
		l.forget(now)
		u = &use{bucket: rate.NewLimiter(rate.Every(l.limit.Per/time.Duration(l.limit.Number)), l.limit.Number)}
		l.people[who] = u
	}
	if u.told && u.whole(l.limit, now) {
		u.told = false
	}
	switch {
	case u.bucket.AllowN(now, 1):
		return within
	case u.told:
		return over
	}
	u.told = true
	return justOver
}

// forget drops people whose limit is whole again, when many are remembered.
func (l *limits) forget(now time.Time) {
	if len(l.people) < remembered {
		return
	}
	for who, u := range l.people {
		if u.whole(l.limit, now) {
			delete(l.people, who)
		}
	}
	if len(l.people) >= remembered {
		clear(l.people)
	}
}

func person(p bot.Principal) string {
	switch {
	case p.Account != "":
		return p.Network + "/account/" + p.Account
	case p.User != "":
		return p.Network + "/user/" + p.User
	case p.Origin != "":
		return p.Network + "/origin/" + p.Origin
	}
	return p.Network + "/nick/" + p.Nick
}

// text is the one line for a person who is over the limit.
func (l *limits) text(p bot.Principal) msg.Para {
	return msg.Para{msg.Name(p.Nick), msg.Text(fmt.Sprintf(": that was more than %d commands %s; I answer you again in a moment.",
		l.limit.Number, l.limit.per()))}
}
