package app

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/command"
	"torchbearer/bot/config"
	"torchbearer/bot/loop"
	"torchbearer/bot/mirror"
	"torchbearer/bot/outbox"
	"torchbearer/bot/review"
	"torchbearer/bot/roster"
	"torchbearer/bot/schedule"
)

// core is the machinery of one configuration: loop, schedule, outbox and
// commands. A reload replaces it whole; store and transports stay.
type core struct {
	cfg       *config.Config
	store     bot.Store
	now       func() time.Time
	log       *slog.Logger
	teams     []loop.Team
	loop      *loop.Loop
	schedule  *schedule.Schedule
	outbox    *outbox.Outbox
	handler   *command.Handler
	roster    *roster.Roster
	mirror    *mirror.Mirror
	followers map[string]*follower // by review server
	follow    *follow.Follower     // of the calendars
	renew     func(context.Context) error
}

// instances makes the plugins of every team that are on for it, and those of the
// whole bot as a team of their own.
func instances(cfg *config.Config, plugins []bot.Plugin) ([]loop.Team, error) {
	var teams []loop.Team
	for _, t := range cfg.Teams {
		lt := loop.Team{Team: t.Team, Calendar: t.Calendar}
		lt.Shared, lt.Others = shared(cfg, t.Team), len(cfg.Teams) > 1
		for _, section := range t.Plugins {
			i := slices.IndexFunc(plugins, func(p bot.Plugin) bool { return p.Name == section.Name })
			if i < 0 {
				return nil, fmt.Errorf("team %s: this build has no plugin %s", t.ID, section.Name)
			}
			inst, err := plugins[i].New(lt.Team, section.Settings)
			if err != nil {
				return nil, fmt.Errorf("start plugin %s for team %s: %w", section.Name, t.ID, err)
			}
			lt.Plugins = append(lt.Plugins, loop.Plugin{Name: section.Name, Instance: inst})
		}
		teams = append(teams, lt)
	}
	whole := loop.Team{Team: bot.Team{ID: bot.NoTeam, Name: "this bot", Zone: time.UTC}}
	for _, p := range plugins {
		if !p.Always {
			continue
		}
		inst, err := p.New(whole.Team, nil)
		if err != nil {
			return nil, fmt.Errorf("start plugin %s: %w", p.Name, err)
		}
		whole.Plugins = append(whole.Plugins, loop.Plugin{Name: p.Name, Instance: inst})
	}
	if len(whole.Plugins) > 0 {
		teams = append(teams, whole)
	}
	return teams, nil
}

// shared lists the rooms of a team that another team has too.
func shared(cfg *config.Config, team bot.Team) []bot.Room {
	var rooms []bot.Room
	for _, r := range team.Rooms {
		for _, other := range cfg.Teams {
			if other.ID != team.ID && slices.Contains(other.Rooms, r) && !slices.Contains(rooms, r) {
				rooms = append(rooms, r)
			}
		}
	}
	return rooms
}

// jobs lists the jobs of all teams.
func jobs(teams []loop.Team) []schedule.Job {
	var all []schedule.Job
	for _, t := range teams {
		for _, p := range t.Plugins {
			for _, j := range p.Jobs {
				all = append(all, schedule.Job{Team: t.ID, Plugin: p.Name, Job: j})
			}
		}
	}
	return all
}

// migrate brings the records of every plugin that is on to the form this build
// reads.
func migrate(ctx context.Context, store bot.Store, teams []loop.Team, plugins []bot.Plugin) error {
	for _, t := range teams {
		for _, on := range t.Plugins {
			i := slices.IndexFunc(plugins, func(p bot.Plugin) bool { return p.Name == on.Name })
			if p := plugins[i]; p.Schema > 0 {
				if err := bot.Migrate(ctx, store, t.ID, p.Name, p.Schema, p.Migrate); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// newCore brings the records of a configuration's plugins up to date and wires
// its machinery, while that of the old configuration may still run: a plugin
// that is on in both has nothing to bring up to date.
func (a *App) newCore(ctx context.Context, cfg *config.Config) (*core, error) {
	teams, err := instances(cfg, a.plugins)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, a.store, teams, a.plugins); err != nil {
		return nil, err
	}
	c := &core{
		cfg: cfg, store: a.store, now: a.now, log: a.log, teams: teams, followers: map[string]*follower{},
		schedule: schedule.New(jobs(teams)), renew: a.renew,
	}
	if err := a.reviewers(c); err != nil {
		return nil, err
	}
	senders, repliers := map[string]bot.Sender{}, map[string]bot.Replier{}
	for _, t := range a.transports {
		senders[t.Network()], repliers[t.Network()] = t, t
	}
	c.outbox = outbox.New(outbox.Options{
		Store: a.store, Senders: senders, Now: a.now, Log: a.log, Operators: cfg.Operators.Room,
		Register: c.roster, Told: func() { c.loop.Hear() },
	})
	if err := a.calendars(ctx, c); err != nil {
		return nil, err
	}
	c.loop = loop.New(loop.Options{
		Store: a.store, Outbox: c.outbox, Told: c.outbox, Schedule: c.schedule, Teams: teams,
		Operators: cfg.Operators.Room, Now: a.now, Log: a.log,
		Reviews: c.reviews, People: c.roster.View,
	})
	for _, f := range c.followers {
		f.loop = c.loop
	}
	defaults := map[bot.Room]string{}
	for r, room := range cfg.Rooms {
		defaults[r] = room.DefaultTeam
	}
	var before *command.Handler
	if old := a.core.Load(); old != nil {
		before = old.handler
	}
	c.handler = command.New(command.Options{
		Teams: tables(teams), Core: []command.Core{a.statusCommand()}, Default: defaults,
		Do: c.loop.Do, React: c.loop.React, Said: c.outbox.Said, Repliers: repliers,
		Roles: c.roster.Roles, Known: c.roster.Known, Identify: c.identify, Person: c.roster.Find, Fresh: c.fresh,
		Limit:  command.Limit{Number: cfg.Limits.Commands.N, Per: cfg.Limits.Commands.Per},
		Before: before,
		Now:    a.now, Log: a.log,
	})
	return c, nil
}

// reviewers makes what knows changes and people.
func (a *App) reviewers(c *core) error {
	var servers []mirror.Server
	for _, g := range c.cfg.Gerrit {
		servers = append(servers, rules(c.cfg, g))
	}
	c.mirror = mirror.New(servers, a.log)
	for _, g := range c.cfg.Gerrit {
		s, err := a.dial(g)
		if err != nil {
			return err
		}
		c.followers[g.Name] = &follower{name: g.Name, server: s, mirror: c.mirror, log: a.log}
	}
	var before *roster.Roster
	if old := a.core.Load(); old != nil {
		before = old.roster
	}
	var teams []bot.Team
	for _, t := range c.teams {
		if t.ID != bot.NoTeam {
			teams = append(teams, t.Team)
		}
	}
	c.roster = roster.New(roster.Options{
		People: c.cfg.People, Operators: c.cfg.Operators.People, Teams: teams,
		Members: a.members, Mirror: c.mirror, Store: a.store, Before: before, Log: a.log,
	})
	return nil
}

// members lists who is in a room.
func (a *App) members(r bot.Room) []bot.Principal {
	for _, t := range a.transports {
		if t.Network() == r.Network {
			return t.Members(r)
		}
	}
	return nil
}

// identify returns who a principal is.
func (c *core) identify(p bot.Principal) (string, bool) {
	who, ok := c.roster.Identify(p)
	return who.ID, ok
}

// reviews is a team's part of the mirror.
func (c *core) reviews(team bot.Team, now time.Time, marks func() []review.Mark) bot.Reviews {
	var state bot.ReviewState
	if f := c.followers[team.Gerrit.Name]; f != nil {
		state = f.state()
		all := team.All()
		state.Missing = slices.DeleteFunc(state.Missing, func(p string) bool { return !slices.Contains(all, p) })
	}
	return c.mirror.Reviews(team, now, marks, func(project string) review.Cast { return c.roster.Cast(team.ID, project) }, state)
}

// start reads what was known before, and lets the loop look at what became of
// the calendars. Nobody else may write meanwhile.
func (c *core) start(ctx context.Context) error {
	err := c.store.View(ctx, func(tx bot.ReadTx) error {
		if err := c.mirror.Load(tx); err != nil {
			return err
		}
		return c.roster.Load(tx)
	})
	if err != nil {
		return fmt.Errorf("read what was known of the review servers: %w", err)
	}
	for _, g := range c.cfg.Gerrit {
		if err := c.followers[g.Name].begin(c.cfg, g); err != nil {
			return err
		}
	}
	return c.loop.Start(ctx)
}

// tables is the commands of all teams.
func tables(teams []loop.Team) []command.Team {
	var out []command.Team
	for _, t := range teams {
		ct := command.Team{Team: t.Team}
		for _, p := range t.Plugins {
			ct.Plugins = append(ct.Plugins, command.Plugin{Name: p.Name, Commands: p.Commands})
		}
		out = append(out, ct)
	}
	return out
}

// run runs the machinery until ctx ends: first the loop stops deciding, then
// the outbox stores what became of what was on its way. An error means that the
// store can't be used.
func (c *core) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var readers sync.WaitGroup
	defer readers.Wait()
	accounts := map[string]roster.Accounts{}
	for name, f := range c.followers {
		accounts[name] = f.server
		if f.poller != nil {
			readers.Go(func() { c.reading(ctx, f.poller.Run) })
		}
	}
	readers.Go(func() { c.roster.Run(ctx, accounts) })
	readers.Go(func() {
		c.reading(ctx, func(ctx context.Context) { c.follow.Run(ctx, c.renew) })
	})
	ends := make(chan error, 2)
	for _, f := range []func(context.Context) error{c.loop.Run, c.outbox.Run} {
		go func() {
			err := f(ctx)
			stop()
			ends <- err
		}()
	}
	first, second := <-ends, <-ends
	if first != nil {
		return first
	}
	return second
}

// surprised is how long a reader rests that an answer has made panic.
const surprised = time.Minute

// reading runs what reads a review server, or calendars, until ctx ends. What it
// is told that its reader did not foresee costs a minute, not the bot.
func (c *core) reading(ctx context.Context, run func(context.Context)) {
	for ctx.Err() == nil {
		func() {
			defer func() {
				if p := recover(); p != nil {
					c.log.Error("reading failed, and begins again", "panic", p, "stack", string(debug.Stack()))
				}
			}()
			run(ctx)
		}()
		select {
		case <-ctx.Done():
		case <-time.After(surprised):
		}
	}
}
