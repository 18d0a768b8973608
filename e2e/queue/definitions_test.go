package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
)

// mirror is a Sink that keeps what it is given and says when a read is complete.
type mirror struct {
	mu      sync.Mutex
	changes map[int]review.Raw
	read    chan struct{}
}

func (m *mirror) Open(context.Context) ([]int, error) { return nil, nil }

func (m *mirror) Take(_ context.Context, u gerrit.Update) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range u.Changes {
		m.changes[c.Number] = c
	}
	if u.Mark != (gerrit.Mark{}) {
		m.read <- struct{}{}
	}
	return nil
}

// reading is a server as the bot's client reads it.
type reading struct {
	server  *gerritd.Server
	client  *gerrit.Client
	self    review.Account
	changes map[string]review.Raw // by name: the open ones
	cores   map[string]review.Cores
	ptl     int
}

func read(t *testing.T, s *gerritd.Server, served review.Fact) *reading {
	t.Helper()
	c, err := gerrit.New(gerrit.Options{
		Config:    gerrit.Config{Name: "opendev", URL: s.URL, User: bot, Password: gerritd.Password(bot)},
		PerSecond: 100, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{changes: map[int]review.Raw{}, read: make(chan struct{}, 100)}
	p, err := gerrit.NewPoller(c, gerrit.PollOptions{Projects: projects, Groups: []string{"glance-core", "store-core"}, Every: time.Hour, Sink: m})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	go p.Run(ctx)
	select {
	case <-m.read:
	case <-ctx.Done():
		t.Fatalf("nothing read: %+v", p.State())
	}
	r := &reading{server: s, client: c, changes: map[string]review.Raw{}, cores: map[string]review.Cores{}}
	able := p.State().Abilities
	if able.Mergeable != served || len(able.Unreadable) > 0 {
		t.Errorf("abilities %+v, want mergeability %q and readable groups", able, served)
	}
	r.self = able.Self
	for _, group := range []string{"glance-core", "store-core", "glance-ptl"} {
		members, err := c.Members(ctx, group)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, a := range members {
			ids = append(ids, a.ID)
		}
		r.cores[group] = review.KnownCores(ids...)
	}
	r.ptl = r.cores["glance-ptl"].All()[0]
	names := s.Names()
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, raw := range m.changes {
		r.changes[names[n]] = raw
	}
	return r
}

// digest applies the rules of the configuration.
func (r *reading) digest(raw review.Raw, ci ...string) review.Change {
	return review.Digest(raw, review.Rules{CI: ci, Own: r.self.ID, User: bot})
}

func (r *reading) cast(project string) review.Cast {
	return review.Cast{Cores: r.cores[coreGroup(project)], PTL: []int{r.ptl}, Spec: project == specs}
}

// now is the moment that the table speaks of.
func (r *reading) now() time.Time { return r.server.SeededAt.Add(time.Hour) }

// seen is what the definitions make of a change.
func (r *reading) seen(raw review.Raw) (want, review.Turn) {
	c, cast, now := r.digest(raw, gerritd.CI), r.cast(raw.Project), r.now()
	turn := c.Turn(cast, now)
	var is []string
	for _, fact := range []struct {
		name string
		is   bool
	}{{"backlog", c.Backlog()}, {"starved", c.Starved(now)}, {"spared", c.Spared(now)}} {
		if fact.is {
			is = append(is, fact.name)
		}
	}
	candidate, _ := c.Candidate(cast, now)
	return want{turn.Who, turn.Reason, c.Waiting(now), strings.Join(is, " "), candidate.Reason}, turn
}

// Every line of the definitions, read from a real server that says whether
// changes merge, and from one that does not.
func TestDefinitions(t *testing.T) {
	for _, tc := range []struct {
		name   string
		served review.Fact
	}{{"mergeability served", review.Yes}, {"mergeability not served", review.No}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := gerritd.Start(t, gerritd.Opts{Seed: seed(), NoMergeability: tc.served == review.No})
			r := read(t, s, tc.served)
			for _, c := range stories() {
				t.Run(c.name, func(t *testing.T) { r.compare(t, c, tc.served) })
			}
			t.Run("search", r.search)
			t.Run("nothing else", r.nothingElse)
		})
	}
}

// compare holds one change to its line of the table: as the mirror has it, and as
// it is when read again by its number.
func (r *reading) compare(t *testing.T, c story, served review.Fact) {
	raw, mirrored := r.changes[c.name]
	again, err := r.client.Change(t.Context(), fmt.Sprint(r.server.Number(c.name)))
	if c.want == (want{}) {
		if mirrored || !errors.Is(err, gerrit.ErrNotFound) {
			t.Errorf("a private change is visible: in the mirror %v, by its number %v", mirrored, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, turn := r.seen(again); !cmp.Equal(c.want, got) || len(turn.Doubts) > 0 {
		t.Errorf("read again, with doubts %v (-want +got):\n%s", turn.Doubts, cmp.Diff(c.want, got))
	}
	if closed := c.want.Turn == review.Nobody; closed == mirrored {
		t.Fatalf("among the open changes: %v, want %v", mirrored, !closed)
	} else if closed {
		return
	}
	expected, doubted := c.want, false
	if served == review.No {
		if c.blind != nil {
			expected = *c.blind
		}
		// Work in progress is known without, and so is a conflict that CI saw.
		doubted = expected.Reason != review.InProgress && expected.Reason != review.Conflicts
	}
	got, turn := r.seen(raw)
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("from the mirror (-want +got):\n%s", diff)
	}
	if (len(turn.Doubts) > 0) != doubted {
		t.Errorf("doubts %v, want some: %v", turn.Doubts, doubted)
	}
}

// search holds the link under the backlog's figure to what the server finds by
// it.
func (r *reading) search(t *testing.T) {
	for _, tc := range []struct {
		name     string
		projects []string
		ci       []string
	}{
		{"all", projects, []string{gerritd.CI}},
		{"one project", []string{glance}, []string{gerritd.CI}},
		{"an odd one", []string{odd}, []string{gerritd.CI}},
		{"two CI accounts", projects, []string{gerritd.CI, "acme"}},
		{"no CI", projects, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expected := []string{}
			for name, raw := range r.changes {
				if slices.Contains(tc.projects, raw.Project) && r.digest(raw, tc.ci...).Backlog() && name != ownVeto {
					expected = append(expected, name)
				}
			}
			if len(expected) == 0 {
				t.Fatal("nothing to be found")
			}
			found := []string{}
			names := r.server.Names()
			for _, n := range r.server.Search(bot, review.Query(tc.projects, tc.ci, nil)) {
				found = append(found, names[n])
			}
			slices.Sort(expected)
			slices.Sort(found)
			if diff := cmp.Diff(expected, found); diff != "" {
				t.Errorf("the server's search finds other changes (-backlog +search):\n%s", diff)
			}
		})
	}
}

// nothingElse holds the mirror to the table in the other direction: no candidate
// nobody asked for.
func (r *reading) nothingElse(t *testing.T) {
	known := map[string]bool{}
	for _, c := range stories() {
		known[c.name] = true
	}
	for name := range r.changes {
		if !known[name] {
			t.Errorf("%q is in the mirror", name)
		}
	}
}
