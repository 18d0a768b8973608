package cycle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// event is at 23:59 UTC of a day.
func event(t testing.TB, id, kind, name, day string) cycle.Event {
	t.Helper()
	at := utc(t, day+"T23:59:00Z")
	return cycle.Event{ID: id, Kind: kind, Name: name, At: at, Day: civil.DateOf(at, time.UTC)}
}

// indri is a cycle as OpenStack has it, in no order.
func indri(t testing.TB) cycle.Calendar {
	return cycle.New(time.UTC, []cycle.Event{
		event(t, "release", "release", "2027.1 release", "2027-03-24"),
		event(t, "milestone-1", "milestone", "Milestone 1 (Indri-1)", "2026-11-19"),
		event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10"),
		event(t, "milestone-2", "milestone", "Milestone 2 (Indri-2)", "2027-01-14"),
		event(t, "membership-freeze", "membership-freeze", "Membership freeze", "2027-01-14"),
		event(t, "feature-freeze", "feature-freeze", "Feature freeze", "2027-02-18"),
		event(t, "soft-string-freeze", "soft-string-freeze", "Soft string freeze", "2027-02-18"),
		event(t, "rc1", "rc1", "First release candidate (RC1)", "2027-03-04"),
		event(t, "final-rc", "final-rc", "Last day for release candidates", "2027-03-18"),
	})
}

func ids(events []cycle.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, e.ID)
	}
	return strings.Join(out, " ")
}

func TestOrder(t *testing.T) {
	want := "milestone-1 spec-freeze membership-freeze milestone-2 feature-freeze soft-string-freeze rc1 final-rc release"
	if got := ids(indri(t).Events); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUpcoming(t *testing.T) {
	cal := indri(t)
	for _, tc := range []struct {
		name, now string
		n         int
		match     func(cycle.Event) bool
		want      string
	}{
		{"the next two", "2026-11-22T00:00:00Z", 2, nil, "spec-freeze membership-freeze"},
		{"fewer than asked", "2027-03-17T00:00:00Z", 5, nil, "final-rc release"},
		{"an event at this instant has passed", "2026-12-10T23:59:00Z", 1, nil, "membership-freeze"},
		{"freezes", "2026-11-22T00:00:00Z", 9, cycle.Event.Freeze, "spec-freeze membership-freeze feature-freeze soft-string-freeze"},
		{"nothing left", "2027-03-25T00:00:00Z", 5, nil, ""},
		{"none asked for", "2026-11-22T00:00:00Z", 0, nil, ""},
	} {
		if got := ids(cal.Upcoming(utc(t, tc.now), tc.n, tc.match)); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
	if _, ok := (cycle.Calendar{}).Next(utc(t, "2026-11-22T00:00:00Z"), nil); ok {
		t.Error("the empty calendar has a next event")
	}
}

func TestFreeze(t *testing.T) {
	for kind, want := range map[string]bool{"freeze": true, "spec-freeze": true, "freezer": false, "release": false, "antifreeze": false, "": false} {
		if got := (cycle.Event{Kind: kind}).Freeze(); got != want {
			t.Errorf("%q is a freeze: got %v, want %v", kind, got, want)
		}
	}
}

// The weeks of https://releases.openstack.org/2027.1/schedule.html.
func TestWeek(t *testing.T) {
	cal := indri(t)
	for _, tc := range []struct{ at, want string }{
		{"2026-11-19T23:59:00Z", "R-18"},
		{"2026-12-10T23:59:00Z", "R-15"},
		{"2026-12-06T23:59:00Z", "R-16"}, // Sunday
		{"2026-12-07T00:00:00Z", "R-15"}, // Monday
		{"2027-03-18T23:59:00Z", "R-1"},
		{"2027-03-22T00:00:00Z", "R+0"},
		{"2027-03-24T23:59:00Z", "R+0"},
		{"2027-03-28T23:59:00Z", "R+0"}, // the release's week has not ended
		{"2027-03-29T00:00:00Z", ""},
		{"2026-03-23T12:00:00Z", "R-52"},
		{"2026-03-20T12:00:00Z", ""}, // more than a year before
	} {
		got, ok := cal.Week(utc(t, tc.at))
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: got %q, %v, want %q", tc.at, got, ok, tc.want)
		}
	}
	two := cycle.New(time.UTC, append(cal.Events, event(t, "next", "release", "2027.2", "2027-09-29")))
	if got, _ := two.Week(utc(t, "2027-03-30T12:00:00Z")); got != "R-26" {
		t.Errorf("after a release: got %q, want the next one's R-26", got)
	}
	// In Samoa it is Monday already while UTC has Sunday.
	apia, err := civil.LoadZone("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := cycle.New(apia, cal.Events).Week(utc(t, "2026-12-06T23:59:00Z")); got != "R-15" {
		t.Errorf("in Apia: got %q, want R-15", got)
	}
	if got, ok := (cycle.Calendar{}).Week(utc(t, "2026-12-06T23:59:00Z")); ok {
		t.Errorf("the empty calendar says %q", got)
	}
}

func TestFind(t *testing.T) {
	cal := indri(t)
	for _, tc := range []struct{ now, words, want string }{
		{"2026-11-22", "spec-freeze", "spec-freeze"},
		{"2026-11-22", "spec freeze", "spec-freeze"},
		{"2026-11-22", "SPEC", "spec-freeze"},
		{"2026-11-22", "spec fr", "spec-freeze"},
		{"2026-11-22", "freeze", "spec-freeze"}, // the next of many
		{"2026-12-12", "freeze", "membership-freeze"},
		{"2027-03-01", "freeze", "soft-string-freeze"}, // none ahead: the last
		{"2026-11-22", "feature", "feature-freeze"},
		{"2026-11-22", "ff", "feature-freeze"},
		{"2026-11-22", "sf", "spec-freeze"},
		{"2026-11-22", "ssf", "soft-string-freeze"},
		{"2026-11-22", "m1", "milestone-1"},
		{"2026-11-22", "m2", "milestone-2"},
		{"2026-11-22", "m-2", "milestone-2"},
		{"2026-11-22", "milestone 2", "milestone-2"},
		{"2026-11-22", "milestone", "milestone-2"}, // milestone 1 has passed
		{"2026-11-22", "indri-1", "milestone-1"},
		{"2026-11-22", "rc", "rc1"},
		{"2026-11-22", "rc1", "rc1"},
		{"2026-11-22", "rc-1", "rc1"},
		{"2026-11-22", "rc 1", "rc1"},
		{"2026-11-22", "final", "final-rc"},
		{"2026-11-22", "release", "release"}, // a whole kind, before words of other names
		{"2026-11-22", "2027.1", "release"},
		{"2026-11-22", "m9", ""},
		{"2026-11-22", "pigs fly", ""},
		{"2026-11-22", "spec pigs", ""},
		{"2026-11-22", "", ""},
		{"2026-11-22", " - ", ""},
		{"2026-11-22", "f", ""}, // a letter is the beginning of anything
		{"2026-11-22", "fe", ""},
		{"2026-11-22", "fea", "feature-freeze"},
		{"2026-11-22", "2", ""}, // of what?
		{"2026-11-22", "mi 2", "milestone-2"},
	} {
		if got := ids(cal.Find(tc.words, utc(t, tc.now+"T12:00:00Z"))); got != tc.want {
			t.Errorf("%q on %s: got %q, want %q", tc.words, tc.now, got, tc.want)
		}
	}
}

func TestKnown(t *testing.T) {
	cal := indri(t)
	if got, want := strings.Join(cal.Known(utc(t, "2027-03-10T00:00:00Z")), " "), "final-rc release"; got != want {
		t.Errorf("ahead: got %s, want %s", got, want)
	}
	if got := cal.Known(utc(t, "2028-01-01T00:00:00Z")); len(got) != 9 {
		t.Errorf("none ahead: got %v, want all", got)
	}
}

// Whatever people type: at most one event of the team's, whole weeks or days that are
// those of their week, and parts that the calendar has.
func FuzzFind(f *testing.F) {
	for _, words := range []string{
		"spec", "m2", "ÄÖ 1", "\xff", "rc1", "1", "İ", "R-5", "r - 0", "R+1 of 2027.1", "this week", "2026-12-10", "last cycle", "2nd milestone", "next", "nova's",
	} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		cal, now := published(t), utc(t, "2026-11-22T00:00:00Z")
		for _, e := range cal.Find(words, now) {
			if e.ID == "" {
				t.Errorf("%q: found %+v", words, e)
			}
		}
		if got := indri(t).Find(words, now); len(got) > 1 {
			t.Errorf("%q: found %q", words, ids(got))
		}
		d, ok, err := cal.FindDays(words, now)
		if ok && (err != nil || d.Said == "" || d.Last.Before(d.First) || d.First != d.Last && (d.First.Monday() != d.First || d.Last.Sub(d.First) != 4)) {
			t.Errorf("%q: %+v, %v", words, d, err)
		}
		if week, of := cal.Week(d.First.At(civil.Clock{Hour: 12}, time.UTC)); ok && d.Said == d.Week && of && !strings.Contains(d.Week, "+") && week != d.Week {
			t.Errorf("%q: %+v is in %s", words, d, week)
		}
		if name, events := cal.Part(words, now); (name == "") != (len(events) == 0) {
			t.Errorf("%q: part %q of %d events", words, name, len(events))
		}
		cal.KnownLike(words, now)
	})
}

// sighted is a diff in short.
func sighted(d cycle.Diff) string {
	var out []string
	for _, e := range d.New {
		out = append(out, "new "+e.ID)
	}
	for _, e := range d.Moved {
		out = append(out, fmt.Sprintf("moved %s from %s", e.ID, e.Was[len(e.Was)-1].At.Format("01-02T15:04")))
	}
	for _, s := range d.Gone {
		out = append(out, "gone "+s.ID)
	}
	for _, e := range d.Official {
		out = append(out, "official "+e.ID)
	}
	return strings.Join(out, ", ")
}

func TestObserve(t *testing.T) {
	at := func(id, instant string) cycle.Event {
		when := utc(t, instant)
		return cycle.Event{ID: id, Kind: id, At: when, Day: civil.DateOf(when, time.UTC)}
	}
	before := cycle.New(time.UTC, []cycle.Event{at("spec", "2026-12-10T23:59:00Z"), at("release", "2027-03-24T23:59:00Z")})
	for _, tc := range []struct {
		name, now string
		events    []cycle.Event
		want      string
	}{
		{"as it was", "2026-12-01T00:00:00Z", before.Events, ""},
		{"earlier", "2026-12-01T00:00:00Z", []cycle.Event{at("spec", "2026-12-08T23:59:00Z"), before.Events[1]}, "moved spec from 12-10T23:59"},
		{"a corrected clock time", "2026-12-01T00:00:00Z", []cycle.Event{at("spec", "2026-12-10T12:00:00Z"), before.Events[1]}, "moved spec from 12-10T23:59"},
		{"one more", "2026-12-01T00:00:00Z", append([]cycle.Event{at("ff", "2027-02-18T12:00:00Z")}, before.Events...), "new ff"},
		{"one less", "2026-12-01T00:00:00Z", before.Events[1:], "gone spec"},
		{"one that has passed less", "2026-12-11T00:00:00Z", before.Events[1:], "gone spec"},
		{"the next cycle's", "2026-12-11T00:00:00Z", []cycle.Event{at("spec", "2027-06-10T23:59:00Z"), before.Events[1]}, "new spec"},
		{"another id", "2026-12-01T00:00:00Z", []cycle.Event{at("specs", "2026-12-10T23:59:00Z"), before.Events[1]}, "new specs, gone spec"},
		{"an empty calendar", "2026-12-01T00:00:00Z", nil, "gone"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first := utc(t, "2026-11-01T00:00:00Z")
			_, seen, diff := before.Observe(nil, first)
			if got := sighted(diff); got != "new spec, new release" {
				t.Errorf("at first: %s", got)
			}
			now := utc(t, tc.now)
			cal, after, diff := cycle.New(time.UTC, tc.events).Observe(seen, now)
			if got := sighted(diff); got != tc.want && !(tc.want == "gone" && len(diff.Gone) == 2) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if diff.Empty() != (tc.want == "") {
				t.Errorf("empty: %v", diff.Empty())
			}
			// Whoever looks again sees nothing new, and the same past.
			again, _, diff := cycle.New(time.UTC, tc.events).Observe(after, now.Add(time.Hour))
			if !diff.Empty() {
				t.Errorf("looked at again: %s", sighted(diff))
			}
			if d := cmp.Diff(cal.Events, again.Events, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("looked at again (-before +after):\n%s", d)
			}
			for _, e := range cal.Events {
				want := first
				if strings.Contains(tc.want, " "+e.ID) {
					want = now
				}
				if !e.Seen.Equal(want) {
					t.Errorf("%s seen %s, want %s", e.ID, e.Seen, want)
				}
			}
		})
	}
}

// An event that moves twice keeps its dates, until it has passed.
func TestObserveKeepsThePast(t *testing.T) {
	at := func(day string) cycle.Calendar {
		return cycle.New(time.UTC, []cycle.Event{event(t, "spec", "spec", "Spec", day)})
	}
	_, seen, _ := at("2026-12-10").Observe(nil, utc(t, "2026-11-01T00:00:00Z"))
	_, seen, _ = at("2026-12-17").Observe(seen, utc(t, "2026-11-02T00:00:00Z"))
	cal, seen, _ := at("2026-12-12").Observe(seen, utc(t, "2026-11-03T00:00:00Z"))
	var days []string
	for _, w := range cal.Events[0].Was {
		days = append(days, w.Day.String()+" seen "+w.Seen.Format(time.DateOnly))
	}
	if got, want := strings.Join(days, ", "), "2026-12-10 seen 2026-11-01, 2026-12-17 seen 2026-11-02"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	cal, _, _ = at("2027-06-10").Observe(seen, utc(t, "2027-01-01T00:00:00Z"))
	if got := cal.Events[0].Was; got != nil {
		t.Errorf("the next cycle's has the dates %v of the last one", got)
	}
}

// An event that leaves and comes back has moved, wherever it stands now; one that
// comes back after its instant is new.
func TestObserveWhatComesBack(t *testing.T) {
	first := utc(t, "2026-11-01T00:00:00Z")
	at := func(instant string) cycle.Calendar {
		when := utc(t, instant)
		return cycle.New(time.UTC, []cycle.Event{{ID: "spec", Kind: "spec", At: when, Day: civil.DateOf(when, time.UTC)}})
	}
	for _, tc := range []struct {
		name, left, back, instant, want string
		edition                         int
	}{
		{"as it was", "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z", "2026-12-10T12:00:00Z", "moved spec from 12-10T12:00", 0},
		{"elsewhere", "2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z", "2026-12-12T12:00:00Z", "moved spec from 12-10T12:00", 0},
		{"too late", "2026-12-01T00:00:00Z", "2026-12-10T13:00:00Z", "2026-12-12T12:00:00Z", "new spec", 0},
		{"that day, after it", "2026-12-10T12:30:00Z", "2026-12-10T13:00:00Z", "2026-12-10T23:59:00Z", "new spec", 1},
		{"when nobody remembers", "2026-12-01T00:00:00Z", "2027-01-02T00:00:00Z", "2027-06-10T12:00:00Z", "new spec", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, seen, _ := at("2026-12-10T12:00:00Z").Observe(nil, first)
			_, seen, diff := cycle.Calendar{}.Observe(seen, utc(t, tc.left))
			if got := sighted(diff); got != "gone spec" {
				t.Errorf("when it left: %s", got)
			}
			now := utc(t, tc.back)
			_, again, diff := cycle.Calendar{}.Observe(seen, now)
			if !diff.Empty() || (len(again) == 0) != (tc.name == "when nobody remembers") {
				t.Errorf("it left twice: %s, %v remembered", sighted(diff), again)
			}
			cal, _, diff := at(tc.instant).Observe(again, now)
			if got := sighted(diff); got != tc.want || cal.Events[0].Edition != tc.edition || !cal.Events[0].Seen.Equal(now) {
				t.Errorf("got %s, edition %d, seen %s; want %s, edition %d", got, cal.Events[0].Edition, cal.Events[0].Seen, tc.want, tc.edition)
			}
		})
	}
}

// The bot saw an event while its clock was ahead: what it saw then, it sees now;
// and what it is given stays as it was.
func TestObserveAfterTheClockWasSetBack(t *testing.T) {
	at := func(day string) cycle.Calendar {
		return cycle.New(time.UTC, []cycle.Event{event(t, "spec", "spec", "Spec", day)})
	}
	_, seen, _ := at("2026-12-10").Observe(nil, utc(t, "2026-11-01T00:00:00Z"))
	_, seen, _ = at("2026-12-17").Observe(seen, utc(t, "2026-11-20T00:00:00Z"))
	_, seen, _ = at("2026-12-18").Observe(seen, utc(t, "2026-11-21T00:00:00Z"))
	before := fmt.Sprint(seen)
	now := utc(t, "2026-11-10T00:00:00Z")
	cal, after, diff := at("2026-12-18").Observe(seen, now)
	e := cal.Events[0]
	if !diff.Empty() || !e.Seen.Equal(now) || !e.Was[1].Seen.Equal(now) || !e.Was[0].Seen.Equal(utc(t, "2026-11-01T00:00:00Z")) {
		t.Errorf("got %+v with %+v, want seen now what was seen later", diff, e)
	}
	if got := fmt.Sprint(seen); got != before {
		t.Errorf("what was given became %s", got)
	}
	if _, again, _ := at("2026-12-18").Observe(after, now.Add(time.Hour)); fmt.Sprint(again) != fmt.Sprint(after) {
		t.Errorf("an hour later it remembers %v, want %v", again, after)
	}
}
