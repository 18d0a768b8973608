package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"torchbearer/bot/review"
)

// busy is a change with a long history: a year of reviews, rechecks and CI.
func busy(tb testing.TB, number int) *world {
	w := newWorld()
	w.raw.Number = number
	rnd := rand.New(rand.NewPCG(1, uint64(number)))
	for day := range 60 {
		for _, line := range []string{fmt.Sprintf("day %d", day*6), "nina uploads", "arista -1: Build failed", "zuul +1", "dave says hm", "zoe -1: no", "nina says done", "nina rechecks"} {
			if err := w.do(line); err != nil {
				tb.Fatal(err)
			}
			if rnd.IntN(3) == 0 {
				break
			}
		}
	}
	return w
}

func BenchmarkDigest(b *testing.B) {
	w := busy(b, 1)
	b.ReportMetric(float64(len(w.raw.Messages)), "messages")
	for b.Loop() {
		w.change()
	}
}

func BenchmarkTurn(b *testing.B) {
	w := busy(b, 1)
	c := w.change()
	for b.Loop() {
		c.Turn(w.cast, w.now)
	}
}

func BenchmarkOrder10000(b *testing.B) {
	var changes []review.Change
	for n := range 20 {
		changes = append(changes, busy(b, n).change())
	}
	rows := make([]review.Row, 10_000)
	for i := range rows {
		c := changes[i%len(changes)]
		c.Number = i
		c.AuthorUpdate = start.AddDate(0, 0, i*7919%400)
		rows[i] = review.NewRow(c, review.Cast{}, nil, start.AddDate(2, 0, 0))
	}
	var sorted []review.Row
	for b.Loop() {
		sorted = review.Sorted(slices.Values(rows))
	}
	if !slices.IsSortedFunc(sorted, review.Row.Compare) {
		b.Fatal("not sorted")
	}
}

// BenchmarkRows10000 is what a night's line does: judge and sort every change.
func BenchmarkRows10000(b *testing.B) {
	c := busy(b, 1)
	change := c.change()
	for b.Loop() {
		review.Sorted(func(yield func(review.Row) bool) {
			for n := range 10_000 {
				change.Number = n
				yield(review.NewRow(change, c.cast, nil, c.now))
			}
		})
	}
}
