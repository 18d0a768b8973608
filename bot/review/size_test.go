package review_test

import (
	"fmt"
	"strings"
	"testing"

	"torchbearer/bot/review"
)

// A change stays small, however much is said of it: by hundreds of CI messages,
// by a crowd, in hostile letters.
func TestSize(t *testing.T) {
	crowd := func(w *world, n int, name string) {
		for i := range n {
			a := review.Account{ID: 1_000_000 + i, Username: fmt.Sprintf("reviewer%03d", i), Name: name}
			w.review(a, "", []review.Given{{Label: "Code-Review", Value: -1}}, "no")
			w.review(a, "", nil, strings.Repeat("because ", 2000))
		}
	}
	for _, c := range []struct {
		name    string
		happens func(w *world)
		most    int
	}{
		{"as uploaded", func(*world) {}, 500},
		{"500 CI messages", func(w *world) {
			for range 250 {
				w.must(t, "zuul +1")
				w.must(t, "zuul -1")
				w.must(t, "arista -1: Build failed")
			}
		}, 600},
		{"200 words and 20 reworks of five people", func(w *world) {
			for range 20 {
				for _, name := range []string{"zoe", "bob", "erin", "dave", "marucci"} {
					w.must(t, name+" -1: no")
					w.must(t, name+" +1: yes")
				}
				w.must(t, "nina uploads")
			}
		}, 1200},
		{"ten people", func(w *world) { crowd(w, 10, "Some Name") }, 3 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.must(t, "nina uploads")
			c.happens(w)
			if got := size(t, w.change()); got > c.most {
				t.Errorf("%d bytes of JSON, at most %d are allowed", got, c.most)
			} else {
				t.Logf("%d bytes", got)
			}
		})
	}

	// Nothing makes it unbounded.
	w := newWorld()
	w.raw.Subject = strings.Repeat("\x1b[31m<é", 5000)
	w.raw.Topic = strings.Repeat("\u2028", 5000)
	w.raw.Owner.Name = strings.Repeat("\r\n", 5000)
	w.must(t, "nina uploads")
	crowd(w, 300, strings.Repeat("<", 5000))
	w.must(t, "zoe -2: never")
	crowd(w, 300, "again")
	c := w.change()
	if c.Backlog() || c.Turn(w.cast, w.now).Reason != review.Vetoed {
		t.Errorf("a -2 was lost in the crowd: %+v", c.Turn(w.cast, w.now))
	}
	if got := size(t, c); got > 8<<10 {
		t.Errorf("a crowd of 300: %d bytes of JSON", got)
	} else {
		t.Logf("a crowd of 300 that all vote: %d bytes", got)
	}
}
