package review_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/review"
)

// row plays a story on a change of its own number and makes its row at the
// 40th day.
func row(t *testing.T, number int, marks []review.Mark, story ...string) review.Row {
	t.Helper()
	w := newWorld()
	w.raw.Number = number
	for _, line := range story {
		w.must(t, line)
	}
	return review.NewRow(w.change(), w.cast, marks, start.AddDate(0, 0, 40))
}

func TestOrder(t *testing.T) {
	marks := []review.Mark{
		{Server: "opendev", Change: 3, Kind: "priority", Weight: 2, Why: "import refactor"},
		{Server: "opendev", Change: 4, Kind: "priority", Weight: 1},
		{Server: "opendev", Change: 2, Kind: "priority", Weight: 9},
		{Server: "opendev", Change: 7, Kind: "priority", Weight: 9, Until: start},
		{Server: "elsewhere", Change: 7, Kind: "priority", Weight: 9},
		{Server: "opendev", Change: 7, Kind: "asked", Why: "two silent asks"},
	}
	uploaded := func(day string, more ...string) []string {
		return append([]string{day, "nina uploads", "zuul +1"}, more...)
	}
	rows := []review.Row{
		row(t, 1, marks, uploaded("day 2")...),
		row(t, 2, marks, uploaded("day 9")...), // a priority, too: how long it waits counts
		row(t, 11, marks, uploaded("day 10", "day 38", "zuul -1")...),
		row(t, 3, marks, uploaded("day 39")...),
		row(t, 4, marks, uploaded("day 3", "zoe +1")...),
		row(t, 5, marks, uploaded("day 38", "zoe +2")...),
		row(t, 6, marks, uploaded("day 1", "zoe +1")...),
		row(t, 7, marks, uploaded("day 30", "dave +1")...),
		row(t, 8, marks, uploaded("day 39")...),
		row(t, 9, marks, uploaded("day 39")...),
	}
	want := []string{
		"no review in 38 days", "no review in 31 days", "no review in 30 days",
		"priority: import refactor", "priority",
		"needs one more +2",
		"has a +1, needs a core", "has a +1, needs a core", "no review yet", "no review yet",
	}
	for range 20 {
		mixed := slices.Clone(rows)
		rand.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		mixed = review.Sorted(slices.Values(mixed))
		var whys []string
		for i, r := range mixed {
			whys = append(whys, r.Why)
			if r.Change.Number != rows[i].Change.Number {
				t.Errorf("place %d: change %d, want %d", i, r.Change.Number, rows[i].Change.Number)
			}
		}
		if diff := cmp.Diff(want, whys); diff != "" {
			t.Fatalf("reasons (-want +got):\n%s", diff)
		}
	}
	if got := rows[7].Marks; len(got) != 1 || got[0].Kind != "asked" {
		t.Errorf("marks in force on 7: %v, want the one of the asks", got)
	}
}

// The order is a strict weak one, and Sort follows it.
func TestOrderIsAnOrder(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) review.Row {
		r := review.Row{
			Neglected: rapid.Bool().Draw(t, "neglected"),
			Weight:    rapid.IntRange(0, 2).Draw(t, "weight"),
			Turn:      review.Turn{OneAct: rapid.Bool().Draw(t, "one act")},
		}
		r.Change.Number = rapid.IntRange(1, 4).Draw(t, "number")
		r.Change.AuthorUpdate = start.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "since")) * time.Hour)
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(some, 3, 12).Draw(t, "rows")
		for _, a := range rows {
			for _, b := range rows {
				if a.Compare(b) != -b.Compare(a) {
					t.Fatalf("not antisymmetric: %+v, %+v", a, b)
				}
				for _, c := range rows {
					if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
						t.Fatalf("not transitive: %+v, %+v, %+v", a, b, c)
					}
				}
			}
		}
		sorted := review.Sorted(slices.Values(rows))
		if !slices.IsSortedFunc(sorted, review.Row.Compare) || len(sorted) != len(rows) {
			t.Fatalf("not sorted: %+v", sorted)
		}
	})
}

func TestFilter(t *testing.T) {
	c := review.Change{Server: "opendev", Project: "openstack/glance"}
	gone := c
	gone.Status = review.Merged
	for _, f := range []struct {
		name       string
		filter     review.Filter
		open, done bool
	}{
		{"everything open", review.Filter{}, true, false},
		{"closed ones too", review.Filter{Closed: true}, true, true},
		{"its project", review.Filter{Projects: []string{"openstack/nova", "openstack/glance"}}, true, false},
		{"another project", review.Filter{Projects: []string{"openstack/glance_store"}}, false, false},
		{"no project at all", review.Filter{Projects: []string{}}, false, false},
		{"another server", review.Filter{Server: "wikimedia"}, false, false},
	} {
		if got := f.filter.Match(c); got != f.open {
			t.Errorf("%s: an open change: %v", f.name, got)
		}
		if got := f.filter.Match(gone); got != f.done {
			t.Errorf("%s: a merged change: %v", f.name, got)
		}
	}
}
