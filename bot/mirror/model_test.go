package mirror_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// Whatever is read in whatever order, what is shown is what a server last said,
// and what a restart shows; every act is told once.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		server := map[int]review.Raw{}
		model := map[int]review.Change{}
		acts, told := 0, 0
		w.full(t)
		for range rapid.IntRange(1, 20).Draw(t, "readings") {
			w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 20 * day}).Draw(t, "later"))
			reading := mirror.Reading{}
			for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(1, 12), 0, 6, rapid.ID[int]).Draw(t, "numbers") {
				raw, there := server[n]
				switch what := rapid.SampledFrom([]string{"said", "said", "same", "merged", "private", "gone"}).Draw(t, "what"); {
				case !there:
					raw = uploaded(n, rapid.SampledFrom([]string{glance, specs}).Draw(t, "project"), w.now)
				case what == "said" && raw.Status == review.Open:
					raw = said(raw, zoe, w.now, "hm", review.Given{Label: "Code-Review", Value: rapid.IntRange(-2, 2).Draw(t, "value")})
					acts++
				case what == "merged" && raw.Status == review.Open:
					raw = merged(raw, w.now)
				case what == "private":
					raw.Private = true
				case what == "gone":
					reading.Gone = append(reading.Gone, n)
				}
				if _, again := model[n]; !again && there && raw.Status != review.Open && w.now.Sub(raw.Closed) > 35*day {
					// Known to the server alone.
					delete(server, n)
					continue
				}
				reading.Changes = append(reading.Changes, raw)
				server[n] = raw
				if raw.Private || slices.Contains(reading.Gone, n) {
					delete(server, n)
					delete(model, n)
					continue
				}
				raw.Server = opendev
				c := review.Digest(raw, rules)
				c.Queued = review.Remember(model[n], c, model[n].Queued).Queued
				model[n] = c
			}
			before := w.store.Commits()
			if rapid.Bool().Draw(t, "mark") {
				reading.Mark = []byte(w.now.String())
			}
			events := w.take(t, reading)
			told += len(slices.DeleteFunc(slices.Clone(events), func(s string) bool {
				return s[len(s)-len("vote by 2"):] != "vote by 2"
			}))
			if len(events) > 0 && w.store.Commits() == before {
				t.Fatalf("told %q, and nothing is stored", events)
			}
			if told != acts {
				t.Fatalf("told of %d acts, there were %d", told, acts)
			}
			for n, c := range model {
				if c.Status != review.Open && w.now.Sub(c.Closed) > 35*day {
					delete(model, n)
				}
			}
			// Old ones stay until something is written; they are no matter here.
			shown := slices.DeleteFunc(known(w.m), func(c review.Change) bool {
				return c.Status != review.Open && w.now.Sub(c.Closed) > 35*day
			})
			compare(t, "shown", shown, model)
			for n := range model {
				if _, found := w.m.Reviews(team, w.now, nil, nil, bot.ReviewState{}).Change(n); !found {
					t.Fatalf("%d is not found", n)
				}
			}
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				all, mark := known(w.m), w.m.Mark(opendev)
				w.restart(t)
				if diff := gocmp.Diff(all, known(w.m)) + gocmp.Diff(mark, w.m.Mark(opendev)); diff != "" {
					t.Fatalf("after a restart:\n%s", diff)
				}
			}
		}
	})
}

// compare leaves out what Remember knows better, of which a test of its own
// speaks.
func compare(t *rapid.T, what string, got []review.Change, model map[int]review.Change) {
	want := slices.SortedFunc(maps.Values(model), func(a, b review.Change) int { return cmp.Compare(a.Number, b.Number) })
	for _, list := range [][]review.Change{got, want} {
		for i := range list {
			list[i].Queued = time.Time{}
		}
	}
	if diff := gocmp.Diff(want, got, gocmp.Transformer("nil", func(l []review.Change) []review.Change {
		if len(l) == 0 {
			return nil
		}
		return l
	})); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}
