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

// story is a small seed with one of each thing that a seed can have.
func story() *gerritd.Seed {
	return &gerritd.Seed{
		Name: "story",
		Setup: func(s *gerritd.Server) {
			s.OpenDev()
			for _, who := range []string{"nina", "zoe", "bob", "maria", "erin"} {
				s.Account(who, who+" of the tests")
			}
			s.Team(gerritd.Team{
				Name: "glance", Cores: []string{"zoe", "bob"}, Nested: []string{"erin"}, PTL: "maria",
				Projects: []string{glance}, Specs: []string{"openstack/glance-specs"},
			})
		},
		Steps: []gerritd.Step{
			{At: -100 * day, Do: func(s *gerritd.Server) {
				s.Create("old", gerritd.Change{Project: glance, Owner: "nina", Subject: "Old and fine"})
				s.Create("clash", gerritd.Change{Project: glance, Owner: "nina", Subject: "Will clash", File: "shared.txt", Content: "one\n"})
				s.Create("hidden", gerritd.Change{Project: glance, Owner: "nina", Subject: "Not for you", Private: true})
			}},
			{At: -99 * day, Do: func(s *gerritd.Server) { s.Report("old", +1) }},
			{At: -70 * day, Do: func(s *gerritd.Server) { s.Vote("erin", "old", "Code-Review", 2) }},
			{At: -60 * day, Do: func(s *gerritd.Server) { s.Move(glance, "rival", "shared.txt", "two\n") }},
			{At: -50 * day, Do: func(s *gerritd.Server) { s.Rebase("nina", "old") }},
			{At: -40 * day, Do: func(s *gerritd.Server) {
				s.Create("gone", gerritd.Change{Project: glance, Owner: "nina", Subject: "Gone"})
			}},
			{At: -39 * day, Do: func(s *gerritd.Server) { s.Abandon("zoe", "gone", "no longer wanted") }},
			{At: -1 * day, Do: func(s *gerritd.Server) {
				s.Create("wip", gerritd.Change{Project: glance, Owner: "nina", Subject: "Not yet", WIP: true})
			}},
		},
	}
}

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

func TestStory(t *testing.T) {
	for _, tc := range []struct {
		name   string
		hidden bool
		want   *bool
	}{
		{"mergeability served", false, new(bool)},
		{"mergeability not served", true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := gerritd.Start(t, gerritd.Opts{Seed: story(), NoMergeability: tc.hidden})
			old := look(t, s, "old")
			if got := ago(t, s, old.Created); got != 100 {
				t.Errorf("created %d days ago, want 100", got)
			}
			if rev := old.Revisions[old.Current]; rev.Kind != "TRIVIAL_REBASE" || ago(t, s, rev.Created) != 50 {
				t.Errorf("current patch set is %+v, want a trivial rebase 50 days ago", rev)
			}
			got := map[string]int{}
			for _, v := range old.Labels["Code-Review"].All {
				if v.Value != nil && *v.Value != 0 {
					got[v.Username] = *v.Value
				}
			}
			if diff := cmp.Diff(map[string]int{"erin": 2}, got); diff != "" {
				t.Errorf("votes after a trivial rebase (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, look(t, s, "clash").Mergeable); diff != "" {
				t.Errorf("mergeable (-want +got):\n%s", diff)
			}
			if got := look(t, s, "gone").Status; got != "ABANDONED" {
				t.Errorf("gone is %s", got)
			}
			if got := look(t, s, "rival").Status; got != "MERGED" {
				t.Errorf("rival is %s", got)
			}
			open := []int{s.Number("wip"), s.Number("old"), s.Number("clash")}
			if diff := cmp.Diff(open, s.Search("zoe", "is:open project:"+glance)); diff != "" {
				t.Errorf("open for zoe (-want +got):\n%s", diff)
			}
			// It is a live server at the real time.
			s.Say("zoe", "wip", "Looks promising.")
			if got := s.Search("zoe", "is:open -age:1h"); !cmp.Equal(got, []int{s.Number("wip")}) {
				t.Errorf("changed in the last hour: %v", got)
			}
		})
	}
}
