package gerritd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
)

// watched is a mirror that a test looks at while it is kept up to date.
type watched struct {
	mu      sync.Mutex
	changes map[int]review.Raw
}

func (w *watched) Open(context.Context) ([]int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var open []int
	for n, c := range w.changes {
		if c.Status == review.Open {
			open = append(open, n)
		}
	}
	return open, nil
}

func (w *watched) Take(_ context.Context, u gerrit.Update) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range u.Changes {
		w.changes[c.Number] = c
	}
	for _, n := range u.Gone {
		delete(w.changes, n)
	}
	return nil
}

// get returns a change, and whether the mirror has it.
func (w *watched) get(n int) (review.Raw, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.changes[n]
	return c, ok
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

// A mirror of the real server, through a day of a team and of its server.
func TestMirrorOfTheRealServer(t *testing.T) {
	t.Parallel()
	s := gerritd.Start(t, gerritd.Opts{Seed: lived()})
	c, err := gerrit.New(gerrit.Options{
		Config:    gerrit.Config{Name: "opendev", URL: s.URL, User: "glancebot", Password: gerritd.Password("glancebot")},
		PerSecond: 100, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &watched{changes: map[int]review.Raw{}}
	p, err := gerrit.NewPoller(c, gerrit.PollOptions{Projects: []string{glance, "secret"}, Groups: []string{"glance-core"}, Every: 500 * time.Millisecond, Sink: m})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go p.Run(ctx)
	old := s.Number("old")
	eventually(t, "first read", func() bool { return !p.State().ReadAt.IsZero() })
	if raw, ok := m.get(old); !ok || raw.Mergeable != review.Yes || p.State().Abilities.Mergeable != review.Yes {
		t.Errorf("first read: %+v, abilities %+v", raw, p.State().Abilities)
	}
	missing := func() string { return fmt.Sprint(p.State().Abilities.Missing) }
	if got, want := missing(), "map[secret:]"; got != want {
		t.Errorf("missing: %s, want %s", got, want)
	}
	if _, ok := m.get(s.Number("long")); ok {
		t.Error("a merged change is among the open ones")
	}

	if a, err := c.Account(ctx, "zoe"); err != nil || a.Username != "zoe" || a.ID == 0 {
		t.Errorf("account zoe: %+v, %v", a, err)
	}
	if a, err := c.Account(ctx, "nobody-of-that-name"); !errors.Is(err, gerrit.ErrNotFound) {
		t.Errorf("an account that is not there: %+v, %v", a, err)
	}

	has := func(name string, is func(review.Raw) bool) {
		t.Helper()
		eventually(t, name, func() bool {
			raw, ok := m.get(old)
			return ok && is(raw)
		})
	}
	s.Vote("zoe", "old", "Workflow", 1)
	has("a vote", func(r review.Raw) bool { return len(r.Votes) == 3 })
	s.Report("old", 1)
	has("a report", func(r review.Raw) bool { return len(r.Votes) == 4 })
	s.SetTopic("nina", "old", "cache")
	has("a topic", func(r review.Raw) bool { return r.Topic == "cache" })
	s.SetPrivate("nina", "old")
	s.Say("nina", "old", "Nobody sees this.")
	if _, err := c.Change(ctx, strconv.Itoa(old)); !errors.Is(err, gerrit.ErrNotFound) {
		t.Errorf("a private change: %v, want %v", err, gerrit.ErrNotFound)
	}
	s.UnsetPrivate("nina", "old")
	s.SetWIP("nina", "old")
	has("work in progress", func(r review.Raw) bool { return r.WIP })
	s.SetReady("nina", "old")
	has("its end", func(r review.Raw) bool { return !r.WIP })

	// A server that hangs: the re-read gives up in time.
	s.Freeze()
	began := time.Now()
	if _, err := c.Change(ctx, strconv.Itoa(old)); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("a re-read of a hanging server: %v after %s", err, time.Since(began))
	}
	s.Thaw()
	// It may need a while to come to itself.
	eventually(t, "a re-read after it", func() bool {
		raw, err := c.Change(ctx, strconv.Itoa(old))
		return err == nil && raw.Number == old
	})

	// One that is away, and comes back, with a project that was hidden.
	s.ShowProject("secret")
	s.Stop()
	eventually(t, "the fault seen", func() bool { return strings.Contains(p.State().Failing, "connection refused") })
	s.Start()
	s.Abandon("zoe", "old", "Superseded.")
	has("abandoned", func(r review.Raw) bool { return r.Status == review.Abandoned })
	s.Restore("nina", "old")
	has("restored", func(r review.Raw) bool { return r.Status == review.Open })
	eventually(t, "no fault", func() bool { return p.State().Failing == "" })
	eventually(t, "nothing missing", func() bool { return missing() == "map[]" })

	// People come and go.
	s.AddMember("glance-more-core", "nina")
	s.RemoveMember("glance-core", "bob")
	members, err := c.Members(ctx, "glance-core")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, a := range members {
		got[a.Username] = true
	}
	if len(got) != 3 || !got["nina"] || !got["zoe"] || !got["erin"] {
		t.Errorf("members %v, want nina, zoe, erin", got)
	}

	// The bot may be let to abandon, as Glance lets its own.
	s.Group("glance-reviewbot", []string{"glancebot"}, nil)
	if err := s.Call("glancebot", "POST", "/changes/"+strconv.Itoa(old)+"/abandon", map[string]any{}, nil); err == nil {
		t.Error("the bot may abandon without having been let")
	}
	s.AllowAbandon(glance, "glance-reviewbot")
	s.Abandon("glancebot", "old", "Stale.")
	s.ReportConflict("clash")
	eventually(t, "a merge-failure report", func() bool {
		raw, ok := m.get(s.Number("clash"))
		return ok && strings.Contains(raw.Messages[len(raw.Messages)-1].Text, "Merge Failed")
	})
}
