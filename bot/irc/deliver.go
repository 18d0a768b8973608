package irc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	ackWithin    = 30 * time.Second // after the last line was written
	turnWithin   = 15 * time.Second // for the first line to leave,
	turnLines    = 5                // or as long as so many lines take, if that is more
	refusedAgain = 30 * time.Second // at first; the outbox waits longer each time
	maxPayload   = 50               // lines; rendering makes four at most
)

var (
	errLost    = errors.New("connection lost before the network confirmed the message")
	errTimeout = errors.New("the network did not confirm the message within 30 s")
)

// noTurn is [bot.ErrNotReady] for a message that others were told before.
type noTurn struct{}

func (noTurn) Error() string { return "too much else to say at the network's pace" }
func (noTurn) Unwrap() error { return bot.ErrNotReady }

// delivery is one message under way.
type delivery struct {
	name    string        // of the room or person, as configured
	target  string        // that, folded
	barrier bool          // acknowledged by PONG, otherwise by its labels
	left    int           // labels not acknowledged
	started atomic.Bool   // a line has been handed to the connection
	after   int           // then: number of the last barrier before that line
	written chan struct{} // closed after the last line
	result  chan error    // holds the first outcome
}

// finish settles a delivery; the first outcome counts.
func (d *delivery) finish(err error) {
	select {
	case d.result <- err:
	default:
	}
}

// labelled is one line of a delivery that the network will echo.
type labelled struct {
	d    *delivery
	text string
}

// Render fits a message to the lines of the bot's present name and the room's.
// The bytes are a JSON array of lines.
func (t *Transport) Render(r bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	t.mu.Lock()
	prefix := len(t.cfg.Nick) + relayOverhead + hostUnknown
	if t.s != nil {
		prefix = t.s.prefix
		m = msg.Spare(m, t.s.here)
	}
	t.unlock()
	lines := msg.IRC(m, at, lineRoom(prefix, r.Name))
	if len(lines) == 0 {
		return nil, errors.New("render message: it says nothing")
	}
	return json.Marshal(lines)
}

// Deliver says rendered lines in a room. Lines that no longer fit the bot's name
// are split again; the lines of a message stand together. The acknowledgement
// is the labelled echo of every line, where the network has labelled responses,
// otherwise the PONG to a PING sent after the last line with no error about the
// room between. IRC knows no way to recognise a message sent twice, so the id is
// of no use here.
//
// A message whose turn doesn't come within 15 s is taken back, as not ready: the
// last of forty rooms must not hear what was true when the first did.
func (t *Transport) Deliver(ctx context.Context, _ string, r bot.Room, payload []byte) error {
	var texts []string
	if err := json.Unmarshal(payload, &texts); err != nil || len(texts) == 0 || len(texts) > maxPayload {
		return &bot.Refusal{Why: "the stored message is unreadable", Final: true}
	}
	t.mu.Lock()
	s := t.s
	if !t.ready(r) {
		t.unlock()
		return bot.ErrNotReady
	}
	u := s.announce(r, texts)
	t.unlock()
	if u == nil {
		return &bot.Refusal{Why: "the stored message is empty", Final: true}
	}
	defer func() {
		t.mu.Lock()
		s.forget(u.d)
		t.unlock()
	}()

	turn := time.NewTimer(max(turnWithin, turnLines*t.cfg.Pace))
	defer turn.Stop()
	for waiting := true; waiting; {
		select {
		case <-u.d.written:
			waiting = false
		case err := <-u.d.result:
			s.q.cancel(u)
			return err
		case <-turn.C:
			if s.q.retract(u) {
				return noTurn{}
			}
			// It has begun; the rest follows at the network's pace.
		case <-ctx.Done():
			if s.q.cancel(u) {
				return fmt.Errorf("%w: %w", bot.ErrNotReady, ctx.Err())
			}
			return fmt.Errorf("deliver message: %w", ctx.Err())
		}
	}
	timeout := time.NewTimer(ackWithin)
	defer timeout.Stop()
	select {
	case err := <-u.d.result:
		return err
	case <-timeout.C:
		t.mu.Lock()
		s.unconfirmed(u.d)
		t.unlock()
		return errTimeout
	case <-ctx.Done():
		return fmt.Errorf("deliver message: %w", ctx.Err())
	}
}

// unconfirmed is told of a message that nobody confirmed. A network that promised
// to echo labels and doesn't is asked with PING from now on: without this every
// message would be said again and again.
func (s *session) unconfirmed(d *delivery) {
	if !d.barrier && s.caps["labeled-response"] {
		delete(s.caps, "labeled-response")
		s.t.log.Warn("the network does not answer with labels")
	}
}

// announce queues a message, or returns nil when it says nothing. The caller
// holds the lock and has found the room ready.
func (s *session) announce(r bot.Room, texts []string) *unit {
	d := &delivery{
		name: r.Name, target: s.fold(r.Name), barrier: !s.caps["labeled-response"],
		written: make(chan struct{}), result: make(chan error, 1),
	}
	u := &unit{target: d.target, d: d}
	space := s.space(r.Name)
	for _, text := range texts {
		pieces := []string{text}
		if text == "" || len(text) > space || text != printableLine(text) {
			pieces = msg.Split(text, space)
		}
		for _, piece := range pieces {
			line := "PRIVMSG " + r.Name + " :" + piece
			if !d.barrier {
				s.serial++
				label := "s" + strconv.Itoa(s.serial)
				s.labels[label] = labelled{d: d, text: piece}
				d.left++
				line = "@label=" + label + " " + line
			}
			u.lines = append(u.lines, line)
		}
	}
	if len(u.lines) == 0 {
		return nil
	}
	s.out[d] = u
	s.q.announcement(u)
	return u
}

// printableLine is a stored line without anything that could end it or turn it
// into something else; rendered lines have none of that.
func printableLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, text)
}

func (s *session) forget(d *delivery) {
	delete(s.out, d)
	if !d.barrier {
		for label, l := range s.labels {
			if l.d == d {
				delete(s.labels, label)
			}
		}
	}
}

// labelled handles a line that answers one of ours: the echo, ACK where there
// is none, or an error.
func (s *session) labelled(label string, e *girc.Event) {
	l, ok := s.labels[label]
	if !ok {
		return
	}
	switch c := e.Command; {
	case c == "PRIVMSG":
		s.acknowledged(label, param(e, 1))
	case c == "ACK":
		s.acknowledged(label, "")
	case c == "FAIL":
		l.d.finish(refusal(l.d.name, param(e, 1), printable(e.Last())))
	case len(c) == 3 && (c[0] == '4' || c[0] == '5' || c[0] == '7'):
		l.d.finish(refusal(l.d.name, c, printable(e.Last())))
	}
}

// acknowledged notes that one line has arrived, as the text shows where there is
// one: an echo that differs means that the network cuts or changes lines.
func (s *session) acknowledged(label, text string) {
	l, ok := s.labels[label]
	if !ok {
		return
	}
	delete(s.labels, label)
	if text != "" && text != l.text && !s.garbled {
		s.garbled = true
		s.t.log.Warn("the network changes what the bot says", "sent", len(l.text), "arrived", len(text))
	}
	if l.d.left--; l.d.left == 0 {
		l.d.finish(nil)
	}
}

// refused is an error about a target without a label: it belongs to the oldest
// message there that has left and is not acknowledged. When a barrier from
// before that message is unanswered, the error is older still, and a reply's.
func (s *session) refused(target, numeric, words string) {
	var oldest *unit
	for d, u := range s.out {
		if d.barrier && d.target == target && d.started.Load() && d.after <= s.ponged && (oldest == nil || u.queued.Before(oldest.queued)) {
			oldest = u
		}
	}
	if oldest != nil {
		oldest.d.finish(refusal(oldest.d.name, numeric, words))
	}
}

// refusal puts an error numeric into words (modern.ircdocs.horse, numerics). Of
// those about a person, mode +R is 477 on InspIRCd 3, 486 on Solanum and older
// hybrids (8.2 has 531, with words that will do), and +g is 716. None is final:
// people come back, log in and change their modes.
func refusal(name, numeric, words string) *bot.Refusal {
	why := words
	switch numeric {
	case "404":
		why = "muted in " + name
	case "403", "442":
		why = "not in " + name
	case "401":
		why = name + " is not on the network"
	case "477", "486":
		why = name + " takes messages of registered nicks only"
	case "716":
		why = name + " takes messages of accepted people only"
	}
	return &bot.Refusal{Why: why + " (" + numeric + ")", After: refusedAgain}
}
