package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/cycle"
)

// printCalendar prints the events of official calendars.
func printCalendar(_ context.Context, env Env, args []string) error {
	f := newFlags(env, "calendar")
	asJSON := f.Bool("json", false, "print a JSON object a line")
	if err := f.parse(args, "FOLDER…"); err != nil {
		return err
	}
	if err := noAddresses(f.Args()); err != nil {
		return err
	}
	loaded := load(f.Args())
	failed := 0
	for _, l := range loaded {
		for _, p := range l.Problems {
			fmt.Fprintln(env.Stderr, p)
		}
		if unreadable(l) {
			failed++
		}
	}
	if err := calendar.Print(env.Stdout, calendar.List(loaded, cycle.DefaultKinds()), *asJSON); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d could not be read, or only in part", failed, len(loaded))
	}
	return nil
}

// noAddresses refuses addresses: only what a configuration names is fetched.
func noAddresses(names []string) error {
	for _, name := range names {
		if strings.Contains(name, "://") {
			return usagef("%s is an address, and calendars are read from folders and files here; an address that a configuration names is read by check -config F -connect", calendar.Printable(name))
		}
	}
	return nil
}

// load reads calendars that are named on the command line.
func load(names []string) []calendar.Loaded {
	today := civil.DateOf(time.Now(), time.UTC)
	var loaded []calendar.Loaded
	for _, name := range names {
		loaded = append(loaded, calendar.Load(name, time.UTC, today, cycle.DefaultKinds()))
	}
	return loaded
}

// unreadable reports whether a place, or a file of it, could not be read at all, or
// holds nothing that a calendar has.
func unreadable(l calendar.Loaded) bool {
	if slices.ContainsFunc(l.Problems, func(p calendar.Problem) bool { return p.Kind == calendar.Unreadable && p.Line == 0 }) {
		return true
	}
	switch {
	case l.Schedule != nil:
		labelled := func(s calendar.Section) bool { return len(s.Labels) > 0 }
		return len(l.Schedule.Grid.Weeks) == 0 && !slices.ContainsFunc(l.Schedule.Page.Sections, labelled)
	case l.Election != nil:
		return len(l.Election.Entries) == 0 && l.Election.Email.At.IsZero()
	case l.Status != nil:
		return len(l.Status.Series) == 0
	}
	return len(l.Events) == 0
}

// errFindings ends check -calendar with exit status 1; they have been printed.
var errFindings = errors.New("the calendar has mistakes")

// lintCalendars is check -calendar.
func lintCalendars(env Env, names []string) error {
	if err := noAddresses(names); err != nil {
		return err
	}
	loaded := load(names)
	findings := lint.All(loaded, cycle.DefaultKinds())
	if err := printFindings(env.Stdout, findings); err != nil {
		return err
	}
	if err := printPageless(env.Stdout, loaded); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errFindings
	}
	_, err := fmt.Fprintf(env.Stdout, "%s: no mistakes\n", strings.Join(names, ", "))
	return err
}

// printPageless names the schedules of which only the weeks could be looked at, since
// no page has the text of any of their labels. That is no mistake: a team's own may
// need none.
func printPageless(w io.Writer, loaded []calendar.Loaded) error {
	described := map[string]bool{}
	for _, l := range loaded {
		if l.Schedule == nil {
			continue
		}
		for _, s := range l.Schedule.Page.Sections {
			for _, label := range s.Labels {
				described[strings.ToLower(label.Raw)] = true
			}
		}
	}
	for _, l := range loaded {
		if l.Schedule == nil || l.Schedule.Page.File != "" || unreadable(l) {
			continue
		}
		bare := map[string]bool{}
		for _, week := range l.Schedule.Grid.Weeks {
			for _, label := range week.Labels {
				if key := strings.ToLower(label.Raw); !described[key] {
					bare[key] = true
				}
			}
		}
		if len(bare) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: notice: there is no schedule.rst with the text of its %s, so that only the weeks were looked at\n", calendar.Printable(l.Name), count(len(bare), "label")); err != nil {
			return err
		}
	}
	return nil
}

func printFindings(w io.Writer, findings []lint.Finding) error {
	for _, f := range findings {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

// checkCalendars reads what a configuration names as calendars, addresses only
// if asked to. What can't be read is a mistake of the configuration; mistakes in
// what can are told and counted, and no reason not to run.
func checkCalendars(ctx context.Context, out io.Writer, cfg *config.Config, connect bool) (found int, unread config.Problems, err error) {
	f := follow.New(follow.Options{
		Teams: followed(cfg), Offline: !connect, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err := f.Load(ctx); err != nil {
		return 0, nil, err
	}
	sources := f.Sources()
	var findings []lint.Finding
	for _, t := range cfg.Teams {
		loaded, mistakes := loadedOf(out, cfg.File, t, sources)
		unread = append(unread, mistakes...)
		kinds := cycle.DefaultKinds().Extend(t.Sources.Kinds...)
		findings = append(findings, lint.All(loaded, kinds, reviewers(t)...)...)
	}
	findings = lint.Sort(findings) // which teams that share a source have in common
	return len(findings), unread, printFindings(out, findings)
}

// unreadableCalendars finds which folders and files of a configuration that has other
// mistakes can't be read as calendars. Of it nothing else is trusted.
func unreadableCalendars(ctx context.Context, cfg *config.Config) config.Problems {
	teams := followed(cfg)
	for i, t := range teams {
		teams[i] = follow.Team{ID: t.ID, As: t.ID, Zone: time.UTC, Kinds: cycle.DefaultKinds(), Every: time.Hour, Places: t.Places}
	}
	f := follow.New(follow.Options{Teams: teams, Offline: true, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if f.Load(ctx) != nil {
		return nil
	}
	sources := f.Sources()
	var unread config.Problems
	for _, t := range cfg.Teams {
		_, mistakes := loadedOf(io.Discard, cfg.File, t, sources)
		unread = append(unread, mistakes...)
	}
	return unread
}

// loadedOf is what was read of a team's places, and what could not be; of addresses
// that were not asked it says so.
func loadedOf(out io.Writer, file string, t config.Team, sources []follow.Source) (loaded []calendar.Loaded, unread config.Problems) {
	for _, p := range t.Sources.Places {
		i := slices.IndexFunc(sources, func(s follow.Source) bool {
			return s.Team == t.ID && s.Path == p.Path && string(s.Form) == string(p.Form)
		})
		switch s := sources[i]; {
		case !s.ReadAt.IsZero():
			loaded = append(loaded, s.Loaded)
		case s.Fault != "":
			unread = append(unread, config.Problem{
				File: file, Line: p.Line, Key: "team." + t.ID + ".calendar." + string(p.Form), Text: p.Name + ": " + s.Fault,
			})
		default:
			fmt.Fprintf(out, "%s is an address, which only -connect reads\n", p.Name)
		}
	}
	return loaded, unread
}

// reviewers is the team whose review days the linter looks at: none where it has the
// plugin reviewday, by which it reviews on days that no calendar has.
func reviewers(t config.Team) []lint.Team {
	if slices.ContainsFunc(t.Plugins, func(p config.Plugin) bool { return p.Name == "reviewday" }) {
		return nil
	}
	return []lint.Team{{Name: t.Sources.As, Reviews: reviewDays(t.Calendar), From: civil.DateOf(time.Now(), t.Zone)}}
}

// reviewDays lists a team's own review days.
func reviewDays(c cycle.Calendar) []civil.Date {
	var days []civil.Date
	for _, e := range c.Events {
		if strings.HasSuffix(e.Kind, "review-day") {
			days = append(days, e.Day)
		}
	}
	return days
}
