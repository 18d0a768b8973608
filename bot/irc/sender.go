package irc

import (
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"torchbearer/bot"
)

const (
	maxReplies = 50               // units of replies that may wait
	staleReply = 30 * time.Second // an answer later than this helps nobody
	maxUrgent  = 1000             // lines of login and PONG; more is a server gone mad
	maxControl = 1000
)

// unit is the lines of one message. They leave one after the other, and nothing
// of the same kind comes between them.
type unit struct {
	target string // folded
	asker  string // of a reply: who asked
	lines  []string
	next   int
	queued time.Time
	d      *delivery // nil for a reply
}

// sender is the only writer of a connection. Lines leave by rank: PONG and login
// (not paced), replies, joins and the like, announcements; but nothing is held
// back for long by what ranks before it. Adding a line never blocks.
type sender struct {
	log    *slog.Logger
	lost   func(error) // called once, when writing fails
	prefix atomic.Int32
	wake   chan struct{}

	mu       sync.Mutex
	bucket   bucket
	urgent   []string
	replies  []*unit
	control  []string
	announce []*unit
	turns    turns
	dropped  int
	barriers barriers
	quit     string
	closed   bool
}

func newSender(c *Config, log *slog.Logger, lost func(error)) *sender {
	return &sender{
		log: log, lost: lost, wake: make(chan struct{}, 1),
		bucket:   newBucket(c.Burst, c.Pace, time.Now()),
		barriers: newBarriers(),
	}
}

func (q *sender) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// now adds a line that goes before all others and isn't paced.
func (q *sender) now(line string) {
	q.mu.Lock()
	if !q.closed && len(q.urgent) < maxUrgent {
		q.urgent = append(q.urgent, line)
	}
	q.mu.Unlock()
	q.signal()
}

// soon adds a line that is the bot's own business: a join, a query. It returns
// how many wait before it.
func (q *sender) soon(line string) int {
	q.mu.Lock()
	n := len(q.control)
	if !q.closed && n < maxControl {
		q.control = append(q.control, line)
	}
	q.mu.Unlock()
	q.signal()
	return n
}

// idle reports whether nothing waits and nothing has been said of late: a line
// added now takes nobody's turn.
func (q *sender) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.urgent)+len(q.replies)+len(q.control)+len(q.announce) == 0 && q.bucket.full(time.Now())
}

// reply adds an answer. Where too many wait, whoever waits for the most loses
// the oldest.
func (q *sender) reply(u *unit) {
	u.queued = time.Now()
	q.mu.Lock()
	if q.closed || q.quit != "" {
		q.mu.Unlock()
		return
	}
	q.replies = append(q.replies, u)
	if len(q.replies) > maxReplies {
		i := surplus(q.replies)
		q.replies = slices.Delete(q.replies, i, i+1)
		q.drop("too many wait")
	}
	q.mu.Unlock()
	q.signal()
}

// drop counts a lost reply and logs it, less and less often.
func (q *sender) drop(why string) {
	q.dropped++
	if q.dropped&(q.dropped-1) == 0 {
		q.log.Warn("reply dropped", "why", why, "dropped", q.dropped)
	}
}

func (q *sender) announcement(u *unit) {
	u.queued = time.Now()
	q.mu.Lock()
	q.announce = append(q.announce, u)
	q.mu.Unlock()
	q.signal()
}

// cancel takes back what is not sent yet of a unit and reports whether that is
// all of it.
func (q *sender) cancel(u *unit) (nothingSent bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.withdraw(u)
	return !u.d.started.Load()
}

// retract takes back a unit of which nothing is sent yet; one that has begun
// goes on.
func (q *sender) retract(u *unit) (retracted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if u.d.started.Load() {
		return false
	}
	q.withdraw(u)
	return true
}

func (q *sender) withdraw(u *unit) {
	if i := slices.Index(q.announce, u); i >= 0 {
		q.announce = slices.Delete(q.announce, i, i+1)
	}
}

// answered takes the PONG to a barrier: its number, and the deliveries that it
// acknowledges.
func (q *sender) answered(token string) (n int, told []*delivery, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.barriers.answered(token)
}

// leave drops what waits, says goodbye and stops.
func (q *sender) leave(line string) {
	q.mu.Lock()
	q.quit, q.urgent, q.replies, q.control = line, nil, nil, nil
	q.mu.Unlock()
	q.signal()
}

// close stops the sender without a word.
func (q *sender) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

// run writes until close, leave or an error.
func (q *sender) run(w io.Writer, deadline func(time.Time) error) {
	buf := make([]byte, 0, 2*maxLine)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var done []*delivery
		var wait time.Duration
		var end bool
		buf, done, wait, end = q.pick(buf[:0], time.Now())
		if len(buf) > 0 {
			err := deadline(time.Now().Add(20 * time.Second))
			if err == nil {
				_, err = w.Write(buf)
			}
			if err != nil {
				q.close()
				q.lost(err)
				return
			}
			for _, d := range done {
				close(d.written)
			}
		}
		switch {
		case end:
			return
		case len(buf) > 0:
			continue
		case wait > 0:
			timer.Reset(wait)
			select {
			case <-q.wake:
			case <-timer.C:
			}
		default:
			<-q.wake
		}
	}
}

// pick fills buf with the lines that may leave now, by rank, up to a few, so
// that what is urgent never waits for a long write. When there are none, wait is
// how long until there may be (0: until something is added).
func (q *sender) pick(buf []byte, now time.Time) (_ []byte, done []*delivery, wait time.Duration, end bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return buf, nil, 0, true
	}
	for len(buf) < 2*maxLine {
		q.replies = q.turns.order(q.replies)
		var line string
		var from *unit
		switch {
		case len(q.urgent) > 0:
			line = q.urgent[0]
			q.urgent = shift(q.urgent)
		case q.quit != "":
			if pass(q.quit, 0) == nil {
				buf = append(append(buf, q.quit...), '\r', '\n')
			}
			return buf, done, 0, true
		case q.barriers.due(now, len(q.announce) > 0):
			q.bucket.charge(now)
			line = q.barriers.next()
		case len(q.replies) > 0 && q.replies[0].next == 0 && now.Sub(q.replies[0].queued) > staleReply:
			q.replies = shift(q.replies)
			q.drop("waited for too long")
			continue
		case len(q.replies)+len(q.control)+len(q.announce) == 0:
			return buf, done, 0, false
		default:
			var ok bool
			if wait, ok = q.bucket.take(now); !ok {
				return buf, done, q.barriers.sooner(wait, now), false
			}
			line, from = q.next()
		}
		err := pass(line, int(q.prefix.Load()))
		if err != nil {
			q.log.Error("line not sent", "why", err)
		} else {
			buf = append(append(buf, line...), '\r', '\n')
		}
		if from == nil {
			continue
		}
		if from.d == nil {
			q.barriers.replied(from.target)
			continue
		}
		if err != nil {
			// The name grew since the message was split; the next attempt fits it.
			q.withdraw(from)
			from.d.finish(&bot.Refusal{Why: "a line was not fit to be sent: " + err.Error(), After: time.Second})
			continue
		}
		if !from.d.started.Load() {
			from.d.after = q.barriers.sent
			from.d.started.Store(true)
		}
		if from.next == len(from.lines) {
			done = append(done, from.d)
			if from.d.barrier {
				q.barriers.tell(from.d, now)
			}
		}
	}
	return buf, done, 0, false
}

// next takes the next paced line, and the unit it belongs to, if any.
func (q *sender) next() (string, *unit) {
	k := q.turns.choose(q.replies, q.control, q.announce)
	switch {
	case k == answers && q.barriers.between(q.replies[0]), k == news && q.barriers.between(q.announce[0]):
		return q.barriers.next(), nil
	}
	q.turns.had(k, len(q.control) > 0, len(q.announce) > 0)
	switch k {
	case answers:
		q.turns.served = q.replies[0].asker
		return advance(&q.replies)
	case business:
		line := q.control[0]
		q.control = shift(q.control)
		return line, nil
	default:
		return advance(&q.announce)
	}
}

// advance takes the next line of the first unit of a queue.
func advance(queue *[]*unit) (string, *unit) {
	u := (*queue)[0]
	line := u.lines[u.next]
	u.next++
	if u.next == len(u.lines) {
		*queue = shift(*queue)
	}
	return line, u
}

// shift drops the first of a queue, keeping its memory for the next ones.
func shift[T any](queue []T) []T {
	var none T
	queue[0] = none
	if len(queue) == 1 {
		return queue[:0]
	}
	return queue[1:]
}
