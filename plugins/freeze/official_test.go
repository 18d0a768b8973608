package freeze

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// official is an event of a schedule, which gives a day and no time.
func official(t *testing.T, label, team, kind, name, day string) cycle.Event {
	t.Helper()
	d, err := civil.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	return cycle.Event{
		ID: label, Kind: kind, Name: name, Team: team, Day: d, At: d.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC),
		Source: cycle.Source{File: "schedule.yaml", Line: 7, Series: "indri", Label: label, Basis: cycle.ThursdayRule},
	}
}

// indri is Glance's calendar: its own spec freeze over the official one, what is
// everybody's, and what other teams do.
func indri(t *testing.T) cycle.Calendar {
	spec := cycle.Event{ID: "spec-freeze", Kind: "spec-freeze", Name: "Spec freeze", At: utc(t, "2026-12-10T12:00:00Z"), Day: civil.Date{Year: 2026, Month: 12, Day: 10}}
	glance := official(t, "i-glance-spec-freeze", "glance", "spec-freeze", "Glance Spec Freeze", "2026-12-03")
	nominations := official(t, "i-ptl-nominations", cycle.Elections, "election-nominations", "PTL nominations", "2027-02-03")
	nominations.At, nominations.Until, nominations.Exact = utc(t, "2027-02-03T23:45:00Z"), utc(t, "2027-02-17T23:45:00Z"), true
	last := official(t, "h-rc1", cycle.CrossProject, "rc1", "RC1 target week", "2026-09-10")
	last.Source.Series = "hibiscus"
	return cycle.New(time.UTC, cycle.Lay([]cycle.Event{
		glance, nominations, last,
		official(t, "i-2", cycle.CrossProject, "milestone", "Indri-2 milestone", "2027-01-14"),
		official(t, "i-mf", cycle.CrossProject, "membership-freeze", "Membership Freeze", "2027-01-14"),
		official(t, "i-final-lib", cycle.CrossProject, "library-freeze", "Final release for non-client libraries", "2027-02-11"),
		official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2027-02-18"),
		official(t, "i-rf", cycle.CrossProject, "requirements-freeze", "Requirements freeze", "2027-02-18"),
		official(t, "i-soft-sf", cycle.CrossProject, "soft-string-freeze", "Soft StringFreeze", "2027-02-18"),
		official(t, "i-rc1", cycle.CrossProject, "rc1", "RC1 target week", "2027-03-04"),
		official(t, "i-hard-sf", cycle.CrossProject, "hard-string-freeze", "Hard StringFreeze", "2027-03-04"),
		official(t, "i-release", cycle.CrossProject, "release", "Indri release", "2027-03-24"),
	}, []cycle.Event{spec})).WithOthers([]cycle.Event{
		official(t, "i-nova-spec-freeze", "nova", "spec-freeze", "Nova Spec Freeze", "2026-12-03"),
		official(t, "i-manila-ff", "manila", "feature-freeze", "Our feature freeze", "2027-02-11"),
	})
}

// Answers claim no more than the calendar says: no time where it gives none.
func TestOfficialAnswers(t *testing.T) {
	cal := indri(t)
	berlin, err := civil.LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		words, now string
		zone       *time.Location
		want       string
	}{
		{"spec freeze", "2026-11-22T10:00:00Z", nil, "Spec freeze: Thu 2026-12-10 12:00 UTC, in 18 days (R-15), officially Thu 2026-12-03."},
		{"spec freeze", "2026-11-22T10:00:00Z", berlin, "Spec freeze: Thu 2026-12-10 13:00 CET (12:00 UTC), in 18 days (R-15), officially Thu 2026-12-03."},
		{"m-2", "2026-11-22T10:00:00Z", nil, "Indri-2 milestone: Thu 2027-01-14, in 53 days (R-10)."},
		{"m-2", "2026-11-22T23:59:00Z", berlin, "Indri-2 milestone: Thu 2027-01-14, in 53 days (R-10). Its calendar gives no time."},
		{"m-2", "2027-01-13T22:00:00Z", nil, "Indri-2 milestone: Thu 2027-01-14, tomorrow (R-10)."},
		{"m-2", "2027-01-14T22:00:00Z", nil, "Indri-2 milestone: Thu 2027-01-14, today (R-10)."},
		{"spec freeze nova", "2026-11-22T10:00:00Z", nil, "Nova Spec Freeze: Thu 2026-12-03, in 11 days (R-16). Exceptions: nova's PTL."},
		{"manila", "2026-11-22T10:00:00Z", nil, "Our feature freeze of manila: Thu 2027-02-11, in 81 days (R-6). Exceptions: manila's PTL."},
		{"feature freeze", "2026-11-22T10:00:00Z", nil, "Feature freeze: Thu 2027-02-18, in 88 days (R-5)."},
		{"feature freeze", "2027-02-20T10:00:00Z", nil, "Feature freeze: Thu 2027-02-18, 2 days ago (R-5). Exceptions: maria."},
		{"rf", "2026-11-22T10:00:00Z", nil, "Requirements freeze: Thu 2027-02-18, in 88 days (R-5). Exceptions: the requirements team."},
		{"nominations", "2026-11-22T10:00:00Z", nil, "PTL nominations: Wed 2027-02-03 23:45 UTC, in 73 days (R-7), until Wed 2027-02-17 23:45 UTC."},
		{"rc1", "2026-11-22T10:00:00Z", nil, "RC1 target week (indri): Thu 2027-03-04, in 102 days (R-3)."},
		{"hibiscus rc1", "2026-11-22T10:00:00Z", nil, "RC1 target week (hibiscus): Thu 2026-09-10, 73 days ago (R-28)."},
	} {
		e := cal.Find(tc.words, utc(t, tc.now))
		if len(e) != 1 {
			t.Errorf("%q finds %v", tc.words, e)
			continue
		}
		c := bot.Call{Room: alone, Zone: tc.zone}.WithEvent("event", e[0])
		m := answer(t, glance(time.UTC, "maria"), "when", &bottest.View{At: utc(t, tc.now), Cal: cal}, c)
		if got := msg.Plain(m, utc(t, tc.now)); got != tc.want {
			t.Errorf("!when %s\ngot  %s\nwant %s", tc.words, got, tc.want)
		}
	}
}

func TestEstimatedAnswers(t *testing.T) {
	release := civil.Date{Year: 2027, Month: 3, Day: 24}
	cal := cycle.New(time.UTC, cycle.Cycle{Release: release}.Estimated(time.UTC))
	v := &bottest.View{At: utc(t, "2027-01-22T10:00:00Z"), Cal: cal}
	p := glance(time.UTC, "maria")
	want := `Feature freeze: about Thu 2027-02-18, in 27 days (R-5), estimated from the release date.`
	if got := msg.Plain(answer(t, p, "when", v, bot.Call{Room: alone}.WithEvent("event", cal.Find("ff", v.At)[0])), v.At); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	want = `Next:
- Final release for libraries, about Thu 2027-02-11 (R-6), estimated
- Feature freeze, about Thu 2027-02-18 (R-5), estimated
- Milestone 3, about Thu 2027-02-18 (R-5), estimated
- Soft string freeze, about Thu 2027-02-18 (R-5), estimated
- Hard string freeze, about Thu 2027-03-04 (R-3), estimated`
	if got := msg.Plain(answer(t, p, "calendar", v, bot.Call{Room: alone}), v.At); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Status shows names on terminals: nothing in them is carried out there.
func TestHostileTitles(t *testing.T) {
	for _, name := range append(bottest.Hostile(t), "\x1b[2J\nall is well", "\u200b") {
		e := official(t, "i-ff", cycle.CrossProject, "feature-freeze", name, "2026-12-10")
		for _, o := range glance(time.UTC).due(&bottest.View{Cal: cycle.New(time.UTC, []cycle.Event{e})}, time.Time{}, utc(t, "2028-01-01T00:00:00Z")) {
			if o.Title == "" || strings.ContainsFunc(o.Title, unicode.IsControl) {
				t.Errorf("%q makes the title %q", name, o.Title)
			}
		}
	}
}

// heardIn lists what a room would hear by itself of a calendar.
func (p *plugin) heardIn(v *bottest.View, from, to time.Time) []string {
	var out []string
	occs := p.due(v, from, to)
	slices.SortStableFunc(occs, func(a, b bot.Occurrence) int { return a.At.Compare(b.At) })
	for _, o := range occs {
		v.At = o.At
		out = append(out, fmt.Sprintf("%s %s", o.At.Format("2006-01-02T15:04"), msg.Plain(p.announcement(v, o.Data.(reminder), alone), o.At)))
	}
	return out
}

// Of forty dates a room hears those that bind it, and of several on one day once.
func TestWhatIsRemindedOf(t *testing.T) {
	p := glance(time.UTC, "maria")
	v := &bottest.View{Cal: indri(t)}
	want := strings.Split(strings.TrimSpace(`
2026-11-12T14:00 Spec freeze in 28 days: Thu 2026-12-10 12:00 UTC.
2026-11-26T14:00 Spec freeze in 14 days: Thu 2026-12-10 12:00 UTC.
2026-12-03T14:00 Spec freeze in 7 days: Thu 2026-12-10 12:00 UTC.
2026-12-07T14:00 Spec freeze in 3 days: Thu 2026-12-10 12:00 UTC.
2026-12-09T14:00 Spec freeze in 22 h: Thu 2026-12-10 12:00 UTC.
2026-12-10T11:00 Spec freeze today, 12:00 UTC, in 1 h. Missing it? Talk to maria today.
2026-12-10T12:00 Spec freeze is in effect (12:00 UTC). From here an exception is maria's decision.
2027-01-07T14:00 Membership Freeze in 7 days: Thu 2027-01-14 (who is part of the release is settled).
2027-01-13T14:00 Membership Freeze tomorrow: Thu 2027-01-14.
2027-01-21T14:00 Feature freeze in 28 days: Thu 2027-02-18 (no new features are merged). Same day: Requirements freeze, Soft StringFreeze.
2027-02-04T14:00 Final release for non-client libraries in 7 days: Thu 2027-02-11 (libraries other than clients make their last release).
2027-02-04T14:00 Feature freeze in 14 days: Thu 2027-02-18 (no new features are merged). Same day: Requirements freeze, Soft StringFreeze.
2027-02-10T14:00 Final release for non-client libraries tomorrow: Thu 2027-02-11.
2027-02-11T14:00 Feature freeze in 7 days: Thu 2027-02-18 (no new features are merged). Same day: Requirements freeze, Soft StringFreeze.
2027-02-15T14:00 Feature freeze in 3 days: Thu 2027-02-18. Same day: Requirements freeze, Soft StringFreeze.
2027-02-17T14:00 Feature freeze tomorrow: Thu 2027-02-18. Same day: Requirements freeze, Soft StringFreeze.
2027-02-18T14:00 Feature freeze today. Missing it? Talk to maria today.
2027-02-18T23:59 Feature freeze is in effect (Thu 2027-02-18). From here an exception is maria's decision.
2027-02-25T14:00 Hard StringFreeze in 7 days: Thu 2027-03-04 (nothing that users read changes). Same day: RC1 target week.
2027-03-03T14:00 Hard StringFreeze tomorrow: Thu 2027-03-04. Same day: RC1 target week.
2027-03-17T14:00 Indri release in 7 days: Wed 2027-03-24.
2027-03-24T14:00 Indri release today.
`), "\n")
	got := p.heardIn(v, utc(t, "2026-10-01T00:00:00Z"), utc(t, "2027-06-01T00:00:00Z"))
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}

	own := official(t, "i-glance-spec-freeze", "glance", "spec-freeze", "Glance Spec Freeze", "2026-12-03")
	quiet := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2027-02-18")
	quiet.Remind = []civil.Span{}
	beside := official(t, "i-rf", cycle.CrossProject, "requirements-freeze", "Requirements freeze", "2027-02-18")
	says := func(e cycle.Event, days ...int) cycle.Event {
		for _, n := range days {
			e.Remind = append(e.Remind, civil.DaySpan(n))
		}
		return e
	}
	guess := cycle.Cycle{Release: civil.Date{Year: 2027, Month: 6, Day: 24}}.Estimated(time.UTC)
	for _, tc := range []struct {
		name   string
		events []cycle.Event
		want   string
	}{
		{"the team's own by the schedule", []cycle.Event{own}, "28d 14d 7d 3d 1d 0d 0s"},
		{"nobody speaks for it", []cycle.Event{beside, quiet}, "7d 1d"},
		{"estimated", guess[4:5], "28d 14d 7d 3d"},
		{"estimated, of a kind that says when", []cycle.Event{says(guess[4], 7, 1, 0)}, "7d"},
		{"estimated, of a kind that says the day before, and another that day", []cycle.Event{says(guess[4], 1), guess[5]}, "7d"},
		{"a milestone", guess[3:4], ""},
		{"the last release, by its label", []cycle.Event{official(t, "h-final", cycle.CrossProject, "release", "h-final", "2026-10-01")}, ""},
		{"an election's deadline", []cycle.Event{official(t, "i-email", cycle.Elections, "election-email-deadline", "Email deadline", "2027-01-12")}, ""},
	} {
		var got []string
		for _, o := range p.due(&bottest.View{Cal: cycle.New(time.UTC, tc.events)}, time.Time{}, utc(t, "2028-01-01T00:00:00Z")) {
			got = append(got, o.Data.(reminder).step.Span.String())
		}
		if g := strings.Join(got, " "); g != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, g, tc.want)
		}
	}
}
