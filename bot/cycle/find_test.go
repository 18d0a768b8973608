package cycle_test

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// published is Glance's calendar with two series and what other teams do in them,
// as the schedules name it all.
func published(t testing.TB) cycle.Calendar {
	t.Helper()
	at := func(series, label, team, kind, name, day string) cycle.Event {
		d, err := civil.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		return cycle.Event{
			ID: label, Kind: kind, Name: name, Team: team, Day: d, At: d.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC),
			Source: cycle.Source{File: "schedule.yaml", Series: series, Label: label, Basis: cycle.ThursdayRule},
		}
	}
	spec := event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10")
	return cycle.New(time.UTC, []cycle.Event{
		at("hibiscus", "h-rc1", "cross-project", "rc1", "RC1 target week", "2026-09-10"),
		at("hibiscus", "h-finalrc", "cross-project", "final-rc", "Final RC deadline", "2026-09-24"),
		at("hibiscus", "h-final", "cross-project", "release", "2026.2 Hibiscus release", "2026-09-30"),
		at("indri", "i-cycle-trail", "cross-project", "cycle-trailing", "2026.2 Hibiscus Cycle-Trailing Release Deadline", "2026-12-03"),
		at("indri", "i-1", "cross-project", "milestone", "Indri-1 milestone", "2026-11-19"),
		at("indri", "i-2", "cross-project", "milestone", "Indri-2 milestone", "2027-01-14"),
		at("indri", "i-mf", "cross-project", "membership-freeze", "Membership Freeze", "2027-01-14"),
		at("indri", "i-final-lib", "cross-project", "library-freeze", "Final release for non-client libraries", "2027-02-11"),
		at("hibiscus", "h-nominations", "elections", "election-nominations", "2026.2 Election Nomination Open", "2026-08-05"),
		at("indri", "i-final-clientlib", "cross-project", "client-library-freeze", "Final release for client libraries", "2027-02-18"),
		at("indri", "i-ptl-nominations", "elections", "election-nominations", "PTL Nominations", "2027-02-03"),
		at("indri", "i-ptl-election", "elections", "election-voting", "PTL Election", "2027-02-24"),
		at("indri", "i-ff", "cross-project", "feature-freeze", "Feature freeze", "2027-02-18"),
		at("indri", "i-rc1", "cross-project", "rc1", "RC1 target week", "2027-03-04"),
		at("indri", "i-finalrc", "cross-project", "final-rc", "Final RC deadline", "2027-03-18"),
		at("indri", "i-final", "cross-project", "release", "2027.1 Indri release", "2027-03-24"),
		spec,
	}).WithOthers([]cycle.Event{
		at("indri", "i-nova-spec-freeze", "nova", "spec-freeze", "Nova Spec Freeze", "2026-12-03"),
		at("indri", "i-cinder-driver-deadline", "cinder", "driver-deadline", "Cinder New Driver Merge Deadline", "2027-01-14"),
		at("indri", "i-manila-driver-deadline", "manila", "driver-deadline", "Manila New Driver Deadline", "2027-01-21"),
		at("indri", "i-manila-driver-deadline.2", "manila", "driver-deadline", "Manila New Driver Deadline", "2027-02-21"),
		at("indri", "i-openstackclient-ff", "python-openstackclient", "feature-freeze", "OpenStackClient feature freeze", "2027-02-04"),
	})
}

// Words as people say them.
func TestFindOfficial(t *testing.T) {
	cal := published(t)
	for _, tc := range []struct{ words, want string }{
		{"rc", "i-rc1"},
		{"RC1", "i-rc1"},
		{"hibiscus rc", "h-finalrc"}, // the last of that series
		{"hibiscus rc1", "h-rc1"},
		{"hibiscus", "h-final"},
		{"the hibiscus release", "h-final"},
		{"2026.2", "h-final"},
		{"release 2026.2", "h-final"}, // not the next date that has something to do with it
		{"final release", "i-final"},
		{"final", "i-final"},
		{"release", "i-final"},
		{"indri release", "i-final"},
		{"m-2", "i-2"},
		{"m2", "i-2"},
		{"milestone 2", "i-2"},
		{"milestone", "i-2"},
		{"m-3", ""},
		{"indri-2", "i-2"},
		{"i-2", "i-2"},
		{"ff", "i-ff"},
		{"feature freeze", "i-ff"},
		{"the next feature freeze", "i-ff"},
		{"mf", "i-mf"},
		{"final libs", "i-final-lib"},
		{"library freeze", "i-final-lib"},
		{"non-client libs", "i-final-lib"},
		{"client libs", "i-final-clientlib"},
		{"release candidates", "i-rc1"},
		{"tc election", "h-nominations"}, // of both; of the next one only the PTLs' is known
		{"elections", "i-ptl-nominations"},
		{"ptl elections", "i-ptl-election"},
		{"ptl election", "i-ptl-election"},
		{"ptl", "i-ptl-nominations"},
		{"nominations", "i-ptl-nominations"},
		{"voting", "i-ptl-election"},
		{"spec freeze", "spec-freeze"}, // the team's own, though nova's is earlier
		{"spec freeze nova", "i-nova-spec-freeze"},
		{"nova spec freeze", "i-nova-spec-freeze"},
		{"when is the spec freeze of nova", "i-nova-spec-freeze"},
		{"nova's spec freeze", "i-nova-spec-freeze"},
		{"spec freeze in nova", "i-nova-spec-freeze"},
		{"nova", "i-nova-spec-freeze"},
		{"cinder driver deadline", "i-cinder-driver-deadline"},
		{"driver deadline", "i-cinder-driver-deadline i-manila-driver-deadline"},
		{"manila", "i-manila-driver-deadline"},
		{"openstackclient feature freeze", "i-openstackclient-ff"},
		{"python-openstackclient", "i-openstackclient-ff"},
		{"spec freeze zun", ""},
		{"ff nova", "i-ff"}, // which is everybody's
		{"feature freeze of cinder", "i-ff"},
		{"milestone 2 nova", "i-2"},
		{"m-3 nova", ""},
		{"ff zun", ""},
		{"the", ""},
	} {
		if got := ids(cal.Find(tc.words, utc(t, "2026-11-22T12:00:00Z"))); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.words, got, tc.want)
		}
	}
}

// What is everybody's is another team's too, where it was asked for so.
func TestFindEverybodysForATeam(t *testing.T) {
	for words, want := range map[string]string{"ff nova": "nova", "ff": cycle.CrossProject, "feature freeze of cinder": "cinder"} {
		if got := published(t).Find(words, utc(t, "2026-11-22T12:00:00Z")); len(got) != 1 || got[0].Team != want {
			t.Errorf("%q: got %+v, want %s's", words, got, want)
		}
	}
}

// Hostile text costs nothing: no event is called so much.
func TestFindLongText(t *testing.T) {
	cal, now := published(t), utc(t, "2026-11-22T12:00:00Z")
	for _, words := range []string{strings.Repeat("ff ", 3000), "ff" + strings.Repeat(" ", 3000) + "ff", strings.Repeat("f", 10000)} {
		if got := ids(cal.Find(words, now)); got != "" {
			t.Errorf("%d bytes: found %q", len(words), got)
		}
	}
}

// A schedule begins with the release before its own: that is not the series'.
func TestFindInTheFirstWeekOfASchedule(t *testing.T) {
	cal := published(t)
	for i, e := range cal.Events {
		if e.ID == "h-final" {
			cal.Events[i].Name, cal.Events[i].Source.Series = "h-final", "indri"
		}
	}
	now := utc(t, "2026-09-20T12:00:00Z")
	for _, words := range []string{"indri release", "release indri", "indri"} {
		if got := ids(cal.Find(words, now)); got != "i-final" {
			t.Errorf("%q: got %q, want the series' own release", words, got)
		}
	}
	if got := days(cal, "R-1", now); got != "R-1, R-1 : 2026-09-21..2026-09-25 h-finalrc" {
		t.Errorf("R-1: got %s", got)
	}
	if got := days(cal, "R-1 indri", now); got != "R-1, R-1 indri: 2027-03-15..2027-03-19 i-finalrc" {
		t.Errorf("R-1 indri: got %s", got)
	}
}

// An answer that says what is known names what may be meant.
func TestKnownLike(t *testing.T) {
	cal, now := published(t), utc(t, "2026-11-22T12:00:00Z")
	for words, want := range map[string]string{
		"code freeze":                  "spec-freeze membership-freeze library-freeze feature-freeze client-library-freeze",
		"feature freeze exception":     "feature-freeze",
		"third milestone":              "milestone-2",
		"new libraries":                "library-freeze client-library-freeze",
		"what is the lunch":            "",
		"rc 2":                         "rc1 final-rc",
		strings.Repeat("freeze ", 100): "",
	} {
		if got := strings.Join(cal.KnownLike(words, now), " "); got != want {
			t.Errorf("%q: got %s, want %s", words, got, want)
		}
	}
}

// An own event that stands in the place of an official one is found by what that
// is called; and what a source names without a kind by the name it has there.
func TestFindWhatIsLaidOver(t *testing.T) {
	official := published(t)
	own := event(t, "milestone-2", "milestone", "Second milestone", "2027-01-12")
	meeting := event(t, "ics-7kukuqrfedlm2f9t0qjg-example-com", "event", "Joint meeting of all the image people", "2026-12-01")
	meeting.Source = cycle.Source{File: "team.ics", Line: 4, Basis: cycle.AtInstant}
	cal := cycle.New(time.UTC, cycle.Lay(append(official.Events, meeting), []cycle.Event{own}))
	now := utc(t, "2026-11-22T12:00:00Z")
	for _, words := range []string{"i-2", "i2", "indri-2", "indri-2 milestone", "indri milestone", "m-2"} {
		if got := ids(cal.Find(words, now)); got != "milestone-2" {
			t.Errorf("%q: got %q, want the team's own", words, got)
		}
	}
	known := cal.Known(now)
	if known[0] != "joint meeting of all" {
		t.Errorf("known: %v; want the meeting by its name", known)
	}
	if got := ids(cal.Find(known[0], now)); got != meeting.ID {
		t.Errorf("%q: got %q", known[0], got)
	}
}

// Every event is found by the words that the bot says it knows it by, and by its
// id and name.
func TestWhatIsKnownIsFound(t *testing.T) {
	cal, now := published(t), utc(t, "2026-11-22T12:00:00Z")
	want := "cycle-trailing spec-freeze milestone-2 membership-freeze election-nominations library-freeze feature-freeze client-library-freeze election-voting rc1 final-rc release"
	known := cal.Known(now)
	if got := strings.Join(known, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i, e := range cal.Upcoming(now, len(known), nil) {
		for _, words := range []string{known[i], e.ID, e.Name} {
			if got := ids(cal.Find(words, now)); got != e.ID {
				t.Errorf("%q: got %q, want %s", words, got, e.ID)
			}
		}
	}
	for _, e := range cal.Others {
		if got := ids(cal.Find(e.ID, now)); got != e.ID {
			t.Errorf("%q: got %q", e.ID, got)
		}
	}
	words := cal.Words()
	for _, w := range []string{"spec", "nova", "hibiscus", "spec-freeze", "python-openstackclient", "nominations", "non-client"} {
		if !strings.Contains(" "+strings.Join(words, " ")+" ", " "+w+" ") {
			t.Errorf("%q is no word of %v", w, words)
		}
	}
}

func TestKindOfAnEvent(t *testing.T) {
	for kind, want := range map[string]string{
		"spec-freeze": "the PTL", "nova-spec-freeze": "the PTL", "requirements-freeze": "the requirements team", "freeze": "", "tea": "", "": "",
	} {
		got := cycle.Calendar{}.Kind(cycle.Event{Kind: kind})
		if got.Grants != want || got.Name != kind {
			t.Errorf("%q: got %+v, want exceptions by %q", kind, got, want)
		}
	}
	mine := cycle.DefaultKinds().Extend(cycle.Kind{Name: "spec-freeze", Grants: "nobody"})
	if got := (cycle.Calendar{Kinds: mine}).Kind(cycle.Event{Kind: "spec-freeze"}).Grants; got != "nobody" {
		t.Errorf("a table of the team's own: got %q", got)
	}
}
