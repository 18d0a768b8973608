package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
)

// check finds every mistake of the configuration, and with -connect whether the
// networks take the bot.
func check(ctx context.Context, env Env, args []string) error {
	f := newFlags(env, "check").withConfig().withLog()
	networks := f.Bool("connect", false, "try each network, login, room and Gerrit too")
	if err := f.parse(args); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	cfg, err := config.Load(f.config, env.Plugins)
	if err == nil {
		_, err = instances(cfg, env.Plugins)
	}
	if err != nil {
		return usageError{err}
	}
	if _, err := fmt.Fprintf(env.Stdout, "%s: no mistakes; %s\n", f.config, parts(cfg)); err != nil || !*networks {
		return err
	}
	if f.level != "debug" {
		log = slog.New(slog.DiscardHandler) // what it found is printed
	}
	transports, err := connect(cfg, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "trying %s, for %s at most\n", places(cfg), tryFor)
	tried := make([]bot.NetworkStatus, len(transports))
	found := make([]finding, len(cfg.Gerrit))
	var wait sync.WaitGroup
	for i, g := range cfg.Gerrit {
		wait.Go(func() { found[i] = tryGerrit(ctx, cfg, g, log) })
	}
	for i, t := range transports {
		wait.Go(func() { tried[i] = tryNetwork(ctx, t) })
	}
	wait.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted before all had answered")
	}
	missing := 0
	for _, s := range tried {
		missing += reportNetwork(env.Stdout, s)
	}
	for _, f := range found {
		missing += f.report(env.Stdout)
	}
	if missing > 0 {
		return fmt.Errorf("%s missing, see above", count(missing, "thing"))
	}
	return nil
}

// parts says what a configuration consists of.
func parts(cfg *config.Config) string {
	return count(len(cfg.Teams), "team") + ", " + places(cfg)
}

// places says what a bot connects to.
func places(cfg *config.Config) string {
	text := count(len(cfg.IRC), "network")
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
	return !slices.ContainsFunc(s.Rooms, func(r bot.RoomStatus) bool { return !r.Ready && r.Retry.IsZero() })
}

// deaf hears nothing.
type deaf struct{}

// Incoming implements bot.Receiver.
func (deaf) Incoming(bot.Incoming) {}

// Changed implements bot.Receiver.
func (deaf) Changed(string) {}

// Seen implements bot.Receiver.
func (deaf) Seen(bot.Room, bot.Principal, time.Time) {}

// reportNetwork prints what a network gave and what is missing, and returns how
// many things are.
func reportNetwork(w io.Writer, s bot.NetworkStatus) int {
	missing := 0
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
	for _, r := range s.Rooms {
		if r.Ready {
			say(true, "%s joined", r.Room.Name)
		} else {
			say(false, "%s not joined %s; a channel operator can let the bot in", r.Room.Name, bracket(r.Why))
		}
	}
	return missing
}
