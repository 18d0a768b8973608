package scenario

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/app"
	"torchbearer/bot/bottest"
	"torchbearer/bot/config"
)

// world is everything in a story: networks, the store, and the bot's lives.
type world struct {
	rig     Rig
	archive *Archive
	plugins []bot.Plugin
	config  string // part in force
	folder  string // of what is published; empty: nothing was

	began  bool         // the story's time has been set
	offset atomic.Int64 // of the story's time from the bubble's

	networks []wired
	server   *server // nil: the configuration has none
	store    *bottest.Store
	mark     uint64 // commits at the last step of time
	life     *life
	log      logged
	last     bottest.Seen // what was expected last
	transcr  []string     // what was taken, for the error of a story that fails

	kill kill
	busy sync.WaitGroup // floods
}

// life is one life of the bot.
type life struct {
	app        *app.App
	transports []bot.Transport
	kills      []func()
	stop       context.CancelFunc
	ended      chan error
	killed     atomic.Bool
}

// newWorld makes the world of a story on a rig; nil: on networks in memory, of the
// kind.
func newWorld(kind bottest.Kind, rig *Rig, archive *Archive, plugins []bot.Plugin) (*world, error) {
	w := &world{archive: archive, plugins: plugins, config: "config.toml", store: bottest.NewStore()}
	w.rig = fakes(kind, w)
	if rig != nil {
		w.rig = *rig
	}
	cfg, err := w.load(w.config)
	if err != nil {
		w.rig.End()
		return nil, err
	}
	for _, irc := range cfg.IRC {
		w.networks = append(w.networks, wired{w.rig.Network(irc.Name, irc.Nick), irc.Name, w.rig.Kind})
	}
	rich := w.rig
	if rich.Kind != bottest.Rich {
		rich = fakes(bottest.Rich, w)
	}
	for _, m := range cfg.Matrix {
		nick, _, _ := strings.Cut(strings.TrimPrefix(m.User, "@"), ":")
		w.networks = append(w.networks, wired{rich.Network(m.Name, nick), m.Name, bottest.Rich})
	}
	if len(cfg.Gerrit) > 0 {
		w.server = newServer(w.now)
	}
	return w, nil
}

// close ends the story, however it went, so that nothing of it is left.
func (w *world) close() {
	w.busy.Wait()
	if w.life != nil {
		w.life.stop()
		<-w.life.ended
	}
	if w.server != nil {
		w.server.Close()
	}
	w.rig.End()
	if w.folder != "" {
		_ = os.RemoveAll(w.folder)
	}
}

// ctx is for what the story itself does.
func (w *world) ctx() context.Context { return context.Background() }

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.offset.Load())).UTC() }

func (w *world) load(name string) (*config.Config, error) {
	text, line := w.archive.part(name)
	if text == "" {
		return nil, fmt.Errorf("the archive has no part %q", name)
	}
	// The store is the story's own; its section would only be noise there.
	text += "\n[store]\npath = \"story.db\"\n"
	cfg, err := config.Parse(name, []byte(text), cmp.Or(w.folder, "."), w.plugins)
	if err != nil {
		return nil, fmt.Errorf("part %s, which begins at line %d: %w", name, line, err)
	}
	w.dwell(cfg)
	return cfg, nil
}

// start begins a life of the bot.
func (w *world) start() error {
	cfg, err := w.load(w.config)
	if err != nil {
		return err
	}
	l := &life{ended: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	for _, n := range w.networks {
		t, kill := n.Connect(Life{Config: cfg, Store: w.store, Now: w.now, Log: log})
		l.transports, l.kills = append(l.transports, t), append(l.kills, kill)
	}
	// A kill inside a commit needs to know whose life it ends.
	w.life = l
	w.store.BeforeCommit = func(int) { w.killOn("before " + w.kill.next()) }
	w.store.AfterCommit = func(int) { w.killOn("after " + w.kill.next()); w.killOn(w.committed()) }
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	o := app.Options{Config: cfg, Plugins: w.plugins, Store: w.store, Transports: l.transports, Now: w.now, Log: log}
	if w.server != nil {
		o.Dial = w.server.dial(w.now, log)
	}
	l.app, err = app.New(ctx, o)
	if err != nil {
		l.ended <- err
		if l.killed.Load() {
			return nil
		}
		return err
	}
	go func() { l.ended <- l.app.Run(ctx) }()
	synctest.Wait()
	return nil
}

// end waits for the end of the bot's life.
func (w *world) end() error {
	l := w.life
	l.stop()
	err := <-l.ended
	w.life = nil
	if l.killed.Load() {
		w.store = w.store.Reopen()
		if err != nil && !errors.Is(err, bottest.ErrCrashed) {
			return err
		}
		return nil
	}
	w.store = w.store.Reopen() // what runs on after the end has no effect
	return err
}

// unexpected lists what was said and not taken.
func (w *world) unexpected() string {
	w.settle()
	var b strings.Builder
	for _, n := range w.networks {
		for _, s := range n.Left() {
			b.WriteString(show(s) + "\n")
		}
	}
	return b.String()
}

func show(s bottest.Seen) string {
	return fmt.Sprintf("  %s %s: %s", s.At.Format("2006-01-02T15:04:05.000Z"), s.Room, s.Text())
}

// story is what led to a failure.
func (w *world) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "it is %s; before that:\n", w.now().Format(time.RFC3339Nano))
	for _, s := range w.transcr[max(0, len(w.transcr)-20):] {
		b.WriteString(s + "\n")
	}
	b.WriteString("log:\n" + w.log.tail(30))
	return b.String()
}

// logged keeps the bot's log.
type logged struct {
	sync.Mutex
	b bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.b.Write(p)
}

func (l *logged) tail(n int) string {
	l.Lock()
	defer l.Unlock()
	lines := strings.SplitAfter(l.b.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}
