package freeze

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// later reads the calendar some hours on, and has said before what is due by then.
func (r *reader) later(hours int, events ...cycle.Event) (lines []string) {
	r.t.Helper()
	now := r.v.At.Add(time.Duration(hours) * time.Hour)
	for _, due := range r.p.dueChanges(r.v, r.v.At, now) {
		r.v.At = due.At
		eff, err := r.p.catchUp(r.t.Context(), r.v, due)
		lines = append(lines, r.hears(eff, err)...)
	}
	return append(lines, r.reads(now.Format(time.RFC3339), events...)...)
}

// What people must act on does not wait, whatever was said within the day: a date that
// is gone, and one that comes earlier. What goes back to later waits.
func TestNewsThatDoesNotWait(t *testing.T) {
	at := func(day string) []cycle.Event {
		return []cycle.Event{official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", day)}
	}
	hour := func(at string) []cycle.Event {
		return []cycle.Event{own(t, "ff", "Feature freeze", at)}
	}
	thereAndBack := []string{
		"Feature freeze moved: Thu 2026-12-03 → Thu 2026-12-10, in 18 days.",
		"Feature freeze moved: Thu 2026-12-10 → Thu 2026-12-03, in 11 days.",
	}
	for _, tc := range []struct {
		name  string
		first []cycle.Event
		then  [][]cycle.Event // hour by hour
		want  []string        // of the last hour
	}{
		{"gone", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), nil}, []string{
			"Feature freeze is no longer in the calendar (was Thu 2026-12-03).",
		}},
		{"earlier", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), at("2026-11-22")}, []string{
			"Feature freeze moved: Thu 2026-12-03 → Sun 2026-11-22, today.",
		}},
		{"earlier by hours", hour("2026-12-03T20:00:00Z"), [][]cycle.Event{hour("2026-12-03T21:00:00Z"), hour("2026-12-03T20:00:00Z"), hour("2026-12-03T12:00:00Z")}, []string{
			"Feature freeze moved: Thu 2026-12-03 20:00 UTC → 12:00 UTC, in 11 days.",
		}},
		{"gone, and back earlier", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), nil, at("2026-11-22")}, []string{
			"Back in the calendar: Feature freeze, Sun 2026-11-22, today.",
		}},
		{"later", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), at("2026-12-10")}, nil},
		{"gone, and back", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), nil, at("2026-12-03")}, nil},
		{"gone, and back later", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), nil, at("2026-12-10")}, nil},
		{"that it has an hour", at("2026-12-03"), [][]cycle.Event{at("2026-12-10"), at("2026-12-03"), func() []cycle.Event {
			e := at("2026-12-03")
			e[0].At, e[0].Exact = utc(t, "2026-12-03T12:00:00Z"), true
			return e
		}()}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(t, "2026-11-22T12:00:00Z", tc.first...)
			var got [][]string
			for _, events := range tc.then {
				got = append(got, r.later(1, events...))
			}
			if tc.first[0].ID == "i-ff" {
				if d := cmp.Diff(thereAndBack, slices.Concat(got[:2]...)); d != "" {
					t.Errorf("there and back (-want +got):\n%s", d)
				}
			}
			if d := cmp.Diff(tc.want, got[len(got)-1]); d != "" {
				t.Errorf("and then (-want +got):\n%s", d)
			}
		})
	}
}

// A source that has something else each hour, as of copies that differ, is news twice a
// day, and what nobody must miss comes to that: that it is gone, and that it is back at
// an earlier date, once each.
func TestSourceThatFlaps(t *testing.T) {
	at := func(day string) []cycle.Event {
		return []cycle.Event{official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", day)}
	}
	exact := at("2026-12-10")
	exact[0].At, exact[0].Exact = utc(t, "2026-12-10T12:00:00Z"), true
	early, late := at("2026-12-03"), at("2026-12-10")
	another := at("2026-12-10")
	another[0].ID, another[0].Name = "i-feature-freeze", "The feature freeze"
	var renamed [][]cycle.Event
	for hour := range 73 {
		e := slices.Clone([][]cycle.Event{early, late}[hour%2])
		e[0].ID = fmt.Sprint("ics-", hour)
		renamed = append(renamed, e)
	}
	mine := []cycle.Event{own(t, "feature-freeze", "Feature freeze", "2026-12-03T12:00:00Z")}
	mine[0].Kind = "feature-freeze"
	silent := at("2026-12-10")
	silent[0].Remind = []civil.Span{}
	for _, tc := range []struct {
		name   string
		copies [][]cycle.Event
		want   int // messages in three days
	}{
		{"two dates", [][]cycle.Event{early, late}, 6},
		{"three dates", [][]cycle.Event{early, late, at("2026-12-17")}, 8},
		{"there, and not", [][]cycle.Event{early, nil}, 7},
		{"two dates, and none", [][]cycle.Event{late, early, nil}, 9},
		{"two dates with a gap after each", [][]cycle.Event{late, nil, early, nil}, 9},
		{"an hour, and none", [][]cycle.Event{exact, late}, 6},
		{"an earlier hour, and none", [][]cycle.Event{exact, late, early}, 9},
		{"a later date, of which nobody is reminded", [][]cycle.Event{early, silent}, 6},
		{"two labels", [][]cycle.Event{early, another}, 6},
		{"two labels, and none", [][]cycle.Event{early, another, nil}, 14},
		{"two dates under ids that are always new", renamed, 6},
		{"the team's own over it", [][]cycle.Event{late, cycle.Lay(late, mine)}, 7},
		{"the team's own over it, and none", [][]cycle.Event{late, cycle.Lay(late, mine), nil}, 9},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(t, "2026-11-22T12:00:00Z", tc.copies[0]...)
			var got []string
			for hour := 1; hour <= 72; hour++ {
				for _, line := range r.later(1, tc.copies[hour%len(tc.copies)]...) {
					got = append(got, r.v.At.Format("02T15 ")+line)
				}
			}
			if len(got) == 0 || len(got) > tc.want {
				t.Errorf("says %d, want at most %d: %q", len(got), tc.want, got)
			}
		})
	}
}

// However a date comes and goes, nobody believes it to be there when it is gone, or
// later than it is; and of the rest there are two messages a day.
func TestNobodyComesTooLate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		days := []string{"2026-12-03T12:00:00Z", "2026-12-03T20:00:00Z", "2026-12-10T12:00:00Z", ""}
		source := func(i int) []cycle.Event {
			if days[i] == "" {
				return nil
			}
			return []cycle.Event{own(t, "ff", "Feature freeze", days[i])}
		}
		r := newReader(t, "2026-11-22T12:00:00Z", source(0)...)
		var waits []time.Time // messages that could have waited
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(days)-1), 1, 72).Draw(rt, "hour by hour") {
			before := r.rooms()
			said := r.later(1, source(i)...)
			is := r.rooms()
			switch {
			case days[i] == "" && !is.Gone:
				rt.Fatalf("the room believes %s, and it is gone", is.At)
			case days[i] != "" && is.At.After(utc(t, days[i])):
				rt.Fatalf("the room believes %s, and it is %s", is.At, days[i])
			}
			if len(said) > 0 && !is.Gone && !is.At.Before(before.At) {
				waits = append(waits, r.v.At)
			}
			if n := len(waits); n > often && waits[n-1].Sub(waits[n-1-often]) < within-time.Hour {
				rt.Fatalf("said at %v", waits)
			}
		}
	})
}

// rooms is what the team's rooms know of the one event.
func (r *reader) rooms() belief {
	r.t.Helper()
	var k known
	if _, err := r.v.Get("calendar", &k); err != nil || len(k.Events) != 1 {
		r.t.Fatalf("the rooms know %v, %v", k.Events, err)
	}
	for _, is := range k.Events {
		return is
	}
	return belief{}
}
