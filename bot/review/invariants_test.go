package review_test

import (
	"strings"
	"time"

	"torchbearer/bot/review"
)

// invariants hold of every change, whoever asks and whenever.
func invariants(t fataler, c review.Change, cast review.Cast, now time.Time) {
	t.Helper()
	turn := c.Turn(cast, now)
	_, candidate := c.Candidate(cast, now)
	switch {
	case turn.Who == "" || turn.Why == "" || turn.Reason == "":
		t.Fatalf("%d: nobody's turn, or for no reason: %+v", c.Number, turn)
	case candidate && (c.Starved(now) || c.Spared(now)):
		t.Fatalf("%d: a neglected change is a candidate", c.Number)
	case c.Starved(now) && !c.Backlog():
		t.Fatalf("%d: starved outside the backlog", c.Number)
	case c.Starved(now) && !c.Spared(now):
		t.Fatalf("%d: starved and not spared", c.Number)
	case c.Spared(now) && c.Reviewed:
		t.Fatalf("%d: spared after a review", c.Number)
	case candidate && c.Status != review.Open:
		t.Fatalf("%d: %s and a candidate", c.Number, c.Status)
	case c.Backlog() && (turn.Who == review.Nobody || turn.Who == review.Gate || turn.Who == review.TheCI):
		t.Fatalf("%d: in the backlog, but the turn is %s", c.Number, turn.Who)
	case turn.OneAct && turn.Who != review.Core && turn.Who != review.PTL:
		t.Fatalf("%d: one act lands it, but the turn is %s", c.Number, turn.Who)
	case c.Status == review.Open && (turn.Who == review.Nobody):
		t.Fatalf("%d: open, but nobody's turn", c.Number)
	case c.Reviewed && c.LastReview.Before(c.AuthorUpdate):
		t.Fatalf("%d: reviewed by a review of before the update", c.Number)
	}
	for _, word := range []string{"starved", "turn", "spared"} {
		if strings.Contains(turn.Why+turn.Reason.Help(), word) {
			t.Fatalf("chat says %q: %q", word, turn.Why+turn.Reason.Help())
		}
	}
	silent, _ := c.SilentCores(cast)
	for _, id := range silent {
		refusal, _ := c.Askable(cast, id, now)
		if (turn.Who == review.Reviewers || turn.Who == review.Core) && refusal != review.None {
			t.Fatalf("%d: silent core %d can't be asked: %s", c.Number, id, refusal)
		}
	}
	for _, id := range cast.Cores.All() {
		if refusal, _ := c.Askable(cast, id, now); refusal == review.None && (c.Author(id) || turn.Who == review.Author) {
			t.Fatalf("%d: core %d can be asked on the turn of %s", c.Number, id, turn.Who)
		}
	}
}
