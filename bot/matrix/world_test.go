package matrix_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
	"torchbearer/bot/msg"
)

const (
	me   = "@glancebot:test.example"
	zoe  = "@zoe:test.example"
	eve  = "@eve:evil.example"
	name = "#glance:test.example"
)

var glance = bot.Room{Network: "main", Name: name}

// world is a homeserver with a room of zoe's, and the bot on it.
type world struct {
	*testing.T
	srv   *bottest.MatrixServer
	store *bottest.Store
	conf  matrix.Config
	room  string // glance's id
	log   *strings.Builder

	*matrix.Transport
	stop func()
	err  error         // of Run
	away time.Duration // how long it stays so

	mu    sync.Mutex
	heard []bot.Incoming
	seen  []string
	echo  bool // every line is answered with itself
}

// inWorld runs a story in virtual time.
func inWorld(t *testing.T, o bottest.MatrixOptions, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, srv: bottest.NewMatrix(o), store: bottest.NewStore(), log: new(strings.Builder), echo: true}
		w.srv.User(me, zoe, eve)
		w.room = w.srv.Room(zoe, name)
		w.conf = matrix.Config{
			Network: "main", Homeserver: w.srv.URL, User: me, Password: bottest.MatrixPassword(me), Rooms: []bot.Room{glance},
			Ignore: []string{"@oftc_*:test.example"},
		}
		defer func() {
			w.end()
			w.srv.Close()
			synctest.Wait()
		}()
		story(w)
		w.end()
		if text := w.logged(); strings.Contains(text, "-of-the-tests") || strings.Contains(text, "token_") || strings.Contains(text, "panic") {
			t.Errorf("a secret or a panic is in the log:\n%s", text)
		}
	})
}

// start runs the bot and waits until it is where it can be.
func (w *world) start() {
	w.Helper()
	w.Transport = matrix.New(matrix.Options{
		Config: w.conf, Store: w.store, Client: w.srv.Transport(), Log: slog.New(slog.NewTextHandler(w, nil)),
		Known: func(user string) bool { return user == zoe },
	})
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.err = w.Transport.Run(ctx, w)
	}()
	w.stop = func() {
		cancel()
		<-ended
	}
	synctest.Wait()
}

// end stops the bot, if it runs.
func (w *world) end() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
	synctest.Wait()
}

// kill ends the bot as kill -9 does: what it stored before is all that remains.
func (w *world) kill() {
	w.store.Crash()
	w.end()
	w.store = w.store.Reopen()
}

// Incoming, Changed and Seen are of bot.Receiver.
func (w *world) Incoming(in bot.Incoming) {
	w.mu.Lock()
	w.heard = append(w.heard, in)
	echo := w.echo
	w.mu.Unlock()
	if echo {
		w.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("re: " + in.Text)}), time.Now())
	}
}

func (w *world) Changed(string) {}

func (w *world) Seen(r bot.Room, who bot.Principal, _ time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, who.Account+" in "+r.String())
}

// Write is of io.Writer: the log.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// take returns what was heard since the last call, the texts.
func (w *world) take() (texts []string) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range w.heard {
		texts = append(texts, in.Text)
	}
	w.heard = nil
	return texts
}

// said is what the bot has said in a room.
func (w *world) said(room string) []string {
	synctest.Wait()
	return w.srv.Said(room, me)
}

// text renders a message of one text.
func (w *world) text(kind msg.Kind, s string) []byte {
	w.Helper()
	payload, err := w.Render(glance, msg.New(kind, msg.Para{msg.Text(s)}), time.Now())
	if err != nil {
		w.Fatal(err)
	}
	return payload
}

// deliver says something in glance's room.
func (w *world) deliver(id, s string) error {
	return w.Deliver(w.Context(), id, glance, w.text(msg.Announce, s))
}

// ready fails the test unless glance's room is.
func (w *world) ready() {
	w.Helper()
	synctest.Wait()
	if !w.Ready(glance) {
		w.Fatalf("not ready: %+v\n%s", w.Status(), w.logged())
	}
}

// why is what status says of glance's room.
func (w *world) why() string {
	for _, r := range w.Status().Rooms {
		if r.Room == glance {
			return r.Why
		}
	}
	return ""
}

func (w *world) want(what string, got, want any) {
	w.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("%s: got %v, want %v\n%s", what, got, want, w.logged())
	}
}

// asked counts the requests whose path has a part.
func (w *world) asked(part string) (n int) {
	for _, r := range w.srv.Requests() {
		if strings.Contains(r.Path, part) {
			n++
		}
	}
	return n
}

// shared is a value that a test sets while the server reads it.
type shared[T any] struct {
	mu sync.Mutex
	v  T
}

func (s *shared[T]) set(v T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.v = v
}

func (s *shared[T]) get() T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.v
}
