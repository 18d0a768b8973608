// Package loop is the one loop of the process: commands, reactions, due jobs, and
// what happened to the calendar, to a review server's changes and to messages run
// in it one at a time, and what they want leaves by one door, Effects to one store
// transaction to the outbox. So state and message commit together, plugins need no
// locks, and everything due in the same second is one transaction.
//
//	l := loop.New(loop.Options{Store: store, Outbox: box, Told: box, Teams: teams, Now: time.Now, Log: log})
//	if err := l.Start(ctx); err != nil { ... } // migrations and calendars
//	go l.Run(ctx)
//	l.Do("glance", "freeze", in.Once, do, func(reply *msg.Message, err error) { ... })
//	l.React("glance", "ask", in.Once, reaction, func(reply *msg.Message, err error) { ... })
//	err := l.Take(ctx, "opendev", mirror.Prepare) // news of a review server
//
// Whatever runs before one commit sees what ran before it, as if it were stored.
package loop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Outbox is what the loop needs of one: to take part in its transactions, and
// to be woken after them. A target is a person, or one room.
type Outbox interface {
	Say(tx bot.Tx, now time.Time, key bot.Key, to bot.Target, say bot.Say) error // adds, amends or edits
	Drop(tx bot.Tx, key bot.Key) error
	Waiting(tx bot.ReadTx) []bot.Key // whole keys of what has not arrived
	Wake()
}

// Team is a team with its calendar and the plugins that are on for it.
type Team struct {
	bot.Team
	Calendar cycle.Calendar
	Plugins  []Plugin
}

// Plugin is one plugin at work for a team.
type Plugin struct {
	Name string
	bot.Instance
}

// Options are what a loop needs.
type Options struct {
	Store     bot.Store
	Outbox    Outbox
	Told      Told // nil: nobody hears what became of a message
	Schedule  Schedule
	Teams     []Team   // and one for the plugins of the whole bot, see bot.NoTeam
	Operators bot.Room // where the bot reports about itself; zero: nowhere
	Now       func() time.Time
	Log       *slog.Logger

	// Reviews makes a team's part of the mirror for one view, when a plugin
	// asks for it; marks are those of the team's changes, for review.NewRow.
	// People does so for who is who. Both are called from any goroutine that
	// uses the loop. Nil, and a nil result: nothing was read, nobody is known.
	Reviews func(team bot.Team, now time.Time, marks func() []review.Mark) bot.Reviews
	People  func(tx bot.ReadTx, now time.Time, team string) bot.People
}

// backlog is how many commands may wait for the loop. Each takes microseconds,
// and one person's are limited before they get here.
const backlog = 1024

// Loop runs plugins. Its methods may be called from any goroutine; everything
// it runs, runs in Run's.
type Loop struct {
	Options
	tasks chan task
	looks chan chan struct{}
	takes chan take
	hears chan struct{}

	// Of any goroutine:
	heir  atomic.Pointer[Loop]                      // what is asked of this loop goes there
	ended atomic.Pointer[chan struct{}]             // closed at the end of Run
	cals  atomic.Pointer[map[string]cycle.Calendar] // by team, as observed

	// Of Start and Run:
	looking    []chan struct{}      // closed after the next tick
	last       time.Time            // up to here everything due was looked at
	behind     time.Time            // from here on it was not, as a job could not say; zero: it was
	saved      time.Time            // last, as stored
	pruned     time.Time            // marks were, in this life
	failed     map[bot.Key]*failure // occurrences that are due and failed
	deaf       map[string]*failure  // outcomes that a plugin failed to hear, by id
	complaints map[string]bool      // what is logged once
	told       bool                 // the operators know of the errors of Due
	ids        func() string        // for internal errors
}

// task is a command, or a reaction.
type task struct {
	team, plugin string
	once         string // bot.Incoming.Once
	do           func(context.Context, bot.View) (bot.Effects, error)
	react        *bot.Reaction
	done         func(*msg.Message, error)
}

// New makes a loop; nothing runs before Run.
func New(o Options) *Loop {
	l := &Loop{
		Options:    o,
		tasks:      make(chan task, backlog),
		looks:      make(chan chan struct{}),
		takes:      make(chan take),
		hears:      make(chan struct{}, 1),
		failed:     map[bot.Key]*failure{},
		deaf:       map[string]*failure{},
		complaints: map[string]bool{},
		ids:        incidents(),
	}
	cals := map[string]cycle.Calendar{}
	for _, t := range o.Teams {
		cals[t.ID] = t.Calendar
	}
	l.cals.Store(&cals)
	ended := make(chan struct{})
	l.ended.Store(&ended)
	return l
}

// Do runs one command in the loop and hands its reply, or its error, to done,
// which must not block. A plugin's panic or unexpected error becomes a
// UserError that names an incident of the log. What the command wants is stored
// together with the key once, if that is not empty (bot.Incoming.Once); of one
// that wants nothing nothing is. False: too many wait already, and done will not
// be called.
func (l *Loop) Do(team, plugin, once string, do func(context.Context, bot.View) (bot.Effects, error), done func(*msg.Message, error)) bool {
	return l.give(task{team: team, plugin: plugin, once: once, do: do, done: done})
}

// React lets the plugin of a reaction's message hear of it in the loop, as Do
// runs a command. Where the plugin is not on, or does not listen, done is handed
// nothing.
func (l *Loop) React(team, plugin, once string, r bot.Reaction, done func(*msg.Message, error)) bool {
	return l.give(task{team: team, plugin: plugin, once: once, react: &r, done: done})
}

func (l *Loop) give(t task) bool {
	if heir := l.heir.Load(); heir != nil {
		return heir.give(t)
	}
	select {
	case l.tasks <- t:
	default:
		return false
	}
	if heir := l.heir.Load(); heir != nil {
		l.HandOver(heir) // it was handed over in between
	}
	return true
}

// HandOver gives the commands that came after the end of Run, and those still to
// come, to the loop that goes on.
func (l *Loop) HandOver(to *Loop) {
	l.heir.Store(to)
	for {
		select {
		case t := <-l.tasks:
			select {
			case to.tasks <- t:
			default:
			}
		default:
			return
		}
	}
}

// Look makes the loop look at the clock again, after it was moved, and waits
// until what is due by now has been decided, and what was asked before has been
// answered.
func (l *Loop) Look(ctx context.Context) error {
	seen := make(chan struct{})
	select {
	case l.looks <- seen:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-seen:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// idle is the longest sleep: a suspended machine or a stepped clock is noticed
// after it.
const idle = time.Minute

// Run runs what comes until ctx ends; then it finishes what it has taken, and
// stores how far it came. An error means that the store can't be used. A loop
// that has ended can be run again, unless it was handed over.
func (l *Loop) Run(ctx context.Context) error {
	commit := context.WithoutCancel(ctx)
	ended := *l.ended.Load()
	select {
	case <-ended:
		ended = make(chan struct{})
		l.ended.Store(&ended)
	default:
	}
	defer close(ended)
	for {
		next, err := l.tick(commit)
		if err != nil {
			return err
		}
		for _, seen := range l.looking {
			close(seen)
		}
		l.looking = nil
		done, err := l.serve(ctx, commit, next)
		if err != nil {
			return err
		}
		if done {
			l.waiting(commit)
			return l.save(commit)
		}
	}
}

// waiting runs the commands that wait.
func (l *Loop) waiting(ctx context.Context) {
	for len(l.tasks) > 0 {
		l.command(ctx, <-l.tasks)
	}
}

// serve runs what comes for as long as nothing is due. True: ctx has ended.
func (l *Loop) serve(ctx, commit context.Context, until time.Duration) (done bool, err error) {
	timer := time.NewTimer(until)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case t := <-l.tasks:
			l.command(commit, t)
		case t := <-l.takes:
			l.waiting(commit) // people first: of a full read, one take follows the other
			// Then outcomes: what arrived before something happened to a change
			// did so.
			if err := l.hearAll(commit); err != nil {
				return false, err
			}
			if err := l.take(commit, t); err != nil {
				return false, err
			}
		case <-l.hears:
			return false, nil // a tick hears
		case seen := <-l.looks:
			l.waiting(commit)
			l.looking = append(l.looking, seen)
			return false, nil
		case <-timer.C:
			return false, nil
		}
	}
}

func (l *Loop) command(ctx context.Context, t task) {
	reply, stored, err := l.perform(ctx, t)
	var user *bot.UserError
	if err != nil && !errors.As(err, &user) {
		err = l.incident(err, "team", t.team, "plugin", t.plugin)
	}
	t.done(reply, err)
	if stored {
		l.Outbox.Wake() // the answer first, then what comes of the command
	}
}

// perform runs a command, and reports whether it stored anything.
func (l *Loop) perform(ctx context.Context, t task) (reply *msg.Message, stored bool, err error) {
	now := l.Now().UTC()
	var eff effects
	err = l.Store.View(ctx, func(tx bot.ReadTx) (err error) {
		eff, err = l.ask(now, t.team, t.plugin, func() (bot.Effects, error) {
			return l.run(ctx, t, l.view(tx, now, t.team, t.plugin))
		})
		return err
	})
	if err != nil || eff.empty() {
		return eff.reply, false, err
	}
	err = l.Store.Update(ctx, func(tx bot.Tx) error {
		if err := l.apply(tx, now, eff); err != nil || t.once == "" {
			return err
		}
		return tx.Put(t.once, []byte(now.Format(time.RFC3339)))
	})
	if err != nil {
		return nil, false, fmt.Errorf("store effects: %w", err)
	}
	return eff.reply, true, nil
}

// run runs plugin code for a task.
func (l *Loop) run(ctx context.Context, t task, v bot.View) (bot.Effects, error) {
	if t.react == nil {
		return t.do(ctx, v)
	}
	plugins := l.team(t.team).Plugins
	i := slices.IndexFunc(plugins, func(p Plugin) bool { return p.Name == t.plugin })
	if i < 0 || plugins[i].On == nil {
		l.Log.Debug("reaction to what no plugin answers for", "team", t.team, "plugin", t.plugin, "key", string(t.react.Key))
		return bot.Effects{}, nil
	}
	return plugins[i].On(ctx, v, bot.Event{React: t.react})
}

// ask runs plugin code: a panic becomes an error, and so do effects that could
// not be stored, so that one plugin's fault never reaches a transaction that
// others share.
func (l *Loop) ask(now time.Time, team, plugin string, f func() (bot.Effects, error)) (eff effects, err error) {
	defer func() {
		if p := recover(); p != nil {
			eff, err = effects{}, &panicError{value: p, stack: debug.Stack()}
		}
	}()
	e, err := f()
	if err != nil {
		return effects{}, err
	}
	return l.prepare(now, team, plugin, e)
}
