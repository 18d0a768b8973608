package review_test

import (
	"testing"

	"torchbearer/bot/review"
)

func TestQuery(t *testing.T) {
	const open = "is:open -is:wip -is:private "
	const still = " -label:Workflow<=-1 -label:Workflow>=1 -label:Code-Review<=-2"
	zuul := []string{"zuul"}
	for _, tc := range []struct {
		name     string
		projects []string
		ci       []string
		labels   map[string]review.Labels
		want     string
	}{
		{
			"one project",
			[]string{"openstack/glance"},
			zuul, nil,
			open + "project:openstack/glance label:Verified>=1,user=zuul -label:Verified<=-1,user=zuul" + still,
		},
		{
			"many",
			[]string{"openstack/glance", "openstack/glance_store", "openstack/python-glanceclient"},
			zuul, nil,
			open + "(project:openstack/glance OR project:openstack/glance_store OR project:openstack/python-glanceclient)" +
				" label:Verified>=1,user=zuul -label:Verified<=-1,user=zuul" + still,
		},
		{
			"the better of two CI accounts passes, the worse fails",
			[]string{"openstack/glance"},
			[]string{"zuul", "arm"},
			nil,
			open + "project:openstack/glance (label:Verified>=1,user=zuul OR label:Verified>=1,user=arm)" +
				" -label:Verified<=-1,user=zuul -label:Verified<=-1,user=arm" + still,
		},
		{
			"no CI, nothing to wait for",
			[]string{"openstack/glance"},
			nil, nil,
			open + "project:openstack/glance" + still,
		},
		{
			"another project's labels",
			[]string{"a", "b", "c"},
			zuul,
			map[string]review.Labels{"b": {Verified: "CI-Result", CodeReview: "Review", Workflow: "Approved", Full: 1}},
			open + "((project:b label:CI-Result>=1,user=zuul -label:CI-Result<=-1,user=zuul -label:Approved<=-1 -label:Approved>=1 -label:Review<=-2)" +
				" OR ((project:a OR project:c) label:Verified>=1,user=zuul -label:Verified<=-1,user=zuul" + still + "))",
		},
		{
			"a full vote of another value makes no other search",
			[]string{"a", "b"},
			nil,
			map[string]review.Labels{"b": {Full: 1}},
			open + "(project:a OR project:b)" + still,
		},
		{
			"a CI whose server shows no user names",
			[]string{"a"},
			[]string{"Some CI"},
			nil,
			open + `project:a label:"Verified>=1,user=Some CI" -label:"Verified<=-1,user=Some CI"` + still,
		},
		{
			"odd names",
			[]string{"my project", "a (copy)", `the "best"`, "-minus", "OR", "ünal", "a:b", "it's"},
			nil, nil,
			open + `(project:"my project" OR project:"a (copy)" OR project:{the "best"} OR project:"-minus" OR project:"OR" OR project:"ünal" OR project:"a:b" OR project:"it's")` + still,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := review.Query(tc.projects, tc.ci, tc.labels); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestShort(t *testing.T) {
	for project, want := range map[string]string{
		"openstack/glance": "glance", "openstack/python-glanceclient": "glanceclient", "glance": "glance", "a/b/c": "c",
	} {
		if got := review.Short(project); got != want {
			t.Errorf("%s: got %q, want %q", project, got, want)
		}
	}
}
