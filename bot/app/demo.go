package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/console"
)

// demoRoom is the one room of the demo.
var demoRoom = bot.Room{Network: "demo", Name: "#openstack-glance"}

const demoHello = `This is Torchbearer in a demo: team Glance, a release calendar laid around today,
a store that is thrown away. You are maria, the team's PTL, in #openstack-glance.
  !freeze  !when release  !calendar  !status  !help     what people ask
  /skip 3d   move the time on      /as nina   be somebody else      /quit
A freeze falls in under a minute: stay and see it counted down.
`

// demo is the bot on this terminal, with nothing to set up.
func demo(ctx context.Context, env Env, args []string) (err error) {
	f := newFlags(env, "demo").withLog()
	f.level = "error"
	f.Lookup("log").DefValue = f.level
	if err := f.parse(args); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "torchbearer-demo-")
	if err != nil {
		return fmt.Errorf("make a store to throw away: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := bolt.Open(filepath.Join(dir, "demo.db"), bolt.Options{Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return newDemo(env, store, log).run(ctx)
}

// demonstration is a bot with a clock that can be moved.
type demonstration struct {
	env   Env
	store bot.Store
	log   *slog.Logger
	clock movable
	con   *console.Console
	app   *App
	quit  context.CancelFunc
}

// movable is the demo's clock: the real one, and how far it was moved on.
type movable struct {
	mu     sync.Mutex
	offset time.Duration
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.offset)
}

func (m *movable) to(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := time.Until(t); d > m.offset {
		m.offset = d
	}
}

func newDemo(env Env, store bot.Store, log *slog.Logger) *demonstration {
	d := &demonstration{env: env, store: store, log: log}
	d.con = console.New(console.Options{
		Room: demoRoom, Nick: "maria", In: env.Stdin, Out: env.Stdout, Now: d.clock.now,
		Slash: d.slash, Settle: d.settle,
	})
	return d
}

func (d *demonstration) run(ctx context.Context) error {
	ctx, d.quit = context.WithCancel(ctx)
	defer d.quit()
	cfg, err := demoConfig(d.clock.now(), d.env.Plugins)
	if err != nil {
		return err
	}
	d.app, err = New(ctx, Options{
		Config: cfg, Plugins: d.env.Plugins, Store: d.store,
		Transports: []bot.Transport{ending{d.con, d.quit}}, Now: d.clock.now, Log: d.log,
	})
	if err != nil {
		return err
	}
	fmt.Fprint(d.env.Stdout, demoHello+"\n")
	return d.app.Run(ctx)
}

// ending is a transport whose end, the end of input, ends the bot.
type ending struct {
	bot.Transport
	end context.CancelFunc
}

// Run implements bot.Transport.
func (e ending) Run(ctx context.Context, r bot.Receiver) error {
	defer e.end()
	return e.Transport.Run(ctx, r)
}

// settle waits until the bot has answered and said what is due.
func (d *demonstration) settle(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	if err := d.app.Look(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("can't look at the clock", "err", err)
	}
}

// slash carries out one of the demo's own controls.
func (d *demonstration) slash(ctx context.Context, line string) string {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == "/quit":
		d.quit()
		return ""
	case word == "/as" && rest != "" && !strings.Contains(rest, " "):
		d.con.As(rest)
		return "you are " + rest
	case word == "/skip":
		span, err := civil.ParseSpan(rest)
		if err != nil {
			return err.Error()
		}
		return d.skip(ctx, span.Duration())
	}
	return "I know /skip 3d (any of w, d, h, m, s), /as NICK and /quit"
}

// skip moves the clock on, from one thing that is due to the next, so that each
// is said at its own time.
func (d *demonstration) skip(ctx context.Context, by time.Duration) string {
	target := d.clock.now().Add(by)
	for ctx.Err() == nil {
		now := d.clock.now()
		due, err := d.app.core.Load().loop.Ahead(ctx, now, target)
		if err != nil {
			return err.Error()
		}
		if len(due) == 0 {
			break
		}
		d.clock.to(due[0].At)
		d.settle(ctx)
	}
	d.clock.to(target)
	return "it is " + d.clock.now().UTC().Format("Mon 2006-01-02 15:04 UTC")
}

// demoConfig lays a release calendar around now: a freeze within the minute,
// and the dates of a cycle in the weeks to come.
func demoConfig(now time.Time, plugins []bot.Plugin) (*config.Config, error) {
	today := civil.DateOf(now, time.UTC)
	day := func(n int) string { return today.AddDays(n).String() }
	text := fmt.Sprintf(`
[store]
path = "demo.db"

[irc.demo]
address = "localhost:6697"
nick = "torchbearer"
realname = "Torchbearer demo"
login = "none"

[people.maria]
name = "Maria M."
irc = { demo = "maria" }

[operators]
people = ["maria"]

[team.glance]
name = "Glance"
rooms = ["demo/#openstack-glance"]
ptl = ["maria"]

[[team.glance.calendar.event]]
kind = "spec-freeze"
name = "Spec freeze"
at = %q
remind = ["30s", "10s", "0s"]

[[team.glance.calendar.event]]
kind = "milestone-2"
name = "Milestone 2"
at = %q

[[team.glance.calendar.event]]
kind = "feature-freeze"
name = "Feature freeze"
at = %q

[[team.glance.calendar.event]]
kind = "rc1"
name = "First release candidate (RC1)"
at = %q

[[team.glance.calendar.event]]
kind = "release"
name = "Release"
at = %q

[team.glance.plugin.freeze]
`, now.Add(45*time.Second).UTC().Format(time.RFC3339), day(7), day(21), day(35), day(56))
	cfg, err := config.Parse("demo.toml", []byte(text), ".", plugins)
	if err != nil {
		return nil, fmt.Errorf("lay the demo's calendar: %w", err)
	}
	return cfg, nil
}
