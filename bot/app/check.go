package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"torchbearer/bot/config"
)

// check finds every mistake of the configuration, and with -connect whether the
// networks take the bot.
func check(ctx context.Context, env Env, args []string) (err error) {
	f := newFlags(env, "check").withConfig().withLog()
	networks := f.Bool("connect", false, "try each network, login, room and Gerrit, and read calendars behind addresses too")
	calendars := f.Bool("calendar", false, "look for mistakes in calendars instead: FOLDER…")
	if err := f.parseFlags(args); err != nil {
		return err
	}
	if *calendars {
		if f.config != "" || *networks || f.NArg() == 0 {
			return usagef("torchbearer check: want -calendar FOLDER…, or -config F")
		}
		return lintCalendars(env, f.Args())
	}
	if err := f.complete(); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	b := build(env)
	b.Faulty = func(cfg *config.Config) config.Problems { return unreadableCalendars(ctx, cfg) }
	cfg, err := config.Load(f.config, b)
	if err == nil {
		_, err = instances(cfg, env.Plugins)
	}
	if err != nil {
		return usageError{err}
	}
	findings, unread, err := checkCalendars(ctx, env.Stdout, cfg, *networks)
	switch {
	case err != nil:
		return err
	case len(unread) > 0 && !*networks:
		return usageError{unread}
	case len(unread) > 0:
		// The networks are tried all the same: one run finds everything.
		_, err = fmt.Fprintln(env.Stdout, unread)
	case findings > 0:
		_, err = fmt.Fprintf(env.Stdout, "%s: no mistakes in the configuration, %s in its calendars, see above; %s\n", f.config, count(findings, "finding"), parts(cfg))
	default:
		_, err = fmt.Fprintf(env.Stdout, "%s: no mistakes; %s\n", f.config, parts(cfg))
	}
	if err != nil || !*networks {
		return err
	}
	if f.level != "debug" {
		log = slog.New(slog.DiscardHandler) // what it found is printed
	}
	fmt.Fprintf(env.Stdout, "trying %s, for %s at most\n", places(cfg), tryFor)
	tried, leave, err := trials(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	found := make([]finding, len(cfg.Gerrit))
	var wait sync.WaitGroup
	for i, g := range cfg.Gerrit {
		wait.Go(func() { found[i] = tryGerrit(ctx, cfg, g, log) })
	}
	for _, t := range tried {
		if t.transport != nil {
			wait.Go(func() { t.status = tryNetwork(ctx, t.transport) })
		}
	}
	wait.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted before all had answered")
	}
	missing := len(unread)
	for _, t := range tried {
		missing += t.report(env.Stdout)
	}
	for _, f := range found {
		missing += f.report(env.Stdout)
	}
	if missing > 0 {
		err = fmt.Errorf("%s missing, see above", count(missing, "thing"))
	}
	if len(unread) > 0 {
		return usageError{err}
	}
	return err
}

// parts says what a configuration consists of.
func parts(cfg *config.Config) string {
	return count(len(cfg.Teams), "team") + ", " + places(cfg)
}

// places says what a bot connects to.
func places(cfg *config.Config) string {
	text := count(len(cfg.IRC)+len(cfg.Matrix), "network")
	if n := len(cfg.Gerrit); n > 0 {
		text += ", " + count(n, "review server")
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
