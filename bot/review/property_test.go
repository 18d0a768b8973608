package review_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/review"
)

// anything is what can happen to a change.
var anything = []string{
	"nina uploads", "dave uploads", "nina rebases", "zoe rebases", "nina edits the message",
	"nina rebases, all votes dropped", "zuul +1", "zuul -1", "zuul +2", "zuul -2", "zuul reports again", "zuul can't merge it",
	"zuul starts the gate", "zoe +2", "zoe -1: no", "zoe -2: never", "zoe +0", "bob +2", "bob -1", "erin says why?", "dave +1", "dave says hm",
	"dave comments inline", "bob Workflow+1", "bob Workflow+0", "nina Workflow-1", "nina Workflow+0", "nina +2", "nina -2", "nina says done",
	"nina rechecks", "dave rechecks", "arista -1: failed", "arista says tested", "bot says hello", "robot says hi",
	"nina sets WIP", "nina sets ready", "nina sets private", "nina sets public", "nina abandons", "nina restores",
	"mergeable yes", "mergeable no", "mergeable unknown", "the cores are unknown", "it is a spec",
}

// harmless is what never changes a turn or a clock: what machines say, a rebase
// that keeps what its server keeps, an owner's vote, a recheck (of a change that
// CI has not failed), the bot's own words.
var harmless = []string{
	"arista -1: Build failed", "arista +1: Build succeeded", "arista says recheck with: recheck", "jenkins -1: Build failed", "zuul says Starting check jobs.",
	"robot says hi", "bot says no review in 38 days", "nina rebases, all votes copied", "zoe rebases, all votes copied",
	"nina +1", "nina +2", "nina -1", "nina -2", "nina Verified+1", "nina Review-Priority-1", "nina rechecks", "dave rechecks", "dave says recheck bug 1",
}

func (w *world) must(t fataler, line string) {
	t.Helper()
	if err := w.do(line); err != nil {
		t.Fatalf("%v", err)
	}
}

// live lets anything happen for a while, at intervals of minutes to weeks or in
// the same second.
func live(t *rapid.T) *world {
	w := newWorld()
	w.once = true
	w.must(t, "nina uploads")
	for range rapid.IntRange(0, 25).Draw(t, "happenings") {
		w.pass(t)
		w.must(t, rapid.SampledFrom(anything).Draw(t, "then"))
	}
	w.now = w.now.Add(time.Second)
	return w
}

func (w *world) pass(t *rapid.T) {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{0, 0, time.Minute, 20 * time.Hour, 5 * 24 * time.Hour, 15 * 24 * time.Hour, 61 * 24 * time.Hour}).Draw(t, "later"))
}

func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := live(t)
		w.check(t, w.change())
	})
}

func TestHarmlessThingsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := live(t)
		before := w.change()
		if before.CI.Vote <= 0 {
			// Otherwise a recheck would change something: CI is at work.
			w.must(t, "zuul +1")
			w.now = w.now.Add(time.Second)
			before = w.change()
		}
		happened := rapid.SliceOfN(rapid.SampledFrom(harmless), 1, 6).Draw(t, "harmless")
		for _, line := range happened {
			w.must(t, line)
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
		}
		after := w.change()
		type state struct {
			Turn                               review.Turn
			AuthorUpdate, First, Last          time.Time
			Reviewed, Backlog, Starved, Spared bool
			Candidate                          review.Candidate
			Silent                             []int
			Votes                              []review.Vote
			Askable                            []review.Refusal
		}
		of := func(c review.Change) state {
			s := state{
				Turn: c.Turn(w.cast, w.now), AuthorUpdate: c.AuthorUpdate, First: c.FirstReview, Last: c.LastReview,
				Reviewed: c.Reviewed, Backlog: c.Backlog(), Starved: c.Starved(w.now), Spared: c.Spared(w.now),
			}
			s.Candidate, _ = c.Candidate(w.cast, w.now)
			s.Silent, _ = c.SilentCores(w.cast)
			for _, v := range c.Votes {
				if v.By != c.Owner.ID {
					s.Votes = append(s.Votes, v)
				}
			}
			for _, core := range []string{"zoe", "bob", "erin", "maria", "dave"} {
				refusal, _ := c.Askable(w.cast, people[core].ID, w.now)
				s.Askable = append(s.Askable, refusal)
			}
			return s
		}
		if diff := cmp.Diff(of(before), of(after)); diff != "" {
			t.Fatalf("after %q:\n%s", happened, diff)
		}
	})
}

// What moves the turn, because CI has to look again or the author has put the
// change away, moves no clock yet.
func TestClocksStandStill(t *testing.T) {
	still := append(slices.Clone(harmless), "nina rebases", "zoe rebases", "nina rebases, all votes dropped", "nina edits the message",
		"zuul +1", "zuul -1", "zuul -2", "zuul reports again", "zuul can't merge it", "zuul starts the gate", "mergeable no", "mergeable yes",
		"nina sets WIP", "nina sets ready", "nina sets private", "nina abandons", "nina restores", "nina Workflow-1", "zoe +0")
	rapid.Check(t, func(t *rapid.T) {
		w := live(t)
		before := w.change()
		happened := rapid.SliceOfN(rapid.SampledFrom(still), 1, 6).Draw(t, "still")
		for _, line := range happened {
			w.pass(t)
			w.must(t, line)
		}
		type clocks struct {
			AuthorUpdate, First, Last time.Time
			Reviewed                  bool
			Uploader                  review.Account
		}
		of := func(c review.Change) clocks {
			return clocks{c.AuthorUpdate, c.FirstReview, c.LastReview, c.Reviewed, c.Uploader}
		}
		if diff := cmp.Diff(of(before), of(w.change())); diff != "" {
			t.Fatalf("after %q:\n%s", happened, diff)
		}
	})
}

// Whatever is thrown at a change that reviewers have neglected: as long as they
// have not reviewed it and its author has not sent new code, it is no candidate.
func TestNeglectedIsNeverACandidate(t *testing.T) {
	thrown := slices.DeleteFunc(slices.Clone(anything), func(s string) bool {
		switch s {
		case "nina uploads", "dave uploads": // an author update
			return true
		case "zoe +2", "zoe -1: no", "zoe -2: never", "bob +2", "bob -1", "erin says why?", "dave +1", "dave says hm",
			"dave comments inline", "bob Workflow+1": // a review
			return true
		}
		return false
	})
	rapid.Check(t, func(t *rapid.T) {
		w := live(t)
		w.cast.Cores = review.KnownCores(2, 3, 4)
		for _, line := range []string{"nina restores", "nina sets public", "nina sets ready", "nina Workflow+0", "bob Workflow+0", "zoe +0", "zuul +1", "nina uploads", "zuul +1"} {
			w.must(t, line)
			w.now = w.now.Add(time.Minute)
		}
		w.now = w.now.Add(14 * 24 * time.Hour)
		c := w.change()
		if !c.Starved(w.now) {
			t.Skip("vetoed before") // a -2 that is carried along
		}
		w.once = true
		for range rapid.IntRange(1, 30).Draw(t, "throws") {
			older := w.change()
			w.must(t, rapid.SampledFrom(thrown).Draw(t, "thrown"))
			w.pass(t)
			c = review.Remember(older, w.change(), w.now)
			for _, at := range []time.Time{w.now, w.now.AddDate(0, 2, 1), w.now.AddDate(3, 0, 0)} {
				if k, is := w.change().Candidate(w.cast, at); is {
					t.Fatalf("a neglected change is a candidate: %s", k.Why)
				}
				if k, is := c.Candidate(w.cast, at); is {
					t.Fatalf("a neglected change that was remembered is a candidate: %s", k.Why)
				}
			}
		}
		if w.change().Status == review.Open && !w.change().Reviewed && !w.change().Spared(w.now) {
			t.Fatalf("forgot that the change was neglected")
		}
	})
}

// What one reading saw, the next does not forget, however the server rewrites
// its history: here all its messages are gone.
func TestRemember(t *testing.T) {
	w := newWorld()
	w.must(t, "nina uploads")
	w.must(t, "zuul +1")
	w.must(t, "day 20")
	older := w.change()
	if !older.Starved(w.now) {
		t.Fatal("not starved after 20 days")
	}
	w.raw.Messages = nil
	w.raw.Votes[0].Value = -1
	w.raw.Updated = start
	newer := w.change()
	later := w.now.AddDate(0, 3, 0)
	if _, is := newer.Candidate(w.cast, later); !is {
		t.Fatal("without its history nothing spares it: this test shows nothing")
	}
	if k, is := review.Remember(older, newer, w.now).Candidate(w.cast, later); is {
		t.Errorf("a candidate: %s", k.Why)
	}
}
