package gerritd_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
)

// A vote on the real server is known within seconds to a poller that looks once
// an hour; before that, what is missing is said one thing after the other.
func TestEventsOfTheRealServer(t *testing.T) {
	t.Parallel()
	s := gerritd.Start(t, gerritd.Opts{Seed: lived()})
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	path, public := s.SSHKey()
	stream := func(hostKey string) *gerrit.Stream {
		t.Helper()
		stream, err := gerrit.NewStream(gerrit.StreamOptions{
			StreamConfig: gerrit.StreamConfig{Name: "opendev", Address: s.SSHAddr, User: "glancebot", KeyFile: path, HostKey: hostKey}, Log: log,
		})
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	lacks := func(hostKey, want string) {
		t.Helper()
		if err := stream(hostKey).Try(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("tried: %v, want %q", err, want)
		}
	}
	// No service user yet: Gerrit lets those hear events from the start.
	s.RemoveMember(gerritd.ServiceUsers, "glancebot")
	lacks(public, "another host key than the configured one")
	lacks(s.HostKey(), "does not take the ssh key of glancebot")
	s.AddSSHKey("glancebot", public)
	lacks(s.HostKey(), "not permitted")
	s.Group("listeners", []string{"glancebot"}, nil)
	s.AllowEvents("listeners")

	c, err := gerrit.New(gerrit.Options{
		Config:    gerrit.Config{Name: "opendev", URL: s.URL, User: "glancebot", Password: gerritd.Password("glancebot")},
		PerSecond: 100, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &watched{changes: map[int]review.Raw{}}
	p, err := gerrit.NewPoller(c, gerrit.PollOptions{Projects: []string{glance}, Every: time.Hour, Sink: m, Stream: stream(s.HostKey())})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.Run(ctx); close(ended) }()
	old := s.Number("old")
	// The stream's begin wakes the poller too: until it did, this proves nothing.
	var first time.Time
	eventually(t, "first read", func() bool { first = p.State().ReadAt; return !first.IsZero() })
	eventually(t, "the poll that the stream's begin makes", func() bool { return p.State().ReadAt.After(first) })
	before, _ := m.get(old)
	s.Vote("zoe", "old", "Workflow", 1)
	voted := time.Now()
	eventually(t, "a vote", func() bool { raw, _ := m.get(old); return len(raw.Votes) == len(before.Votes)+1 })
	t.Logf("known after %s", time.Since(voted).Round(100*time.Millisecond))
	if took := time.Since(voted); took > 30*time.Second {
		t.Errorf("known after %s", took)
	}
	if got := p.State().NoStream; got != "" {
		t.Errorf("no stream: %s", got)
	}
	cancel()
	<-ended
}
