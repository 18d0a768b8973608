package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
	"torchbearer/bot/outbox"
)

var (
	roomA = bot.Room{Network: "net", Name: "#a"}
	roomB = bot.Room{Network: "net", Name: "#b"}
)

// line is one attempt as the network saw it.
type line struct {
	ID, Room, Text string
	At             time.Duration // since the beginning
}

// network is a sender that does as each test says.
type network struct {
	began time.Time
	ready func(bot.Room) bool
	does  func(attempt int, r bot.Room, text string) error

	mu    sync.Mutex
	lines []line
	busy  map[bot.Room]bool
}

func (n *network) Ready(r bot.Room) bool { return n.ready == nil || n.ready(r) }

func (n *network) Render(_ bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	text := msg.Plain(m, at)
	if text == "" {
		return nil, errors.New("says nothing")
	}
	for _, in := range m.Blocks[0].Para {
		if in.Mention != nil && in.Mention.User != "" {
			text = strings.Replace(text, in.Mention.Called, in.Mention.Called+" <"+in.Mention.User+">", 1)
		}
	}
	return []byte(text), nil
}

func (n *network) Deliver(_ context.Context, id string, r bot.Room, payload []byte) error {
	return n.take(id, r, payload, n.does)
}

// take sees one attempt, of which does says what becomes of it.
func (n *network) take(id string, r bot.Room, payload []byte, does func(attempt int, r bot.Room, text string) error) error {
	n.mu.Lock()
	if n.busy[r] {
		panic("two attempts in a room at once")
	}
	n.busy[r] = true
	n.lines = append(n.lines, line{id, r.Name, string(payload), time.Since(n.began)})
	attempt := len(n.lines)
	n.mu.Unlock()
	var err error
	if does != nil {
		err = does(attempt, r, string(payload))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.busy[r] = false
	return err
}

// texts are what was attempted, with the room.
func (n *network) texts() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []string
	for _, l := range n.lines {
		out = append(out, l.Room+" "+l.Text)
	}
	return strings.Join(out, "; ")
}

// world is an outbox that runs.
type world struct {
	t      *testing.T
	net    *network
	sender bot.Sender // nil: net
	store  *bottest.Store
	box    *outbox.Outbox
	people roster
	told   atomic.Int64 // how often there was news
	desk   bot.Room     // the operators'
	offset atomic.Int64 // of the story's time from the bubble's
	stop   func()
}

// twice is a store that runs an Update's function a second time, as a replicated
// one does when somebody else was faster.
type twice struct{ *bottest.Store }

var errAgain = errors.New("somebody else was faster")

func (s twice) Update(ctx context.Context, fn func(bot.Tx) error) error {
	err := s.Store.Update(ctx, func(tx bot.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errAgain
	})
	if !errors.Is(err, errAgain) {
		return err
	}
	return s.Store.Update(ctx, fn)
}

// tell runs a test with an outbox in virtual time.
func tell(t *testing.T, net *network, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net.began, net.busy = time.Now(), map[bot.Room]bool{}
		w := &world{t: t, net: net, store: bottest.NewStore()}
		w.start()
		story(w)
		w.stop()
	})
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.offset.Load())).UTC() }

func (w *world) start() {
	sender := w.sender
	if sender == nil {
		sender = w.net
	}
	w.box = outbox.New(outbox.Options{
		Store: twice{w.store}, Senders: map[string]bot.Sender{"net": sender}, Now: w.now, Log: slog.New(slog.DiscardHandler),
		Register: &w.people, Told: func() { w.told.Add(1) }, Operators: w.desk,
	})
	w.run()
}

// run runs the outbox until stop.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.box.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, bottest.ErrCrashed) {
			w.t.Errorf("Run = %v", err)
		}
	}
	synctest.Wait()
}

// do carries something out in a transaction, and lets the outbox act on it.
func (w *world) do(f func(tx bot.Tx) error) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
	w.box.Wake()
	synctest.Wait()
}

func (w *world) say(key string, r bot.Room, text string) {
	w.t.Helper()
	w.do(func(tx bot.Tx) error {
		return w.box.Add(tx, w.now(), bot.Key(key), bot.Target{Room: r}, saying(text, w.now().Add(24*time.Hour)))
	})
}

func saying(text string, expires time.Time) bot.Say {
	return bot.Say{Message: msg.New(msg.Announce, msg.Para{msg.Text(text)}), Expires: expires}
}

func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want compares what was attempted so far.
func (w *world) want(texts string) {
	w.t.Helper()
	if got := w.net.texts(); got != texts {
		w.t.Errorf("got  %s\nwant %s", got, texts)
	}
}

// report is status, as keys.
func (w *world) report() (waiting, failed []bot.Key) {
	w.t.Helper()
	rep, err := w.box.Report(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rep.Waiting {
		waiting = append(waiting, r.Key)
	}
	for _, r := range rep.Failed {
		failed = append(failed, r.Key)
	}
	return waiting, failed
}
