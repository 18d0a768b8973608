package app

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/config"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/mirror"
)

// polled is a review server that keeps how it was to be polled.
type polled struct {
	ReviewServer
	o gerrit.PollOptions
}

func (p *polled) Poll(o gerrit.PollOptions) (Poller, error) {
	p.o = o
	return nil, nil
}

// A configured stream runs beside the polls; one that is not there is told to
// operators, and by check -connect.
func TestEventStream(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close() // now nobody is there
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	g := config.Gerrit{Name: "opendev", User: "glancebot", Every: time.Hour}
	cfg := &config.Config{
		Gerrit: []config.Gerrit{g},
		Teams:  []config.Team{{Team: bot.Team{Gerrit: bot.ReviewServer{Name: "opendev"}, Projects: []string{"openstack/glance"}}}},
	}
	followed := func() *polled {
		t.Helper()
		s := &polled{}
		f := &follower{name: g.Name, server: s, mirror: mirror.New(nil, log), log: log}
		if err := f.begin(cfg, g); err != nil {
			t.Fatal(err)
		}
		return s
	}
	tried := func() string {
		var f finding
		f.events(t.Context(), g, log)
		return strings.Join(append(f.ok, f.missing...), "\n")
	}
	if s := followed(); s.o.Stream != nil || s.o.Every != time.Hour || tried() != "" {
		t.Errorf("without a stream: %+v, tried %q", s.o, tried())
	}
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwoRBxJpmMGZcfr2BnPj4xruRMRdngTSHaWArjLj/Ex"
	g.Stream = config.Stream{Address: nobody, Key: t.TempDir() + "/none", HostKey: key}
	if s := followed(); s.o.Stream == nil {
		t.Error("the configured stream is not heard")
	}
	if got, want := tried(), "no event stream: read ssh key: no such file or directory"; got != want {
		t.Errorf("tried: got %q, want %q", got, want)
	}

	s := Status{Reviews: []ReviewStatus{{Server: "opendev", Complete: true, NoStream: "not permitted"}}}
	for _, more := range []bool{true, false} {
		if got := s.line(time.Now(), more); strings.Contains(got, "; no event stream: not permitted;") != more {
			t.Errorf("for operators %v, the status is %q", more, got)
		}
	}
}
