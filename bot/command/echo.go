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

	state  heed
	by     string // who was heeded, as far as that is proven
	silent bool   // they had said too much, and got no answer
	told   bool   // that it was refused
	waits  []again
}

// again is what may be a copy of a line, until it is known what came of that.
type again struct {
	heed func() // the line was refused
	anew func() // it was heeded
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
	if !copied {
		h.heed(ctx, in, f, err, first)
		return
	}
	h.echoes.again(first, again{
		heed: func() { h.heed(ctx, in, f, err, first) },
		anew: func() {
			if err == nil {
				h.anew(ctx, in, f, first)
			}
		},
	})
}

// anew heeds what looks like a copy of a line that was heeded, where it is none. A
// bridge speaks as nobody whom the bot knows, so who is known has said it: others
// can't keep anybody from being heard by saying the same first. Where the answer is
// the same for all, one is enough.
func (h *Handler) anew(ctx context.Context, in bot.Incoming, f *found, first *heard) {
	by, answered := h.echoes.outcome(first)
	if answered && !personal(f.command) && !read(f.command, f.rest, h.team(f.team)).me(f.command) {
		return
	}
	unlessCopied := func(p bot.Principal) {
		if id := h.by(p); id != "" && id != by {
			h.heed(ctx, in, f, nil, h.echoes.add(in, h.Now()))
		}
	}
	switch {
	case in.From.Strength == bot.Account:
		unlessCopied(in.From)
	case h.Known(in.From):
		h.aside(func() { unlessCopied(h.ask(ctx, in)) })
	}
}

// personal reports whether it depends on who uses a command what it does.
func personal(c *bot.Command) bool { return c.Prove || c.Who != bot.Anyone || c.More != bot.Anyone }

// hear returns what is remembered of a line, and whether it is a copy.
func (e *echoes) hear(in bot.Incoming, sisters []bot.Room, now time.Time) (first *heard, copied bool) {
	text := sum(in)
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
	return e.remember(&heard{text: text, at: now, in: []bot.Room{in.Room}}), false
}

// add remembers a line that is no copy, though it looks like one.
func (e *echoes) add(in bot.Incoming, now time.Time) *heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.remember(&heard{text: sum(in), at: now, in: []bot.Room{in.Room}})
}

// remember is add with the lock held.
func (e *echoes) remember(l *heard) *heard {
	if len(e.lines) == mostHeard {
		e.lines = slices.Delete(e.lines, 0, 1)
	}
	e.lines = append(e.lines, l)
	return l
}

// sum stands for the words of a line.
func sum(in bot.Incoming) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(strings.Fields(msg.Clean(in.Text)), " ")))
}

// again does with what may be a copy as its line asks for. While that is being
// found out it waits.
func (e *echoes) again(first *heard, c again) {
	e.mu.Lock()
	next := c.anew
	switch first.state {
	case pending:
		first.waits = append(first.waits, c)
		next = func() {}
	case refused:
		first.state = pending
		next = c.heed
	}
	e.mu.Unlock()
	next()
}

// outcome is who was heeded, and whether they were answered.
func (e *echoes) outcome(first *heard) (by string, answered bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return first.by, !first.silent
}

// heeded notes that a line was answered to somebody, as far as they are known, or
// that they had said too much: its copies are not. Nil: it is in no mirror.
func (e *echoes) heeded(first *heard, by string, answered bool) {
	if first == nil {
		return
	}
	e.mu.Lock()
	waits := first.waits
	first.state, first.by, first.silent, first.waits = heeded, by, !answered, nil
	e.mu.Unlock()
	for _, c := range waits {
		c.anew()
	}
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
		next.heed()
		return false
	}
	defer e.mu.Unlock()
	first.state = refused
	told := first.told
	first.told = true
	return !told
}
