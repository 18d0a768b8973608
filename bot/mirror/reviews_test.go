package mirror_test

import (
	"slices"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// A team sees its projects on its server, and nothing else.
func TestReviews(t *testing.T) {
	w := newWorld(t)
	w.full(t, uploaded(30, glance, start), uploaded(4, specs, start), uploaded(100, glance, start), uploaded(5, nova, start),
		merged(uploaded(31, specs, start), start), merged(uploaded(6, nova, start), start))
	state := bot.ReviewState{Known: true, ReadAt: start, Failing: "502"}
	r := w.m.Reviews(team, start, nil, nil, state)
	for _, c := range []struct {
		name   string
		filter review.Filter
		want   []int
	}{
		{"all that is open", review.Filter{}, []int{4, 30, 100}},
		{"closed ones too", review.Filter{Closed: true}, []int{4, 30, 31, 100}},
		{"one project", review.Filter{Projects: []string{glance}}, []int{30, 100}},
		{"a project of another team", review.Filter{Projects: []string{nova}, Closed: true}, nil},
		{"no project", review.Filter{Projects: []string{}}, nil},
		{"the server", review.Filter{Server: opendev}, []int{4, 30, 100}},
		{"another server", review.Filter{Server: "gerrit"}, nil},
	} {
		var got []int
		for change := range r.Changes(c.filter) {
			got = append(got, change.Number)
			if !c.filter.Match(change) {
				t.Errorf("%s: %d does not match", c.name, change.Number)
			}
		}
		same(t, c.name, got, c.want)
	}
	for change := range r.Changes(review.Filter{}) {
		same(t, "first", change.Number, 4)
		break
	}
	for number, want := range map[int]bool{30: true, 31: true, 5: false, 7: false} {
		c, found := r.Change(number)
		if found != want || found && c.Number != number {
			t.Errorf("change %d: found %v", number, found)
		}
	}
	same(t, "state", r.State(), state)

	for name, none := range map[string]bot.Team{"no server": {Projects: team.Projects}, "a server that is not configured": {Gerrit: bot.ReviewServer{Name: "x"}, Projects: team.Projects}} {
		r := w.m.Reviews(none, start, nil, nil, state)
		if _, found := r.Change(30); found || len(slices.Collect(r.Changes(review.Filter{Closed: true}))) > 0 {
			t.Errorf("%s: changes", name)
		}
	}
	same(t, "state of no server", w.m.Reviews(bot.Team{}, start, nil, nil, state).State(), bot.ReviewState{})
}

// A row has the marks of its change, and what the rules of its project say;
// marks and casts are asked for once.
func TestRows(t *testing.T) {
	w := newWorld(t)
	w.full(t, uploaded(1, glance, start.Add(-20*day)), said(uploaded(2, specs, start), zoe, start, "", review.Given{Label: "Code-Review", Value: 2}), uploaded(3, glance, start))
	asked := map[string]int{}
	r := w.m.Reviews(team, start.Add(time.Hour), func() []review.Mark {
		asked["marks"]++
		return []review.Mark{
			{Server: opendev, Change: 3, Kind: "priority", Weight: 2, Why: "import refactor"},
			{Server: "elsewhere", Change: 2, Kind: "priority", Weight: 9}, // never this one
			{Server: opendev, Change: 2, Kind: "priority", Weight: 9, Until: start},
		}
	}, func(project string) review.Cast {
		asked[project]++
		return review.Cast{Cores: review.KnownCores(2), Spec: project == specs}
	}, bot.ReviewState{})
	for range 2 {
		var got []string
		var rows []review.Row
		for c := range r.Changes(review.Filter{}) {
			rows = append(rows, r.Row(c))
		}
		for _, row := range review.Sorted(slices.Values(rows)) {
			got = append(got, row.Why)
		}
		same(t, "order", got, []string{"no review in 20 days", "priority: import refactor", "needs one more +2"})
	}
	same(t, "cast of a spec", r.Cast(specs).Spec, true)
	same(t, "cast of another team's project", r.Cast(nova).Cores.Known(), false)
	same(t, "asked", asked, map[string]int{"marks": 1, glance: 1, specs: 1})

	quiet := w.m.Reviews(team, start, func() []review.Mark { t.Error("marks, and no row"); return nil }, nil, bot.ReviewState{})
	for c := range quiet.Changes(review.Filter{}) {
		same(t, "cast, as nobody knows it", quiet.Cast(c.Project).Cores.Known(), false)
	}
	same(t, "a row of a mirror that knows nothing", mirror.New(nil, nil).Reviews(team, start, nil, nil, bot.ReviewState{}).Row(review.Change{}).Marks, []review.Mark(nil))
}
