package cycle_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// official is an event as a schedule has it.
func official(t testing.TB, id, kind, team, day string) cycle.Event {
	e := event(t, id, kind, id, day)
	e.Team, e.URL = team, "https://releases.example/"+id
	e.Source = cycle.Source{File: "schedule.yaml", Line: 7, Series: "indri", Label: id, Basis: cycle.ThursdayRule}
	return e
}

// laid shows a calendar in short; an own event with the official date that it
// replaces.
func laid(events []cycle.Event) []string {
	var out []string
	for _, e := range events {
		line := e.ID + " " + e.Day.String()
		if e.Own() {
			line += " own"
		}
		if e.Official != nil {
			line += ", officially " + e.Official.ID + " " + e.Official.Day.String()
		}
		out = append(out, line)
	}
	return out
}

// A team says its own dates over the official ones: what it replaces is still
// known, what it does not stays.
func TestLay(t *testing.T) {
	published := []cycle.Event{
		official(t, "i-1", "milestone", cycle.CrossProject, "2026-11-19"),
		official(t, "i-2", "milestone", cycle.CrossProject, "2027-01-14"),
		official(t, "i-ff", "feature-freeze", cycle.CrossProject, "2027-02-18"),
		official(t, "i-glance-ff", "feature-freeze", "glance", "2027-02-11"),
		official(t, "i-glance-review-day", "review-day", "glance", "2026-12-01"),
		official(t, "i-glance-review-day.2", "review-day", "glance", "2027-01-12"),
	}
	for _, tc := range []struct {
		name string
		own  []cycle.Event
		want []string
	}{
		{
			"nothing of its own", nil,
			[]string{"i-1 2026-11-19", "i-2 2027-01-14", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
		{
			"a freeze: the team's before everybody's",
			[]cycle.Event{event(t, "feature-freeze", "feature-freeze", "Feature freeze", "2027-02-17")},
			[]string{"feature-freeze 2027-02-17 own, officially i-glance-ff 2027-02-11", "i-1 2026-11-19", "i-2 2027-01-14", "i-ff 2027-02-18", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
		{
			"a file's, whose id is nobody's word, by the number of its name, which is no release's",
			[]cycle.Event{{
				ID: "ics-7c41-b9", Kind: "milestone", Name: "Milestone 2 (2027.1)", Day: civil.Date{Year: 2026, Month: 12, Day: 20}, At: utc(t, "2026-12-20T23:59:00Z"),
				Source: cycle.Source{File: "m.ics", Basis: cycle.AtInstant},
			}},
			[]string{"ics-7c41-b9 2026-12-20, officially i-2 2027-01-14", "i-1 2026-11-19", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
		{
			"a milestone by its number",
			[]cycle.Event{event(t, "milestone-2", "milestone", "Milestone 2", "2026-12-20")},
			[]string{"milestone-2 2026-12-20 own, officially i-2 2027-01-14", "i-1 2026-11-19", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
		{
			"two review days: what comes again is replaced by what is near",
			[]cycle.Event{event(t, "a", "review-day", "A", "2027-01-10"), event(t, "b", "review-day", "B", "2027-01-11")},
			[]string{"a 2027-01-10 own, officially i-glance-review-day.2 2027-01-12", "b 2027-01-11 own", "i-1 2026-11-19", "i-2 2027-01-14", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01"},
		},
		{
			"by its label, however far away",
			[]cycle.Event{event(t, "i-1", "milestone", "M1", "2027-03-01")},
			[]string{"i-1 2027-03-01 own, officially i-1 2026-11-19", "i-2 2027-01-14", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
		{
			"another kind, and the same of the next cycle, stand beside",
			[]cycle.Event{event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10"), event(t, "ff", "feature-freeze", "FF", "2027-08-19")},
			[]string{"spec-freeze 2026-12-10 own", "ff 2027-08-19 own", "i-1 2026-11-19", "i-2 2027-01-14", "i-ff 2027-02-18", "i-glance-ff 2027-02-11", "i-glance-review-day 2026-12-01", "i-glance-review-day.2 2027-01-12"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := cycle.Lay(published, tc.own)
			if d := cmp.Diff(tc.want, laid(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for _, e := range got {
				if e.Official != nil && e.URL == "" {
					t.Errorf("%s has no address, the official one has", e.ID)
				}
			}
		})
	}
}

// No official event is lost: each is there, or is what an own one replaces, or
// gave its id to one. No id stands twice if none did in either list.
func TestLayLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		make := func(prefix, what string, own bool) []cycle.Event {
			n := rapid.IntRange(0, 6).Draw(t, what)
			var out []cycle.Event
			for i := range n {
				day := civil.Date{Year: 2027, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 200).Draw(t, "day"))
				e := cycle.Event{
					ID:   prefix + string(rune('a'+i)),
					Kind: rapid.SampledFrom([]string{"milestone", "spec-freeze", "release"}).Draw(t, "kind"),
					Day:  day, At: day.At(civil.Clock{Hour: 12}, time.UTC),
				}
				if rapid.IntRange(0, 3).Draw(t, "same id") == 0 {
					e.ID = string(rune('a' + i))
				}
				if !own {
					e.Source.File = "schedule.yaml"
					e.Team = rapid.SampledFrom([]string{"", cycle.CrossProject, "glance"}).Draw(t, "team")
				}
				out = append(out, e)
			}
			return out
		}
		published, own := make("o", "official", false), make("t", "own", true)
		got := cycle.Lay(published, own)
		ids := map[string]int{}
		for _, e := range got {
			ids[e.ID]++
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("the id %s stands %d times", id, n)
			}
		}
		for _, o := range published {
			kept := slices.ContainsFunc(got, func(e cycle.Event) bool {
				return e.ID == o.ID || e.Official != nil && e.Official.ID == o.ID
			})
			if !kept {
				t.Errorf("%s is lost", o.ID)
			}
		}
		for _, e := range own {
			if !slices.ContainsFunc(got, func(g cycle.Event) bool { return g.ID == e.ID && g.Day == e.Day && g.Own() }) {
				t.Errorf("the team's %s is lost", e.ID)
			}
		}
	})
}

func TestFor(t *testing.T) {
	all := []cycle.Event{
		official(t, "i-ff", "feature-freeze", cycle.CrossProject, "2027-02-18"), official(t, "i-poll", "election-voting", cycle.Elections, "2027-02-18"),
		official(t, "i-nova-ff", "feature-freeze", "nova", "2027-02-18"), official(t, "i-glance-ff", "feature-freeze", "glance", "2027-02-18"),
		official(t, "x", "event", "", "2027-02-18"),
	}
	if got := ids(cycle.For("Glance", all)); got != "i-ff i-poll i-glance-ff x" {
		t.Errorf("got %s", got)
	}
}

func TestCycleWeeks(t *testing.T) {
	c := cycle.Cycle{Series: "indri", Release: civil.Date{Year: 2027, Month: 3, Day: 24}}
	for day, want := range map[string]string{
		"2026-10-05": "R-24", "2026-12-10": "R-15", "2027-03-21": "R-1", "2027-03-22": "R+0", "2027-03-28": "R+0", "2027-04-05": "R+2",
	} {
		d, err := civil.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := cycle.WeekName(c.Week(d)); got != want {
			t.Errorf("%s: got %s, want %s", day, got, want)
		}
		if m := c.Monday(c.Week(d)); m != d.Monday() {
			t.Errorf("%s: its Monday is %s", day, m)
		}
	}
}

// A community that publishes nothing but a release date.
func TestEstimated(t *testing.T) {
	c := cycle.Cycle{Series: "indri", Release: civil.Date{Year: 2027, Month: 3, Day: 24}}
	events := c.Estimated(time.UTC)
	var got []string
	for _, e := range events {
		got = append(got, e.Source.Week+" "+e.ID+" "+e.Day.String())
		if !e.Estimated() || e.Exact || e.Own() || e.At.Format("15:04") != "23:59" {
			t.Errorf("%+v", e)
		}
		if week, ok := cycle.New(time.UTC, events).Week(e.At); !ok || week != e.Source.Week {
			t.Errorf("%s is in %s, want %s", e.ID, week, e.Source.Week)
		}
	}
	want := []string{
		"R-19 milestone-1 2026-11-12", "R-12 milestone-2 2026-12-31", "R-6 library-freeze 2027-02-11", "R-5 milestone-3 2027-02-18",
		"R-5 feature-freeze 2027-02-18", "R-5 soft-string-freeze 2027-02-18", "R-3 rc1 2027-03-04", "R-3 hard-string-freeze 2027-03-04",
		"R-1 final-rc 2027-03-18", "R+0 release 2027-03-24",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := (cycle.Cycle{}).Estimated(time.UTC); got != nil {
		t.Errorf("without a release: %v", got)
	}
}

func TestDefaultKinds(t *testing.T) {
	kinds := cycle.DefaultKinds()
	seen := map[string]bool{}
	for _, k := range kinds {
		if seen[k.Name] || len(k.Phrases) == 0 {
			t.Errorf("the kind %s stands twice, or recognises nothing", k.Name)
		}
		seen[k.Name] = true
	}
	for _, tc := range []struct{ title, label, want string }{
		{"Nova Spec Soft Freeze", "h-nova-spec-soft-freeze", "spec-proposal-freeze"},
		{"Keystone Feature Proposal Freeze", "o-key-feature-freeze", "feature-proposal-freeze"},
		{"Final release for non-client libraries", "h-final-lib", "library-freeze"},
		{"Final release for client libraries", "h-final-clientlib", "client-library-freeze"},
		{"2026.1 Gazpacho Cycle-Trailing Release Deadline", "h-cycle-trail", "cycle-trailing"},
		{"Pike cycle-trailing feature freeze", "p-trailing-ff", "cycle-trailing"},
		{"Cinder Mid Cycle PTG - 1", "d-cinder-mid-cycle-ptg-1", "mid-cycle"},
		{"Stein TC Election", "s-tc-email-deadline", "election-email-deadline"},
		{"2027.1 Election Polling Closes", "i-election-close", "election-close"},
		{"Manila Hack-a-thon", "f-manila-hackathon", "hackathon"},
		{"Soft StringFreeze", "", "soft-string-freeze"},
		{"", "h-rf", "requirements-freeze"},
		{"", "g-final", "release"},
		{"RC1 target week", "", "rc1"},
		{"Freezer", "h-x", ""},
		{"Freeze spec", "", ""}, // the words in another order
	} {
		got, ok := kinds.Of(tc.title, tc.label)
		if got.Name != tc.want || ok != (tc.want != "") {
			t.Errorf("%q %q: got %q, want %q", tc.title, tc.label, got.Name, tc.want)
		}
	}
}

// A configuration adds kinds, and says of known ones what is different here.
func TestExtendKinds(t *testing.T) {
	kinds := cycle.DefaultKinds()
	more := kinds.Extend(
		cycle.Kind{Name: "cheese-freeze", Phrases: []string{"cheese* freeze"}, Means: "no more cheese"},
		cycle.Kind{Name: "feature-freeze", Grants: "the drivers", Remind: []civil.Span{}},
	)
	if k, _ := more.Of("Cheeses and Spec Freeze"); k.Name != "cheese-freeze" {
		t.Errorf("got %q: own kinds come first", k.Name)
	}
	if k, _ := more.Named("feature-freeze"); k.Grants != "the drivers" || k.Means != "no new features are merged" {
		t.Errorf("got %+v", k)
	}
	if k, _ := more.Extend(cycle.Kind{Name: "feature-freeze"}).Named("feature-freeze"); k.Remind == nil {
		t.Error("no reminders are not inherited")
	}
	if k, _ := more.Of("Feature freeze"); k.Name != "feature-freeze" {
		t.Errorf("got %q: phrases are inherited", k.Name)
	}
	if len(more) != len(kinds)+1 {
		t.Errorf("%d kinds of %d and one", len(more), len(kinds))
	}
	if k, _ := kinds.Named("feature-freeze"); !strings.Contains(k.Grants, "PTL") {
		t.Errorf("the table that was extended has changed: %+v", k)
	}
	if _, ok := kinds.Named("cheese-freeze"); ok {
		t.Error("a kind of another table")
	}
}
