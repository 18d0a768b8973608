package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
)

// followed lists the teams of a configuration as their calendars are followed.
func followed(cfg *config.Config) []follow.Team {
	var teams []follow.Team
	for _, t := range cfg.Teams {
		ft := follow.Team{
			ID: t.ID, Name: t.Name, As: t.Sources.As, Zone: t.Zone, Own: t.Calendar.Events,
			Kinds:   cycle.DefaultKinds().Extend(t.Sources.Kinds...),
			Release: t.Sources.Release, Page: t.Sources.Page, Every: t.Sources.Every,
		}
		for _, p := range t.Sources.Places {
			ft.Places = append(ft.Places, follow.Place{Form: follow.Form(p.Form), Name: p.Name, Path: p.Path})
		}
		teams = append(teams, ft)
	}
	return teams
}

// calendars reads the calendars of a core's configuration.
func (a *App) calendars(ctx context.Context, c *core) error {
	o := follow.Options{
		Teams: followed(c.cfg), Store: a.store, Client: a.calendarClient, Now: a.now, Log: a.log,
		Tell: func(tx bot.Tx, now time.Time, key bot.Key, text string) error {
			if c.cfg.Operators.Room == (bot.Room{}) {
				return nil
			}
			say := bot.Say{Message: msg.New(msg.Announce, msg.Para{msg.Text(text)}), Expires: now.Add(reportFor)}
			return c.outbox.Say(tx, now, "operators/"+key, bot.Target{Room: c.cfg.Operators.Room}, say)
		},
		Told: func() { c.outbox.Wake() },
	}
	if old := a.core.Load(); old != nil {
		o.Before = old.follow
	}
	c.follow = follow.New(o)
	if err := c.follow.Load(ctx); err != nil {
		return err
	}
	inForce(c.teams, c.follow)
	return nil
}

// reportFor is how long a report to the operators is worth delivering.
const reportFor = 7 * 24 * time.Hour

// inForce gives teams the calendars that were read.
func inForce(teams []loop.Team, f *follow.Follower) {
	for i, t := range teams {
		if t.ID != bot.NoTeam {
			teams[i].Calendar = f.Calendar(t.ID)
		}
	}
}

// renew goes on with the calendars as they are now: all of the machinery stops
// where nothing is lost, looks at what became of them, and starts again.
func (a *App) renew(ctx context.Context) error {
	err := a.again(ctx, nil)
	if errors.Is(err, context.Canceled) {
		return nil // by what was asked for, or the bot ends
	}
	return err
}

// CalendarStatus is how one source of a team's calendar stands.
type CalendarStatus struct {
	Team    string    `json:"team"`
	Source  string    `json:"source"`            // as it is configured
	ReadAt  time.Time `json:"read_at,omitzero"`  // last, and well, UTC; zero: never
	Failing string    `json:"failing,omitempty"` // why it can't be read, or is not believed
	Since   time.Time `json:"since,omitzero"`    // of Failing
	Next    time.Time `json:"next,omitzero"`     // when it is read again, UTC; zero: at once
}

// calendarStatus lists the sources of all teams.
func (c *core) calendarStatus() []CalendarStatus {
	var all []CalendarStatus
	for _, s := range c.follow.Sources() {
		all = append(all, CalendarStatus{Team: s.Team, Source: s.Name, ReadAt: s.ReadAt, Failing: s.Fault, Since: s.Since, Next: s.Next})
	}
	return all
}

// neverRead lists the sources that can't be read and never were: the bot is without
// their dates. Each is a problem at once, and not after a while as a review server,
// since it is read again only after an hour. What was read once goes on to count,
// which is no problem.
func neverRead(all []CalendarStatus) []string {
	var out []string
	for _, c := range all {
		if c.Failing != "" && c.ReadAt.IsZero() {
			out = append(out, fmt.Sprintf("%s's calendar %s can't be read since %s: %s", c.Team, c.Source, c.Since.UTC().Format("2006-01-02 15:04 UTC"), c.Failing))
		}
	}
	return out
}

// next says when a source is read again, UTC, if that is to come.
func (c CalendarStatus) next(now time.Time) string {
	switch left := c.Next.Sub(now); {
	case left <= 0:
		return ""
	case left < 24*time.Hour:
		return c.Next.UTC().Format(", next at 15:04 UTC")
	}
	return c.Next.UTC().Format(", next at 2006-01-02 15:04 UTC")
}

// line is a source in the status line; operators are told what is wrong,
// and when it is read again.
func (c CalendarStatus) line(now time.Time, more bool) string {
	read := "never"
	if age := now.Sub(c.ReadAt); !c.ReadAt.IsZero() && age < time.Minute {
		read = "just now"
	} else if !c.ReadAt.IsZero() {
		read = civil.Left(c.ReadAt, now, time.UTC) + " ago"
	}
	why, next := "", ""
	if more {
		why, next = " "+bracket(c.Source+": "+c.Failing), c.next(now)
	}
	switch {
	case c.Failing == "":
		return fmt.Sprintf("%s's calendar %s read %s", c.Team, c.Source, read)
	case c.ReadAt.IsZero():
		return c.Team + "'s calendar can't be read" + why + next
	default:
		return fmt.Sprintf("%s's calendar can't be read well%s, last read %s%s", c.Team, why, read, next)
	}
}
