package irc

import (
	"strconv"
	"time"
)

const (
	// Without echoes a PING after an announcement brings its acknowledgement.
	// While more of them wait for the bucket, one PING serves several.
	barrierAfter = 5 * time.Second

	maxReplied = 64 // targets to remember
)

// barriers are the PINGs that mark places in what the bot says. A server answers
// line by line, so what it complains of before the PONG was said before the PING,
// and what it has not complained of by then has arrived. IRC errors name no line:
// with a PING between an answer and an announcement to the same target, the
// error that one earns is not taken for the other's.
type barriers struct {
	sent   int              // number of the last
	asked  map[string]asked // by token, without a PONG yet
	told   []*delivery      // sent whole since the last
	since  time.Time        // the first of told
	spoken map[string]bool  // targets of replies since the last
}

type asked struct {
	n    int
	told []*delivery
}

func newBarriers() barriers {
	return barriers{asked: make(map[string]asked), spoken: make(map[string]bool)}
}

// tell notes a delivery whose last line leaves.
func (b *barriers) tell(d *delivery, now time.Time) {
	if len(b.told) == 0 {
		b.since = now
	}
	b.told = append(b.told, d)
}

// replied notes a line of a reply.
func (b *barriers) replied(target string) { b.spoken[target] = true }

// due reports whether it is time to ask the server whether it has read all that
// was told so far; more says that further announcements wait.
func (b *barriers) due(now time.Time, more bool) bool {
	return len(b.told) > 0 && (!more || now.Sub(b.since) >= barrierAfter)
}

// sooner shortens a wait to the moment when a barrier is due.
func (b *barriers) sooner(wait time.Duration, now time.Time) time.Duration {
	if len(b.told) == 0 {
		return wait
	}
	return min(wait, max(barrierAfter-now.Sub(b.since), time.Millisecond))
}

// between reports whether a barrier has to go before a message.
func (b *barriers) between(u *unit) bool {
	switch {
	case u.next > 0:
		return false
	case u.d != nil:
		return u.d.barrier && b.spoken[u.target]
	case len(b.spoken) >= maxReplied:
		return true
	}
	for _, d := range b.told {
		if d.target == u.target {
			return true
		}
	}
	return false
}

// next returns the line of the next barrier.
func (b *barriers) next() string {
	b.sent++
	token := "said-" + strconv.Itoa(b.sent)
	b.asked[token] = asked{n: b.sent, told: b.told}
	b.told = nil
	clear(b.spoken)
	return "PING :" + token
}

// answered takes the PONG to a token.
func (b *barriers) answered(token string) (n int, told []*delivery, ok bool) {
	a, ok := b.asked[token]
	delete(b.asked, token)
	return a.n, a.told, ok
}
