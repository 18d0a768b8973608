package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/config"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/loop"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
	"torchbearer/bot/roster"
)

// ReviewServer reads one review server. Its methods may be called from several
// goroutines at once.
type ReviewServer interface {
	roster.Accounts

	// Change reads one change as it is now, by number or Change-Id.
	Change(ctx context.Context, id string) (review.Raw, error)
	// Probe finds out what the server can do, and which projects and groups can
	// be read.
	Probe(ctx context.Context, projects, groups []string) (gerrit.Abilities, error)
	// Poll makes what keeps a mirror up to date; nothing is read before it runs.
	Poll(gerrit.PollOptions) (Poller, error)
}

// Poller keeps a mirror up to date until its context ends.
type Poller interface {
	Run(context.Context)
	State() gerrit.State
}

// server is a real Gerrit.
type server struct{ *gerrit.Client }

// Poll implements ReviewServer.
func (s server) Poll(o gerrit.PollOptions) (Poller, error) {
	p, err := gerrit.NewPoller(s.Client, o)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Gerrit makes the client of a configured Gerrit. A nil transport connects as
// programs do.
func Gerrit(g config.Gerrit, password string, transport http.RoundTripper, now func() time.Time, log *slog.Logger) (ReviewServer, error) {
	c, err := gerrit.New(gerrit.Options{
		Config:    gerrit.Config{Name: g.Name, URL: g.URL, User: g.User, Password: password},
		Transport: transport, Now: now, Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("review server %s: %w", g.Name, err)
	}
	return server{c}, nil
}

// dial makes the client of a configured Gerrit, with its password.
func dial(g config.Gerrit, now func() time.Time, log *slog.Logger) (ReviewServer, error) {
	password, err := g.Password.Value()
	if err != nil {
		return nil, fmt.Errorf("read password of review server %s: %w", g.Name, err)
	}
	return Gerrit(g, password, nil, now, log)
}

// follower brings one review server's news to the mirror.
type follower struct {
	name   string
	server ReviewServer
	poller Poller // nil before the machinery begins
	every  time.Duration
	missed atomic.Pointer[missed] // nil: none since a change was last read again
	loop   *loop.Loop
	mirror *mirror.Mirror
	log    *slog.Logger
}

// missed is a change that could not be read again: the server fails before the
// next poll finds out.
type missed struct {
	at  time.Time
	why string
}

// projects lists the projects of a server that teams have, and the groups.
func projects(cfg *config.Config, server string) (projects, groups []string) {
	for _, t := range cfg.Teams {
		if t.Gerrit.Name != server {
			continue
		}
		projects = append(projects, t.All()...)
		groups = append(groups, t.Crew.Groups...)
		for _, c := range t.Crews {
			groups = append(groups, c.Groups...)
		}
	}
	slices.Sort(projects)
	slices.Sort(groups)
	return slices.Compact(projects), slices.Compact(groups)
}

// rules say how a server's changes are read.
func rules(cfg *config.Config, g config.Gerrit) mirror.Server {
	all, _ := projects(cfg, g.Name)
	s := mirror.Server{
		Name:     g.Name,
		Projects: all,
		Rules:    review.Rules{CI: g.CI, Automatic: g.Automatic, User: g.User},
		Labels:   map[string]review.Labels{},
	}
	for _, t := range cfg.Teams {
		if t.Gerrit.Name == g.Name {
			for project, labels := range t.Labels {
				s.Labels[project] = labels
			}
		}
	}
	return s
}

// stream makes what hears a server's events; nil where none is configured.
func stream(g config.Gerrit, log *slog.Logger) (*gerrit.Stream, error) {
	if g.Stream == (config.Stream{}) {
		return nil, nil
	}
	s, err := gerrit.NewStream(gerrit.StreamOptions{
		StreamConfig: gerrit.StreamConfig{
			Name: g.Name, Address: g.Stream.Address, User: g.User, KeyFile: g.Stream.Key, HostKey: g.Stream.HostKey,
		},
		Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("hear events of review server %s: %w", g.Name, err)
	}
	return s, nil
}

// begin makes the poller, which goes on where the mirror is.
func (f *follower) begin(cfg *config.Config, g config.Gerrit) error {
	f.every = g.Every
	all, groups := projects(cfg, f.name)
	if len(all) == 0 {
		return nil // no team reads it
	}
	events, err := stream(g, f.log)
	if err != nil {
		return err
	}
	f.poller, err = f.server.Poll(gerrit.PollOptions{
		Projects: all, Groups: groups, Every: g.Every, Mark: f.mark(), Sink: f, Stream: events,
		Progress: func(read int) { f.log.Info("reading changes", "server", f.name, "read", read) },
	})
	if err != nil {
		return fmt.Errorf("follow review server %s: %w", f.name, err)
	}
	return nil
}

// mark is up to where the mirror holds the server.
func (f *follower) mark() gerrit.Mark {
	var m gerrit.Mark
	if b := f.mirror.Mark(f.name); b != nil {
		if err := json.Unmarshal(b, &m); err != nil {
			return gerrit.Mark{} // then it is read again
		}
	}
	return m
}

// state is how the mirror of the server stands.
func (f *follower) state() bot.ReviewState {
	m := f.mark()
	s := bot.ReviewState{Known: m != (gerrit.Mark{}), ReadAt: m.At, Every: f.every}
	if f.poller != nil {
		p := f.poller.State()
		if p.ReadAt.After(s.ReadAt) {
			s.ReadAt = p.ReadAt
		}
		s.Known = s.Known && !p.Partial
		s.Failing, s.Since = p.Failing, p.Since
		// A project that has come into sight is read before it counts.
		s.Missing = slices.AppendSeq(m.Lacks(), maps.Keys(p.Abilities.Missing))
		slices.Sort(s.Missing)
		s.Missing = slices.Compact(s.Missing)
	}
	if miss := f.missed.Load(); miss != nil && s.Failing == "" && miss.at.After(s.ReadAt) {
		s.Failing, s.Since = miss.why, miss.at
	}
	return s
}

// Open implements gerrit.Sink.
func (f *follower) Open(context.Context) ([]int, error) { return f.mirror.Open(f.name), nil }

// Take implements gerrit.Sink.
func (f *follower) Take(ctx context.Context, u gerrit.Update) error {
	r := mirror.Reading{Since: f.mark().At, Changes: u.Changes, Gone: u.Gone}
	if u.Mark != (gerrit.Mark{}) {
		var err error
		if r.Mark, err = json.Marshal(u.Mark); err != nil {
			return fmt.Errorf("keep the mark of %s: %w", f.name, err)
		}
	}
	return f.take(ctx, r)
}

// take brings a reading to the mirror, as many transactions as it takes.
func (f *follower) take(ctx context.Context, r mirror.Reading) error {
	var rest []*mirror.Batch
	for prepared := false; !prepared || len(rest) > 0; {
		err := f.loop.Take(ctx, f.name, func(now time.Time) (loop.Batch, error) {
			if !prepared {
				r.At, prepared = now, true
				rest = f.mirror.Take(f.name, r)
			}
			if len(rest) == 0 {
				return nil, nil
			}
			b := rest[0]
			rest = rest[1:]
			if b.Empty() {
				b.Keep()
				return nil, nil
			}
			return b, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tooOld is from what age on a change is read again before somebody is asked
// about it. The design allows for a minute; a core who has voted in it would not
// like to be asked.
const tooOld = 10 * time.Second

// fresh reads the changes that a reference means into the mirror, see
// command.Options.
func (c *core) fresh(ctx context.Context, team string, ref command.Ref, again bool) error {
	i := slices.IndexFunc(c.teams, func(t loop.Team) bool { return t.ID == team })
	if i < 0 {
		return nil
	}
	t := c.teams[i]
	f := c.followers[t.Gerrit.Name]
	if f == nil {
		return nil
	}
	known := f.mirror.Find(f.name, ref.String())
	if len(known) == 0 {
		return f.reread(ctx, c.now, t.Team, ref.String())
	}
	if !again {
		return nil
	}
	for _, number := range known {
		read := f.mirror.ReadAt(f.name, number)
		if polled := f.state(); polled.Failing == "" && polled.ReadAt.After(read) {
			read = polled.ReadAt
		}
		if age := c.now().Sub(read); age >= 0 && age < tooOld {
			continue
		}
		if err := f.reread(ctx, c.now, t.Team, command.Ref{Number: number}.String()); err != nil {
			return err
		}
	}
	return nil
}

// reread reads one change again. A change that the team can't have is an error
// that says so.
func (f *follower) reread(ctx context.Context, now func() time.Time, t bot.Team, id string) error {
	known := f.mirror.Find(f.name, id) // before: what a poll finds meanwhile is there
	raw, err := f.server.Change(ctx, id)
	if err != nil && !errors.Is(err, gerrit.ErrNotFound) {
		f.missed.Store(&missed{now().UTC(), "a change could not be read"})
	} else {
		f.missed.Store(nil)
	}
	switch {
	case errors.Is(err, gerrit.ErrNotFound):
		if len(known) == 0 {
			return nil
		}
		return f.take(ctx, mirror.Reading{Since: f.mark().At, Gone: known})
	case err != nil:
		return fmt.Errorf("read change %s again: %w", id, err)
	case !slices.Contains(t.All(), raw.Project):
		return &command.Elsewhere{Number: raw.Number, Project: raw.Project}
	}
	if err := f.take(ctx, mirror.Reading{Since: f.mark().At, Changes: []review.Raw{raw}}); err != nil {
		return err
	}
	if raw.Status != review.Open && len(f.mirror.Find(f.name, id)) == 0 {
		return bot.Userf("%d has been %s, and long ago.", raw.Number, raw.Status)
	}
	return nil
}
