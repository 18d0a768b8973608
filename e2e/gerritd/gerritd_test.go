package gerritd_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/e2e/gerritd"
)

const day = 24 * time.Hour

const glance = "openstack/glance"

// detail is what the tests look at of a change.
type detail struct {
	Status    string
	Created   string
	Mergeable *bool
	WIP       bool   `json:"work_in_progress"`
	Current   string `json:"current_revision"`
	Revisions map[string]struct{ Kind, Created string }
	Labels    map[string]struct {
		All []struct {
			Username, Date string
			Value          *int
		}
	}
}

func look(t *testing.T, s *gerritd.Server, name string) detail {
	t.Helper()
	var d detail
	s.Must("zoe", "GET", fmt.Sprintf("/changes/%d?o=DETAILED_LABELS&o=DETAILED_ACCOUNTS&o=CURRENT_REVISION", s.Number(name)), nil, &d)
	return d
}

// ago is how long before the seed's zero something was, in whole days.
func ago(t *testing.T, s *gerritd.Server, stamp string) int {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05.000000000", stamp)
	if err != nil {
		t.Fatal(err)
	}
	return int(s.SeededAt.Sub(at).Round(time.Hour) / day)
}

// What is seeded is as old as the seed says, and the server runs at the real
// time.
func TestAges(t *testing.T) {
	t.Parallel()
	s := gerritd.Start(t, gerritd.Opts{Seed: lived()})
	old := look(t, s, "old")
	if got := ago(t, s, old.Created); got != 100 {
		t.Errorf("created %d days ago, want 100", got)
	}
	if rev := old.Revisions[old.Current]; rev.Kind != "TRIVIAL_REBASE" || ago(t, s, rev.Created) != 90 {
		t.Errorf("current patch set is %+v, want a trivial rebase 90 days ago", rev)
	}
	got := map[string]int{}
	for _, v := range old.Labels["Code-Review"].All {
		if v.Value != nil && *v.Value != 0 {
			got[v.Username] = *v.Value
		}
	}
	if diff := cmp.Diff(map[string]int{"erin": 2, "bob": 1}, got); diff != "" {
		t.Errorf("votes after a trivial rebase (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(new(bool), look(t, s, "clash").Mergeable); diff != "" {
		t.Errorf("mergeable (-want +got):\n%s", diff)
	}
	want := []int{s.Number("old"), s.Number("clash")}
	if diff := cmp.Diff(want, s.Search("zoe", "is:open age:89d")); diff != "" {
		t.Errorf("idle for 89 days (-want +got):\n%s", diff)
	}
	s.Say("zoe", "draft", "Looks promising.")
	if got := s.Search("zoe", "is:open -age:1h"); !cmp.Equal(got, []int{s.Number("draft")}) {
		t.Errorf("changed in the last hour: %v", got)
	}
}
