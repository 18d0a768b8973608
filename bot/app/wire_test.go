package app_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// wire is a connection to an IRC server that only the bot is on: it lets the
// bot in, and hands it prepared lines. It costs next to nothing, so that what a
// benchmark measures is the bot.
type wire struct {
	in   chan []byte   // lines for the bot
	said chan []byte   // what it said
	home chan struct{} // closed when it is in its room
	end  chan struct{}
	rest []byte // of the lines being read
}

func newWire() *wire {
	return &wire{in: make(chan []byte, 100), said: make(chan []byte, 100), home: make(chan struct{}), end: make(chan struct{})}
}

func (w *wire) dial(context.Context, string, string) (net.Conn, error) { return w, nil }

func (w *wire) Read(b []byte) (int, error) {
	if len(w.rest) == 0 {
		select {
		case w.rest = <-w.in:
		case <-w.end:
			return 0, io.EOF
		}
	}
	n := copy(b, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wire) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("PRIVMSG ")) {
		w.said <- b
		return len(b), nil
	}
	for line := range strings.Lines(string(b)) {
		w.register(strings.TrimSpace(line))
	}
	return len(b), nil
}

// register answers as InspIRCd does, as far as the bot asks.
func (w *wire) register(line string) {
	command, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "CAP LS 302":
		w.tell(":irc.test CAP * LS :account-tag batch echo-message labeled-response message-tags server-time")
	case command == "CAP" && strings.HasPrefix(rest, "REQ "):
		w.tell(":irc.test CAP * ACK :" + strings.TrimPrefix(rest[4:], ":"))
	case line == "CAP END":
		w.tell(":irc.test 001 glancebot :Welcome",
			":irc.test 005 glancebot CASEMAPPING=rfc1459 CHANTYPES=# LINELEN=512 NICKLEN=30 :are supported",
			":irc.test 376 glancebot :End of message of the day.")
	case command == "JOIN":
		w.tell(":glancebot!torchbearer@bot.test JOIN :" + rest)
		close(w.home)
	case command == "QUIT":
		w.tell("ERROR :Closing link")
	}
}

func (w *wire) tell(lines ...string) {
	w.in <- []byte(strings.Join(lines, "\r\n") + "\r\n")
}

// ask says a line to the bot and returns what it answers, valid until the next
// line.
func (w *wire) ask(tb testing.TB, line []byte) []byte {
	w.in <- line
	select {
	case said := <-w.said:
		return said
	case <-w.end:
		tb.Fatal("the bot has left")
		return nil
	}
}

func (w *wire) Close() error {
	select {
	case <-w.end:
	default:
		close(w.end)
	}
	return nil
}

func (w *wire) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (w *wire) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// whole says a line to the bot and returns all that it answers: what has come
// when it has been silent for a while.
func (w *wire) whole(tb testing.TB, line []byte) (said []byte) {
	said = bytes.Clone(w.ask(tb, line))
	for {
		select {
		case more := <-w.said:
			said = append(said, more...)
		case <-time.After(100 * time.Millisecond):
			return said
		}
	}
}

// lines says a line to the bot and waits for an answer of so many lines.
func (w *wire) lines(tb testing.TB, line []byte, many int) {
	got := bytes.Count(w.ask(tb, line), []byte("\n"))
	for got < many {
		got += bytes.Count(<-w.said, []byte("\n"))
	}
}
