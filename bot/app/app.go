// Package app wires the bot together: store, loop, schedule, outbox, commands
// and transports. Tests use it as the program does, with other parts:
//
//	a, err := app.New(ctx, app.Options{Config: cfg, Plugins: all.Plugins(), Store: store, Transports: networks, Now: time.Now, Log: log})
//	err = a.Run(ctx)
//
// Main is the command line.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
)

// Options are what an App is made of.
type Options struct {
	Config     *config.Config
	Plugins    []bot.Plugin
	Store      bot.Store
	Transports []bot.Transport
	Now        func() time.Time // the only clock
	Log        *slog.Logger

	// Dial makes the client of a configured review server; nil: of a Gerrit.
	Dial func(config.Gerrit) (ReviewServer, error)
	// Calendars carries requests for calendars; nil: as programs connect.
	Calendars http.RoundTripper
}

// App is a bot.
type App struct {
	plugins    []bot.Plugin
	store      bot.Store
	transports []bot.Transport
	now        func() time.Time
	log        *slog.Logger
	dial       func(config.Gerrit) (ReviewServer, error)
	since      time.Time

	calendarClient http.RoundTripper

	core   atomic.Pointer[core]
	reload chan reload
	ended  chan struct{} // closed when the machinery has ended
}

// reload is a configuration to go on with, and where to say how that went.
type reload struct {
	cfg  *config.Config // nil: the same, with the calendars as they are now
	done chan error
}

// New makes a bot: it brings the store's records up to date and looks at what
// became of the calendars. Nothing is decided or sent before Run.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{
		plugins: o.Plugins, store: o.Store, transports: o.Transports, now: o.Now, log: o.Log,
		dial: o.Dial, calendarClient: o.Calendars, since: o.Now(), reload: make(chan reload), ended: make(chan struct{}),
	}
	if a.dial == nil {
		a.dial = func(g config.Gerrit) (ReviewServer, error) { return dial(g, o.Now, o.Log) }
	}
	c, err := a.newCore(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	if err := c.start(ctx); err != nil {
		return nil, err
	}
	a.core.Store(c)
	return a, nil
}

// Run runs the bot until ctx ends. Then it takes no more commands, finishes the
// line being sent, commits, and leaves the networks. An error means that it
// could not go on.
func (a *App) Run(ctx context.Context) error {
	networks, leave := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	for _, t := range a.transports {
		wait.Go(func() {
			if err := t.Run(networks, receiver{a, ctx}); err != nil {
				a.log.Error("network given up", "network", t.Network(), "err", err)
			}
		})
	}
	err := a.machinery(ctx)
	leave()
	wait.Wait()
	return err
}

// machinery runs one core after the other.
func (a *App) machinery(ctx context.Context) error {
	defer close(a.ended)
	for {
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- a.core.Load().run(running) }()
		next, c, err := a.successor(ctx, ended)
		stop()
		if c == nil {
			return err
		}
		if err := <-ended; err != nil {
			next.done <- err
			return err
		}
		// After an error the old core goes on.
		next.done <- a.succeed(ctx, c)
	}
}

// successor waits for a reload and wires its core, beside the running one, which
// a configuration that can't be used does not disturb. No core: the running one
// has ended.
func (a *App) successor(ctx context.Context, ended <-chan error) (reload, *core, error) {
	for {
		select {
		case err := <-ended:
			return reload{}, nil, err
		case next := <-a.reload:
			if next.cfg == nil {
				next.cfg = a.core.Load().cfg
			}
			c, err := a.newCore(ctx, next.cfg)
			if err == nil {
				return next, c, nil
			}
			next.done <- err
		}
	}
}

// succeed puts a core in the place of the old one, which has been stopped.
func (a *App) succeed(ctx context.Context, c *core) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the bot is ending: %w", ctx.Err())
	}
	if err := c.start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	a.core.Swap(c).loop.HandOver(c.loop)
	return nil
}

// Reload goes on with another configuration of the same networks and rooms.
// Nothing decided is lost: what the old one was sending is finished first. After
// an error the old configuration stays in force.
func (a *App) Reload(ctx context.Context, cfg *config.Config) error {
	if _, err := instances(cfg, a.plugins); err != nil {
		return err
	}
	return a.again(ctx, cfg)
}

// again has the machinery of a configuration put in the place of the running one.
func (a *App) again(ctx context.Context, cfg *config.Config) error {
	r := reload{cfg, make(chan error, 1)}
	select {
	case a.reload <- r:
	case <-a.ended:
		return errors.New("the bot has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
	if cfg != nil {
		return <-r.done
	}
	// Who asks for its own end can't wait for it.
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Report tells the operators' room, if there is one, about the bot itself.
func (a *App) Report(ctx context.Context, text string) error {
	return a.core.Load().outbox.Tell(ctx, text)
}

// receiver hears the networks until ctx ends.
type receiver struct {
	app *App
	ctx context.Context
}

// Incoming implements bot.Receiver.
func (r receiver) Incoming(in bot.Incoming) {
	if r.ctx.Err() == nil {
		r.app.core.Load().handler.Incoming(r.ctx, in)
	}
}

// Changed implements bot.Receiver.
func (r receiver) Changed(string) { r.app.core.Load().outbox.Wake() }

// Seen implements bot.Receiver.
func (r receiver) Seen(room bot.Room, who bot.Principal, at time.Time) {
	c := r.app.core.Load()
	c.roster.Seen(room, who, at)
	c.outbox.Seen()
}

// Look makes the bot look at its clock, after it was moved, and waits until
// every command heard has been answered, everything due has been decided and
// everything that can be sent was.
func (a *App) Look(ctx context.Context) error {
	c := a.core.Load()
	if err := c.handler.Settle(ctx); err != nil {
		return err
	}
	if err := c.loop.Look(ctx); err != nil {
		return err
	}
	return c.outbox.Settle(ctx)
}
