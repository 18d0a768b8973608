package review_test

import (
	"testing"
	"time"

	"torchbearer/bot/review"
)

func TestWaited(t *testing.T) {
	for waited, want := range map[time.Duration]string{
		-time.Hour: "less than 1 h", 59 * time.Minute: "less than 1 h", time.Hour: "1 h", 47*time.Hour + 59*time.Minute: "47 h",
		48 * time.Hour: "2 days", 14*24*time.Hour - time.Second: "13 days", 38 * 24 * time.Hour: "38 days",
	} {
		c := review.Change{AuthorUpdate: start}
		if got := c.Waited(start.Add(waited)); got != want {
			t.Errorf("%s: got %q, want %q", waited, got, want)
		}
	}
}

// Those whom a change waits for can be asked about it, and nobody else can: a
// row says the same as its change.
func TestPartiesThatReview(t *testing.T) {
	cast := review.Cast{Cores: review.KnownCores(2, 3, 4), PTL: []int{6}, Spec: true}
	for _, story := range [][]string{
		{"nina uploads", "zuul +1"},
		{"nina uploads"},
		{"nina uploads", "zuul -1"},
		{"nina uploads", "zuul +1", "zoe +2", "bob +2"},
		{"nina uploads", "zuul +1", "zoe -2", "nina uploads"},
		{"nina uploads", "zuul +1", "zoe +2 Workflow+1"},
		{"nina uploads", "nina merges"},
	} {
		w := newWorld()
		for _, line := range story {
			if err := w.do(line); err != nil {
				t.Fatal(err)
			}
		}
		c, some := w.change(), false
		row := review.NewRow(c, cast, nil, w.now)
		for account := range 10 {
			want, turn := c.Askable(cast, account, w.now)
			if got := row.Askable(cast, account); got != want {
				t.Errorf("%q: account %d is %q by the row, %q by the change", story, account, got, want)
			}
			some = some || want == review.None
			if want == review.None && !turn.Who.Reviews() {
				t.Errorf("%q: account %d can be asked, and nobody is waited for", story, account)
			}
		}
		if some != row.Turn.Who.Reviews() {
			t.Errorf("%q: somebody can be asked: %v; waits for somebody's review: %v", story, some, row.Turn.Who.Reviews())
		}
	}
}
