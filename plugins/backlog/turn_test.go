package backlog

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Who has to act, for every reason that there is.
func TestTurn(t *testing.T) {
	at := now.Add(-5 * 24 * time.Hour) // Thu 2026-11-19
	answered := func(c *review.Change) { c.Votes[len(c.Votes)-1].Answered = true }
	set := func(f func(*review.Change)) func(*review.Change) { return f }
	for _, tc := range []struct {
		reason review.Reason
		more   []func(*review.Change)
		spec   bool
		want   string
	}{
		{review.IsMerged, []func(*review.Change){set(func(c *review.Change) { c.Status, c.Closed = review.Merged, at })}, false, "is merged (Thu 2026-11-19)."},
		{review.IsAbandoned, []func(*review.Change){set(func(c *review.Change) { c.Status = review.Abandoned })}, false, "is abandoned. Restoring it would bring it back."},
		{review.IsPrivate, []func(*review.Change){set(func(c *review.Change) { c.Private = true })}, false, "is with its author, nina: private. It has to be made public first."},
		{review.InProgress, []func(*review.Change){set(func(c *review.Change) { c.WIP = true })}, false, "is with its author, nina: work in progress. Its author has to say that it is ready for review."},
		{review.InProgress, []func(*review.Change){voted(zoe, "Workflow", -1)}, false, "is with its author, nina, since Thu 2026-11-19: work in progress (by zoe). Its author has to say that it is ready for review."},
		{review.Conflicts, []func(*review.Change){set(func(c *review.Change) { c.Mergeable = review.No })}, false, "is with its author, nina: merge conflict. A rebase brings it back to reviewers."},
		{review.GateFailed, []func(*review.Change){voted(zoe, "Workflow", 1), set(func(c *review.Change) { c.CI.Vote = -2 })}, false, "is with its author, nina, since Thu 2026-11-19: the gate failed. A recheck or a new patch set that passes brings it back."},
		{review.InGate, []func(*review.Change){voted(zoe, "Workflow", 1)}, false, "is with the gate, since Thu 2026-11-19: approved, in the gate (by zoe). It lands by itself if the gate passes."},
		{review.Vetoed, []func(*review.Change){plus(zoe, -2)}, false, "is with its author, nina, since Thu 2026-11-19: a -2 not answered yet (from zoe). A new patch set or an answer brings it back to reviewers."},
		{review.VetoAnswered, []func(*review.Change){plus(zoe, -2), answered}, false, "is with a core, since Thu 2026-11-19: its -2 has been answered and still stands (from zoe)."},
		{review.Rechecked, []func(*review.Change){set(func(c *review.Change) {
			c.CI.Vote, c.CI.Rerun, c.CI.Recheck = -1, true, now.Add(-time.Hour)
		})}, false, "is with CI, since today: CI runs again. It is back with reviewers once CI has passed."},
		{review.CIFailed, []func(*review.Change){set(func(c *review.Change) { c.CI.Vote = -1 })}, false, "is with its author, nina, since Thu 2026-11-19: CI failed. A recheck or a new patch set that passes brings it back to reviewers."},
		{review.Negative, []func(*review.Change){plus(zoe, -1), plus(bob, -1)}, false, "is with its author, nina, since Thu 2026-11-19: a -1 not answered yet (from zoe, bob). A new patch set or an answer brings it back to reviewers."},
		{review.NoResult, []func(*review.Change){set(func(c *review.Change) { c.CI = review.CI{} })}, false, "is with CI, since Thu 2026-11-19: no CI result yet. It is back with reviewers once CI has passed."},
		{review.Remarked, []func(*review.Change){set(func(c *review.Change) {
			c.Reviewed, c.Acts = true, []review.Act{{By: dave, At: at, PatchSet: 1, Comment: true, Review: true}}
		})}, false, "is with its author, nina, since Thu 2026-11-19: a comment not answered yet (from dave). A new patch set or an answer brings it back to reviewers."},
		{review.NeedsPTL, []func(*review.Change){plus(zoe, 2), plus(bob, 2)}, true, "is with the PTL, since Thu 2026-11-19: needs the PTL's approval (so far zoe, bob)."},
		{review.NeedsApproval, []func(*review.Change){plus(zoe, 2), plus(bob, 2)}, false, "is with a core, since Thu 2026-11-19: needs approval (so far zoe, bob)."},
		{review.NeedsSecond, []func(*review.Change){plus(zoe, 2)}, false, "is with a core, since Thu 2026-11-19: needs one more +2 (so far zoe)."},
		{review.NeedsCore, []func(*review.Change){plus(dave, 1)}, false, "is with a core, since Thu 2026-11-19: has a +1, needs a core (so far dave)."},
		{review.NeedsReview, []func(*review.Change){set(func(c *review.Change) { c.Reviewed = true })}, false, "is with reviewers, since Thu 2026-11-19: needs a review."},
		{review.Unreviewed, nil, false, "is with reviewers, since Thu 2026-11-19: no review in 5 days."},
	} {
		t.Run(string(tc.reason), func(t *testing.T) {
			project := glance
			if tc.spec {
				project = specs
			}
			c := change(912345, project, 5, tc.more...)
			v := view(c)
			if got := v.Reviews().Row(c).Turn.Reason; got != tc.reason {
				t.Fatalf("this is %s, not %s", got, tc.reason)
			}
			want := `912345 "Cache policy checks" (` + review.Short(project) + ") " + tc.want + " https://review.example.org/912345"
			got := do(t, with(team()), v, "turn", bot.Call{}.WithChange("change", c))
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if word := regexp.MustCompile(`(?i)\b(turn|starved|dead letter|he|she)\b`).FindString(got); word != "" {
				t.Errorf("%q is no word for chat: %s", word, got)
			}
		})
	}
}

func TestTurnDoubts(t *testing.T) {
	v := view()
	v.Casts[glance] = review.Cast{}
	c := change(1, glance, 1, plus(zoe, 2), func(c *review.Change) { c.Mergeable = review.Unknown })
	got := do(t, with(team()), v, "turn", bot.Call{}.WithChange("change", c))
	want := `1 "Cache policy checks" (glance) is with a core, since Mon 2026-11-23: needs one more +2 (so far zoe).` +
		" Not sure: who the cores are can't be read; whether it merges can't be read. https://review.example.org/1"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTurnAndTheRest(t *testing.T) {
	// Of many who spoke some are named; an account without a section has its
	// own name, and the data its age.
	c := change(1, glance, 1, plus(zoe, -1), plus(bob, -1), plus(dave, -1), plus(carl, -1), plus(8, -1), plus(9, -1))
	c.People = []review.Account{{ID: carl, Name: "Carl C."}}
	v := view()
	v.Read.ReadAt = now.Add(-time.Hour)
	got := do(t, with(team()), v, "turn", bot.Call{}.WithChange("change", c))
	for _, want := range []string{"(from zoe, bob, dave, Carl C. and 2 more)", " That is as of Tue 2026-11-24 05:00 UTC."} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	// Somebody else's team in this room, or no change at all.
	v.Read = bot.ReviewState{}
	if got := do(t, with(team()), v, "turn", bot.Call{}.WithChange("change", c)); strings.Contains(got, "as of") || !strings.Contains(got, "not answered") {
		t.Errorf("a change that was read by itself: %s", got)
	}
}
