// Package ircd starts real chat servers for end-to-end tests: InspIRCd with
// Anope, as a modern network with SASL and message tags, and ircd-hybrid with
// Anope behind a small line proxy, as the nearest thing to OFTC. It also has the
// raw client that plays the people in the channel, and a proxy that cuts,
// freezes and loses lines.
//
//	srv := ircd.StartInspIRCd(t, ircd.Opts{Bot: ircd.Account{Name: "glancebot", Password: "pw"}})
//	// start the bot with srv.Addr, srv.CA, srv.Bot, srv.BotCert
//	zoe := srv.Dial(t, "zoe")
//	zoe.Join("#glance")
//	zoe.Say("#glance", "!freeze")
//	zoe.Expect(`glancebot!\S+ PRIVMSG #glance :Spec freeze`, 5*time.Second)
//
// Everything listens on loopback. Testers come from TesterIP and the bot from
// 127.0.0.1, so that the limits of the server apply to the bot alone. Every
// process is ended with the test that started it, and the end of each log is
// printed when that test fails.
package ircd

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

// TesterIP is the address that testers and services connect from. The servers
// exempt it from their limits.
const TesterIP = "127.0.0.250"

// readyWithin bounds every wait for a server or its services; they need about
// two seconds on an idle machine.
const readyWithin = 30 * time.Second

// Account is a services account: a registered nick and its password.
type Account struct {
	Name, Password string
}

// Opts says what a server is to know from the start.
type Opts struct {
	// Bot is the account of the program under test. Zero: "torchbearer" with a
	// password. Its nick is registered, and the fingerprint of BotCert with it.
	Bot Account
	// Users are further accounts to register.
	Users []Account
	// ThrottleTime is what the server asks for between two connections of the
	// bot. Zero: none. OFTC has 10 s. ircd-hybrid only.
	ThrottleTime time.Duration
	// NoLimits spares the bot the limits of an ordinary client, as testers are:
	// for measuring the bot and not the server's patience.
	NoLimits bool
}

// unlimited is who is spared the limits.
func (o Opts) unlimited() string {
	if o.NoLimits {
		return "*"
	}
	return TesterIP
}

// Server is a running network: one server and its services.
type Server struct {
	// Addr is where the bot connects: host:port, TLS.
	Addr string
	// PlainAddr is the same server without TLS, and on the OFTC-like one without
	// what makes it OFTC-like: for testers.
	PlainAddr string
	// CA is the path of the PEM file that vouches for the certificate at Addr.
	CA string
	// Bot is the account of the program under test.
	Bot Account
	// BotCert has a fingerprint that NickServ knows as the bot's.
	BotCert KeyPair
	// Proxy is the line proxy at Addr of the OFTC-like server; nil on InspIRCd,
	// where NewProxy makes one.
	Proxy *Proxy

	t        testing.TB
	dir      string
	certs    *authority
	tlsAddr  string // of the server itself, behind any proxy
	ircd     *process
	services *process

	withServices bool // when it was stopped
}

// newServer prepares what both networks have: the folder, the certificates and
// the bot's account.
func newServer(t testing.TB, opts Opts, programs ...string) *Server {
	t.Helper()
	Require(t, programs...)
	s := &Server{t: t, dir: serverDir(t), Bot: opts.Bot}
	if s.Bot == (Account{}) {
		s.Bot = Account{Name: "torchbearer", Password: "torch-of-the-tests"}
	}
	var err error
	if s.certs, err = newAuthority(s.dir); err != nil {
		t.Fatalf("make certificates: %v", err)
	}
	s.CA = filepath.Join(s.dir, "ca.pem")
	if s.BotCert, err = s.certs.client(s.Bot.Name); err != nil {
		t.Fatalf("make certificate of the bot: %v", err)
	}
	return s
}

// bringUp starts both processes, waits until NickServ answers and registers the
// accounts.
func (s *Server) bringUp(opts Opts) {
	s.t.Helper()
	for _, p := range []*process{s.ircd, s.services} {
		// Registered first, so that it runs last, when the logs are complete.
		s.t.Cleanup(func() {
			if s.t.Failed() {
				s.t.Log(p.tail(40))
			}
		})
		s.t.Cleanup(func() { p.stop() })
		if err := p.start(); err != nil {
			if os.IsPermission(err) {
				refuse(s.t, fmt.Sprintf("start %s as another user: %v", p.name, err))
			}
			s.t.Fatalf("start %s: %v", p.name, err)
		}
		if p == s.ircd {
			s.waitListening()
		}
	}
	s.register(append([]Account{s.Bot}, opts.Users...))
}

// Stop ends the server as its operators would; every connection is closed and
// new ones are refused. Services go with it, and first, so that the accounts are
// saved: Anope ends by itself when ircd-hybrid leaves it, and not with InspIRCd.
func (s *Server) Stop() {
	s.withServices = s.services.running()
	s.services.stop()
	s.ircd.stop()
	if s.Proxy != nil {
		s.Proxy.Cut()
	}
}

// Start starts the server again on the same ports, and with it the services
// unless StopServices took them away before.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.ircd.start(); err != nil {
		s.t.Fatalf("start %s again: %v", s.ircd.name, err)
	}
	s.waitListening()
	if s.withServices {
		s.StartServices()
	}
}

// Freeze suspends the server: its connections stay open and nothing is read or
// answered, as with a host that hangs. Thaw ends it.
func (s *Server) Freeze() {
	s.t.Helper()
	if err := s.ircd.freeze(); err != nil {
		s.t.Fatalf("freeze %s: %v", s.ircd.name, err)
	}
}

// Thaw lets a frozen server run on.
func (s *Server) Thaw() {
	s.t.Helper()
	if err := s.ircd.thaw(); err != nil {
		s.t.Fatalf("thaw %s: %v", s.ircd.name, err)
	}
}

// StopServices takes NickServ and SASL away. Accounts are kept.
func (s *Server) StopServices() {
	s.services.stop()
}

// StartServices brings NickServ and SASL back, and waits for them.
func (s *Server) StartServices() {
	s.t.Helper()
	if err := s.services.start(); err != nil {
		s.t.Fatalf("start services again: %v", err)
	}
	s.waitServices()
}

// Reachable tells whether a client gets as far as a TLS connection at Addr.
func (s *Server) Reachable() bool {
	cfg, err := ClientOpts{CA: s.CA}.tls()
	if err != nil {
		return false
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", s.Addr, cfg)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// NewProxy puts a fault proxy of its own before the server, to be used in place
// of Addr with the same CA and certificates. It ends with the test.
func (s *Server) NewProxy(t testing.TB) *Proxy {
	t.Helper()
	return startProxy(t, proxyOpts{
		listen:   "127.0.0.1:" + local.Port(t),
		upstream: s.tlsAddr,
		certs:    s.certs,
	})
}

// Dial connects a tester by that nick to the server, without an account.
func (s *Server) Dial(t testing.TB, nick string) *Client {
	t.Helper()
	return Dial(t, s.PlainAddr, ClientOpts{Nick: nick})
}

// waitListening returns when the server accepts connections.
func (s *Server) waitListening() {
	s.t.Helper()
	deadline := time.Now().Add(readyWithin)
	for {
		conn, err := dialFrom(TesterIP, s.PlainAddr, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		if !s.ircd.running() {
			s.t.Fatalf("%s ended at once\n%s", s.ircd.name, s.ircd.tail(40))
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s does not listen on %s: %v", s.ircd.name, s.PlainAddr, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// waitServices returns when NickServ is on the network.
func (s *Server) waitServices() {
	s.t.Helper()
	c, err := connect(s.PlainAddr, ClientOpts{Nick: "probe"})
	if err != nil {
		s.t.Fatalf("connect to see whether services are there: %v", err)
	}
	defer c.Close()
	if err := c.waitNickServ(readyWithin); err != nil {
		s.t.Fatalf("wait for services: %v\n%s", err, s.services.tail(40))
	}
}

// register makes the accounts, the first of them with the fingerprint of the
// bot's certificate. Registering a connection takes a second on InspIRCd, so
// they go side by side.
func (s *Server) register(accounts []Account) {
	s.t.Helper()
	errs := make(chan error, len(accounts))
	for i, a := range accounts {
		opts := ClientOpts{Nick: a.Name}
		addr := s.PlainAddr
		if i == 0 {
			addr = s.tlsAddr
			opts.CA, opts.Cert = s.CA, s.BotCert
		}
		go func() { errs <- registerAccount(addr, opts, a) }()
	}
	for range accounts {
		if err := <-errs; err != nil {
			s.t.Errorf("register account: %v", err)
		}
	}
	if s.t.Failed() {
		s.t.FailNow()
	}
}

func registerAccount(addr string, opts ClientOpts, a Account) error {
	c, err := connect(addr, opts)
	if err != nil {
		return fmt.Errorf("connect as %s: %w", a.Name, err)
	}
	defer c.Close()
	if err := c.waitNickServ(readyWithin); err != nil {
		return fmt.Errorf("wait for NickServ as %s: %w", a.Name, err)
	}
	if err := c.send("PRIVMSG NickServ :REGISTER " + a.Password + " " + a.Name + "@test.example"); err != nil {
		return err
	}
	if _, err := c.expect(c.loggedIn, readyWithin); err != nil {
		return fmt.Errorf("see %s registered: %w", a.Name, err)
	}
	if opts.Cert != (KeyPair{}) {
		if err := c.send("PRIVMSG NickServ :CERT ADD"); err != nil {
			return err
		}
		if _, err := c.expect(func(l Line) bool {
			return l.Command == "NOTICE" && l.Nick() == "NickServ" && slices.ContainsFunc(l.Params, saysCertAdded)
		}, readyWithin); err != nil {
			return fmt.Errorf("see certificate of %s added: %w", a.Name, err)
		}
	}
	return c.send("QUIT")
}
