package app

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/config"
)

// kept is what a bot keeps of calendars, to be read beside it.
type kept struct {
	blank
	values map[string][]byte
}

// keptCalendars asks the running bot what it keeps of calendars, or reads its
// store where none runs. No team has a calendar behind an address: none is needed.
func keptCalendars(ctx context.Context, cfg *config.Config) (_ kept, err error) {
	remote := slices.ContainsFunc(followed(cfg), func(t follow.Team) bool {
		return slices.ContainsFunc(t.Places, follow.Place.Remote)
	})
	if !remote {
		return kept{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var k kept
	err = askControl(ctx, cfg.Store.Path, http.MethodGet, "calendars", &k.values)
	if !errors.Is(err, errNotRunning) {
		return k, err
	}
	if exists(cfg.Store.Path) != nil {
		return kept{}, nil // it has never run
	}
	store, err := bolt.Open(cfg.Store.Path, bolt.Options{})
	if err != nil {
		return kept{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	k.values, err = follow.Kept(ctx, store)
	return k, err
}

// Get implements bot.ReadTx.
func (k kept) Get(key string) ([]byte, error) { return slices.Clone(k.values[key]), nil }

// View implements bot.Store.
func (k kept) View(_ context.Context, fn func(bot.ReadTx) error) error { return fn(k) }

// Update implements bot.Store.
func (kept) Update(context.Context, func(bot.Tx) error) error {
	return errors.New("what another bot keeps is only read")
}
