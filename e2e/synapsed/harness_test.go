package synapsed_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
	"torchbearer/bot/msg"
	"torchbearer/e2e/synapsed"
)

const within = 2 * time.Minute

var glance = bot.Room{Network: "main", Name: "#glance:" + synapsed.Name}

// world is a server, zoe's room on it, and the bot.
type world struct {
	*testing.T
	srv   *synapsed.Server
	zoe   *synapsed.User
	bot   *synapsed.User
	room  string
	store *bottest.Store
	rooms []bot.Room
	conf  func(*matrix.Config)

	*matrix.Transport
	stop func()

	mu    sync.Mutex
	heard []bot.Incoming
	log   strings.Builder
}

// newWorld starts a server with a room of a version.
func newWorld(t *testing.T, version string) *world {
	w := &world{T: t, srv: synapsed.Start(t), store: bottest.NewStore(), rooms: []bot.Room{glance}}
	w.zoe, w.bot = w.srv.User("zoe"), w.srv.Account("glancebot")
	w.room = w.zoe.CreateRoom(map[string]any{"preset": "public_chat", "room_alias_name": "glance", "room_version": version})
	t.Cleanup(func() {
		if w.stop != nil {
			w.stop()
		}
		if t.Failed() {
			t.Logf("--- bot\n%s", w.logged())
		}
	})
	return w
}

// start runs the bot.
func (w *world) start() {
	conf := matrix.Config{Network: "main", Homeserver: w.srv.URL, User: w.bot.ID, Password: w.bot.Password, Rooms: w.rooms}
	if w.conf != nil {
		w.conf(&conf)
	}
	w.Transport = matrix.New(matrix.Options{
		Config: conf, Store: w.store, Client: http.DefaultTransport, Log: slog.New(slog.NewTextHandler(w, nil)),
		Known: func(user string) bool { return user == w.zoe.ID },
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Transport.Run(ctx, w); err != nil && !errors.Is(err, bottest.ErrCrashed) {
			w.Errorf("run: %v", err)
		}
	}()
	w.stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
}

// Incoming answers every line with itself.
func (w *world) Incoming(in bot.Incoming) {
	w.mu.Lock()
	w.heard = append(w.heard, in)
	w.mu.Unlock()
	w.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("re: " + in.Text)}), time.Now())
}

// Changed is of bot.Receiver.
func (w *world) Changed(string) {}

// Seen is of bot.Receiver.
func (w *world) Seen(bot.Room, bot.Principal, time.Time) {}

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

// until waits for something.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited for %s; status %+v", what, w.Status())
		}
	}
}

// ready waits until glance's room is.
func (w *world) ready() {
	w.Helper()
	w.until("the room", func() bool { return w.Ready(glance) })
}

// said is what the bot has said in a room.
func (w *world) said(room string) (bodies []string) {
	w.Helper()
	for _, e := range w.zoe.Said(room, w.bot.ID) {
		bodies = append(bodies, e.Body())
	}
	return bodies
}

// untilSaid waits until the bot has said something in a room.
func (w *world) untilSaid(room, body string) {
	w.Helper()
	w.until(body, func() bool { return slices.Contains(w.said(room), body) })
}

// text renders an announcement.
func (w *world) text(s string) []byte {
	w.Helper()
	payload, err := w.Render(glance, msg.New(msg.Announce, msg.Para{msg.Text(s)}), time.Now())
	if err != nil {
		w.Fatal(err)
	}
	return payload
}

// devices counts the bot's.
func (w *world) devices() int {
	w.Helper()
	list, _ := w.bot.Call("GET", "/_matrix/client/v3/devices", nil)["devices"].([]any)
	return len(list)
}
