package freeze

import (
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// Weeks and days, in the words of the channel.
func TestDays(t *testing.T) {
	at := func(series, id, kind, name, instant string, exact bool) cycle.Event {
		when := utc(t, instant)
		return cycle.Event{
			ID: id, Kind: kind, Name: name, Team: cycle.CrossProject, At: when, Day: civil.DateOf(when, time.UTC), Exact: exact,
			URL: "https://example.org/" + series + ".html#" + id, Source: cycle.Source{File: "f", Series: series, Label: id, Basis: cycle.ThursdayRule},
		}
	}
	spec := at("", "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10T23:59:00Z", true)
	spec.Source, spec.Team = cycle.Source{}, ""
	official := cycle.New(time.UTC, []cycle.Event{
		at("hibiscus", "h-ff", "feature-freeze", "Feature freeze", "2026-08-27T23:59:00Z", false),
		at("hibiscus", "h-final", "release", "2026.2 Hibiscus release", "2026-09-30T23:59:00Z", false),
		spec,
		at("indri", "i-3", "milestone", "Indri-3 milestone", "2027-02-18T23:59:00Z", false),
		at("indri", "i-ff", "feature-freeze", "Feature freeze", "2027-02-18T23:59:00Z", false),
		at("indri", "i-poll", "election-voting", "Polling", "2027-02-20T23:45:00Z", true),
		at("indri", "i-final", "release", "2027.1 Indri release", "2027-03-24T23:59:00Z", false),
	})
	var crowd []cycle.Event
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		crowd = append(crowd, at("", id, "event", "Event "+id, "2026-12-01T23:59:00Z", false))
	}
	grid := cycle.New(time.UTC, (cycle.Cycle{Release: civil.Date{Year: 2027, Month: 3, Day: 24}}).Estimated(time.UTC))
	tokyo, err := civil.LoadZone("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		cal   cycle.Calendar
		now   string
		words string
		call  bot.Call
		want  string
	}{
		{official, "2026-11-23", "R-5", bot.Call{}, "R-5 of indri: Mon 2027-02-15 to Fri 2027-02-19, in 84 days. Thu 2027-02-18: Indri-3 milestone, Feature freeze; Sat 2027-02-20 23:45 UTC: Polling. https://example.org/indri.html"},
		{official, "2027-02-20", "R-5", bot.Call{}, "R-5 of indri: Mon 2027-02-15 to Fri 2027-02-19, this week. Thu 2027-02-18: Indri-3 milestone, Feature freeze; Sat 2027-02-20 23:45 UTC: Polling. https://example.org/indri.html"},
		{official, "2026-11-23", "R-5 hibiscus", bot.Call{}, "R-5 of hibiscus: Mon 2026-08-24 to Fri 2026-08-28, 87 days ago. Thu 2026-08-27: Feature freeze. https://example.org/hibiscus.html"},
		{official, "2026-11-23", "R-15", bot.Call{Zone: tokyo}, "R-15 of indri: Mon 2026-12-07 to Fri 2026-12-11, in 14 days. Fri 2026-12-11 08:59 JST (Thu 23:59 UTC): Spec freeze. https://example.org/indri.html"},
		{official, "2026-11-23", "R+1", bot.Call{Room: shared}, "Glance: R+1 of indri: Mon 2027-03-29 to Fri 2027-04-02, in 126 days. Glance has no date that week. https://example.org/indri.html"},
		{official, "2026-11-23", "next week", bot.Call{}, "Next week is R-16 of indri: Mon 2026-11-30 to Fri 2026-12-04. Glance has no date that week. https://example.org/indri.html"},
		{official, "2026-11-23", "today", bot.Call{}, "Today is Mon 2026-11-23 (R-17 of indri). Glance has no date that day. https://example.org/indri.html"},
		{official, "2027-03-23", "tomorrow", bot.Call{}, "Tomorrow is Wed 2027-03-24 (R+0 of indri). 2027.1 Indri release. https://example.org/indri.html"},
		{official, "2026-11-23", "2026-12-10", bot.Call{}, "Thu 2026-12-10, in 17 days (R-15 of indri). Thu 2026-12-10 23:59 UTC: Spec freeze. https://example.org/indri.html"},
		{official, "2026-11-23", "2026-11-23", bot.Call{}, "Mon 2026-11-23, today (R-17 of indri). Glance has no date that day. https://example.org/indri.html"},
		{official, "2027-06-01", "this week", bot.Call{}, "This week: Mon 2027-05-31 to Fri 2027-06-04. Glance has no date that week."},
		{cycle.New(time.UTC, crowd), "2026-11-23", "next week", bot.Call{}, "Next week: Mon 2026-11-30 to Fri 2026-12-04. Tue 2026-12-01: Event a, Event b, Event c, Event d, Event e and 2 more."},
		{grid, "2026-11-23", "R-5", bot.Call{}, "R-5: about Mon 2027-02-15 to Fri 2027-02-19, in 84 days, estimated from the release date. About Thu 2027-02-18: Feature freeze, Milestone 3, Soft string freeze."},
		{grid, "2026-11-23", "this week", bot.Call{}, "This week is about R-17: Mon 2026-11-23 to Fri 2026-11-27, estimated from the release date. Glance has no date that week."},
	} {
		now := utc(t, tc.now+"T10:00:00Z")
		d, ok, err := tc.cal.FindDays(tc.words, now)
		if !ok || err != nil {
			t.Fatalf("%s: %v, %v", tc.words, ok, err)
		}
		if tc.call.Room == (bot.Room{}) {
			tc.call.Room = alone
		}
		for command, arg := range map[string]string{"when": "event", "freeze": "kind", "calendar": "part"} {
			m := answer(t, glance(time.UTC, "maria"), command, &bottest.View{At: now, Cal: tc.cal}, tc.call.WithDays(arg, d))
			if got := msg.Plain(m, now); got != tc.want {
				t.Errorf("!%s %s on %s:\ngot  %s\nwant %s", command, tc.words, tc.now, got, tc.want)
			}
		}
	}
}

// Names of series come from files, which anybody may have written.
func TestDaysOfAHostileSeries(t *testing.T) {
	for _, name := range bottest.Hostile(t) {
		release := cycle.Event{
			ID: "release", Kind: "release", Name: name, Team: cycle.CrossProject, At: utc(t, "2027-03-24T23:59:00Z"),
			Day: civil.Date{Year: 2027, Month: 3, Day: 24}, Source: cycle.Source{File: "f", Series: name},
		}
		now, cal := utc(t, "2027-03-22T10:00:00Z"), cycle.New(time.UTC, []cycle.Event{release})
		d, ok, err := cal.FindDays("R+0", now)
		if !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
		m := answer(t, glance(time.UTC), "when", &bottest.View{At: now, Cal: cal}, bot.Call{Room: alone}.WithDays("event", d))
		bottest.Harmless(t, name, m, now, 400)
		for _, at := range []string{"2027-03-22T10:00:00Z", "2027-05-01T10:00:00Z"} { // ahead, and gone
			now := utc(t, at)
			part, _ := cal.Part(name, now)
			if part == "" {
				continue
			}
			m := answer(t, glance(time.UTC), "calendar", &bottest.View{At: now, Cal: cal}, bot.Call{Room: alone}.WithWord("part", part))
			bottest.Harmless(t, name, m, now, 700)
		}
	}
}

// What the calendar has of another team, or of a series.
func TestCalendarOfAPart(t *testing.T) {
	at := func(series, team, id, name, day string) cycle.Event {
		when := utc(t, day+"T23:59:00Z")
		return cycle.Event{
			ID: id, Kind: "spec-freeze", Name: name, Team: team, At: when, Day: civil.DateOf(when, time.UTC),
			Source: cycle.Source{File: "f", Series: series, Label: id, Basis: cycle.ThursdayRule},
		}
	}
	cal := cycle.New(time.UTC, []cycle.Event{
		at("hibiscus", "cross-project", "h-s", "Old freeze", "2026-06-10"), at("indri", "cross-project", "i-s", "New freeze", "2026-12-10"),
	}).WithOthers([]cycle.Event{at("indri", "nova", "i-nova", "Nova freeze", "2026-12-03")})
	now := utc(t, "2026-11-23T10:00:00Z")
	for part, want := range map[string]string{
		"":         "Next:\n- New freeze (indri), Thu 2026-12-10",
		"nova":     "Next of nova:\n- Nova freeze (indri), Thu 2026-12-03",
		"indri":    "Next of indri:\n- New freeze (indri), Thu 2026-12-10",
		"hibiscus": "Nothing lies ahead in hibiscus's calendar. Last was Old freeze (hibiscus): Wed 2026-06-10, 166 days ago. Exceptions: maria.",
	} {
		m := answer(t, glance(time.UTC, "maria"), "calendar", &bottest.View{At: now, Cal: cal}, bot.Call{Room: alone}.WithWord("part", part))
		if got := msg.Plain(m, now); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", part, got, want)
		}
	}
}
