package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/command"
	"torchbearer/bot/msg"
	"torchbearer/bot/outbox"
)

// Status is the state of a running bot.
type Status struct {
	Version  string              `json:"version"`
	Since    time.Time           `json:"since"` // start of the process, UTC
	Healthy  bool                `json:"healthy"`
	Problems []string            `json:"problems,omitempty"` // why it is not
	Networks []bot.NetworkStatus `json:"networks"`
	Outbox   outbox.Report       `json:"outbox"`
	Next     []Next              `json:"next,omitempty"`
}

// Next is a message to come.
type Next struct {
	At    time.Time `json:"at"`
	Team  string    `json:"team"`
	Title string    `json:"title"`
	Key   bot.Key   `json:"key"`
}

// How far and how much of the future status shows.
const (
	aheadSpan = 60 * 24 * time.Hour
	aheadMost = 3
)

// Status reads the state of the bot.
func (a *App) Status(ctx context.Context) (Status, error) {
	now := a.now().UTC()
	s := Status{Version: Version().Number, Since: a.since.UTC()}
	for _, t := range a.transports {
		s.Networks = append(s.Networks, t.Status())
	}
	c := a.core.Load()
	var err error
	if s.Outbox, err = c.outbox.Report(ctx); err != nil {
		return s, fmt.Errorf("read the outbox: %w", err)
	}
	due, err := c.loop.Ahead(ctx, now, now.Add(aheadSpan))
	if err != nil {
		return s, fmt.Errorf("read what is planned: %w", err)
	}
	for _, p := range due[:min(len(due), aheadMost)] {
		s.Next = append(s.Next, Next{At: p.At, Team: p.Team, Title: p.Title, Key: p.WholeKey()})
	}
	s.Problems = problems(s.Networks, now)
	s.Healthy = len(s.Problems) == 0
	return s, nil
}

// problems says what keeps the bot from hearing or speaking.
func problems(networks []bot.NetworkStatus, now time.Time) []string {
	var out []string
	for _, n := range networks {
		if !n.Connected {
			out = append(out, strings.TrimSpace(n.Network+" is not connected "+bracket(n.Detail+again(n.Retry, now))))
			continue
		}
		for _, r := range n.Rooms {
			if !r.Ready {
				out = append(out, strings.TrimSpace(r.Room.String()+" is not joined "+bracket(r.Why+again(r.Retry, now))))
			}
		}
	}
	return out
}

// again says when the next attempt is.
func again(at, now time.Time) string {
	left := at.Sub(now)
	switch {
	case at.IsZero():
		return ""
	case left < time.Second:
		return ", trying again now"
	case left < time.Minute:
		return fmt.Sprintf(", trying again in %d s", int(left/time.Second))
	}
	return fmt.Sprintf(", trying again in %d min", int(left.Round(time.Minute)/time.Minute))
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

// statusCommand is !status.
func (a *App) statusCommand() command.Core {
	return command.Core{
		Command: bot.Command{
			Name: "status", Help: "the state of the bot",
			Examples: []string{"!status"},
			Who:      bot.Anyone, More: bot.Operator,
		},
		Slow: true, // it reads the store
		Answer: func(ctx context.Context, c bot.Call) (msg.Message, error) {
			s, err := a.Status(ctx)
			if err != nil {
				return msg.Message{}, err
			}
			return msg.New(msg.Answer, msg.Para{msg.Text(s.line(a.now(), c.Roles.Has(bot.Operator)))}), nil
		},
	}
}

// line is the status in one line; operators are told where what waits waits.
func (s Status) line(now time.Time, more bool) string {
	parts := []string{fmt.Sprintf("torchbearer %s, up %s.", s.Version, civil.Left(s.Since, now, time.UTC))}
	var networks []string
	for _, n := range s.Networks {
		switch {
		case n.Connected && n.Lag > 0:
			networks = append(networks, fmt.Sprintf("%s connected (lag %.1f s)", n.Network, n.Lag.Seconds()))
		case n.Connected:
			networks = append(networks, n.Network+" connected")
		default:
			networks = append(networks, strings.TrimSpace(n.Network+" not connected "+bracket(n.Detail+again(n.Retry, now))))
		}
		for _, r := range n.Rooms {
			if n.Connected && !r.Ready && more {
				networks = append(networks, strings.TrimSpace(r.Room.String()+" not joined "+bracket(r.Why+again(r.Retry, now))))
			}
		}
	}
	parts = append(parts, strings.Join(append(networks, s.waiting(more)), "; ")+".")
	if len(s.Next) > 0 {
		var next []string
		for _, n := range s.Next {
			next = append(next, n.Title+" "+n.At.UTC().Format(near(now, n.At)))
		}
		parts = append(parts, "Next: "+strings.Join(next, ", ")+" (UTC).")
	}
	return strings.Join(parts, " ")
}

// near is how an instant is written: within six days the weekday says enough.
func near(now, at time.Time) string {
	if at.Sub(now) < 6*24*time.Hour {
		return "Mon 15:04"
	}
	return "Mon 2006-01-02 15:04"
}

// waiting says what has not arrived.
func (s Status) waiting(more bool) string {
	text := "nothing waiting to be sent"
	if n := len(s.Outbox.Waiting); n > 0 {
		text = fmt.Sprintf("%d waiting to be sent", n)
		if more {
			text += " " + bracket(places(s.Outbox.Waiting))
		}
	}
	if n := len(s.Outbox.Failed); n > 0 {
		text += fmt.Sprintf("; %d could not be delivered since yesterday", n)
		if more {
			text += " " + bracket(places(s.Outbox.Failed))
		}
	}
	return text
}

// places lists rooms with the reason, each pair once.
func places(ws []outbox.Waiting) string {
	var out []string
	for _, w := range ws {
		place := w.Room.String()
		if w.Why != "" {
			place += ": " + w.Why
		}
		if !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	return strings.Join(out, ", ")
}
