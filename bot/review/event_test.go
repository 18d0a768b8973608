package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/review"
)

func TestDiff(t *testing.T) {
	w := newWorld()
	var older review.Change
	for _, step := range []struct{ happens, want string }{
		{"nina uploads", "patch-set by nina"},
		{"arista -1: failed, bot says hello", ""},
		{"zuul +1, arista -1: failed, dave rechecks, bot says hello", "state by "},
		{"zuul +1", "state by "}, // what dave asked for
		{"zuul +1, zuul +1", ""},
		{"zoe comments inline", "comment by zoe first"},
		{"zoe +2, bob -1: wait", "vote by zoe, vote by bob"},
		{"bob says see line 3, nina uploads", "comment by bob, patch-set by nina"},
		{"zoe rebases", "patch-set by "},
		{"zuul +1, bob +2: fine", "vote by bob"},
		{"bob +0", "vote by bob"},
		{"nina says thanks", "comment by nina"},
		{"nina abandons", "abandon by "},
		{"nina restores", "restore by "},
		{"bob +2, nina merges", "vote by bob, merge by "},
		{"", ""},
	} {
		for line := range strings.SplitSeq(step.happens, ", ") {
			if line != "" {
				w.must(t, line)
			}
		}
		newer := w.change()
		var got []string
		for _, e := range review.Diff(older, newer) {
			line := fmt.Sprintf("%s by %s", e.What, called(newer, []int{e.By}))
			if e.First {
				line += " first"
			}
			if e.At.IsZero() && e.What != review.WasRestored {
				t.Errorf("%s: has no time", line)
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(step.want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s:\n%s", step.happens, diff)
		}
		older = newer
	}
}

// Whatever happens, in whatever readings: no act is news twice, and nobody's
// first word is lost.
func TestDiffTellsEveryActOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.once = rapid.Bool().Draw(t, "all at once")
		w.must(t, "nina uploads")
		var older review.Change
		told, heard := map[string]bool{}, map[int]bool{}
		firsts := 0
		for range rapid.IntRange(1, 12).Draw(t, "readings") {
			for _, line := range rapid.SliceOfN(rapid.SampledFrom(anything), 0, 5).Draw(t, "happens") {
				w.must(t, line)
			}
			newer := w.change()
			for _, e := range review.Diff(older, newer) {
				if e.What != review.Voted && e.What != review.Commented {
					continue
				}
				if e.First {
					firsts++
				}
				heard[e.By] = true
				id := fmt.Sprintf("%d %v %d %v %v", e.By, e.At, e.Act.PatchSet, e.Act.Comment, e.Act.Votes)
				if told[id] && !w.once {
					t.Fatalf("told twice: %s", id)
				}
				told[id] = true
			}
			for _, a := range newer.Acts {
				if !heard[a.By] {
					t.Fatalf("never heard of the act %+v", a)
				}
			}
			older = newer
		}
		if (firsts > 0) != !older.FirstReview.IsZero() || firsts > 1 {
			t.Fatalf("%d first reviews told; the first was at %v", firsts, older.FirstReview)
		}
	})
}

// A list of acts that was cut short does not make news of old ones when it has
// room again.
func TestDiffAfterACrowd(t *testing.T) {
	w := newWorld()
	w.must(t, "nina uploads")
	for i := range 40 {
		w.review(review.Account{ID: 100 + i, Username: fmt.Sprintf("user%d", i)}, "", nil, "hm")
		if i < 30 {
			continue
		}
		w.review(review.Account{ID: 100 + i, Username: fmt.Sprintf("user%d", i)}, "", []review.Given{{Label: "Code-Review", Value: 1}}, "")
	}
	older := w.change()
	w.must(t, "nina says thank you all")
	newer := w.change()
	if len(newer.Acts) != len(older.Acts) || newer.Acts[0].By >= older.Acts[0].By {
		t.Fatalf("%d acts from %d on, then %d from %d on: this test shows nothing", len(older.Acts), older.Acts[0].By, len(newer.Acts), newer.Acts[0].By)
	}
	if events := review.Diff(older, newer); len(events) != 1 || events[0].By != people["nina"].ID {
		t.Errorf("%d events, want nina's", len(events))
	}
}
