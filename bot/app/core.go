package app

import (
	"context"
	"fmt"
	"slices"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/config"
	"torchbearer/bot/loop"
	"torchbearer/bot/outbox"
	"torchbearer/bot/schedule"
)

// core is the machinery of one configuration: loop, schedule, outbox and
// commands. A reload replaces it whole; store and transports stay.
type core struct {
	loop     *loop.Loop
	schedule *schedule.Schedule
	outbox   *outbox.Outbox
	handler  *command.Handler
}

// instances makes the plugins of every team that are on for it.
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
	senders, repliers := map[string]bot.Sender{}, map[string]bot.Replier{}
	for _, t := range a.transports {
		senders[t.Network()], repliers[t.Network()] = t, t
	}
	c := &core{schedule: schedule.New(jobs(teams))}
	c.outbox = outbox.New(outbox.Options{
		Store: a.store, Senders: senders, Now: a.now, Log: a.log, Operators: cfg.Operators.Room,
	})
	c.loop = loop.New(loop.Options{
		Store: a.store, Outbox: c.outbox, Schedule: c.schedule, Teams: teams,
		Operators: cfg.Operators.Room, Now: a.now, Log: a.log,
	})
	defaults := map[bot.Room]string{}
	for r, room := range cfg.Rooms {
		defaults[r] = room.DefaultTeam
	}
	who := newDirectory(cfg)
	var before *command.Handler
	if old := a.core.Load(); old != nil {
		before = old.handler
	}
	c.handler = command.New(command.Options{
		Teams: tables(teams), Core: []command.Core{a.statusCommand()}, Default: defaults,
		Do: c.loop.Do, Repliers: repliers, Roles: who.roles, Known: who.known,
		Limit:  command.Limit{Number: cfg.Limits.Commands.N, Per: cfg.Limits.Commands.Per},
		Before: before,
		Now:    a.now, Log: a.log,
	})
	return c, nil
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
