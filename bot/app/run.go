package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
)

// run is the bot until a signal ends it.
func run(ctx context.Context, env Env, args []string) (err error) {
	f := newFlags(env, "run").withConfig().withLog()
	if err := f.parse(args); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	cfg, err := config.Load(f.config, build(env))
	if err != nil {
		return usageError{err}
	}
	if info, err := os.Stat(cfg.Store.Path); err != nil || info.Size() == 0 {
		log.Warn("new store: the bot remembers nothing from before", "path", cfg.Store.Path)
	}
	store, err := bolt.Open(cfg.Store.Path, bolt.Options{Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var inForce atomic.Pointer[config.Config]
	inForce.Store(cfg)
	transports, err := connect(cfg, store, func(user string) bool { return knows(inForce.Load(), user) }, log)
	if err != nil {
		return err
	}
	a, err := New(ctx, Options{
		Config: cfg, Plugins: env.Plugins, Store: store, Transports: transports, Now: time.Now, Log: log,
	})
	if err != nil {
		return err
	}
	socket := socketPath(cfg.Store.Path)
	if err := serveControl(ctx, a, store, socket, log); err != nil {
		return err
	}
	defer os.Remove(socket) //nolint:errcheck // the next start replaces it
	go reloads(ctx, env, f.config, &inForce, a, log)
	log.Info("started", "version", Version().Number, "teams", len(cfg.Teams), "networks", len(transports))
	err = a.Run(ctx)
	log.Info("stopped")
	return err
}

// reloads reads the configuration again at every hangup: all of it, or none.
func reloads(ctx context.Context, env Env, path string, inForce *atomic.Pointer[config.Config], a *App, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-env.Hangup:
		}
		next, err := config.Load(path, build(env))
		if err == nil {
			err = sameNetworks(inForce.Load(), next)
		}
		if err == nil {
			err = a.Reload(ctx, next)
		}
		if err != nil {
			log.Error("configuration not reloaded, the old one stays in force", "err", err)
			if err := a.Report(ctx, "The configuration was not reloaded, the old one stays in force: "+err.Error()); err != nil {
				log.Error("the operators' room is not told", "err", err)
			}
			continue
		}
		inForce.Store(next)
		log.Info("configuration reloaded", "teams", len(next.Teams))
	}
}

// sameNetworks refuses what takes a restart: another store, other networks,
// other rooms.
func sameNetworks(old, next *config.Config) error {
	if old.Store != next.Store {
		return errors.New("the store is another: restart the bot to change it")
	}
	var differ []string
	before, after := sections(old), sections(next)
	for section, value := range before {
		_, network, _ := strings.Cut(section, ".")
		now, still := after[section]
		switch {
		case !still:
			differ = append(differ, section+" is gone")
		case !reflect.DeepEqual(value, now):
			differ = append(differ, section+" has another value")
		case !sameRooms(rooms(old, network), rooms(next, network)):
			differ = append(differ, "the rooms on "+network)
		}
	}
	for section := range after {
		if _, known := before[section]; !known {
			differ = append(differ, section+" is new")
		}
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf("networks and rooms take a restart to change: %s", strings.Join(differ, "; "))
	}
	return nil
}

// sections are the networks of a configuration by section.
func sections(cfg *config.Config) map[string]any {
	byName := map[string]any{}
	for _, n := range cfg.IRC {
		byName["irc."+n.Name] = n
	}
	for _, n := range cfg.Matrix {
		byName["matrix."+n.Name] = n
	}
	return byName
}

// sameRooms compares rooms whatever their order.
func sameRooms(a, b []bot.Room) bool {
	order := func(a, b bot.Room) int { return cmp.Compare(a.Name, b.Name) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

// exists refuses a store that is not there, where opening would make one.
func exists(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no store: %w", err)
	}
	return nil
}
