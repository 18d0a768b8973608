package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/loop"
	"torchbearer/bot/msg"
	"torchbearer/bot/schedule"
)

// Planned is one message that the schedule would send.
type Planned struct {
	At   time.Time `json:"at"` // UTC
	Room bot.Room  `json:"room,omitzero"`

	// Person is whom it is for, where that decides the room.
	Person string `json:"person,omitempty"`

	Text string `json:"text"`

	team string // id
	link string // at the end of the text; empty: none
}

// preview prints every message that the schedule would send in a span of dates.
func preview(ctx context.Context, env Env, args []string) error {
	f := newFlags(env, "preview").withConfig()
	var from, to civil.Date
	f.Func("from", "the first `date`, UTC: 2026-12-01", func(s string) error { return from.UnmarshalText([]byte(s)) })
	f.Func("to", "the last `date`, UTC", func(s string) error { return to.UnmarshalText([]byte(s)) })
	asJSON := f.Bool("json", false, "print a JSON object a line")
	asPage := f.Bool("page", false, "print a page to read, week by week, with the calendar")
	if err := f.parse(args); err != nil {
		return err
	}
	switch {
	case from.IsZero() || to.IsZero():
		return usagef("torchbearer preview: want both -from DATE and -to DATE, such as -from 2026-12-01 -to 2027-03-31")
	case *asJSON && *asPage:
		return usagef("torchbearer preview: want -json or -page, not both")
	case to.Before(from):
		return usagef("torchbearer preview: -to %s lies before -from %s", to, from)
	}
	cfg, err := config.Read(f.config, env.Plugins)
	if err != nil {
		return usageError{err}
	}
	calendars, err := keptCalendars(ctx, cfg)
	if err != nil {
		return fmt.Errorf("read the calendars that the bot keeps: %w", err)
	}
	forecast, err := Preview(ctx, cfg, env.Plugins, calendars, from, to)
	if err != nil {
		return err
	}
	for _, fault := range forecast.Faults {
		fmt.Fprintln(env.Stderr, fault)
	}
	if *asPage {
		return forecast.page(env.Stdout)
	}
	if len(forecast.Messages) == 0 {
		fmt.Fprintf(env.Stderr, "nothing would be said from %s to %s\n", from, to)
	}
	enc := json.NewEncoder(env.Stdout)
	enc.SetEscapeHTML(false)
	for _, m := range forecast.Messages {
		if *asJSON {
			err = enc.Encode(m)
		} else {
			err = printPlanned(env.Stdout, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func printPlanned(w io.Writer, m Planned) error {
	to := m.Room.String()
	if m.Person != "" {
		to = "to " + m.Person
	}
	_, err := fmt.Fprintf(w, "%s  %s  %s\n", m.At.Format("Mon 2006-01-02 15:04:05Z"), to, m.Text)
	return err
}

// Forecast is what the schedule would say on some days, UTC.
type Forecast struct {
	From, To civil.Date
	Messages []Planned // in order
	Faults   []string  // why a calendar could not be read, a line each of hostile text

	teams []loop.Team
}

// Preview lists what the schedule would say on the days from one to another, UTC,
// as if the bot had run all the time and known the calendar as it is. It sends and
// stores nothing, and asks nobody: of a calendar behind an address the copy in the
// store counts, and none is an error. Without such calendars the store may be nil.
func Preview(ctx context.Context, cfg *config.Config, plugins []bot.Plugin, store bot.Store, first, last civil.Date) (Forecast, error) {
	out := Forecast{From: first, To: last}
	from, to := first.Start(time.UTC), last.AddDays(1).Start(time.UTC)
	teams, err := instances(cfg, plugins)
	if err != nil {
		return out, err
	}
	// A page that names no year is of the time that is asked about.
	calendars := follow.New(follow.Options{
		Teams: followed(cfg), Store: store, Offline: true, Now: func() time.Time { return from }, Log: slog.New(slog.DiscardHandler),
	})
	if err := calendars.Load(ctx); err != nil {
		return out, err
	}
	inForce(teams, calendars)
	for _, s := range calendars.Sources() {
		switch {
		case s.Remote() && s.ReadAt.IsZero():
			return out, fmt.Errorf("nothing of the calendar at %s is kept yet: the bot reads it when it runs", s.Name)
		case s.Fault != "":
			out.Faults = append(out.Faults, s.Name+": "+s.Fault)
		}
	}
	out.teams = teams
	byID := map[string]loop.Team{}
	for _, t := range teams {
		byID[t.ID] = t
	}
	plan := schedule.New(jobs(teams))
	who := newFuture(cfg, teams)
	view := func(now time.Time) func(team, _ string) bot.View {
		return func(team, _ string) bot.View { return who.view(byID[team], now) }
	}
	due, err := plan.Due(view(from), from.Add(-1), to.Add(-1))
	if err != nil {
		return out, err
	}
	for at, together := range instants(due) {
		for _, p := range plan.Decide(together, at).Run {
			eff, err := p.Job.Do(ctx, view(at)(p.Team, p.Plugin), p.Occurrence)
			if err != nil {
				return out, fmt.Errorf("preview %s: %w", p.WholeKey(), err)
			}
			for _, say := range eff.Say {
				if say.Edit {
					continue // no news
				}
				if say.To.Person != "" {
					out.Messages = append(out.Messages, Planned{At: at, team: p.Team, link: say.Message.Link, Person: say.To.Person, Text: oneLine(say.Message, at)})
					continue
				}
				for _, r := range say.To.Rooms(byID[p.Team].Team) {
					out.Messages = append(out.Messages, Planned{At: at, team: p.Team, link: say.Message.Link, Room: r, Text: oneLine(say.Message, at)})
				}
			}
		}
	}
	return out, nil
}

// instants groups what is due at the same instant, in order.
func instants(due []bot.Planned) iter.Seq2[time.Time, []bot.Planned] {
	return func(yield func(time.Time, []bot.Planned) bool) {
		for i := 0; i < len(due); {
			j := i
			for j < len(due) && due[j].At.Equal(due[i].At) {
				j++
			}
			if !yield(due[i].At, due[i:j:j]) {
				return
			}
			i = j
		}
	}
}

func oneLine(m msg.Message, at time.Time) string {
	return strings.ReplaceAll(msg.Plain(m, at), "\n", " ")
}
