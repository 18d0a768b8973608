package cycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// What people say around the name of an event, and in its place.
func TestFindAsSaid(t *testing.T) {
	cal := published(t)
	for _, tc := range []struct{ family, words, want string }{
		{"questions", "does nova freeze specs", "i-nova-spec-freeze"},
		{"questions", "will rc1 be", "i-rc1"},
		{"questions", "do ptl nominations open", "i-ptl-nominations"},
		{"questions", "is the feature freeze, please?", "i-ff"},
		{"questions", "what is the date of the membership freeze", "i-mf"},
		{"questions", "was m-1", "i-1"},

		{"words that every date has", "release day", "i-final"},
		{"words that every date has", "rc1 date", "i-rc1"},
		{"words that every date has", "ff week", "i-ff"},
		{"words that every date has", "feature freeze deadline", "i-ff"},
		{"words that every date has", "m-2 deadline", "i-2"},
		{"words that every date has", "driver deadline", "i-cinder-driver-deadline i-manila-driver-deadline"},
		{"words that every date has", "driver", "i-cinder-driver-deadline i-manila-driver-deadline"},
		{"words that every date has", "library deadline", ""}, // which of them?
		{"words that every date has", "week", ""},
		{"words that every date has", "target", ""},
		{"words that every date has", "deadline", ""},
		{"words that every date has", "next week", ""},
		{"words that every date has", "next day", ""},

		{"numbers in words", "milestone two", "i-2"},
		{"numbers in words", "second milestone", "i-2"},
		{"numbers in words", "the 2nd milestone", "i-2"},
		{"numbers in words", "first milestone", "i-1"},
		{"numbers in words", "third milestone", ""},
		{"numbers in words", "first release candidate", "i-rc1"},
		{"numbers in words", "1st rc", "i-rc1"},
		{"numbers in words", "last rc", "i-finalrc"},
		{"numbers in words", "rc2", ""},

		{"next", "next", "i-cycle-trail"},
		{"next", "what is next?", "i-cycle-trail"},
		{"next", "is the next event", "i-cycle-trail"},
		{"next", "next freeze", "spec-freeze"},
		{"next", "next release", "i-final"},

		{"cycles", "rc1 last cycle", "h-rc1"},
		{"cycles", "rc1 of the previous series", "h-rc1"},
		{"cycles", "rc1 this cycle", "i-rc1"},
		{"cycles", "last release", "h-final"},
		{"cycles", "this release", "i-final"},
		{"cycles", "rc1 next cycle", ""}, // not this one's
		{"cycles", "next cycle", ""},
		{"cycles", "rc1 2026.2", "h-rc1"},
		{"cycles", "2026.2 final rc", "h-finalrc"},
		{"cycles", "2026.2 election nominations", "h-nominations"},
		{"cycles", "rc1 2025.1", ""},
		{"cycles", "ff dalmatian", ""},

		{"no release but called one", "2025.2 release", ""},
		{"no release but called one", "hibiscus release", "h-final"}, // not what trails it, later
		{"no release but called one", "trailing release", "i-cycle-trail"},
		{"no release but called one", "client library release", "i-final-clientlib"},

		{"what begins is no release", "does indri start", ""},
		{"what begins is no release", "did hibiscus start", ""},
		{"what begins is no release", "2026.2 start", ""},
		{"what begins is no release", "did the last cycle begin", ""},
		{"what begins is no release", "does the indri cycle start", ""},
		{"what begins is no release", "does nova open", ""},
		{"what begins is no release", "does nova's spec freeze start", "i-nova-spec-freeze"},
		{"what begins is no release", "does the indri feature freeze begin", "i-ff"},
		{"what begins is no release", "is this cycle", "i-final"},

		{"a week or day of whose?", "indri week", ""}, // no target week
		{"a week or day of whose?", "next week nova", ""},
		{"a week or day of whose?", "indri cycle", ""},
		{"a week or day of whose?", "nova day", ""},
		{"a week or day of whose?", "nova deadline", "i-nova-spec-freeze"}, // nobody else's
		{"a week or day of whose?", "next event of nova", "i-nova-spec-freeze"},

		{"too little", "R+1", ""},
		{"too little", "R-5", ""},
		{"too little", "r", ""},
		{"too little", "i", ""},
		{"too little", "in", ""},
		{"too little", "fi", ""},
		{"too little", "1", ""},
		{"too little", "f\x00f", ""},
		{"too little", "2027", ""},
		{"too little", "end", ""},
	} {
		if got := ids(cal.Find(tc.words, utc(t, "2026-11-22T12:00:00Z"))); got != tc.want {
			t.Errorf("%s: %q: got %q, want %q", tc.family, tc.words, got, tc.want)
		}
	}
}

// The end of a vote is asked of what has one: not of an older election, whose end a
// schedule had.
func TestFindTheEnd(t *testing.T) {
	cal := published(t)
	vote := event(t, "election-ptl-election", "election-voting", "PTL Election", "2026-08-26")
	vote.Team, vote.Until = cycle.Elections, utc(t, "2026-09-16T23:45:00Z")
	old := event(t, "h-election-close", "election-close", "2026.2 Election Polling Closes", "2026-02-26")
	old.Team = cycle.Elections
	now := utc(t, "2026-11-22T12:00:00Z")
	for _, tc := range []struct {
		words       string
		with, alone string
	}{
		{"polling closes", "election-ptl-election", "h-election-close"},
		{"election end", "election-ptl-election", "h-election-close"},
		{"ptl election ends", "election-ptl-election", ""},
		{"end", "", ""},
		{"ff over", "", ""}, // nothing is known of an end
	} {
		if got := ids(cycle.New(time.UTC, append([]cycle.Event{vote, old}, cal.Events...)).Find(tc.words, now)); got != tc.with {
			t.Errorf("%q: got %q, want %q", tc.words, got, tc.with)
		}
		if got := ids(cycle.New(time.UTC, append([]cycle.Event{old}, cal.Events...)).Find(tc.words, now)); got != tc.alone {
			t.Errorf("%q of schedules alone: got %q, want %q", tc.words, got, tc.alone)
		}
	}
}

// Words for a kind mean the next of it, whatever the last one was called.
func TestFindTheNextOfAKind(t *testing.T) {
	last := event(t, "h-election-close", "election-close", "2026.2 Election Polling Ends", "2026-02-26")
	next := event(t, "i-election-close", "election-close", "2027.1 Election Polling Closes", "2027-02-26")
	last.Team, next.Team, last.Source.Series, next.Source.Series = cycle.Elections, cycle.Elections, "hibiscus", "indri"
	cal := cycle.New(time.UTC, []cycle.Event{last, next})
	for words, want := range map[string]string{
		"polling ends": "i-election-close", "does the polling end": "i-election-close", "polling closes": "i-election-close", "hibiscus polling ends": "h-election-close",
	} {
		if got := ids(cal.Find(words, utc(t, "2026-11-22T12:00:00Z"))); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

// Who asks when polls open does not mean their end.
func TestFindTheBeginning(t *testing.T) {
	closes := event(t, "i-election-close", "election-close", "2027.1 Election Polling Closes", "2026-12-01")
	opens := event(t, "i-election-voting", "election-voting", "2027.1 Election Voting", "2026-12-10")
	closes.Team, opens.Team = cycle.Elections, cycle.Elections
	cal := cycle.New(time.UTC, []cycle.Event{closes, opens})
	for words, want := range map[string]string{
		"election": "i-election-close", "does the election start": "i-election-voting", "voting begins": "i-election-voting", "does polling begin": "i-election-voting",
	} {
		if got := ids(cal.Find(words, utc(t, "2026-11-22T12:00:00Z"))); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
}

// A file of nothing but releases, and a speech of as many words as fit: looking for
// one in the other costs no more than reading both, many times over.
func TestFindAmongManyReleases(t *testing.T) {
	const releases, most = 300, 200_000
	now := utc(t, "2026-11-22T12:00:00Z")
	var events []cycle.Event
	for i := range releases {
		day := civil.DateOf(now, time.UTC).AddDays(7 * i)
		events = append(events, cycle.Event{
			ID: fmt.Sprint("r-", i), Kind: "release", Name: fmt.Sprintf("2027.%d release", i), Team: cycle.CrossProject,
			Day: day, At: day.At(civil.Clock{}, time.UTC), Source: cycle.Source{Series: fmt.Sprint("series-", i)},
		})
	}
	cal := cycle.New(time.UTC, events)
	for _, word := range []string{"1 ", "1.5 ", "x ", "last release "} {
		words := strings.Repeat(word, 600/len(word))
		for name, find := range map[string]func(){
			"Find":     func() { cal.Find(words, now) },
			"FindDays": func() { cal.FindDays("R-5 "+words[4:], now) },
			"Part":     func() { cal.Part(words, now) },
		} {
			if got := testing.AllocsPerRun(1, find); got > most {
				t.Errorf("%s of %q again and again: %.0f allocations", name, word, got)
			}
		}
	}
}
