package irc_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/irc"
	"torchbearer/bot/msg"
)

// script is a connection that plays a server's part line by line, with no server
// behind it to cost anything.
type script struct {
	net.Conn
	in    chan []byte
	out   chan struct{}
	ready atomic.Bool
}

func (s *script) Read(b []byte) (int, error) {
	line, ok := <-s.in
	if !ok {
		return 0, io.EOF
	}
	return copy(b, line), nil
}

func (s *script) Write(b []byte) (int, error) {
	if s.ready.Load() {
		s.out <- struct{}{}
	}
	return len(b), nil
}

func (s *script) SetWriteDeadline(time.Time) error { return nil }
func (s *script) Close() error                     { return nil }

// answerer answers every line with a message of a freeze's size.
type answerer struct {
	irc  *irc.Transport
	made msg.Message
}

func (a *answerer) Incoming(in bot.Incoming) { a.irc.Reply(in, a.made, in.At) }
func (a *answerer) Changed(string)           {}

func (a *answerer) Seen(bot.Room, bot.Principal, time.Time) {}

// answering returns a function that says a command and waits for the answer.
func answering(t testing.TB) func() {
	conn := &script{in: make(chan []byte, 1), out: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	tr := irc.New(irc.Options{
		Config: irc.Config{Network: "net", Address: "irc.test:6667", Nick: "glancebot", Rooms: []bot.Room{glance}},
		Dial:   func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		Log:    slog.New(slog.DiscardHandler),
	})
	at := time.Date(2026, 12, 10, 23, 59, 0, 0, time.UTC)
	a := &answerer{irc: tr, made: msg.New(msg.Answer, msg.Para{
		msg.Text("Spec freeze: "), msg.Instant(at, "UTC"), msg.Text(", "), msg.Left(at, "UTC"), msg.Text(" (R-15)."),
	})}
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx, a) }()
	for _, line := range []string{
		":s CAP * LS :account-tag message-tags server-time", ":s CAP * ACK :account-tag message-tags server-time",
		":s 001 glancebot :hello", ":s 422 glancebot :no motd", ":glancebot!u@h JOIN #glance",
	} {
		conn.in <- []byte(line + "\r\n")
	}
	for !tr.Ready(glance) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond) // the joins have left
	conn.ready.Store(true)
	line := []byte("@time=2026-11-22T12:00:00.000Z;msgid=abc;account=maria :maria!u@host.example PRIVMSG #glance :!freeze\r\n")
	t.Cleanup(func() {
		conn.ready.Store(false)
		cancel()
		close(conn.in)
		<-done
	})
	return func() {
		conn.in <- line
		<-conn.out
	}
}

// From a line received to its answer handed to the socket, with parsing and
// rendering; the figures of the command itself come on top.
func BenchmarkAnswer(b *testing.B) {
	answer := answering(b)
	b.ReportAllocs()
	for b.Loop() {
		answer()
	}
}

// An answer costs few allocations; the budget of a whole !freeze is 100.
func TestAnswerAllocations(t *testing.T) {
	answer := answering(t)
	if got := testing.AllocsPerRun(1000, answer); got > 40 {
		t.Errorf("%.0f allocations, want at most 40", got)
	}
}
