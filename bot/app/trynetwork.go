package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
	"torchbearer/bot/matrix"
)

// trial is one network that is tried.
type trial struct {
	transport bot.Transport // nil: the running bot was asked
	status    bot.NetworkStatus
	letIn     string // who can let the bot into a room, and how
}

// trials makes the transport of every network, to be tried. Those of Matrix use
// the bot's own login and keys: another would be a device too many. Where the bot
// runs, which has them in use, it is asked instead.
func trials(ctx context.Context, cfg *config.Config, log *slog.Logger) (all []*trial, leave func() error, err error) {
	var store bot.Store
	leave = func() error { return nil }
	var running Status
	if len(cfg.Matrix) > 0 {
		opened, err := bolt.Open(cfg.Store.Path, bolt.Options{Log: log})
		switch {
		case err == nil:
			store, leave = asideOf(opened), opened.Close
		case !errors.Is(err, bolt.ErrHeld):
			return nil, nil, err
		default:
			asking, cancel := context.WithTimeout(ctx, answerWithin)
			defer cancel()
			if err := askControl(asking, cfg.Store.Path, http.MethodGet, "status", &running); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, n := range cfg.IRC {
		t, err := ircNetwork(cfg, n, log)
		if err != nil {
			return nil, nil, errors.Join(err, leave())
		}
		all = append(all, &trial{transport: t, letIn: "a channel operator can let the bot in"})
	}
	for _, n := range cfg.Matrix {
		one := &trial{letIn: fmt.Sprintf("somebody in the room can invite %s", n.User)}
		if store != nil {
			o, err := homeserver(cfg, n, store, func(user string) bool { return knows(cfg, user) }, log)
			if err != nil {
				return nil, nil, errors.Join(err, leave())
			}
			one.transport = matrix.New(o)
		} else {
			one.status = bot.NetworkStatus{Network: n.Name, Detail: "the running bot does not have it; restart it"}
			for _, s := range running.Networks {
				if s.Network == n.Name {
					one.status = s.NetworkStatus
				}
			}
		}
		all = append(all, one)
	}
	return all, leave, nil
}

// How long a network gets to take the bot: registration, login with services
// and one paced join a room take seconds; when it says no, it says so sooner.
const (
	tryFor   = time.Minute
	trySteps = 100 * time.Millisecond
)

// tryNetwork connects, waits until the bot is where it should be or the time is
// over, and leaves.
func tryNetwork(ctx context.Context, t bot.Transport) bot.NetworkStatus {
	running, leave := context.WithCancel(ctx)
	defer leave()
	ended := make(chan error, 1)
	go func() { ended <- t.Run(running, deaf{}) }()
	ticker := time.NewTicker(trySteps)
	defer ticker.Stop()
	timeout := time.After(tryFor)
	for over := false; ; {
		select {
		case err := <-ended:
			s := t.Status()
			if err != nil {
				s.Detail = err.Error()
			}
			return s
		case <-timeout:
			over = true
		case <-ticker.C:
		}
		// Before leaving, after which nothing is connected or joined.
		if s := t.Status(); over || settled(s) {
			leave()
			<-ended
			return s
		}
	}
}

// settled reports whether a network has said yes or no to everything: nothing is
// on its way any more.
func settled(s bot.NetworkStatus) bool {
	if !s.Connected {
		return !s.Retry.IsZero()
	}
	return !slices.ContainsFunc(s.Rooms, func(r bot.RoomStatus) bool { return !r.Ready && r.Retry.IsZero() && len(r.Lacks) == 0 })
}

// deaf hears nothing.
type deaf struct{}

// Incoming implements bot.Receiver.
func (deaf) Incoming(bot.Incoming) {}

// Changed implements bot.Receiver.
func (deaf) Changed(string) {}

// Seen implements bot.Receiver.
func (deaf) Seen(bot.Room, bot.Principal, time.Time) {}

// report prints what a network gave and what is missing, and returns how many
// things are.
func (t *trial) report(w io.Writer) int {
	s, missing := t.status, 0
	say := func(ok bool, format string, args ...any) {
		mark := "ok     "
		if !ok {
			mark = "missing"
			missing++
		}
		fmt.Fprintf(w, "%s %s: %s\n", mark, s.Network, fmt.Sprintf(format, args...))
	}
	if !s.Connected {
		why := s.Detail
		if s.Login != "" && !strings.Contains(why, s.Login) {
			why = strings.TrimPrefix(why+"; "+s.Login, "; ")
		}
		say(false, "not connected %s", bracket(why))
		return missing
	}
	say(true, "connected, %s", s.Login)
	if s.Trust != "" {
		say(trusted(s), "encryption: %s", s.Trust)
	}
	for _, r := range s.Rooms {
		switch {
		case r.Ready:
			say(true, "%s joined", r.Room.Name)
		case len(r.Lacks) == 0:
			say(false, "%s not joined %s; %s", r.Room.Name, bracket(r.Why), t.letIn)
		}
		for _, lack := range r.Lacks {
			say(false, "%s: %s", r.Room.Name, lack)
		}
	}
	return missing
}
