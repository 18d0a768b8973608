// Package mirror keeps what is known of the changes of the review servers, in
// the store and in memory, so that every answer comes from here and none waits
// for a server. It reads what a poller brings, says what happened meanwhile, and
// shows each team its part:
//
//	m := mirror.New([]mirror.Server{{Name: "opendev", Rules: rules}}, log)
//	err := store.View(ctx, m.Load)
//
//	for _, b := range m.Take("opendev", mirror.Reading{At: now, Since: since, Changes: raws, Mark: mark}) {
//		if !b.Empty() {
//			err = store.Update(ctx, func(tx bot.Tx) error { return b.Write(tx) }) // and what b.Events() lead to
//		}
//		b.Keep()
//	}
//
//	for c := range m.Reviews(team, now, marks, cast, state).Changes(review.Filter{}) { … }
//
// What is in memory is what a restart reads from the store: it is read back from
// its stored form before it is kept. Any goroutine may read, and sees one
// moment; Load and what is done with batches is for one at a time.
package mirror

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"torchbearer/bot/review"
)

// Server is a review server whose changes are kept.
type Server struct {
	Name     string   // of its section
	Projects []string // whose changes are read; nil: any
	Rules    review.Rules

	// Labels are those of projects that call them otherwise than Rules say.
	Labels map[string]review.Labels
}

// Mirror is what is known of the changes of all review servers.
type Mirror struct {
	log     *slog.Logger
	servers map[string]server
	now     atomic.Pointer[snapshot]
}

// server is one as configured.
type server struct {
	projects    map[string]bool // nil: any
	rules       review.Rules
	labels      map[string]review.Labels
	fingerprint string
}

func set(names []string) map[string]bool {
	if names == nil {
		return nil
	}
	s := map[string]bool{}
	for _, name := range names {
		s[name] = true
	}
	return s
}

// reads reports whether the changes of a project are read.
func (s server) reads(project string) bool { return s.projects == nil || s.projects[project] }

// of are the rules for a project's changes.
func (s server) of(project string) review.Rules {
	rules := s.rules
	if l, ok := s.labels[project]; ok {
		rules.Labels = l
	}
	return rules
}

// snapshot is what is known at one moment, by server. It and all that it leads
// to never change once it is published.
type snapshot map[string]*held

// held is what is known of one server's changes.
type held struct {
	entries []*entry // by number
	mark    []byte   // nil: there is none, or it may not be relied on
	rules   string   // the fingerprint of those by which all of it was read; empty: not known
	waste   []string // keys of records that can't be read, to be deleted
}

// entry is one change, and when it was last read, which a restart forgets.
type entry struct {
	change review.Change
	read   time.Time
}

// New returns a mirror that knows nothing yet. A nil log is slog.Default.
func New(servers []Server, log *slog.Logger) *Mirror {
	m := &Mirror{log: cmp.Or(log, slog.Default()), servers: map[string]server{}}
	empty := snapshot{}
	for _, s := range servers {
		m.servers[s.Name] = server{
			projects: set(s.Projects), rules: s.Rules, labels: s.Labels, fingerprint: fingerprint(s.Rules, s.Labels),
		}
		empty[s.Name] = &held{}
	}
	m.now.Store(&empty)
	return m
}

// of returns what is known of a server; nothing, of one that is not configured.
func (m *Mirror) of(server string) *held {
	if h, ok := (*m.now.Load())[server]; ok {
		return h
	}
	return &held{}
}

// publish makes what is known of one server visible.
func (m *Mirror) publish(server string, h *held) {
	next := maps.Clone(*m.now.Load())
	next[server] = h
	m.now.Store(&next)
}

// Mark returns up to where a server has been read, as it was given with a
// Reading. It is nil if all has to be read again: nothing was read to its end,
// the server's rules are not those by which it was, or a record was lost.
func (m *Mirror) Mark(server string) []byte {
	h := m.of(server)
	if h.rules != m.servers[server].fingerprint {
		return nil
	}
	return slices.Clone(h.mark)
}

// Open returns the numbers of a server's changes that are known as open, in
// order.
func (m *Mirror) Open(server string) []int {
	var open []int
	for _, e := range m.of(server).entries {
		if e.change.Status == review.Open {
			open = append(open, e.change.Number)
		}
	}
	return open
}

// ReadAt returns when a change was last read, itself or among others, UTC. It is
// zero if it was not since the start, or is not known at all. As long as a
// server is polled, what nothing was heard of is as new as the last poll.
func (m *Mirror) ReadAt(server string, number int) time.Time {
	if e := m.of(server).find(number); e != nil {
		return e.read
	}
	return time.Time{}
}

// Find returns the changes of a server, of whatever project, that go by a number
// or a Change-Id: open ones first, then by number. A Change-Id is that of all
// backports of a change.
func (m *Mirror) Find(server, ref string) []int {
	h := m.of(server)
	if n, err := strconv.Atoi(ref); err == nil {
		if h.find(n) == nil {
			return nil
		}
		return []int{n}
	}
	var open, closed []int
	for _, e := range h.entries {
		switch {
		case !strings.EqualFold(e.change.ID, ref):
		case e.change.Status == review.Open:
			open = append(open, e.change.Number)
		default:
			closed = append(closed, e.change.Number)
		}
	}
	return append(open, closed...)
}

func (h *held) find(number int) *entry {
	i, found := slices.BinarySearchFunc(h.entries, number, func(e *entry, n int) int { return cmp.Compare(e.change.Number, n) })
	if !found {
		return nil
	}
	return h.entries[i]
}
