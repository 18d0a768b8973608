package bottest

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// IRCServer is an IRC network in memory that behaves: it registers, logs in,
// relays in 512 bytes, echoes, and refuses what it should. Its faults are
// methods (Drop, Freeze, Down), fields of IRCOptions, and Hook for all others.
// It works inside a synctest bubble:
//
//	srv := bottest.NewIRCServer(bottest.IRCOptions{Caps: bottest.IRCv3()})
//	t := irc.New(irc.Options{Config: conf, Dial: srv.Dial})
//	srv.Say("maria", "#glance", "!freeze")
//	synctest.Wait()
//	got := srv.Said("#glance")
type IRCServer struct {
	opts IRCOptions

	mu       sync.Mutex
	conns    []*IRCConn
	users    map[string]*IRCUser    // not clients: people
	channels map[string]*ircChannel // by lower-case name
	said     map[string][]string    // target to texts as relayed
	received []string               // every line of every client
	times    []time.Time            // of those
	down     bool
	frozen   bool
	services bool
	dials    []time.Time
}

// IRCOptions is what a network offers. The zero value is one from before CAP
// and services.
type IRCOptions struct {
	Caps     []string          // "sasl=PLAIN", "echo-message"; nil: CAP is an unknown command
	ISupport []string          // tokens; nil: a few usual ones
	Accounts map[string]string // password by account, which is the nick too; nil: no services
	Cert     string            // account that SASL EXTERNAL logs into; empty: refused
	Motd     bool              // 376 at the end, otherwise 422
	// Hook sees every line of a client first; true: it is done with.
	Hook func(c *IRCConn, command string, params []string) bool
}

// IRCv3 are the capabilities of a modern network.
func IRCv3() []string {
	return []string{
		"sasl=PLAIN,EXTERNAL", "account-notify", "account-tag", "batch", "chghost", "echo-message", "extended-join",
		"labeled-response", "message-tags", "server-time", "multi-prefix", "userhost-in-names", "away-notify",
	}
}

// IRCUser is a person on the network.
type IRCUser struct {
	Nick, User, Host string
	Account          string // logged in; empty: not
	Bot              bool
	id               int
}

type ircChannel struct {
	name    string
	muted   bool   // clients get 404
	closed  string // JOIN gets this numeric
	members map[string]bool
	people  map[string]bool // by lower-case nick
}

// IRCConn is a client's connection as the server sees it.
type IRCConn struct {
	s    *IRCServer
	conn net.Conn
	out  chan string
	gone chan struct{}
	once sync.Once

	Nick, Host    string
	user, account string
	plus          bool // mode +r
	caps          map[string]bool
	capOpen       bool
	registered    bool
	mech, payload string
}

// NewIRCServer starts a network.
func NewIRCServer(o IRCOptions) *IRCServer {
	if o.ISupport == nil {
		o.ISupport = []string{"CASEMAPPING=rfc1459", "CHANTYPES=#", "NICKLEN=30", "STATUSMSG=@+"}
	}
	return &IRCServer{
		opts: o, users: make(map[string]*IRCUser), channels: make(map[string]*ircChannel),
		said: make(map[string][]string), services: o.Accounts != nil,
	}
}

// Dial connects a client; give it to the transport.
func (s *IRCServer) Dial(_ context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = append(s.dials, time.Now())
	if s.down {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	c := &IRCConn{
		s: s, conn: server, out: make(chan string, 10000), gone: make(chan struct{}),
		Host: "bot.example", caps: make(map[string]bool),
	}
	s.conns = append(s.conns, c)
	go c.read()
	go c.write()
	return client, nil
}

func (c *IRCConn) read() {
	defer c.Close()
	r := bufio.NewReader(c.conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		c.s.mu.Lock()
		c.s.received = append(c.s.received, strings.TrimSuffix(line, "\r\n"))
		c.s.times = append(c.s.times, time.Now())
		if !c.s.frozen {
			c.handle(strings.TrimRight(line, "\r\n"))
		}
		c.s.mu.Unlock()
	}
}

func (c *IRCConn) write() {
	for {
		select {
		case <-c.gone:
			return
		case line := <-c.out:
			if line == "" {
				c.Close()
				return
			}
			if _, err := c.conn.Write([]byte(line)); err != nil {
				return
			}
		}
	}
}

// Close cuts the connection without a word.
func (c *IRCConn) Close() {
	c.once.Do(func() { close(c.gone); c.conn.Close() })
}

// Send sends a line to the client.
func (c *IRCConn) Send(format string, args ...any) {
	if !c.s.frozen {
		c.out <- fmt.Sprintf(format, args...) + "\r\n"
	}
}

// Numeric sends a numeric; the client's nick is put in.
func (c *IRCConn) Numeric(numeric, rest string) {
	nick := c.Nick
	if nick == "" {
		nick = "*"
	}
	c.Send(":irc.test %s %s %s", numeric, nick, rest)
}

func (c *IRCConn) mask() string { return c.Nick + "!" + c.user + "@" + c.Host }

// Do runs fn under the server's lock, with the client that is connected.
func (s *IRCServer) Do(fn func(c *IRCConn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.client(); c != nil {
		fn(c)
	}
}

func (s *IRCServer) client() *IRCConn {
	for _, c := range slices.Backward(s.conns) {
		select {
		case <-c.gone:
		default:
			return c
		}
	}
	return nil
}

// Raw sends a line to the client as it is.
func (s *IRCServer) Raw(line string) { s.Do(func(c *IRCConn) { c.Send("%s", line) }) }

// Bytes sends bytes to the client, without a line end.
func (s *IRCServer) Bytes(b string) {
	s.Do(func(c *IRCConn) {
		if b != "" {
			c.out <- b
		}
	})
}

// Drop cuts all connections.
func (s *IRCServer) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
	for _, ch := range s.channels {
		for _, c := range s.conns {
			delete(ch.members, strings.ToLower(c.Nick))
		}
	}
	s.conns = nil
}

// Down makes the network refuse new connections, or accept them again.
func (s *IRCServer) Down(down bool) { s.mu.Lock(); s.down = down; s.mu.Unlock() }

// Freeze makes the network read and say nothing: a half-open connection.
func (s *IRCServer) Freeze(frozen bool) { s.mu.Lock(); s.frozen = frozen; s.mu.Unlock() }

// Services takes services off the network or brings them back.
func (s *IRCServer) Services(on bool) { s.mu.Lock(); s.services = on; s.mu.Unlock() }

// Mute makes a channel refuse what clients say (404).
func (s *IRCServer) Mute(channel string, muted bool) {
	s.mu.Lock()
	s.channel(channel).muted = muted
	s.mu.Unlock()
}

// Refuse makes a channel refuse joins with a numeric; "" lets clients in.
func (s *IRCServer) Refuse(channel, numeric string) {
	s.mu.Lock()
	s.channel(channel).closed = numeric
	s.mu.Unlock()
}

// Said returns what clients said to a target, as the network relayed it.
func (s *IRCServer) Said(target string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said[strings.ToLower(target)])
}

// Received returns every line that clients have sent, with the instants.
func (s *IRCServer) Received() ([]string, []time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received), slices.Clone(s.times)
}

// Dials returns when clients connected.
func (s *IRCServer) Dials() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.dials)
}

// In reports whether a client is in a channel.
func (s *IRCServer) In(channel string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.client()
	return c != nil && s.channel(channel).members[strings.ToLower(c.Nick)]
}

func (s *IRCServer) channel(name string) *ircChannel {
	key := strings.ToLower(name)
	ch, ok := s.channels[key]
	if !ok {
		ch = &ircChannel{name: name, members: make(map[string]bool)}
		s.channels[key] = ch
	}
	return ch
}

// User adds a person, or returns the one who has the nick.
func (s *IRCServer) User(nick string) *IRCUser {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.person(nick)
}

func (s *IRCServer) person(nick string) *IRCUser {
	u, ok := s.users[strings.ToLower(nick)]
	if !ok {
		u = &IRCUser{Nick: nick, User: "u", Host: strings.ToLower(nick) + ".example"}
		s.users[strings.ToLower(nick)] = u
	}
	return u
}

// Say lets a person say something where the client can hear it.
func (s *IRCServer) Say(nick, target, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, c := s.person(nick), s.client()
	if c == nil {
		return
	}
	u.id++
	c.Send("%s:%s!%s@%s PRIVMSG %s :%s", s.tags(c, u.Account, u.Bot, "", fmt.Sprintf("%s-%d", u.Nick, u.id)), u.Nick, u.User, u.Host, target, text)
}

// Event sends a line from a person: Event("maria", "QUIT :bye").
func (s *IRCServer) Event(nick, rest string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.person(nick)
	if c := s.client(); c != nil {
		c.Send(":%s!%s@%s %s", u.Nick, u.User, u.Host, rest)
	}
}

// Quit removes a person, seen by the client.
func (s *IRCServer) Quit(nick string) {
	s.Event(nick, "QUIT :bye")
	s.mu.Lock()
	delete(s.users, strings.ToLower(nick))
	for _, ch := range s.channels {
		delete(ch.people, strings.ToLower(nick))
	}
	s.mu.Unlock()
}

// Kick throws the client out of a channel.
func (s *IRCServer) Kick(channel, by, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.client(); c != nil {
		delete(s.channel(channel).members, strings.ToLower(c.Nick))
		c.Send(":%s!u@%s.example KICK %s %s :%s", by, by, channel, c.Nick, why)
	}
}

func (s *IRCServer) tags(c *IRCConn, account string, robot bool, label, id string) string {
	var tags []string
	if label != "" && c.caps["labeled-response"] {
		tags = append(tags, "label="+label)
	}
	if c.caps["server-time"] {
		tags = append(tags, "time="+time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	if account != "" && c.caps["account-tag"] {
		tags = append(tags, "account="+account)
	}
	if c.caps["message-tags"] {
		if id != "" {
			tags = append(tags, "msgid="+id)
		}
		if robot {
			tags = append(tags, "bot")
		}
	}
	if len(tags) == 0 {
		return ""
	}
	return "@" + strings.Join(tags, ";") + " "
}

func decodePlain(payload string) (account, password string) {
	raw, _ := base64.StdEncoding.DecodeString(payload)
	parts := strings.Split(string(raw), "\x00")
	if len(parts) != 3 {
		return "", ""
	}
	return parts[1], parts[2]
}
