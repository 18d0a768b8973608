package civil

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// lines reads occurrences as a person in the zone would note them.
func lines(w Weekly, from, to time.Time) []string {
	var got []string
	for d, at := range w.Between(from, to) {
		got = append(got, d.String()+": "+at.In(w.zone()).Format("Mon 2006-01-02 15:04 -07:00"))
	}
	return got
}

func TestWeeklyStories(t *testing.T) {
	tests := []struct {
		story, zone string
		days        []time.Weekday // none: every day
		at          Clock
		from, to    string
		want        []string
	}{
		{
			"review day over a change of clocks", "Europe/Prague",
			[]time.Weekday{time.Monday},
			Clock{13, 0},
			"2026-10-12T11:00:00Z", "2026-11-02T12:00:00Z", // from is one itself, and so is to
			[]string{
				"2026-10-19: Mon 2026-10-19 13:00 +02:00",
				"2026-10-26: Mon 2026-10-26 13:00 +01:00",
				"2026-11-02: Mon 2026-11-02 13:00 +01:00",
			},
		},
		{
			"days in any order, one named twice", "UTC",
			[]time.Weekday{time.Friday, time.Monday, time.Friday},
			Clock{6, 30},
			"2026-12-07T06:29:59Z", "2026-12-14T06:29:59Z",
			[]string{"2026-12-07: Mon 2026-12-07 06:30 +00:00", "2026-12-11: Fri 2026-12-11 06:30 +00:00"},
		},
		{
			"a time that is skipped once", "Europe/Prague", nil,
			Clock{2, 30},
			"2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z",
			[]string{
				"2026-03-28: Sat 2026-03-28 02:30 +01:00",
				"2026-03-29: Sun 2026-03-29 03:00 +02:00",
				"2026-03-30: Mon 2026-03-30 02:30 +02:00",
			},
		},
		{
			"a time that comes twice", "Europe/Prague", nil,
			Clock{2, 30},
			"2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z",
			[]string{
				"2026-10-25: Sun 2026-10-25 02:30 +02:00",
				"2026-10-26: Mon 2026-10-26 02:30 +01:00",
			},
		},
		{
			"asked between the two, it does not come again", "Europe/Prague", nil,
			Clock{2, 30},
			"2026-10-25T00:30:00Z", "2026-10-25T12:00:00Z",
			nil,
		},
		{
			"midnight does not exist", "America/Santiago", nil,
			Clock{},
			"2025-09-06T12:00:00Z", "2025-09-08T12:00:00Z",
			[]string{
				"2025-09-07: Sun 2025-09-07 01:00 -03:00",
				"2025-09-08: Mon 2025-09-08 00:00 -03:00",
			},
		},
		{
			"midnight comes, and then the day before again", "America/St_Johns", nil,
			Clock{},
			"2010-11-07T02:29:59Z", "2010-11-07T02:30:30Z", // to is in the first 00:00 of the 7th
			[]string{"2010-11-07: Sun 2010-11-07 00:00 -02:30"},
		},
		{
			"the same, seen from the repeated hour", "America/St_Johns", nil,
			Clock{},
			"2010-11-07T02:29:59Z", "2010-11-07T03:00:00Z", // to reads 23:30 of the 6th
			[]string{"2010-11-07: Sun 2010-11-07 00:00 -02:30"},
		},
		{
			"a day that never was keeps its occurrence", "Pacific/Apia",
			[]time.Weekday{time.Friday},
			Clock{9, 0},
			"2011-12-20T00:00:00Z", "2012-01-10T00:00:00Z",
			[]string{
				"2011-12-23: Fri 2011-12-23 09:00 -10:00",
				"2011-12-30: Sat 2011-12-31 00:00 +14:00",
				"2012-01-06: Fri 2012-01-06 09:00 +14:00",
			},
		},
		{
			"and may share an instant with the next day", "Pacific/Apia", nil,
			Clock{},
			"2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z",
			[]string{
				"2011-12-30: Sat 2011-12-31 00:00 +14:00",
				"2011-12-31: Sat 2011-12-31 00:00 +14:00",
			},
		},
		{
			"nothing before its time", "Etc/GMT+12", nil,
			Clock{23, 59},
			"2026-12-10T11:59:00Z", "2026-12-11T11:58:59.999999999Z",
			nil,
		},
		{
			"an empty span", "UTC", nil,
			Clock{6, 0},
			"2026-12-10T06:00:00Z", "2026-12-10T06:00:00Z",
			nil,
		},
		{
			"a span the wrong way round", "UTC", nil,
			Clock{6, 0},
			"2026-12-12T06:00:00Z", "2026-12-10T06:00:00Z",
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			w := Daily(tt.at, mustZone(t, tt.zone))
			if tt.days != nil {
				w.Days = tt.days
			}
			got := lines(w, mustTime(t, tt.from), mustTime(t, tt.to))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNext(t *testing.T) {
	monday := Weekly{Days: []time.Weekday{time.Monday}, At: Clock{13, 0}} // no zone: UTC
	d, at := monday.Next(mustTime(t, "2026-11-23T13:00:00Z"))
	if got, want := d.String()+" "+at.Format(time.RFC3339), "2026-11-30 2026-11-30T13:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A week with a repeated hour is longer than a week.
	monday.Zone = mustZone(t, "Europe/Prague")
	d, at = monday.Next(mustTime(t, "2026-10-19T11:00:00Z"))
	if got, want := d.String()+" "+at.Format(time.RFC3339), "2026-10-26 2026-10-26T12:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if d, at := (Weekly{}).Next(at); !d.IsZero() || !at.IsZero() {
		t.Errorf("without days: got %s %s", d, at)
	}
	// The Friday that never was lies in between.
	friday := Weekly{Days: []time.Weekday{time.Friday}, At: Clock{}, Zone: mustZone(t, "Pacific/Apia")}
	d, at = friday.Next(mustTime(t, "2011-12-30T10:00:00Z"))
	if got, want := d.String()+" "+at.Format(time.RFC3339), "2012-01-06 2012-01-05T10:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestBetweenStopsWhenToldTo(t *testing.T) {
	from := mustTime(t, "2026-12-10T00:00:00Z")
	n := 0
	for range Daily(Clock{6, 0}, time.UTC).Between(from, from.AddDate(1, 0, 0)) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("got %d", n)
	}
}

// Around changes of clocks in odd zones, Between gives exactly the dates whose
// instant lies in the span: none lost, none twice, never going back; however
// the time is cut into spans.
func TestBetweenLosesNoDateAndRepeatsNone(t *testing.T) {
	type occurrence struct {
		Date Date
		At   time.Time
	}
	collect := func(w Weekly, from, to time.Time) []occurrence {
		var all []occurrence
		for d, at := range w.Between(from, to) {
			all = append(all, occurrence{d, at})
		}
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		loc, near, at := drawWall(t)
		w := Weekly{At: at, Zone: loc}
		for day, in := range rapid.SliceOfN(rapid.Bool(), 7, 7).Draw(t, "days") {
			if in {
				w.Days = append(w.Days, time.Weekday(day))
			}
		}
		// Ends at occurrences, a little beside them, or anywhere.
		bound := func(label string) time.Time {
			t0 := near.AddDays(rapid.IntRange(-20, 20).Draw(t, label+" day")).At(at, loc)
			return t0.Add(rapid.SampledFrom([]time.Duration{0, -1, 1, 30 * time.Minute, -30 * time.Minute, 7 * time.Hour}).Draw(t, label))
		}
		a, b, c := bound("a"), bound("b"), bound("c")
		if c.Before(a) {
			a, c = c, a
		}

		var want []occurrence
		for d := near.AddDays(-25); !d.After(near.AddDays(25)); d = d.AddDays(1) {
			for _, day := range w.Days {
				if at := d.At(w.At, loc); d.Weekday() == day && at.After(a) && !at.After(c) {
					want = append(want, occurrence{d, at})
				}
			}
		}
		got := collect(w, a, c)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s, %v at %s, (%s, %s], -want +got:\n%s", loc, w.Days, w.At, a, c, diff)
		}
		for i := 1; i < len(got); i++ {
			if !got[i-1].Date.Before(got[i].Date) || got[i].At.Before(got[i-1].At) {
				t.Fatalf("%s: %v is followed by %v", loc, got[i-1], got[i])
			}
		}
		if a.Before(b) && b.Before(c) {
			if diff := cmp.Diff(got, append(collect(w, a, b), collect(w, b, c)...)); diff != "" {
				t.Fatalf("%s: cut at %s, -whole +parts:\n%s", loc, b, diff)
			}
		}
		if d, next := w.Next(a); len(got) > 0 && (d != got[0].Date || !next.Equal(got[0].At)) {
			t.Fatalf("%s: next after %s is %s %s, want %v", loc, a, d, next, got[0])
		} else if len(w.Days) > 0 && !next.After(a) {
			t.Fatalf("%s: nothing is next after %s", loc, a)
		}
	})
}

// One year of a daily recurrence: thousands of times less work than a look at
// every minute.
func BenchmarkBetweenYear(b *testing.B) {
	loc := mustZone(b, "Europe/Prague")
	w := Daily(Clock{2, 30}, loc)
	from := mustTime(b, "2026-01-01T00:00:00Z")
	for b.Loop() {
		n := 0
		for range w.Between(from, from.AddDate(1, 0, 0)) {
			n++
		}
		if n != 365 {
			b.Fatal(n)
		}
	}
}
