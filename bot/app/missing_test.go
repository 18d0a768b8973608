package app

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// A project that can't be read is a problem to status and check -connect, and is
// named to operators.
func TestMissingProject(t *testing.T) {
	missing := map[string]string{"openstack/glance-store": "did you mean openstack/glance_store?", "secret": ""}
	r := ReviewStatus{Server: "opendev", Complete: true, Missing: missing}
	want := "review server opendev does not have project openstack/glance-store, or does not show it (did you mean openstack/glance_store?)\n" +
		"review server opendev does not have project secret, or does not show it"
	if got := strings.Join(unread([]ReviewStatus{r}, time.Time{}), "\n"); got != want {
		t.Errorf("problems: got\n%s\nwant\n%s", got, want)
	}
	for more, want := range map[bool]bool{false: false, true: true} {
		if got := (Status{Reviews: []ReviewStatus{r}}).line(time.Now(), more); strings.Contains(got, "; not there or not shown: openstack/glance-store, secret;") != want {
			t.Errorf("for operators %v, the status is %q", more, got)
		}
	}
	for _, tc := range []struct {
		name string
		self review.Account
		to   string
	}{
		{"with a login", review.Account{ID: 1, Username: "glancebot"}, "glancebot"},
		{"without", review.Account{}, "those without a login"},
	} {
		f := finding{server: "opendev"}
		f.projects([]string{"openstack/glance", "openstack/glance-store", "secret"}, gerrit.Abilities{Self: tc.self, Missing: missing})
		var got strings.Builder
		if n := f.report(&got); n != 2 {
			t.Errorf("%s: %d things missing, want 2", tc.name, n)
		}
		const mend = "; check the name, or let its administrators grant Read\n"
		want := "ok      opendev: project openstack/glance\n" +
			"missing opendev: project openstack/glance-store is not there, or not shown to " + tc.to + " (did you mean openstack/glance_store?)" + mend +
			"missing opendev: project secret is not there, or not shown to " + tc.to + mend
		if got.String() != want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, got.String(), want)
		}
	}
}

// probed is a poller whose last probe is newer than what it has read.
type probed struct {
	Poller
	missing map[string]string
}

func (p probed) State() gerrit.State {
	return gerrit.State{Abilities: gerrit.Abilities{Missing: p.missing}}
}

// A project counts no more as soon as it is found missing, before what the mirror
// holds of it is gone.
func TestMissingBeforeAllIsRead(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	f := &follower{name: "opendev", mirror: mirror.New(nil, log), log: log, poller: probed{missing: map[string]string{"b": "", "a": ""}}}
	if got := f.state().Missing; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("missing: %q, want a and b", got)
	}
	// A team hears of its own.
	c := &core{mirror: f.mirror, followers: map[string]*follower{"opendev": f}}
	team := bot.Team{Gerrit: bot.ReviewServer{Name: "opendev"}, Projects: []string{"c"}, Specs: []string{"b"}}
	if got := c.reviews(team, time.Time{}, nil).State().Missing; !slices.Equal(got, []string{"b"}) {
		t.Errorf("missing of the team's: %q, want b", got)
	}
}
