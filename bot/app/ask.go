package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
)

// answerWithin is how long a bot that is well takes to say so, and much more.
const answerWithin = 5 * time.Second

// errUnhealthy ends status with exit status 1; what is wrong has been printed.
var errUnhealthy = errors.New("the bot is unhealthy")

// status asks the running bot how it is.
func status(ctx context.Context, env Env, args []string) error {
	f := newFlags(env, "status").withConfig()
	asJSON := f.Bool("json", false, "print JSON")
	if err := f.parse(args); err != nil {
		return err
	}
	store, mistakes := "", error(nil)
	if cfg, err := config.Read(f.config, env.Plugins); err == nil {
		store = cfg.Store.Path
	} else {
		// The bot goes by the configuration that it has read: it can be asked.
		path, ok := config.StorePath(f.config)
		if !ok {
			return usageError{err}
		}
		store, mistakes = path, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var s Status
	if err := askControl(ctx, store, http.MethodGet, "status", &s); err != nil {
		if mistakes != nil {
			return usageError{mistakes}
		}
		return err
	}
	if mistakes != nil {
		fmt.Fprintf(env.Stderr, "the file has mistakes, the bot goes on with what it has read before:\n%v\n", mistakes)
	}
	var err error
	if *asJSON {
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(s)
	} else {
		_, err = fmt.Fprint(env.Stdout, s.text(time.Now()))
	}
	if err == nil && !s.Healthy {
		return errUnhealthy
	}
	return err
}

// text is the status for a terminal.
func (s Status) text(now time.Time) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.line(now, true))
	for _, p := range s.Problems {
		fmt.Fprintln(&b, "unhealthy:", p)
	}
	for _, n := range s.Networks {
		if n.Login != "" {
			in := 0
			for _, r := range n.Rooms {
				if r.Ready {
					in++
				}
			}
			fmt.Fprintf(&b, "%s: %s, in %d of %s\n", n.Network, strings.TrimSuffix(n.Login+", "+n.Trust, ", "), in, count(len(n.Rooms), "room"))
		}
	}
	for _, c := range s.Calendars {
		if c.Failing == "" { // otherwise it stands above
			fmt.Fprintln(&b, c.line(now, true))
		}
	}
	for _, w := range s.Outbox.Waiting {
		why := w.Why
		if w.Wait != "" {
			why = string(w.Wait)
		}
		fmt.Fprintf(&b, "waiting for %s since %s: %q %s\n", place(w), w.Since.UTC().Format(time.RFC3339), w.Text, bracket(why))
	}
	for _, w := range s.Outbox.Failed {
		fmt.Fprintf(&b, "not delivered to %s: %q %s\n", place(w), w.Text, bracket(w.Why))
	}
	return b.String()
}

// backup copies the store, through the running bot or, when none runs, from
// the file.
func backup(ctx context.Context, env Env, args []string) error {
	f := newFlags(env, "backup").withConfig()
	if err := f.parse(args, "OUT"); err != nil {
		return err
	}
	cfg, err := config.Read(f.config, env.Plugins)
	if err != nil {
		return usageError{err}
	}
	out, err := filepath.Abs(f.Arg(0))
	if err != nil {
		return err
	}
	var n int64
	err = askControl(ctx, cfg.Store.Path, http.MethodPost, "backup?to="+url.QueryEscape(out), &n)
	if errors.Is(err, errNotRunning) {
		n, err = backupFile(ctx, cfg.Store.Path, out)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "copied %d bytes to %s\n", n, out)
	return err
}

func backupFile(ctx context.Context, path, out string) (n int64, err error) {
	if err := exists(path); err != nil {
		return 0, err
	}
	store, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.BackupFile(ctx, out)
}

// restore puts a copy back in the place of the store.
func restore(ctx context.Context, env Env, args []string) error {
	f := newFlags(env, "restore").withConfig()
	if err := f.parse(args, "IN"); err != nil {
		return err
	}
	cfg, err := config.Read(f.config, env.Plugins)
	if err != nil {
		return usageError{err}
	}
	kept, err := bolt.Restore(cfg.Store.Path, f.Arg(0), time.Now())
	if err != nil {
		return err
	}
	if err := markRestored(ctx, cfg, time.Now()); err != nil {
		return fmt.Errorf("%s is restored, but the Matrix networks in it are not told; restore it again: %w", cfg.Store.Path, err)
	}
	_, err = fmt.Fprintf(env.Stdout, "restored %s from %s\n", cfg.Store.Path, f.Arg(0))
	if kept != "" && err == nil {
		_, err = fmt.Fprintf(env.Stdout, "the store that was there is kept as %s\n", kept)
	}
	return err
}

// markRestored tells every Matrix network's encryption that its keys are older
// than what it has done with them since: a key of a room that was used again
// would be one that others take for a forgery, or could read along with.
func markRestored(ctx context.Context, cfg *config.Config, now time.Time) (err error) {
	if len(cfg.Matrix) == 0 {
		return nil
	}
	store, err := bolt.Open(cfg.Store.Path, bolt.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Update(ctx, func(tx bot.Tx) error {
		for _, n := range cfg.Matrix {
			if err := tx.Put("matrix/"+n.Name+"/crypto/restored", []byte(now.UTC().Format(time.RFC3339))); err != nil {
				return err
			}
		}
		return nil
	})
}
