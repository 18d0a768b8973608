package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	maxReplies = 100              // that wait; more are dropped
	staleReply = 30 * time.Second // an answer later than that is to nobody
	atOnce     = 4                // messages on their way at the same time, each to another room
	inARow     = 4                // answers, while an announcement waits
	spared     = 3                // tokens that edits leave to what is said
)

// item is one message to be sent.
type item struct {
	room    id.RoomID
	txn     string
	content json.RawMessage
	queued  time.Time
	tries   int
	next    time.Time // not before
	d       *delivery // nil: an answer
}

// delivery is an announcement under way, or an edit.
type delivery struct {
	edit   bool
	result chan outcome // holds it
}

// outcome is what became of a delivery.
type outcome struct {
	event id.EventID
	err   error
}

// sender is the account's queue: answers go before announcements and those before
// edits, what is said in one room keeps its order, and all of it keeps to the pace
// of the server. It outlives sessions.
type sender struct {
	t    *Transport
	wake chan struct{}

	mu      sync.Mutex
	replies []*item
	news    []*item
	edits   []*item
	busy    map[id.RoomID]bool
	flying  int
	bucket  bucket
	hold    time.Time // the server asked to wait until then
	row     int       // answers since the last announcement
}

func newSender(t *Transport) *sender {
	return &sender{
		t: t, wake: make(chan struct{}, 1), busy: map[id.RoomID]bool{},
		bucket: newBucket(t.cfg.Burst, t.cfg.Pace, time.Now()),
	}
}

func (q *sender) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Reply answers a command: at once, and without acknowledgement. The answer's
// transaction id is that of the command, so a command that is run again after a
// crash is answered once.
func (t *Transport) Reply(to bot.Incoming, m msg.Message, at time.Time) {
	t.mu.Lock()
	asked := t.asked.byID[to.ID]
	n := 0
	if asked != nil {
		n = asked.answers
		asked.answers++
	}
	t.mu.Unlock()
	if asked == nil {
		t.log.Warn("answer dropped", "room", to.Room.String(), "why", "the question is not known")
		return
	}
	content, err := asked.answer(m, at)
	if err != nil {
		t.log.Error("answer dropped", "room", to.Room.String(), "err", err)
		return
	}
	t.q.reply(&item{room: asked.room, txn: answerID(to.ID, n), content: content, queued: time.Now()})
}

// reply queues an answer.
func (q *sender) reply(it *item) {
	q.mu.Lock()
	full := len(q.replies) >= maxReplies
	if !full {
		q.replies = append(q.replies, it)
	}
	q.mu.Unlock()
	if full {
		q.drop(it, "too many wait")
		return
	}
	q.signal()
}

func (q *sender) drop(it *item, why string) {
	q.t.log.Warn("answer dropped", "room", it.room, "why", why)
}

// announce queues an announcement or an edit.
func (q *sender) announce(it *item) {
	q.mu.Lock()
	queue := q.queue(it)
	*queue = append(*queue, it)
	q.mu.Unlock()
	q.signal()
}

// retract takes one of them back, and reports whether it had not begun.
func (q *sender) retract(it *item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue := q.queue(it)
	i := slices.Index(*queue, it)
	if i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
	}
	return i >= 0
}

// queue is where an item waits; the lock is held.
func (q *sender) queue(it *item) *[]*item {
	switch {
	case it.d == nil:
		return &q.replies
	case it.d.edit:
		return &q.edits
	}
	return &q.news
}

// run sends until ctx ends, then waits a moment for what is under way. What is
// still queued stays so for the next session.
func (q *sender) run(ctx context.Context) {
	sends, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var ended sync.WaitGroup
	for ctx.Err() == nil {
		it, wait := q.pick(time.Now())
		if it != nil {
			ended.Go(func() { q.send(sends, it) })
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	defer time.AfterFunc(graceful, cut).Stop()
	ended.Wait()
}

// pick takes what is next, or says how long there is nothing.
func (q *sender) pick(now time.Time) (*item, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.replies = slices.DeleteFunc(q.replies, func(it *item) bool {
		stale := now.Sub(it.queued) > staleReply
		if stale {
			q.drop(it, "it waited for too long")
		}
		return stale
	})
	if len(q.replies)+len(q.news)+len(q.edits) == 0 || q.flying >= atOnce || !q.t.isLive() {
		return nil, time.Hour
	}
	if wait := q.hold.Sub(now); wait > 0 {
		return nil, wait
	}
	r, rWait := q.first(q.replies, now)
	n, nWait := q.first(q.news, now)
	if r >= 0 || n >= 0 {
		if wait, ok := q.bucket.take(now, 0); !ok {
			return nil, wait
		}
		if r >= 0 && (n < 0 || q.row < inARow) {
			q.row++
			return q.launch(q.replies[r], r), 0
		}
		q.row = 0
		return q.launch(q.news[n], n), 0
	}
	e, eWait := q.first(q.edits, now)
	if e < 0 {
		return nil, min(rWait, nWait, eWait)
	}
	if wait, ok := q.bucket.take(now, spared); !ok {
		return nil, min(rWait, nWait, wait)
	}
	return q.launch(q.edits[e], e), 0
}

// launch takes the i-th item out of its queue; the lock is held.
func (q *sender) launch(it *item, i int) *item {
	queue := q.queue(it)
	*queue = slices.Delete(*queue, i, i+1)
	q.flying++
	q.busy[it.room] = true
	return it
}

// first is the first item of a queue that may go, each room's first alone; or
// how long there is none.
func (q *sender) first(queue []*item, now time.Time) (int, time.Duration) {
	wait := time.Hour
	var passed map[id.RoomID]bool
	for i, it := range queue {
		if q.busy[it.room] || passed[it.room] || !q.t.joined(it.room) || !q.t.known(it.room) {
			continue
		}
		if d := it.next.Sub(now); d > 0 {
			wait = min(wait, d)
			if passed == nil {
				passed = map[id.RoomID]bool{}
			}
			passed[it.room] = true
			continue
		}
		return i, 0
	}
	return -1, wait
}

// send sends one message and does with it what its outcome asks for.
func (q *sender) send(ctx context.Context, it *item) {
	event, err := q.t.put(ctx, it.room, it.txn, it.content)
	now := time.Now()
	q.mu.Lock()
	delete(q.busy, it.room)
	q.flying--
	var limit *tooMuch
	var refusal *bot.Refusal
	switch {
	case errors.As(err, &limit):
		q.limited(limit.after, now)
		if it.d == nil {
			q.replies = slices.Insert(q.replies, 0, it)
		} else {
			// The server took note of nothing: it is the outbox's again.
			it.d.result <- outcome{err: &bot.Refusal{Why: limit.Error(), After: limit.after}}
		}
	case it.d != nil:
		it.d.result <- outcome{event, err}
	case err == nil:
	case errors.As(err, &refusal):
		q.drop(it, refusal.Why)
	default:
		it.tries++
		it.next = now.Add(backoff(it.tries - 1))
		q.replies = slices.Insert(q.replies, 0, it)
	}
	q.mu.Unlock()
	q.signal()
	if err == nil {
		q.t.log.Debug("sent", "room", it.room, "event", event)
	}
}

// limited notes that the server asks to wait; the lock is held.
func (q *sender) limited(after time.Duration, now time.Time) {
	if until := now.Add(after); until.After(q.hold) {
		q.hold = until
	}
	q.bucket.drain(now)
}

// joining asks whether the bot may join a room now, or when. To Synapse a join
// is a message like any other.
func (q *sender) joining() (wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return time.Until(q.hold)
}

// joined counts a join, as the server did.
func (q *sender) joined(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if after, ok := limited(err); ok {
		q.limited(after, time.Now())
		return
	}
	q.bucket.take(time.Now(), 0)
}
