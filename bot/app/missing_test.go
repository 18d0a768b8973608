package app

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot/gerrit"
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
