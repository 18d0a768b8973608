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
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
	"torchbearer/bot/irc"
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
	cfg, err := config.Load(f.config, env.Plugins)
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
	transports, err := connect(cfg, log)
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
	go reloads(ctx, env, f.config, cfg, a, log)
	log.Info("started", "version", Version().Number, "teams", len(cfg.Teams), "networks", len(transports))
	err = a.Run(ctx)
	log.Info("stopped")
	return err
}

// connect makes the transport of every network.
func connect(cfg *config.Config, log *slog.Logger) ([]bot.Transport, error) {
	var transports []bot.Transport
	for _, n := range cfg.IRC {
		password, err := n.Password.Value()
		if err != nil {
			return nil, fmt.Errorf("read password of network %s: %w", n.Name, err)
		}
		transports = append(transports, irc.New(irc.Options{
			Config: irc.Config{
				Network: n.Name, Address: n.Address, TLS: n.TLS, CA: n.CA, Cert: n.Cert, Key: n.Key,
				Nick: n.Nick, Realname: n.Realname, Login: string(n.Login), Account: n.Account, Password: password,
				Burst: n.Burst, Pace: n.Pace, Rooms: rooms(cfg, n.Name),
			},
			Now: time.Now, Log: log,
		}))
	}
	return transports, nil
}

// rooms lists the places on a network where the bot has to be.
func rooms(cfg *config.Config, network string) []bot.Room {
	var rooms []bot.Room
	add := func(r bot.Room) {
		if r.Network == network && !slices.Contains(rooms, r) {
			rooms = append(rooms, r)
		}
	}
	for _, t := range cfg.Teams {
		for _, r := range t.Rooms {
			add(r)
		}
	}
	add(cfg.Operators.Room)
	return rooms
}

// reloads reads the configuration again at every hangup: all of it, or none.
func reloads(ctx context.Context, env Env, path string, cfg *config.Config, a *App, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-env.Hangup:
		}
		next, err := config.Load(path, env.Plugins)
		if err == nil {
			err = sameNetworks(cfg, next)
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
		cfg = next
		log.Info("configuration reloaded", "teams", len(cfg.Teams))
	}
}

// sameNetworks refuses what takes a restart: another store, other networks,
// other rooms.
func sameNetworks(old, next *config.Config) error {
	if old.Store != next.Store {
		return errors.New("the store is another: restart the bot to change it")
	}
	var differ []string
	byName := map[string]config.IRC{}
	for _, n := range next.IRC {
		byName[n.Name] = n
	}
	for _, n := range old.IRC {
		after, still := byName[n.Name]
		switch {
		case !still:
			differ = append(differ, "irc."+n.Name+" is gone")
		case !reflect.DeepEqual(n, after):
			differ = append(differ, "irc."+n.Name+" has another value")
		case !sameRooms(rooms(old, n.Name), rooms(next, n.Name)):
			differ = append(differ, "the rooms on "+n.Name)
		}
		delete(byName, n.Name)
	}
	for name := range byName {
		differ = append(differ, "irc."+name+" is new")
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf("networks and rooms take a restart to change: %s", strings.Join(differ, "; "))
	}
	return nil
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
