package app

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
	"torchbearer/bot/irc"
	"torchbearer/bot/matrix"
)

// connect makes the transport of every network. Known says from whom an
// invitation is accepted.
func connect(cfg *config.Config, store bot.Store, known func(user string) bool, log *slog.Logger) ([]bot.Transport, error) {
	var transports []bot.Transport
	for _, n := range cfg.IRC {
		t, err := ircNetwork(cfg, n, log)
		if err != nil {
			return nil, err
		}
		transports = append(transports, t)
	}
	for _, n := range cfg.Matrix {
		o, err := homeserver(cfg, n, store, known, log)
		if err != nil {
			return nil, err
		}
		transports = append(transports, matrix.New(o))
	}
	return transports, nil
}

func ircNetwork(cfg *config.Config, n config.IRC, log *slog.Logger) (bot.Transport, error) {
	password, err := n.Password.Value()
	if err != nil {
		return nil, fmt.Errorf("read password of network %s: %w", n.Name, err)
	}
	return irc.New(irc.Options{
		Config: irc.Config{
			Network: n.Name, Address: n.Address, TLS: n.TLS, CA: n.CA, Cert: n.Cert, Key: n.Key,
			Nick: n.Nick, Realname: n.Realname, Login: string(n.Login), Account: n.Account, Password: password,
			Burst: n.Burst, Pace: n.Pace, Ignore: n.Ignore, Rooms: rooms(cfg, n.Name),
		},
		Now: time.Now, Log: log,
	}), nil
}

// homeserver is what a homeserver's transport is made of, secrets read.
func homeserver(cfg *config.Config, n config.Matrix, store bot.Store, known func(user string) bool, log *slog.Logger) (matrix.Options, error) {
	o := matrix.Options{
		Config: matrix.Config{
			Network: n.Name, Homeserver: n.Homeserver, User: n.User, Encryption: n.Encryption, Ignore: n.Ignore,
			Burst: n.Burst, Pace: n.Pace, Rooms: rooms(cfg, n.Name),
		},
		Store: store, Known: known, Now: time.Now, Log: log,
	}
	if o.Pace == 0 {
		o.Pace = -1 // to the transport, zero is its default
	}
	key, err := cfg.Store.Key.Value()
	if err != nil {
		return o, fmt.Errorf("read key of the store: %w", err)
	}
	o.Key = []byte(key)
	if o.Password, err = n.Password.Value(); err != nil {
		return o, fmt.Errorf("read password of network %s: %w", n.Name, err)
	}
	if o.Token, err = n.Token.Value(); err != nil {
		return o, fmt.Errorf("read token of network %s: %w", n.Name, err)
	}
	return o, nil
}

// knows reports whether a Matrix user is a person of the configuration.
func knows(cfg *config.Config, user string) bool {
	for _, p := range cfg.People {
		if p.Matrix != "" && p.Matrix == user {
			return true
		}
	}
	return false
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

// build is what this program can do.
func build(env Env) config.Build {
	return config.Build{Plugins: env.Plugins, Encryption: matrix.Encryption()}
}
