package irc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// A network that is away is tried after 1-2 s, 2-4 s, and so on up to 5 minutes,
// never in step.
func TestBackoff(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.sleep(10 * time.Minute)
		w.srv.Down(true)
		w.srv.Drop()
		gone := time.Now()
		w.wantReady(false)
		w.sleep(2 * time.Hour)
		dials := w.srv.Dials()[1:]
		prev, jitter := gone, false
		for i, at := range dials {
			early, late := time.Second<<min(i, 20), 2*time.Second<<min(i, 20)
			if late > 5*time.Minute {
				early, late = 150*time.Second, 5*time.Minute
			}
			if gap := at.Sub(prev); gap < early || gap > late {
				t.Errorf("attempt %d after %s, want %s to %s", i+1, gap, early, late)
			}
			jitter = jitter || i < 5 && at.Sub(prev)%time.Second != 0
			prev = at
		}
		if !jitter {
			t.Error("whole seconds between attempts")
		}
		if got := w.detail(); !strings.HasPrefix(got, "connect: connection refused, trying again in ") {
			t.Errorf("detail %q", got)
		}
		w.srv.Down(false)
		w.sleep(5 * time.Minute)
		w.wantReady(true)
		// Lost again at once, it goes on slowly; after five good minutes it is new.
		w.sleep(6 * time.Minute)
		w.srv.Drop()
		w.sleep(3 * time.Second)
		w.wantReady(true)
		w.srv.Drop()
		w.sleep(1500 * time.Millisecond)
		w.wantReady(false)
		w.sleep(3 * time.Second)
		w.wantReady(true)
	})
}

// A connection that is open at our end alone is noticed within 100 s of its last
// line, and made anew.
func TestHalfOpen(t *testing.T) {
	for _, after := range []time.Duration{0, 59 * time.Second, 61 * time.Second, 89 * time.Second, time.Hour} {
		inWorld(t, modern(), sasl, func(w *world) {
			w.sleep(after)
			w.srv.Raw("PING :last sign of life")
			w.sleep(time.Second)
			w.srv.Freeze(true)
			began := time.Now()
			for w.connected() && time.Since(began) < time.Hour {
				w.sleep(time.Second)
			}
			if took := time.Since(began); took > 92*time.Second {
				t.Errorf("noticed after %s", took)
			}
			if got := w.detail(); !strings.HasPrefix(got, "no answer from the server for 90 s") {
				t.Errorf("detail %q", got)
			}
			w.srv.Freeze(false)
			w.sleep(10 * time.Second)
			w.wantReady(true)
		})
	}
}

// A healthy connection is left alone, and its lag is known.
func TestHealthy(t *testing.T) {
	o := modern()
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command == "PING" {
			time.AfterFunc(70*time.Millisecond, func() { c.Send(":irc.test PONG irc.test :%s", params[0]) })
			return true
		}
		return false
	}
	inWorld(t, o, sasl, func(w *world) {
		w.sleep(24 * time.Hour)
		if got := len(w.srv.Dials()); got != 1 {
			t.Errorf("%d connections", got)
		}
		if got := w.irc.Status().Lag; got != 70*time.Millisecond {
			t.Errorf("lag %s", got)
		}
		if got := len(w.lines("PING")); got > 24*60+1 {
			t.Errorf("%d PINGs", got)
		}
	})
}

// After a server's word that it was too much, or that the bot is not wanted, the
// bot stays away for longer.
func TestLastWords(t *testing.T) {
	for _, tt := range []struct {
		line        string
		early, late time.Duration
	}{
		{"ERROR :Closing Link: bot.example (Ping timeout)", time.Second, 2 * time.Second},
		{"ERROR :Trying to reconnect too fast.", time.Minute, 63 * time.Second},
		{"ERROR :Closing Link: 127.0.0.1 (Excess Flood)", time.Minute, 63 * time.Second},
		{"ERROR :Your host is being throttled", time.Minute, 63 * time.Second},
		{"ERROR :Closing Link: bot.example (Killed (oper (bye)))", time.Minute, 63 * time.Second},
		{"ERROR :Closing Link: bot.example (K-Lined)", 10 * time.Minute, 603 * time.Second},
		{"ERROR :Closing link: (Z:Lined: bad bot)", 10 * time.Minute, 603 * time.Second},
		{":irc.test 465 glancebot :You are banned from this server", 10 * time.Minute, 603 * time.Second},
		{":irc.test 464 glancebot :Password incorrect", 10 * time.Minute, 603 * time.Second},
		{"ERROR", time.Second, 2 * time.Second},
	} {
		inWorld(t, modern(), sasl, func(w *world) {
			w.sleep(6 * time.Minute)
			w.srv.Raw(tt.line)
			began := time.Now()
			for len(w.srv.Dials()) < 2 && time.Since(began) < time.Hour {
				w.sleep(100 * time.Millisecond)
			}
			if took := time.Since(began); took < tt.early || took > tt.late {
				t.Errorf("%q: back after %s, want %s to %s", tt.line, took, tt.early, tt.late)
			}
		})
	}
}

// Lines that are none, or none that make sense, neither end the connection nor
// stall it (T15, T16).
func TestMalformedLines(t *testing.T) {
	long := strings.Repeat("x", 20000)
	for _, line := range []string{
		"", " ", ":", "::", ": ", ":a", ":a ", "@", "@ ", "@a", "@a ", "@a=b ", "@a=b :", "@a=b :x", "@a=b :x ", "@;;;=;= PING", ":x  PING", "\x00", "\x00\x00\x00", "\xff\xfe", "\r", "\r\r\r",
		"@time=x;account=y PRIVMSG", "@account=maria PRIVMSG #glance", "@label=x", "@label= PRIVMSG #glance :x", "@batch=x PRIVMSG", "PRIVMSG", "PRIVMSG #glance", ":maria PRIVMSG", ":maria!u@h PRIVMSG", ":maria!u@h PRIVMSG #glance",
		":!@ PRIVMSG #glance :x", ":@ PRIVMSG #glance :x", ":! PRIVMSG #glance :x", "JOIN", ":x JOIN", ":glancebot JOIN", ":glancebot JOIN :", "PART", ":glancebot PART", "KICK", "KICK #glance", ":x KICK #glance glancebots", "NICK", ":x NICK", ":glancebot NICK", ":glancebot NICK :",
		"QUIT", ":x QUIT", "MODE", "MODE glancebot", "MODE glancebot :", "MODE glancebot +", "MODE glancebot +\xff", "CHGHOST", ":glancebot CHGHOST", ":glancebot CHGHOST a", ":glancebot CHGHOST a ", "ACCOUNT", ":x ACCOUNT", "INVITE", ":x INVITE", ":x INVITE glancebot",
		"CAP", "CAP *", "CAP * LS", "CAP * LS *", "CAP * ACK", "CAP * NAK", "CAP * NEW", "CAP * DEL", "CAP * ACK :-", "CAP * NAK :-", "CAP * NEW :=", "CAP * ACK :sasl sasl sasl", "AUTHENTICATE", "BATCH", "BATCH +", "BATCH -", "BATCH +a", "PONG", "PONG :", "PONG x lag", "PONG x said-1", "FAIL", "FAIL *", "TAGMSG",
		"001", ":x 001", ":x 001 other", "005", ":x 005 a", ":x 005 a b", ":x 005 a CASEMAPPING= CHANTYPES= NICKLEN=-5 BOT= MONITOR= :x", ":x 005 a -CHANTYPES -CASEMAPPING -NICKLEN -MONITOR -BOT :x", ":x 005 a CHANTYPES=# :x",
		":x 353", ":x 353 glancebot", ":x 353 glancebot =", "353", ":x 352", ":x 354 a 1", ":x 303", ":x 303 a", ":x 307", ":x 307 glancebot", ":x 311", ":x 311 a maria", ":x 318", ":x 318 a", ":x 330", ":x 330 a maria", ":x 335", ":x 396", ":x 396 glancebot", ":x 396 glancebot @", ":x 401", ":x 401 a", ":x 403", ":x 404", ":x 404 a", ":x 404 a #glance", ":x 433", ":x 433 a", ":x 437", ":x 437 a", ":x 437 a #glance", ":x 442", ":x 471", ":x 731", ":x 731 a :,,!,", ":x 731 a :glancebot!u@h", ":x 900", ":x 902", ":x 903", ":x 904", ":x 907", ":x 908", ":x 9999", ":x 99", ":x 000",
		long, ":" + long, "@" + long, "@" + long + " :maria!u@h PRIVMSG #glance :x", ":" + long + "!u@h PRIVMSG #glance :x", ":maria!u@h PRIVMSG " + long + " :x", "PING :" + long, "PING " + long,
	} {
		inWorld(t, modern(), sasl, func(w *world) {
			w.srv.Raw(line)
			w.srv.Raw("PING :are you there")
			w.sleep(3 * time.Second)
			if got := w.lines("PONG :are you there"); len(got) != 1 {
				t.Errorf("%.80q: no answer to a PING", line)
			}
			if got := w.srv.Dials(); len(got) != 1 {
				t.Errorf("%.80q: the connection ended", line)
			}
			w.srv.Say("zoe", "#glance", "still here")
			if got := w.last(); got.Text != "still here" {
				t.Errorf("%.80q: heard %+v", line, got)
			}
			lines, _ := w.srv.Received()
			for _, l := range lines {
				if len(l) > 510 {
					t.Errorf("%.80q: a line of %d bytes left: %.80q", line, len(l), l)
				}
			}
		})
	}
}

// The same while the bot registers: whatever comes first, it gets in or comes
// back.
func TestMalformedRegistration(t *testing.T) {
	for _, line := range []string{
		"AUTHENTICATE +", "AUTHENTICATE", "CAP * ACK :sasl", "CAP * NAK :sasl", "CAP * LS :", "CAP * LS * :sasl", "CAP * NEW :sasl", ":x 903 * :ok", ":x 900", ":x 907", ":x 376", ":x 422", ":x 433 *", ":x 001", "JOIN #glance", ":glancebot!u@h JOIN #glance", ":maria!u@h PRIVMSG #glance :!x", ":x 005 CASEMAPPING=ascii :x", "", ":", "PING", "PING :x",
	} {
		o := modern()
		first := true
		o.Hook = func(c *bottest.IRCConn, command string, _ []string) bool {
			if first && command == "CAP" {
				first = false
				c.Send("%s", line)
			}
			return false
		}
		inWorld(t, o, sasl, func(w *world) {
			w.sleep(3 * time.Minute)
			w.wantReady(true)
			if got := w.take(); len(got) > 0 {
				t.Errorf("%q: heard %+v before the registration", line, got)
			}
		})
	}
}

// A server that pings a thousand times gets a thousand answers, and people get
// theirs (T8, T13): a storm of joins costs no line at all.
func TestStorms(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.sleep(time.Minute)
		before, _ := w.srv.Received()
		for i := range 1000 {
			w.srv.Raw(fmt.Sprintf(":nick%d!u@h JOIN #glance acc%d :real", i, i))
			w.srv.Raw(fmt.Sprintf("PING :%d", i))
		}
		w.sleep(time.Second)
		lines, _ := w.srv.Received()
		lines = lines[len(before):]
		if len(lines) != 1000 || lines[999] != "PONG :999" {
			t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
		}
	})
}

// stuck is a connection whose Read doesn't end when it is closed.
type stuck struct {
	net.Conn
	free chan struct{}
}

func (c *stuck) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		<-c.free
	}
	return n, err
}

// A goroutine that doesn't end is left behind; the next connection doesn't wait
// for it (T16).
func TestWedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, modern(), sasl)
		free := make(chan struct{})
		conf := irc.Config{Network: "net", Address: "irc.test:6667", Nick: "glancebot"}
		conf.Rooms = append(conf.Rooms, glance)
		w.irc = irc.New(irc.Options{Config: conf, Log: slog.New(slog.DiscardHandler), Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := w.srv.Dial(ctx, network, addr)
			return &stuck{Conn: conn, free: free}, err
		}})
		w.run()
		w.wantReady(true)
		w.srv.Drop()
		w.sleep(100 * time.Second) // until a PING can't be written, and a little
		w.wantReady(true)
		if got := len(w.srv.Dials()); got != 2 {
			t.Errorf("%d connections", got)
		}
		close(free)
		w.stop()
	})
}

// certificates makes an authority and a server certificate for irc.test.
func certificates(t *testing.T, name string) (ca string, conf *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return ca, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// TLS is negotiated by our own hand with the host's name (T18), and what can't be
// trusted is not talked to.
func TestTLS(t *testing.T) {
	ca, good := certificates(t, "irc.test")
	_, unknown := certificates(t, "irc.test")
	ca2, other := certificates(t, "other.test")
	old := good.Clone()
	old.MaxVersion = tls.VersionTLS11
	for _, tt := range []struct {
		name   string
		ca     string
		server *tls.Config
		want   string
		again  time.Duration
	}{
		{"good", ca, good, "", 0},
		{"unknown authority", ca, unknown, "negotiate TLS: tls: failed to verify certificate: x509: certificate signed by unknown authority", 10 * time.Minute},
		{"other host", ca2, other, "negotiate TLS: tls: failed to verify certificate: x509: certificate is valid for other.test, not irc.test", 10 * time.Minute},
		{"old protocol", ca, old, "negotiate TLS: remote error: tls: protocol version not supported", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, modern(), nil)
			conf := irc.Config{Network: "net", Address: "irc.test:6697", TLS: true, CA: tt.ca, Nick: "glancebot", Rooms: nil}
			conf.Rooms = append(conf.Rooms, glance)
			w.irc = irc.New(irc.Options{Config: conf, Log: slog.New(slog.DiscardHandler), Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				server, err := w.srv.Dial(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				// Two pipes with relays between have the buffers that sockets have;
				// without, both ends of a failing handshake wait for each other.
				ours, near := net.Pipe()
				far, theirs := net.Pipe()
				secure := tls.Server(theirs, tt.server)
				for _, way := range [][2]net.Conn{{near, far}, {far, near}, {server, secure}, {secure, server}} {
					go relay(way[0], way[1])
				}
				return ours, nil
			}})
			w.run()
			if tt.want == "" {
				w.sleep(time.Second)
				w.wantReady(true)
			} else if got := w.detail(); !strings.Contains(got, tt.want) {
				t.Errorf("%s: detail %q, want %q", tt.name, got, tt.want)
			}
			if tt.again > 0 {
				w.sleep(tt.again - time.Second)
				if got := len(w.srv.Dials()); got != 1 {
					t.Errorf("%s: %d attempts", tt.name, got)
				}
			}
			w.stop()
		})
	}
}

func relay(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// What can't be mended by trying again is an error of Run.
func TestUnusableConfig(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []irc.Config{
		{Address: "irc.test"},
		{Address: "irc.test:6697", TLS: true, CA: "missing.pem"},
		{Address: "irc.test:6697", TLS: true, CA: empty},
		{Address: "irc.test:6697", TLS: true, Cert: "missing.pem"},
		{Address: "irc.test:6697", TLS: true, Cert: empty},
	} {
		if err := irc.New(irc.Options{Config: c}).Run(t.Context(), nil); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// A server that talks without end and never ends a line is skipped in constant
// memory, and given up like any that doesn't answer.
func TestEndlessLine(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		for range 100 {
			w.srv.Bytes(strings.Repeat("x", 10000))
			w.sleep(time.Second)
		}
		if got := len(w.srv.Dials()); got != 2 {
			t.Errorf("%d connections", got)
		}
	})
}
