package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/config"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

// finding is what a try at a review server brought: lines that say what is
// there, and what is missing with who can grant it.
type finding struct {
	server      string
	ok, missing []string
}

func (f *finding) has(format string, args ...any) { f.ok = append(f.ok, fmt.Sprintf(format, args...)) }

func (f *finding) lack(format string, args ...any) {
	f.missing = append(f.missing, fmt.Sprintf(format, args...))
}

// report prints the finding and returns how many things are missing.
func (f finding) report(w io.Writer) int {
	for _, line := range f.ok {
		fmt.Fprintf(w, "ok      %s: %s\n", f.server, line)
	}
	for _, line := range f.missing {
		fmt.Fprintf(w, "missing %s: %s\n", f.server, line)
	}
	return len(f.missing)
}

// tryGerrit asks a review server for everything that the bot will.
func tryGerrit(ctx context.Context, cfg *config.Config, g config.Gerrit, log *slog.Logger) finding {
	f := finding{server: g.Name}
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	s, err := dial(g, time.Now, log)
	if err != nil {
		f.lack("%v", err)
		return f
	}
	all, groups := projects(cfg, g.Name)
	a, err := s.Probe(ctx, all, groups)
	if err != nil {
		f.lack("can't be read: %v", err)
		return f
	}
	who := "as anybody can"
	if a.Self.ID != 0 {
		who = "as " + a.Self.Called()
	}
	f.has("Gerrit %s, read %s", a.Version, who)
	if a.Mergeable == review.No {
		f.has("it does not say which changes merge (its administrators can, with change.mergeabilityComputationBehavior); conflicts are known from CI's reports")
	}
	f.projects(all, a)
	for _, group := range groups {
		if why, bad := a.Unreadable[group]; bad {
			f.lack("the members of %s can't be read%s; if that is its name, the group's owner can make it visible to all, or the bot a member", group, because(group, why))
		} else {
			f.has("group %s", group)
		}
	}
	f.accounts(ctx, cfg, s)
	f.events(ctx, g, log)
	if len(all) == 0 {
		f.lack("no team has a project there")
	}
	return f
}

// projects tells which of the projects can be read.
func (f *finding) projects(all []string, a gerrit.Abilities) {
	to := "those without a login"
	if a.Self.ID != 0 {
		to = a.Self.Called()
	}
	for _, p := range all {
		if why, bad := a.Missing[p]; bad {
			what := strings.TrimSpace(fmt.Sprintf("project %s is not there, or not shown to %s %s", p, to, bracket(why)))
			f.lack("%s; check the name, or let its administrators grant Read", what)
		} else {
			f.has("project %s", p)
		}
	}
}

// events tries the stream of events, where one is configured.
func (f *finding) events(ctx context.Context, g config.Gerrit, log *slog.Logger) {
	s, err := stream(g, log)
	if err == nil && s == nil {
		return
	}
	if err == nil {
		err = s.Try(ctx)
	}
	if err != nil {
		f.lack("no event stream: %v", err)
		return
	}
	f.has("event stream")
}

// accounts looks for the people of the configuration.
func (f *finding) accounts(ctx context.Context, cfg *config.Config, s ReviewServer) {
	for _, id := range slices.Sorted(maps.Keys(cfg.People)) {
		user := cfg.People[id].Gerrit
		if user == "" {
			continue
		}
		switch _, err := s.Account(ctx, user); {
		case errors.Is(err, gerrit.ErrNotFound):
			f.lack("no account %q that is switched on, for people.%s", user, id)
		case err != nil:
			f.lack("account %q, of people.%s: %v", user, id, err)
		}
	}
}
