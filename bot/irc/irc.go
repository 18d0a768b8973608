// Package irc is a bot's place on an IRC network: a [bot.Transport] that stays
// connected, logs in, keeps its nick and its rooms, says what it is told to and
// knows whether it arrived.
//
//	t := irc.New(irc.Options{Config: irc.Config{
//		Network: "oftc", Address: "irc.oftc.net:6697", TLS: true,
//		Nick: "glancebot", Realname: "Glance review bot, contact #openstack-glance",
//		Login: irc.NickServ, Account: "glancebot", Password: password,
//		Burst: 5, Pace: 2 * time.Second,
//		Rooms: []bot.Room{{Network: "oftc", Name: "#openstack-glance"}},
//	}})
//	err := t.Run(ctx, receiver)
//
// # What girc does here, and what not
//
// The grammar is girc's: lines, tags and sources are read by its parser, which is
// shown whole lines of bounded length and valid UTF-8 only. Its Client is not
// used. Measured, it loses the login when a capability is refused, crashes on
// hostile text in its splitter, keeps its state locked after a panic, answers a
// PING late because WHOs and replies share its queue, and gives no word about
// delivery; every setting that avoids one of these turns off something else
// (DisableTracking takes capabilities and SASL with it). So registration, login,
// nick, roster, pacing, splitting and liveness are here, each in a file of its
// own, and every connection is a session that nothing survives.
//
// # Goroutines and locks
//
// A session has one reader, which handles each line whole under the Transport's
// lock, and one writer, which takes lines by rank from a queue under a lock of
// its own. Timers run under the Transport's lock. Nothing waits for the network
// with a lock in hand, and the receiver is called without one.
package irc

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	graceful   = time.Second     // for acknowledgements that are under way when the bot leaves
	quitWithin = 2 * time.Second // for the server to close the connection
	abandon    = 5 * time.Second // then a goroutine that doesn't end is left behind
	goodbye    = "QUIT :Leaving"
)

// Config is one network of the configuration.
type Config struct {
	Network       string
	Address       string // host:port
	TLS           bool
	CA, Cert, Key string // PEM files; without CA the system's roots, without Key the one in Cert
	Nick          string
	User          string // of nick!user@host; empty: "torchbearer"
	Realname      string // empty: the nick
	Login         string // SASLPlain, SASLExternal, NickServ or None
	Account       string
	Password      string
	Burst         int           // lines at once, then
	Pace          time.Duration // one each; 0: no pacing
	Rooms         []bot.Room    // to join; those of other networks are passed over

	// Ignore are nicks whose words are nobody's: bridge puppets, other bots. A
	// star stands for any text, "*[m]".
	Ignore []string
}

// Options is a Config with what tests replace.
type Options struct {
	Config
	// Dial connects; nil: a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Now dates what is handed on; nil: time.Now. All waiting is by package time.
	Now func() time.Time
	Log *slog.Logger // nil: slog.Default
}

// Transport is one IRC network. Make it with New.
type Transport struct {
	cfg  Config
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	now  func() time.Time
	log  *slog.Logger
	in   bot.Receiver // set by Run, before any session

	mu      sync.Mutex
	s       *session // nil between connections
	names   casemap  // by which rooms are folded
	rooms   []*room
	byName  map[string]*room
	changed bool // the receiver has to be told
	since   time.Time
	lag     time.Duration
	detail  string    // why not connected
	retry   time.Time // next attempt
}

// New makes the transport of a network. It connects when Run is called.
func New(o Options) *Transport {
	t := &Transport{cfg: o.Config, dial: o.Dial, now: o.Now, log: o.Log, since: time.Now(), detail: "not connected yet"}
	if t.dial == nil {
		t.dial = new(net.Dialer).DialContext
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.log == nil {
		t.log = slog.Default()
	}
	t.log = t.log.With("network", t.cfg.Network)
	t.cfg.User = cmp.Or(t.cfg.User, "torchbearer")
	t.cfg.Realname = cmp.Or(t.cfg.Realname, t.cfg.Nick)
	for _, r := range t.cfg.Rooms {
		if r.Network == t.cfg.Network {
			t.rooms = append(t.rooms, &room{cfg: r, why: "not connected"})
		}
	}
	t.refold(rfc1459)
	return t
}

// Network returns the name of the network's section in the configuration.
func (t *Transport) Network() string { return t.cfg.Network }

// Run connects and stays connected until ctx ends; then it says goodbye and
// returns nil. It returns an error only for a configuration that can't work: an
// address without a port, a certificate that can't be read.
func (t *Transport) Run(ctx context.Context, in bot.Receiver) error {
	conf, err := t.cfg.tlsConfig()
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.in = in
	t.mu.Unlock()
	for failures := 0; ; failures++ {
		began := time.Now()
		f := t.attempt(ctx, conf)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) >= stable {
			failures = 0
		}
		wait := backoff(failures)
		if f.wait > 0 {
			wait = max(wait, f.wait+backoff(0))
		}
		t.log.Warn("not connected", "why", f.why, "again", wait.Round(time.Second).String())
		t.mu.Lock()
		t.detail, t.retry = f.why, time.Now().Add(wait)
		t.unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// attempt is one connection, from dial to loss.
func (t *Transport) attempt(ctx context.Context, conf *tls.Config) fault {
	conn, raw, err := t.connect(ctx, conf)
	if err != nil {
		return dialFault(err)
	}
	s := newSession(t, conn, raw)
	t.mu.Lock()
	t.s = s
	t.detail, t.retry = "logging in", time.Time{}
	s.start()
	t.unlock()

	select {
	case <-s.done:
	case <-ctx.Done():
		s.leave()
	}
	t.mu.Lock()
	s.fail(fault{why: "left"})
	s.end()
	f := s.fault
	t.unlock()

	ended := make(chan struct{})
	go func() { s.ended.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(abandon):
		t.log.Error("connection abandoned", "why", "its reader or writer does not end")
	}
	return f
}

// leave waits a moment for what is under way, says goodbye and lets the server
// close the connection.
func (s *session) leave() {
	deadline := time.After(graceful)
	for s.underWay() {
		select {
		case <-s.done:
			return
		case <-deadline:
		case <-time.After(10 * time.Millisecond):
			continue
		}
		break
	}
	s.q.leave(goodbye)
	select {
	case <-s.done:
	case <-time.After(quitWithin):
	}
}

// underWay reports whether a message has left and is not acknowledged yet.
func (s *session) underWay() bool {
	s.t.mu.Lock()
	defer s.t.unlock()
	for d := range s.out {
		if d.started.Load() && len(d.result) == 0 {
			return true
		}
	}
	return false
}

// end settles everything that hangs on the session. The caller holds the lock.
func (s *session) end() {
	t := s.t
	t.s = nil
	for d, u := range s.out {
		if s.q.cancel(u) {
			d.finish(bot.ErrNotReady)
		} else {
			d.finish(errLost)
		}
	}
	s.query.voidAll()
	for _, tm := range []*timer{&s.limit, &s.watch, &s.reg.wait, &s.login.retry, &s.login.probe, &s.back, &s.poll, &s.roster.who} {
		tm.stop()
	}
	for _, r := range t.rooms {
		r.timer.stop()
		if r.joined || r.next.IsZero() {
			r.joined, r.why = false, "not connected"
		}
	}
	t.since, t.detail, t.lag = time.Now(), s.fault.why, 0
	t.changed = true
}

// unlock ends a turn under the lock, and tells the receiver if Ready may answer
// otherwise now.
func (t *Transport) unlock() {
	changed := t.changed && t.in != nil
	t.changed = false
	t.mu.Unlock()
	if changed {
		t.in.Changed(t.cfg.Network)
	}
}

// refold sorts the rooms by name under a network's casemapping.
func (t *Transport) refold(names casemap) {
	if t.byName != nil && t.names == names {
		return
	}
	t.names, t.byName = names, make(map[string]*room, len(t.rooms))
	for _, r := range t.rooms {
		r.folded = names.fold(r.cfg.Name)
		t.byName[r.folded] = r
	}
}

// find returns the configured room that the network calls by a name, or nil.
func (t *Transport) find(name string) *room { return t.byName[t.names.fold(name)] }

// entered notes that the bot is connected and logged in.
func (t *Transport) entered() {
	t.since, t.detail, t.changed = time.Now(), "", true
	t.log.Info("connected", "nick", printable(t.s.nick), "login", t.s.loginWords())
}

// Ready reports whether a message to the room could be sent now. A bot whose
// login has lapsed keeps its rooms and goes on speaking there.
func (t *Transport) Ready(r bot.Room) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ready(r)
}

func (t *Transport) ready(r bot.Room) bool {
	if t.s == nil || t.s.closed || r.Network != t.cfg.Network {
		return false
	}
	if t.s.is.channel(r.Name) {
		room := t.find(r.Name)
		return room != nil && room.joined
	}
	return t.s.login.done && validNick(r.Name)
}

// Reply answers where the question was asked: at once, without acknowledgement.
func (t *Transport) Reply(to bot.Incoming, m msg.Message, at time.Time) {
	t.mu.Lock()
	if !t.ready(to.Room) {
		t.mu.Unlock()
		return
	}
	s := t.s
	target := s.fold(to.Room.Name)
	space := s.space(to.Room.Name)
	m = msg.Spare(m, s.here)
	t.mu.Unlock()

	lines := msg.IRC(m, at, space)
	if len(lines) == 0 {
		return
	}
	before := "PRIVMSG " + to.Room.Name + " :"
	if strings.ContainsAny(before, "\r\n\x00") {
		return
	}
	for i := range lines {
		lines[i] = before + lines[i]
	}
	asker := cmp.Or(to.From.Account, to.From.Origin, to.From.Nick)
	s.q.reply(&unit{target: target, asker: asker, lines: lines})
}
