package gerrit_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

const glance = "openstack/glance"

// world is a server in memory with some people, and a mirror of it.
type world struct {
	*bottest.Gerrit
	t      *testing.T
	client *gerrit.Client
	mirror *mirror
}

func newWorld(t *testing.T, o bottest.GerritOptions) *world {
	t.Helper()
	srv := bottest.NewGerrit(o)
	for _, who := range []string{"glancebot", "zuul", "nina", "zoe", "bob", "erin"} {
		srv.Account(who, strings.ToUpper(who[:1])+who[1:])
	}
	srv.Service("zuul")
	srv.Group("glance-core", false, []string{"zoe"}, []string{"glance-more-core"})
	srv.Group("glance-more-core", false, []string{"bob"}, nil)
	srv.Group("secret-core", true, []string{"erin"}, nil)
	w := &world{Gerrit: srv, t: t, mirror: &mirror{changes: map[int]review.Raw{}}}
	w.client = w.as("glancebot")
	t.Cleanup(srv.Close)
	return w
}

// as is a client with somebody's login; "": with none.
func (w *world) as(user string) *gerrit.Client {
	w.t.Helper()
	transport := w.Transport()
	w.t.Cleanup(transport.CloseIdleConnections)
	c, err := gerrit.New(gerrit.Options{
		Config:    gerrit.Config{Name: "opendev", URL: w.URL, User: user, Password: bottest.GerritPassword(user)},
		Transport: transport, Log: quiet(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// poll starts a poller of glance's changes that ends with the test's bubble.
func (w *world) poll(o gerrit.PollOptions) *gerrit.Poller {
	w.t.Helper()
	if o.Projects == nil {
		o.Projects = []string{glance}
	}
	if o.Every == 0 {
		o.Every = 5 * time.Minute
	}
	if o.Sink == nil {
		o.Sink = w.mirror
	}
	p, err := gerrit.NewPoller(w.client, o)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go p.Run(ctx)
	synctest.Wait()
	return p
}

// searches returns the queries since the given number of requests.
func (w *world) searches(since int) []string {
	var list []string
	for _, r := range w.Requests()[since:] {
		list = append(list, r.Query)
	}
	return list
}

// mirror is a Sink that keeps all it is given.
type mirror struct {
	mu      sync.Mutex
	changes map[int]review.Raw
	mark    gerrit.Mark
	updates int
	most    int   // changes at once
	lost    error // what Take says
}

func (m *mirror) Open(context.Context) ([]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var open []int
	for n, c := range m.changes {
		if c.Status == review.Open {
			open = append(open, n)
		}
	}
	return open, nil
}

func (m *mirror) Take(_ context.Context, u gerrit.Update) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost != nil {
		return m.lost
	}
	m.updates++
	m.most = max(m.most, len(u.Changes))
	for _, c := range u.Changes {
		m.changes[c.Number] = c
	}
	for _, n := range u.Gone {
		delete(m.changes, n)
	}
	if u.Mark != (gerrit.Mark{}) {
		m.mark = u.Mark
	}
	return nil
}

// lose lets every Take fail; nil ends it.
func (m *mirror) lose(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost = err
}

func (m *mirror) get(n int) review.Raw {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changes[n]
}

func (m *mirror) numbers() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.changes))
}

func (m *mirror) read() gerrit.Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mark
}

func (m *mirror) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.updates
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
