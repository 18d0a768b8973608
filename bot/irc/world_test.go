package irc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
	"torchbearer/bot/msg"
)

var glance = bot.Room{Network: "net", Name: "#glance"}

// world is a network with the bot on it.
type world struct {
	*testing.T
	srv  *bottest.IRCServer
	irc  *irc.Transport
	log  *strings.Builder
	stop func()

	mu      sync.Mutex
	heard   []bot.Incoming
	seen    []string
	changes int
	answer  bool // every line is answered with itself
}

// inWorld runs a story in virtual time: the bot on a network, and what happens.
func inWorld(t *testing.T, o bottest.IRCOptions, change func(*irc.Config), story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o, change)
		w.run()
		story(w)
		w.stop()
		synctest.Wait()
		if text := w.logged(); strings.Contains(text, "secret") {
			t.Errorf("the password is in the log:\n%s", text)
		}
		if strings.Contains(w.logged(), "panic") {
			t.Errorf("panic:\n%s", w.logged())
		}
	})
}

func newWorld(t *testing.T, o bottest.IRCOptions, change func(*irc.Config)) *world {
	w := &world{T: t, srv: bottest.NewIRCServer(o), log: new(strings.Builder)}
	conf := irc.Config{
		Network: "net", Address: "irc.test:6667", Nick: "glancebot", Realname: "test bot",
		Login: irc.None, Burst: 5, Pace: 2 * time.Second, Rooms: []bot.Room{glance, {Network: "other", Name: "#elsewhere"}},
	}
	if change != nil {
		change(&conf)
	}
	w.irc = irc.New(irc.Options{
		Config: conf, Dial: w.srv.Dial,
		Log: slog.New(slog.NewTextHandler(&locked{w: w.log, mu: &w.mu}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return w
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- w.irc.Run(ctx, w) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("Run: %v", err)
		}
	})
	synctest.Wait()
}

type locked struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (w *world) logged() string { w.mu.Lock(); defer w.mu.Unlock(); return w.log.String() }

// Incoming and Changed make the world a Receiver.
func (w *world) Incoming(in bot.Incoming) {
	w.mu.Lock()
	w.heard = append(w.heard, in)
	answer := w.answer
	w.mu.Unlock()
	if answer {
		w.irc.Reply(in, say("%s", in.Text), time.Now())
	}
}

// Seen notes who is seen, as "#glance maria".
func (w *world) Seen(r bot.Room, who bot.Principal, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !at.Equal(time.Now()) || at.Location() != time.UTC {
		w.Errorf("%s seen at %s", who.Nick, at)
	}
	w.seen = append(w.seen, r.Name+" "+described(who))
}

// described is a principal in words.
func described(p bot.Principal) string {
	s := p.Nick
	if p.Strength > bot.Unproven || p.Account != "" {
		s += "=" + p.Account + "(" + p.Strength.String() + ")"
	}
	if p.Bot {
		s += " bot"
	}
	return s
}

// sights returns who was seen since the last call.
func (w *world) sights() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// members describes who is in the room.
func (w *world) members() string {
	synctest.Wait()
	var all []string
	for _, p := range w.irc.Members(glance) {
		if p.Network != "net" {
			w.Errorf("%s of network %q", p.Nick, p.Network)
		}
		all = append(all, described(p))
	}
	return strings.Join(all, ", ")
}

func (w *world) wantMembers(when, want string) {
	w.Helper()
	if got := w.members(); got != want {
		w.Errorf("%s: got %s\nwant %s", when, got, want)
	}
}

func (w *world) Changed(string) { w.mu.Lock(); w.changes++; w.mu.Unlock() }

// take returns what was heard since the last call.
func (w *world) take() []bot.Incoming {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

func (w *world) last() bot.Incoming {
	w.Helper()
	heard := w.take()
	if len(heard) == 0 {
		w.Fatal("nothing was heard")
	}
	return heard[len(heard)-1]
}

func (w *world) sleep(d time.Duration) { time.Sleep(d); synctest.Wait() }

// lines returns the lines the server got that begin with a word.
func (w *world) lines(prefix string) (got []string) {
	all, _ := w.srv.Received()
	for _, l := range all {
		if strings.HasPrefix(l, prefix) {
			got = append(got, l)
		}
	}
	return got
}

func (w *world) connected() bool { synctest.Wait(); return w.irc.Status().Connected }

func (w *world) detail() string {
	synctest.Wait()
	st := w.irc.Status()
	return st.Detail + again(st.Retry)
}

// why returns why the first room is not ready.
func (w *world) why() string {
	synctest.Wait()
	r := w.irc.Status().Rooms[0]
	return r.Why + again(r.Retry)
}

// again is when the next attempt is, in words.
func again(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	left := time.Until(at).Round(time.Second)
	if left < time.Minute {
		return fmt.Sprintf(", trying again in %v", left)
	}
	return fmt.Sprintf(", trying again in %d min", int(left.Round(time.Minute).Minutes()))
}

func (w *world) wantReady(want bool) {
	w.Helper()
	synctest.Wait()
	if got := w.irc.Ready(glance); got != want {
		w.Errorf("Ready = %t, want %t; status %+v", got, want, w.irc.Status())
	}
}

// deliver begins a delivery; the result can be received.
func (w *world) deliver(r bot.Room, lines ...string) <-chan error {
	return w.deliverIn(w.Context(), r, lines...)
}

func (w *world) deliverIn(ctx context.Context, r bot.Room, lines ...string) <-chan error {
	defer synctest.Wait()
	return w.begin(ctx, r, lines...)
}

// begin is deliverIn for goroutines of a story.
func (w *world) begin(ctx context.Context, r bot.Room, lines ...string) <-chan error {
	payload, _ := json.Marshal(lines)
	result := make(chan error, 1)
	go func() { result <- w.irc.Deliver(ctx, "id", r, payload) }()
	return result
}

// outcome is a delivery's result, or "waiting".
func outcome(result <-chan error) string {
	synctest.Wait()
	select {
	case err := <-result:
		if err == nil {
			return "ok"
		}
		return err.Error()
	default:
		return "waiting"
	}
}

func say(format string, args ...any) msg.Message {
	return msg.New(msg.Answer, msg.Para{msg.Text(fmt.Sprintf(format, args...))})
}

func sasl(c *irc.Config) {
	c.Login, c.Account, c.Password = irc.SASLPlain, "glancebot", "secret"
}

func nickServ(c *irc.Config) {
	c.Login, c.Account, c.Password = irc.NickServ, "glancebot", "secret"
}

var accounts = map[string]string{"glancebot": "secret"}

func modern() bottest.IRCOptions {
	return bottest.IRCOptions{Caps: bottest.IRCv3(), Accounts: accounts}
}

// oftc is a network with NickServ and next to no capabilities.
func oftc() bottest.IRCOptions {
	return bottest.IRCOptions{Caps: []string{"multi-prefix"}, Accounts: accounts, Motd: true}
}

func has(all []string, one string) bool { return slices.Contains(all, one) }
