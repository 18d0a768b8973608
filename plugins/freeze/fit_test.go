package freeze

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Of more than one transaction holds, news stays, and of the nearest events what waits
// is put right in every room; that of the others is dropped, never left with the old
// date. With fewer, all is put right and edited.
func TestFit(t *testing.T) {
	for _, tc := range []struct {
		rooms, events, beside  int // dates
		amended, dropped, edit int // events
	}{
		{2, 6, 0, 6, 0, 6},
		{20, 6, 0, 3, 3, 0},
		{45, 3, 0, 1, 2, 0},
		{90, 2, 0, 0, 2, 0},
		{20, 6, 1000, 2, 4, 0},
		{2, 6, 1000, 6, 0, 6},
	} {
		t.Run(fmt.Sprint(tc.events, " events in ", tc.rooms, " rooms, of ", tc.beside), func(t *testing.T) {
			dates := func(hour int) (events []cycle.Event) {
				for i := range tc.events {
					events = append(events, own(t, fmt.Sprint("freeze-", i), fmt.Sprint("Freeze ", i), fmt.Sprintf("2026-12-%dT%d:00:00Z", 10+i, hour)))
				}
				for i := range tc.beside {
					at := utc(t, "2027-01-01T12:00:00Z").AddDate(0, 0, i)
					events = append(events, own(t, fmt.Sprint("ics-joint-meeting-", i, "-example-org"), "Joint meeting of all", at.Format(time.RFC3339)))
				}
				return events
			}
			r := newReader(t, "2026-11-20T12:00:00Z", dates(12)...)
			r.p.team.Rooms, r.p.team.Shared = nil, nil
			for i := range tc.rooms {
				r.p.team.Rooms = append(r.p.team.Rooms, bot.Room{Network: "net", Name: fmt.Sprint("#", i)})
			}
			for i, e := range r.v.Cal.Events[:tc.events] {
				r.v.At = utc(t, "2026-12-03T14:00:00Z").AddDate(0, 0, i)
				due := slices.DeleteFunc(r.p.due(r.v, r.v.At.Add(-time.Second), r.v.At), func(o bot.Occurrence) bool { return o.Data.(reminder).event.ID != e.ID })
				if len(due) != 1 {
					t.Fatalf("due: %v", due)
				}
				eff, err := r.p.remind(t.Context(), r.v, due[0])
				r.hears(eff, err)
			}
			r.v.At = utc(t, "2026-12-08T20:00:00Z")
			cal, _, diff := cycle.New(time.UTC, dates(13)).Observe(r.seen, r.v.At)
			r.v.Cal = cal
			eff, err := r.p.on(t.Context(), r.v, bot.Event{Calendar: &diff})
			if err != nil {
				t.Fatal(err)
			}
			news, amended, edited := 0, map[bot.Key]int{}, map[bot.Key]int{}
			for _, s := range eff.Say {
				switch {
				case s.Amend:
					amended[s.Key]++
				case s.Edit:
					edited[s.Key]++
				default:
					news++
				}
			}
			got := [3]int{0, len(eff.Unsay), 0}
			for i, e := range cal.Events[:tc.events] {
				h, _ := heardAs(r.v, e.ID)
				switch n := amended[h.Key]; {
				case n == tc.rooms && i == got[0]:
					got[0]++
				case n > 0 || !slices.Contains(eff.Unsay, bot.Key(e.ID)):
					t.Errorf("%s: put right in %d rooms, after %d others", e.ID, n, got[0])
				}
				if edited[h.Key] == tc.rooms {
					got[2]++
				}
			}
			if want := [3]int{tc.amended, tc.dropped, tc.edit}; news != tc.rooms || got != want || len(eff.Say) > mostSaid || !fits(t, eff) {
				t.Errorf("news in %d rooms; put right, dropped and edited: %v, want %v; %d messages", news, got, want, len(eff.Say))
			}
		})
	}
}

// fits reports whether the loop would take effects.
func fits(t *testing.T, eff bot.Effects) bool {
	b, err := json.Marshal(eff.Put)
	if err != nil {
		t.Fatal(err)
	}
	return len(b)+len(eff.Say)*perMessage < mostBytes
}

// A step is said in every room, though there are so many that the one before it can't
// be edited in all of them.
func TestFitRemind(t *testing.T) {
	r := newReader(t, "2026-11-20T12:00:00Z", own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z"))
	r.p.team.Rooms, r.p.team.Shared = nil, nil
	for i := range 70 {
		r.p.team.Rooms = append(r.p.team.Rooms, bot.Room{Network: "net", Name: fmt.Sprint("#", i)})
	}
	for _, at := range []string{"2026-11-26T14:00:00Z", "2026-12-03T14:00:00Z"} {
		r.v.At = utc(t, at)
		eff, err := r.p.remind(t.Context(), r.v, r.p.due(r.v, r.v.At.Add(-time.Second), r.v.At)[0])
		r.hears(eff, err)
		said := slices.DeleteFunc(slices.Clone(eff.Say), func(s bot.Say) bool { return s.Edit })
		if len(said) != 70 || len(eff.Say) > mostSaid {
			t.Errorf("%s: said in %d rooms, %d messages", at, len(said), len(eff.Say))
		}
	}
}

// Hundreds of dates that passed long ago leave the calendar together, and each was
// reminded of: there is nothing to drop. What has just passed may wait.
func TestFitGone(t *testing.T) {
	var dates []cycle.Event
	for i := range 200 {
		at := utc(t, "2026-11-21T12:00:00Z").AddDate(0, 0, i)
		dates = append(dates, own(t, fmt.Sprint("meeting-", i), "Meeting", at.Format(time.RFC3339)))
	}
	r := newReader(t, "2026-11-20T12:00:00Z", dates...)
	for _, e := range dates {
		h := heard{Step: civil.DaySpan(1), Said: e.At.AddDate(0, 0, -1), Key: rung(e, e.Day) + "/T-1d"}
		if err := r.v.Apply(bot.Effects{Put: map[string]any{"heard/" + e.ID: h}}); err != nil {
			t.Fatal(err)
		}
	}
	r.v.At = dates[199].At.Add(time.Hour)
	cal, _, diff := cycle.New(time.UTC, nil).Observe(r.seen, r.v.At)
	r.v.Cal = cal
	eff, err := r.p.on(t.Context(), r.v, bot.Event{Calendar: &diff})
	slices.Sort(eff.Unsay)
	if want := []bot.Key{"meeting-199"}; err != nil || !slices.Equal(eff.Unsay, want) {
		t.Errorf("drops %q, %v; want %q", eff.Unsay, err, want)
	}
}
