package backlog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/review"
)

const oneQuery = "https://review.example.org/q/is:open+-is:wip+-is:private+project:openstack/glance" +
	"+label:Verified%3E=1,user=zuul+-label:Verified%3C=-1,user=zuul+-label:Workflow%3C=-1+-label:Workflow%3E=1+-label:Code-Review%3C=-2"

// one is a team of one project, whose query is short.
func one() *plugin {
	t := team()
	t.Projects, t.Specs = []string{glance}, nil
	return with(t)
}

// said leaves the query out, which the query's own tests are about.
func said(text string) string {
	text, _, _ = strings.Cut(text, " https://")
	return text
}

func many(n, from int, project string, more ...func(*review.Change)) (list []review.Change) {
	for i := range n {
		list = append(list, change(from+i, project, 3, more...))
	}
	return list
}

// missing is a queue that has just been read, without some projects.
func missing(projects ...string) bot.ReviewState {
	return bot.ReviewState{Known: true, ReadAt: now, Missing: projects}
}

func TestNight(t *testing.T) {
	known := bot.ReviewState{Known: true, ReadAt: now.Add(-3 * time.Minute)}
	for _, tc := range []struct {
		name  string
		p     *plugin
		queue []review.Change
		read  bot.ReviewState
		had   figures
		room  bot.Room
		want  string
	}{
		{
			"as in the contract", with(team()),
			slices.Concat(
				many(3, 100, glance, plus(zoe, 1)), []review.Change{change(912101, glance, 38), change(3, glance, 14)},
				many(2, 200, store), many(1, 300, client, plus(zoe, 1))),
			known,
			figures{"2026-11-23": 11, "2026-11-17": 14, "2026-11-24": 99},
			alone,
			"Review queue: 8, 3 fewer than yesterday, 6 fewer than a week ago (glance 5, glance_store 2, glanceclient 1). " +
				"4 have no review, 2 of them for over 14 days; longest: 912101, 38 days.",
		},
		{"the first night", one(), many(2, 1, glance), known, nil, alone, "Review queue: 2. 2 have no review; longest: 1, 3 days."},
		{"more", one(), many(2, 1, glance), known, figures{"2026-11-23": 1, "2026-11-17": 0}, alone, "Review queue: 2, 1 more than yesterday, 2 more than a week ago. 2 have no review; longest: 1, 3 days."},
		{"as many", one(), many(2, 1, glance), known, figures{"2026-11-23": 2, "2026-11-17": 3}, alone, "Review queue: 2, as many as yesterday, 1 fewer than a week ago. 2 have no review; longest: 1, 3 days."},
		{"no night a week ago", one(), many(2, 1, glance), known, figures{"2026-11-23": 3, "2026-11-16": 3}, alone, "Review queue: 2, 1 fewer than yesterday. 2 have no review; longest: 1, 3 days."},
		{"none yesterday", one(), many(2, 1, glance), known, figures{"2026-11-17": 3}, alone, "Review queue: 2, 1 fewer than a week ago. 2 have no review; longest: 1, 3 days."},
		{"each reviewed", one(), many(2, 1, glance, plus(zoe, 1)), known, nil, alone, "Review queue: 2. Each has been reviewed."},
		{"one without review", one(), []review.Change{change(7, glance, 20)}, known, nil, alone, "Review queue: 1. 1 has no review: 7, 20 days."},
		{"all without review for long", one(), []review.Change{change(7, glance, 20), change(8, glance, 15)}, known, nil, alone, "Review queue: 2. 2 have had no review for over 14 days; longest: 7, 20 days."},
		{"of today", one(), []review.Change{change(7, glance, 0), change(8, glance, 1)}, known, nil, alone, "Review queue: 2. 2 have no review; longest: 8, 24 h."},
		{"empty at last", one(), nil, known, figures{"2026-11-23": 1}, alone, "Review queue: 0, 1 fewer than yesterday."},
		{"empty on the first night", with(team()), nil, known, nil, alone, "Review queue: 0."},
		{"empty and unchanged", one(), nil, known, figures{"2026-11-23": 0}, alone, ""},
		{"a room of several teams", one(), many(1, 1, glance), known, nil, shared, "Glance review queue: 1. 1 has no review: 1, 3 days."},
		{"never read, as it can't be", with(team()), nil, bot.ReviewState{Failing: "401"}, figures{"2026-11-23": 0}, shared, "Glance review queue: Gerrit can't be read, so nothing is counted."},
		{
			"a project that can't be read", with(team()), slices.Concat(many(2, 1, glance), many(2, 20, store)), missing(store),
			figures{"2026-11-23": 3},
			alone,
			"Review queue: 2, 1 fewer than yesterday (glance 2), without glance_store, which can't be read. 2 have no review; longest: 1, 3 days.",
		},
		{
			"none that can be read, and none yesterday", one(), nil, missing(glance),
			figures{"2026-11-23": 0},
			alone,
			"Review queue: not known. Gerrit does not have glance, or does not show me.",
		},
		{"preview", with(team()), nil, bot.ReviewState{}, figures{"2026-11-23": 0}, alone, "Review queue: … (glance …, glance_store …, glanceclient …, glance-specs …)."},
		{
			"down over the hour", one(), many(2, 1, glance),
			bot.ReviewState{Known: true, ReadAt: now.Add(-time.Hour), Failing: "502"},
			figures{"2026-11-23": 3},
			alone,
			"Review queue: 2, 1 fewer than yesterday. 2 have no review; longest: 1, 3 days. That is as of Tue 2026-11-24 05:00 UTC; Gerrit can't be read.",
		},
		{
			"down all night: no difference is known", one(), many(2, 1, glance),
			bot.ReviewState{Known: true, ReadAt: now.Add(-8 * time.Hour), Failing: "502"},
			figures{"2026-11-23": 2},
			alone,
			"Review queue: 2. 2 have no review; longest: 1, 3 days. That is as of Mon 2026-11-23 22:00 UTC; Gerrit can't be read.",
		},
		{
			"down, and empty as it was: the news is that it is down", one(), nil,
			bot.ReviewState{Known: true, ReadAt: now.Add(-8 * time.Hour), Failing: "502"},
			figures{"2026-11-23": 0},
			alone,
			"Review queue: 0. That is as of Mon 2026-11-23 22:00 UTC; Gerrit can't be read.",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := view(tc.queue...)
			v.Read = tc.read
			if err := v.Apply(bot.Effects{Put: map[string]any{"nights": tc.had}}); err != nil {
				t.Fatal(err)
			}
			if got := said(night(t, tc.p, v, "2026-11-24", tc.room)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestNightHasItsQuery(t *testing.T) {
	if got := night(t, one(), view(many(1, 1, glance)...), "2026-11-24", alone); !strings.HasSuffix(got, " "+oneQuery) {
		t.Errorf("got  %s\nwant it to end in %s", got, oneQuery)
	}
	long := team()
	for range 5 {
		long.Projects = append(long.Projects, "openstack/a-project-with-a-name-that-is-rather-long-as-names-go")
	}
	if got := night(t, with(long), view(many(1, 1, glance)...), "2026-11-24", alone); strings.Contains(got, "http") {
		t.Errorf("got %s, want no address that no line can hold", got)
	}
}

// What is stored: the night's figure, none of over 35 days ago, and none that is
// not known or not of this night.
func TestFigures(t *testing.T) {
	for _, tc := range []struct {
		name string
		read bot.ReviewState
		had  figures
		want figures
	}{
		{"stored", bot.ReviewState{Known: true, ReadAt: now}, figures{"2026-11-23": 5}, figures{"2026-11-23": 5, "2026-11-24": 2}},
		{"an hour old", bot.ReviewState{Known: true, ReadAt: now.Add(-time.Hour)}, nil, figures{"2026-11-24": 2}},
		{"pruned", bot.ReviewState{Known: true, ReadAt: now}, figures{"2026-10-20": 1, "2026-10-19": 1, "2025-01-01": 1, "no date": 1}, figures{"2026-10-20": 1, "2026-11-24": 2}},
		{"of yesterday evening", bot.ReviewState{Known: true, ReadAt: now.Add(-7 * time.Hour)}, figures{"2026-11-23": 5}, figures{"2026-11-23": 5}},
		{"never read", bot.ReviewState{}, figures{"2026-11-23": 5}, figures{"2026-11-23": 5}},
		{"no project that can be read", missing(team().All()...), figures{"2026-11-23": 5}, figures{"2026-11-23": 5}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := view(many(2, 1, glance)...)
			v.Read = tc.read
			if err := v.Apply(bot.Effects{Put: map[string]any{"nights": tc.had}}); err != nil {
				t.Fatal(err)
			}
			night(t, one(), v, "2026-11-24", alone)
			var got figures
			if _, err := v.Get("nights", &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
		})
	}
}

// Nights are days of the team's zone, one each, whatever its clocks do, and of
// several that were missed one is said.
func TestDue(t *testing.T) {
	zone, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	abroad := team()
	abroad.Zone = zone
	for _, tc := range []struct {
		name     string
		at       civil.Clock
		from, to string
		want     []string
	}{
		{"summer time ends", civil.Clock{Hour: 2, Minute: 30}, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", []string{"night/2026-10-25 2026-10-25T00:30:00Z", "night/2026-10-26 2026-10-26T01:30:00Z"}},
		{"and begins", civil.Clock{Hour: 2, Minute: 30}, "2027-03-27T12:00:00Z", "2027-03-29T12:00:00Z", []string{"night/2027-03-28 2027-03-28T01:00:00Z", "night/2027-03-29 2027-03-29T00:30:00Z"}},
		{"from is over, to is not", civil.Clock{Hour: 6}, "2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z", []string{"night/2026-11-25 2026-11-25T05:00:00Z"}},
	} {
		p := &plugin{team: abroad, at: tc.at}
		var got []string
		for _, o := range p.due(&bottest.View{}, utc(t, tc.from), utc(t, tc.to)) {
			got = append(got, string(o.Key)+" "+o.At.UTC().Format(time.RFC3339))
			if o.Series != "night" || !o.Until.Equal(o.At.Add(stale)) || o.Title == "" {
				t.Errorf("%s: %+v", tc.name, o)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	none := team()
	none.Projects, none.Specs = nil, nil
	if got := with(none).due(&bottest.View{}, now.AddDate(0, 0, -3), now); len(got) > 0 {
		t.Errorf("a team without projects has nights: %v", got)
	}
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
