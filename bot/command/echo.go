package command

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	// echoFor is how long after a line a bridge may repeat it in the other rooms
	// of its mirror.
	echoFor = time.Minute

	// mostHeard is how many lines are remembered for that; of more the oldest are
	// forgotten.
	mostHeard = 512
)

// echoes are the lines that a bridge may repeat. The bot hears each as somebody
// else's: it may be the copy that comes first, said by a puppet that may do
// nothing, while the one that the person said is still on its way.
type echoes struct {
	mu    sync.Mutex
	lines []*heard // oldest first
}

// heard is one line for the bot, in whichever rooms of a mirror it was heard.
type heard struct {
	text [sha256.Size]byte
	at   time.Time
	in   []bot.Room // where it was heard, the first one first

	state heed
	told  bool     // that it was refused
	waits []func() // to heed the copies, if it is refused
}

// heed says what came of a line.
type heed int

const (
	pending heed = iota // it is being found out who said it
	heeded              // it was answered
	refused             // nobody who may has said it so far
)

// mirrored heeds a line heard in a room of a mirror, unless it is a copy of one
// that has been heeded.
func (h *Handler) mirrored(ctx context.Context, in bot.Incoming, f *found, err error, sisters []bot.Room) {
	first, copied := h.echoes.hear(in, sisters, h.Now())
	if !copied || h.echoes.again(first, func() { h.heed(ctx, in, f, err, first) }) {
		h.heed(ctx, in, f, err, first)
	}
}

// hear returns what is remembered of a line, and whether it is a copy.
func (e *echoes) hear(in bot.Incoming, sisters []bot.Room, now time.Time) (first *heard, copied bool) {
	text := sha256.Sum256([]byte(strings.Join(strings.Fields(msg.Clean(in.Text)), " ")))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = slices.DeleteFunc(e.lines, func(l *heard) bool { return now.Sub(l.at).Abs() >= echoFor })
	for _, l := range e.lines {
		// A room hears a line once: who says the same there again says
		// something new.
		if l.text == text && slices.Contains(sisters, l.in[0]) && !slices.Contains(l.in, in.Room) {
			l.in = append(l.in, in.Room)
			return l, true
		}
	}
	if len(e.lines) == mostHeard {
		e.lines = slices.Delete(e.lines, 0, 1)
	}
	first = &heard{text: text, at: now, in: []bot.Room{in.Room}}
	e.lines = append(e.lines, first)
	return first, false
}

// again reports whether a copy is to be heeded, since the line was refused to who
// said it so far. While that is being found out it waits.
func (e *echoes) again(first *heard, wait func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch first.state {
	case pending:
		first.waits = append(first.waits, wait)
	case refused:
		first.state = pending
		return true
	}
	return false
}

// heeded notes that a line was answered: its copies are not. Nil: it is in no
// mirror.
func (e *echoes) heeded(first *heard) {
	if first == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	first.state, first.waits = heeded, nil
}

// refused notes that who said a line must not, and has the next copy of it heeded.
// It reports whether to say so: not twice, nor while there is such a copy.
func (e *echoes) refused(first *heard) bool {
	if first == nil {
		return true
	}
	e.mu.Lock()
	if len(first.waits) > 0 {
		next := first.waits[0]
		first.waits = first.waits[1:]
		e.mu.Unlock()
		next()
		return false
	}
	defer e.mu.Unlock()
	first.state = refused
	told := first.told
	first.told = true
	return !told
}
