package irc

import (
	"bufio"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/lrstanley/girc"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	maxInput        = 8191 + 512 // of one line of a server: tags and the rest (IRCv3 message-tags)
	registerTimeout = 60 * time.Second
	pingEvery       = 60 * time.Second
	pongWithin      = 30 * time.Second
)

// session is one connection, from dial to loss. Nothing of it survives into the
// next. Everything below q is guarded by the Transport's lock.
type session struct {
	t     *Transport
	conn  net.Conn
	raw   net.Conn // beneath conn; its Close never waits
	q     *sender
	done  chan struct{} // closed by fail
	ended sync.WaitGroup

	closed bool
	fault  fault

	is     isupport
	caps   map[string]bool // granted
	nick   string
	host   string // user@host as others see it; empty: not known yet
	prefix int    // bytes that a relayed line carries in front, with slack

	reg   registration
	login login
	regain
	roster  roster
	query   queries
	batches map[string]batch
	out     map[*delivery]*unit // announcements not acknowledged yet
	labels  map[string]labelled // of those, where the network echoes labels
	serial  int                 // of labels
	ponged  int                 // number of the last barrier that was answered
	garbled bool                // said once that echoes differ
	began   time.Time           // of the live stream, by the server's clock
	silent  bool                // nothing heard since the last PING
	pinged  time.Time           // last PING
	limit   timer               // of the registration
	watch   timer               // of the silence
}

func newSession(t *Transport, conn, raw net.Conn) *session {
	s := &session{
		t: t, conn: conn, raw: raw, done: make(chan struct{}),
		is: newISupport(), caps: make(map[string]bool), nick: t.cfg.Nick,
		reg:   registration{offered: make(map[string]string)},
		query: newQueries(), roster: newRoster(),
		batches: make(map[string]batch), out: make(map[*delivery]*unit), labels: make(map[string]labelled),
	}
	s.q = newSender(&t.cfg, t.log, func(err error) {
		t.mu.Lock()
		defer t.unlock()
		s.fail(fault{why: "connection lost: " + printable(err.Error())})
	})
	s.measure()
	return s
}

// start says hello. The caller holds the lock.
func (s *session) start() {
	s.ended.Go(s.read)
	s.ended.Go(func() { s.q.run(s.conn, s.conn.SetWriteDeadline) })
	s.after(&s.limit, registerTimeout, func() { s.fail(fault{why: "the server did not let the bot in within 60 s"}) })
	s.hello()
}

// fail ends the session; the first reason counts. The caller holds the lock.
func (s *session) fail(f fault) {
	if s.closed {
		return
	}
	s.closed, s.fault = true, f
	s.q.close()
	s.raw.Close()
	close(s.done)
}

// timer is one thing that the session waits for.
type timer struct {
	t   *time.Timer
	gen int
}

// after sets a timer anew; fn runs under the lock unless the session has ended
// or the timer was set again or stopped.
func (s *session) after(tm *timer, d time.Duration, fn func()) {
	tm.stop()
	gen := tm.gen
	tm.t = time.AfterFunc(d, func() {
		s.t.mu.Lock()
		defer s.t.unlock()
		if !s.closed && tm.gen == gen {
			fn()
		}
	})
}

func (tm *timer) stop() {
	tm.gen++
	if tm.t != nil {
		tm.t.Stop()
	}
}

// read hands lines on until the connection ends. Lines too long are skipped in
// constant memory.
func (s *session) read() {
	r := bufio.NewReaderSize(s.conn, maxInput+2)
	long := false
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case err != nil:
			why := "connection lost: " + printable(err.Error())
			if errors.Is(err, io.EOF) {
				why = "the server closed the connection"
			}
			s.t.mu.Lock()
			s.fail(fault{why: why})
			s.t.unlock()
			return
		case long:
			long = false
			s.t.log.Debug("line skipped", "why", "too long")
			continue
		}
		if e := parse(line); e != nil && !s.receive(e) {
			return
		}
	}
}

// parse reads one line of a server; nil where it is none. girc's parser is
// shown only what it is made for: UTF-8 with a command, no control characters
// but those of formatting.
func parse(line []byte) *girc.Event {
	text := strings.TrimRight(string(line), "\r\n")
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	e := girc.ParseEvent(text)
	if e == nil || e.Command == "" {
		return nil
	}
	return e
}

// receive handles one line and reports whether to go on. A panic is a mistake
// of ours that a hostile line has found: it costs that line.
func (s *session) receive(e *girc.Event) (alive bool) {
	h := s.guarded(e, &alive)
	if h.seen {
		s.t.in.Seen(h.in.Room, h.in.From, h.in.At)
	}
	if h.said {
		s.t.in.Incoming(h.in)
	}
	return alive
}

// heard is what a line is to the receiver: who is seen, and what they said.
type heard struct {
	in         bot.Incoming
	seen, said bool
}

func (s *session) guarded(e *girc.Event, alive *bool) (h heard) {
	s.t.mu.Lock()
	defer s.t.unlock()
	defer func() {
		if p := recover(); p != nil {
			s.t.log.Error("line not understood", "command", msg.Cut(msg.Clean(e.Command), 20), "panic", p, "stack", string(debug.Stack()))
			h, *alive = heard{}, !s.closed
		}
	}()
	if s.closed {
		return h
	}
	s.silent = false
	h = s.handle(e)
	*alive = !s.closed
	return h
}

// handle is the dispatch of all lines. Short lines have no meaning: param
// returns "" for what is missing, and no name is empty.
func (s *session) handle(e *girc.Event) heard {
	if label, ok := e.Tags["label"]; ok {
		s.labelled(label, e)
	} else if ref, ok := e.Tags["batch"]; ok {
		if b := s.batches[ref]; b.label != "" {
			s.labelled(b.label, e)
		}
	}
	switch e.Command {
	case "JOIN", "PART", "KICK", "QUIT", "NICK", "ACCOUNT", "CHGHOST":
		if s.inHistory(e) {
			return heard{}
		}
	}
	switch e.Command {
	case "PRIVMSG":
		return s.privmsg(e)
	case "PING":
		s.q.now("PONG :" + strings.ReplaceAll(e.Last(), "\r", ""))
	case "PONG":
		s.pong(e.Last())
	case "ERROR":
		words := printable(e.Last())
		s.fail(fault{why: "the server said: " + words, wait: classify(words)})
	case "CAP":
		s.capability(e)
	case "AUTHENTICATE":
		s.authenticate(param(e, 0))
	case "JOIN":
		return s.join(e)
	case "PART":
		s.part(e)
	case "KICK":
		s.kick(e)
	case "QUIT":
		s.gone(who(e))
	case "NICK":
		s.renamed(e)
	case "MODE":
		s.mode(e)
	case "INVITE":
		s.invite(e)
	case "CHGHOST":
		s.chghost(e)
	case "ACCOUNT":
		s.account(e)
	case "BATCH":
		s.batch(e)
	case "NOTICE":
		s.serviceWords(e)
	case "FAIL", "NOTE", "WARN", "TAGMSG", "TOPIC", "AWAY", "WALLOPS":
	default:
		if len(e.Command) == 3 {
			s.numeric(e)
		}
	}
	return heard{}
}

// numeric handles the numerics; their first parameter is the bot's own nick.
func (s *session) numeric(e *girc.Event) {
	switch e.Command {
	case "001":
		s.welcome(e)
	case "005":
		if len(e.Params) > 2 {
			before := s.is.names
			s.is.add(e.Params[1 : len(e.Params)-1])
			s.t.refold(s.is.names)
			if s.is.names != before {
				s.roster.refold(s.is.names)
			}
		}
	case "376", "422": // end of the message of the day, or none
		s.settled()
	case "396":
		s.cloaked(param(e, 1))
	case "353":
		s.names(e)
	case "366":
		s.counted(e)
	case "352", "354":
		s.whoIs(e)
	case "315":
		s.known(e)
	case "303":
		s.ison(e.Last())
	case "731":
		s.offline(e.Last())
	case "311", "307", "330", "335", "318", "401":
		s.whois(e)
		if e.Command == "401" {
			s.refusal(e)
		}
	case "432", "433", "436", "437":
		s.nickRefused(e)
	case "464", "465", "466":
		s.fail(fault{why: "the server refused the bot: " + printable(e.Last()), wait: longStop})
	case "900", "901", "902", "903", "904", "905", "906", "907", "908":
		s.sasl(e)
	case "717": // says more about the 716 before it
	default:
		if c := e.Command[0]; c == '4' || c == '5' || c == '7' {
			s.refusal(e)
		}
	}
}

// pong takes the answer to one of our own PINGs.
func (s *session) pong(token string) {
	if n, told, ok := s.q.answered(token); ok {
		s.ponged = max(s.ponged, n)
		for _, d := range told {
			d.finish(nil)
		}
		return
	}
	if token == lagToken && !s.pinged.IsZero() {
		s.t.lag = time.Since(s.pinged)
	}
}

const lagToken = "lag"

// patrol asks the server every minute whether it is there, so that a connection
// which is open at our end alone is given up within 90 s of its last line.
func (s *session) patrol() { s.after(&s.watch, pingEvery, s.ping) }

func (s *session) ping() {
	s.pinged, s.silent = time.Now(), true
	s.q.now("PING :" + lagToken)
	s.after(&s.watch, pongWithin, func() {
		if s.silent {
			s.fail(fault{why: "no answer from the server for 90 s"})
			return
		}
		s.after(&s.watch, pingEvery-pongWithin, s.ping)
	})
}

// param returns a parameter, or "" where there are fewer.
func param(e *girc.Event, i int) string {
	if i < len(e.Params) {
		return e.Params[i]
	}
	return ""
}

// who returns the name of whoever sent a line, "" where it has no source.
func who(e *girc.Event) string {
	if e.Source == nil {
		return ""
	}
	return e.Source.Name
}

// printable makes a server's words fit for status and log.
func printable(words string) string { return msg.Cut(msg.Clean(words), 200) }

func (s *session) fold(name string) string { return s.is.names.fold(name) }

// me reports whether a name is the bot's own.
func (s *session) me(name string) bool { return s.is.names.same(name, s.nick) }
