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
