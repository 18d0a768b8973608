package beside

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// echoEnv holds "address nick #channel" in the process that is the echo client.
const echoEnv = "TORCHBEARER_ECHO"

// question is what both are asked, and sameLength an answer as long as the bot's.
const (
	question   = "!freeze"
	sameLength = "Spec freeze: Thu 2026-12-10 23:59 UTC, in 18 days (R-15). https://releases.openstack.org/2027.1/schedule.html"
)

func TestMain(m *testing.M) {
	if where := strings.Fields(os.Getenv(echoEnv)); len(where) == 3 {
		if err := echo(where[0], where[1], where[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// echo is the least that can be called a bot: it logs in, joins, and answers one
// line with another, until the connection ends. The floor.
func echo(addr, nick, channel string) error {
	l, err := dial("", addr)
	if err != nil {
		return err
	}
	asked := []byte(" PRIVMSG " + channel + " :" + question)
	answer := []byte("PRIVMSG " + channel + " :" + sameLength + "\r\n")
	l.send("CAP REQ :echo-message\r\nNICK %s\r\nUSER %s 0 * :echo\r\nCAP END\r\n", nick, nick)
	for {
		text, err := l.next()
		switch {
		case err != nil:
			return nil // it is ended by ending the connection
		case bytes.HasSuffix(text, asked):
			if _, err := l.conn.Write(answer); err != nil {
				return err
			}
		case bytes.Contains(text, []byte(" 376 ")) || bytes.Contains(text, []byte(" 422 ")):
			l.send("JOIN %s\r\n", channel)
		}
	}
}

// line is a raw connection that answers PING and acknowledges at once: without
// TCP_QUICKACK a server with Nagle's algorithm on takes 44 ms for each echo.
type line struct {
	conn  *net.TCPConn
	r     *bufio.Reader
	raw   syscall.RawConn
	quick func(fd uintptr)
}

func dial(from, addr string) (*line, error) {
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.New("no TCP connection")
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	l := &line{conn: tcp, raw: raw, quick: func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) // slower without
	}}
	l.r = bufio.NewReader(l)
	return l, nil
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.conn.Read(b)
	_ = l.raw.Control(l.quick)
	return n, err
}

// next returns the next line but PINGs, valid until the next call.
func (l *line) next() ([]byte, error) {
	for {
		text, err := l.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		text = bytes.TrimRight(text, "\r\n")
		if token, ok := bytes.CutPrefix(text, []byte("PING ")); ok {
			l.send("PONG %s\r\n", token)
			continue
		}
		return text, nil
	}
}

// send formats lines; a connection that has ended shows in next.
func (l *line) send(format string, args ...any) {
	_, _ = fmt.Fprintf(l.conn, format, args...)
}

// asker is the person in the channel, with a raw connection too.
type asker struct {
	*line
	tb testing.TB
}

// newAsker connects somebody without limits and lets them join.
func newAsker(tb testing.TB, addr, nick string, channels ...string) *asker {
	tb.Helper()
	l, err := dial(ircd.TesterIP, addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.conn.Close() })
	a := &asker{l, tb}
	a.send("NICK %s\r\nUSER %s 0 * :asker\r\n", nick, nick)
	a.until(" 001 ")
	for _, c := range channels {
		a.send("JOIN %s\r\n", c)
		a.until(" 366 " + nick + " " + c)
	}
	return a
}

// until reads up to a line that has all of these in it.
func (a *asker) until(parts ...string) {
	a.tb.Helper()
	if err := a.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		a.tb.Fatal(err)
	}
	for {
		text, err := a.next()
		if err != nil {
			a.tb.Fatalf("wait for %q: %v", parts, err)
		}
		all := true
		for _, p := range parts {
			all = all && bytes.Contains(text, []byte(p))
		}
		if all {
			return
		}
	}
}

// ask asks so many times at once and returns how long the rival took to answer
// all of it.
func (a *asker) ask(r *rival, times int) time.Duration {
	a.tb.Helper()
	began := time.Now()
	a.send("%s", strings.Repeat("PRIVMSG "+r.channel+" :"+question+"\r\n", times))
	for range times {
		a.until(":"+r.nick+"!", " PRIVMSG "+r.channel+" :")
	}
	return time.Since(began)
}
