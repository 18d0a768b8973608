package cycle_test

import (
	"fmt"
	"testing"
	"time"

	"torchbearer/bot/cycle"
)

// A source with two copies that differ, and one whose ids are others at each
// reading, do not have what is remembered grow for ever; and what matters of it
// stays: since when the event is known, and its newest dates.
func TestSightingsAreBounded(t *testing.T) {
	start := utc(t, "2026-01-01T00:00:00Z")
	a, b := event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10"), event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-11")
	var seen cycle.Sightings
	for hour := range 2000 {
		e := a
		if hour%2 == 1 {
			e = b
		}
		again := event(t, fmt.Sprint("ics-", hour), "event", "Meeting", "2026-12-10")
		_, seen, _ = cycle.New(time.UTC, []cycle.Event{e, again}).Observe(seen, start.Add(time.Duration(hour)*time.Hour))
	}
	was := seen["spec-freeze"].Was
	if len(seen) > 500 || len(was) > 100 {
		t.Errorf("%d events are remembered, and %d dates of one", len(seen), len(was))
	}
	if first, last := was[0], was[len(was)-1]; !first.Seen.Equal(start) || last.Day != a.Day || !last.Seen.Equal(start.Add(1998*time.Hour)) {
		t.Errorf("the first date is %+v, the last %+v", first, last)
	}
}

// The official date under a team's own event is remembered with it: that it is
// another is a difference, though the event itself stands where it stood.
func TestObserveTheOfficialDate(t *testing.T) {
	own := event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-10")
	on := func(day string) cycle.Event { return official(t, "i-spec", "spec-freeze", "glance", day) }
	exact := on("2026-12-11")
	exact.Exact = true
	estimate := on("2026-12-11")
	estimate.Source.Basis = cycle.Estimate
	over := func(own cycle.Event, official ...cycle.Event) cycle.Calendar {
		return cycle.New(time.UTC, cycle.Lay(official, []cycle.Event{own}))
	}
	moved := event(t, "spec-freeze", "spec-freeze", "Spec freeze", "2026-12-09")
	for _, tc := range []struct {
		name        string
		before, now cycle.Calendar
		want        string
	}{
		{"as it was", over(own, on("2026-12-11")), over(own, on("2026-12-11")), ""},
		{"another day", over(own, on("2026-12-11")), over(own, on("2026-12-18")), "official spec-freeze"},
		{"a time", over(own, on("2026-12-11")), over(own, exact), "official spec-freeze"},
		{"no time any more", over(own, exact), over(own, on("2026-12-11")), "official spec-freeze"},
		{"gone", over(own, on("2026-12-11")), over(own), "official spec-freeze"},
		{"nothing but an estimate left", over(own, on("2026-12-11")), over(own, estimate), "official spec-freeze"},
		{"there now", over(own), over(own, on("2026-12-11")), "official spec-freeze"},
		{"an estimate", over(own), over(own, estimate), ""},
		{"with the team's own", over(own, on("2026-12-11")), over(moved, on("2026-12-18")), "moved spec-freeze from 12-10T23:59"},
		{"nothing of its own any more", over(own, on("2026-12-11")), cycle.New(time.UTC, []cycle.Event{on("2026-12-18")}), "new i-spec, gone spec-freeze"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			start := utc(t, "2026-11-01T00:00:00Z")
			_, seen, _ := tc.before.Observe(nil, start)
			_, after, diff := tc.now.Observe(seen, start.Add(time.Hour))
			if got := sighted(diff); got != tc.want || diff.Empty() != (tc.want == "") {
				t.Errorf("got %q, empty %v, want %q", got, diff.Empty(), tc.want)
			}
			if _, _, diff := tc.now.Observe(after, start.Add(2*time.Hour)); !diff.Empty() {
				t.Errorf("looked at again: %s", sighted(diff))
			}
			for _, e := range diff.Official {
				if !e.Seen.Equal(start) || len(e.Was) > 0 {
					t.Errorf("seen %s, was %v: the event itself is where it was", e.Seen, e.Was)
				}
			}
		})
	}
}

// What is gone is listed by date, and by id on one day: what is said of it has an
// order.
func TestObserveGoneByDate(t *testing.T) {
	var events []cycle.Event
	for day := 30; day > 20; day-- {
		for _, id := range []string{"b", "a"} {
			events = append(events, event(t, fmt.Sprint(id, day), "event", "Day", fmt.Sprint("2026-11-", day)))
		}
	}
	want := "gone a21, gone b21, gone a22, gone b22, gone a23, gone b23, gone a24, gone b24, gone a25, gone b25, " +
		"gone a26, gone b26, gone a27, gone b27, gone a28, gone b28, gone a29, gone b29, gone a30, gone b30"
	_, seen, _ := cycle.New(time.UTC, events).Observe(nil, utc(t, "2026-11-01T00:00:00Z"))
	_, _, diff := cycle.New(time.UTC, nil).Observe(seen, utc(t, "2026-11-02T00:00:00Z"))
	if got := sighted(diff); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
