package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/command"
	"torchbearer/bot/config"
	"torchbearer/bot/msg"
	"torchbearer/bot/outbox"
)

// Status is the state of a running bot.
type Status struct {
	Version  string          `json:"version"`
	Since    time.Time       `json:"since"` // start of the process, UTC
	Healthy  bool            `json:"healthy"`
	Problems []string        `json:"problems,omitempty"` // why it is not
	Networks []NetworkStatus `json:"networks"`
	Reviews  []ReviewStatus  `json:"reviews,omitempty"`

	Calendars []CalendarStatus `json:"calendars,omitempty"`

	Outbox  outbox.Report `json:"outbox"`
	Several bool          `json:"several,omitempty"` // teams: what comes next is of one of them
	Next    []Next        `json:"next,omitempty"`
}

// NetworkStatus is a network, with what people call it.
type NetworkStatus struct {
	bot.NetworkStatus
	Title string `json:"title"`
}

// titled is the state of a network. A Matrix network is known as that: what its
// section is called says nothing to whoever asks in chat.
func titled(s bot.NetworkStatus, cfg *config.Config) NetworkStatus {
	title := s.Network
	if slices.ContainsFunc(cfg.Matrix, func(m config.Matrix) bool { return m.Name == s.Network }) {
		title = "Matrix"
		if len(cfg.Matrix) > 1 {
			title += " " + s.Network
		}
	}
	return NetworkStatus{s, title}
}

// ReviewStatus is how the mirror of a review server stands.
type ReviewStatus struct {
	Server    string    `json:"server"`
	Version   string    `json:"version,omitempty"`
	ReadAt    time.Time `json:"read_at,omitzero"` // the newest data is of then, UTC
	Open      int       `json:"open"`             // changes
	Complete  bool      `json:"complete"`         // it has been read in whole
	Reading   int       `json:"reading,omitempty"`
	Failing   string    `json:"failing,omitempty"`   // why it can't be read
	Since     time.Time `json:"since,omitzero"`      // of Failing
	Mergeable string    `json:"mergeable"`           // whether the server says what merges: yes, no, unknown
	NoStream  string    `json:"no_stream,omitempty"` // why the configured stream of events is not there; reading goes on

	// Unreadable are groups whose members can't be read, and why.
	Unreadable map[string]string `json:"unreadable,omitempty"`

	// Missing are projects that are not there or not shown to the bot, and why
	// if that is known.
	Missing map[string]string `json:"missing,omitempty"`
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
	c := a.core.Load()
	for _, t := range a.transports {
		s.Networks = append(s.Networks, titled(t.Status(), c.cfg))
	}
	var err error
	if s.Outbox, err = c.outbox.Report(ctx); err != nil {
		return s, fmt.Errorf("read the outbox: %w", err)
	}
	due, err := c.loop.Ahead(ctx, now, now.Add(aheadSpan))
	if err != nil {
		return s, fmt.Errorf("read what is planned: %w", err)
	}
	s.Several = len(c.cfg.Teams) > 1
	due = slices.DeleteFunc(due, func(p bot.Planned) bool { return p.Title == "" }) // perhaps nothing
	for _, p := range due[:min(len(due), aheadMost)] {
		s.Next = append(s.Next, Next{At: p.At, Team: p.Team, Title: p.Title, Key: p.WholeKey()})
	}
	s.Reviews = c.reviewStatus()
	s.Calendars = c.calendarStatus()
	s.Problems = slices.Concat(problems(s.Networks, now), unread(s.Reviews, now), neverRead(s.Calendars))
	s.Healthy = len(s.Problems) == 0
	return s, nil
}

// reviewStatus lists the review servers that teams have.
func (c *core) reviewStatus() []ReviewStatus {
	var all []ReviewStatus
	for _, g := range c.cfg.Gerrit {
		f := c.followers[g.Name]
		if f.poller == nil {
			continue
		}
		p, state := f.poller.State(), f.state()
		s := ReviewStatus{
			Server: g.Name, Version: p.Abilities.Version, ReadAt: state.ReadAt, Complete: state.Known, Reading: p.Read,
			Open: len(f.mirror.Open(g.Name)), Failing: p.Failing, Since: p.Since,
			Mergeable: string(p.Abilities.Mergeable), Unreadable: p.Abilities.Unreadable, Missing: p.Abilities.Missing, NoStream: p.NoStream,
		}
		if s.Mergeable == "" {
			s.Mergeable = "unknown"
		}
		if !p.Reading {
			s.Reading = 0
		}
		all = append(all, s)
	}
	return all
}

// longUnread is from when on a review server that can't be read is a problem:
// a restart of Gerrit is none.
const longUnread = 30 * time.Minute

// unread lists review servers that have not been read for long.
func unread(all []ReviewStatus, now time.Time) []string {
	var out []string
	for _, r := range all {
		if r.Failing != "" && now.Sub(r.Since) >= longUnread {
			out = append(out, fmt.Sprintf("review server %s can't be read since %s: %s", r.Server, r.Since.UTC().Format("2006-01-02 15:04 UTC"), r.Failing))
		}
		for _, group := range slices.Sorted(maps.Keys(r.Unreadable)) {
			out = append(out, fmt.Sprintf("review server %s does not show the members of %s%s", r.Server, group, because(group, r.Unreadable[group])))
		}
		for _, project := range slices.Sorted(maps.Keys(r.Missing)) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("review server %s does not have project %s, or does not show it %s", r.Server, project, bracket(r.Missing[project]))))
		}
	}
	return out
}

// because is why a group's members can't be read. Of a group that is hidden, or
// none, a server says no more than its name.
func because(group, why string) string {
	if why == "" || why == group {
		return ""
	}
	return ": " + why
}

// line is a review server in the status line; operators are told why it can't be
// read.
func (r ReviewStatus) line(now time.Time, more bool) string {
	why := ""
	if more && r.Failing != "" {
		why = " " + bracket(r.Failing)
	}
	switch age := now.Sub(r.ReadAt); {
	case !r.Complete && r.Failing != "":
		return "Gerrit can't be read" + why
	case !r.Complete:
		return fmt.Sprintf("Gerrit is being read, %d changes so far", max(r.Reading, r.Open))
	case r.Failing != "":
		return fmt.Sprintf("Gerrit can't be read%s, last read %s ago, %s", why, civil.Left(r.ReadAt, now, time.UTC), count(r.Open, "open change"))
	case age < time.Minute:
		return "Gerrit read just now, " + count(r.Open, "open change")
	default:
		return fmt.Sprintf("Gerrit read %s ago, %s", civil.Left(r.ReadAt, now, time.UTC), count(r.Open, "open change"))
	}
}

// problems says what keeps the bot from hearing or speaking.
func problems(networks []NetworkStatus, now time.Time) []string {
	var out []string
	for _, n := range networks {
		if !n.Connected {
			out = append(out, strings.TrimSpace(n.Title+" is not connected "+bracket(n.Detail+again(n.Retry, now))))
			continue
		}
		for _, r := range n.Rooms {
			if !r.Ready {
				out = append(out, lacking(r, "is not joined", now))
			}
		}
		if !trusted(n.NetworkStatus) {
			out = append(out, fmt.Sprintf("%s, encryption: %s", n.Title, n.Trust))
		}
	}
	return out
}

// trusted reports whether others can trust the bot's encryption, where it has any.
func trusted(n bot.NetworkStatus) bool { return n.Trust == "" || n.Trust == "cross-signed" }

// lacking says why a room is of no use now.
func lacking(r bot.RoomStatus, not string, now time.Time) string {
	if len(r.Lacks) > 0 {
		return r.Room.String() + ": " + strings.Join(r.Lacks, "; ")
	}
	return strings.TrimSpace(r.Room.String() + " " + not + " " + bracket(r.Why+again(r.Retry, now)))
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
			networks = append(networks, fmt.Sprintf("%s connected (lag %.1f s)", n.Title, n.Lag.Seconds()))
		case n.Connected:
			networks = append(networks, n.Title+" connected")
		default:
			networks = append(networks, strings.TrimSpace(n.Title+" not connected "+bracket(n.Detail+again(n.Retry, now))))
		}
		for _, r := range n.Rooms {
			if n.Connected && !r.Ready && more {
				networks = append(networks, lacking(r, "not joined", now))
			}
		}
	}
	for _, r := range s.Reviews {
		networks = append(networks, r.line(now, more))
		if more && r.NoStream != "" {
			networks = append(networks, "no event stream: "+r.NoStream)
		}
		if more && len(r.Missing) > 0 {
			networks = append(networks, "not there or not shown: "+strings.Join(slices.Sorted(maps.Keys(r.Missing)), ", "))
		}
	}
	for _, c := range s.Calendars {
		if c.Failing != "" {
			networks = append(networks, c.line(now, more))
		}
	}
	parts = append(parts, strings.Join(append(networks, s.waiting(more)), "; ")+".")
	if len(s.Next) > 0 {
		var next []string
		for _, n := range s.Next {
			what := n.Title
			if s.Several && n.Team != bot.NoTeam {
				what = n.Team + " " + what
			}
			next = append(next, what+" "+n.At.UTC().Format(instant(now, n.At)))
		}
		parts = append(parts, "Next: "+strings.Join(next, ", ")+" (UTC).")
	}
	return strings.Join(parts, " ")
}

// instant is how one is written: within six days the weekday says enough.
func instant(now, at time.Time) string {
	if at.Sub(now) < 6*24*time.Hour {
		return "Mon 15:04"
	}
	return "Mon 2006-01-02 15:04"
}

// waiting says what has not arrived. What waits for a person to come, or to wake
// up, is no trouble.
func (s Status) waiting(more bool) string {
	stuck := slices.DeleteFunc(slices.Clone(s.Outbox.Waiting), func(w outbox.Waiting) bool { return w.Wait != "" })
	text := "nothing waiting to be sent"
	if n := len(stuck); n > 0 {
		text = fmt.Sprintf("%d waiting to be sent", n)
		if more {
			text += " " + bracket(where(stuck))
		}
	}
	if n := len(s.Outbox.Waiting) - len(stuck); n > 0 {
		text += "; " + count(n, "message") + " for people who can't be asked now"
	}
	if n := len(s.Outbox.Failed); n > 0 {
		text += fmt.Sprintf("; %d could not be delivered since yesterday", n)
		if more {
			text += " " + bracket(where(s.Outbox.Failed))
		}
	}
	return text
}

// where lists rooms with the reason, each pair once.
func where(ws []outbox.Waiting) string {
	var out []string
	for _, w := range ws {
		text := place(w)
		if w.Why != "" {
			text += ": " + w.Why
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}

// place is the room of a message, or whom it is for.
func place(w outbox.Waiting) string {
	if w.Room == (bot.Room{}) {
		return w.Person
	}
	return w.Room.String()
}
