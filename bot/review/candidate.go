package review

import (
	"fmt"
	"time"
)

// expiry is how long an objection has to stand unanswered.
const expiry = 60 * 24 * time.Hour

// Candidate is a change that may be proposed for abandoning, and its reason.
type Candidate struct {
	Reason Reason    // Vetoed, Negative, CIFailed or Conflicts
	Why    string    // in plain words: "CI failed 71 days ago"
	Since  time.Time // of the objection
	By     int       // who gave the vote; 0 for CI and conflicts
}

// Candidate applies the definition; of several reasons the first is named:
//
//	Abandon candidate: open, not private, not work-in-progress, Workflow 0,
//	neither starved nor spared, and for 60 days or more, with no author update
//	since: a core's −1/−2, or CI's −1, or a merge conflict with a dated proof
//	(CI's merge-failure report). The reason is always named.
//
// What is not known speaks for the change: no vote is a core's where the core
// group can't be read.
func (c Change) Candidate(cast Cast, now time.Time) (Candidate, bool) {
	if c.Status != Open || c.Private || c.WIP || c.Workflow() != 0 || c.Starved(now) || c.Spared(now) {
		return Candidate{}, false
	}
	stands := func(since time.Time) bool {
		return !since.IsZero() && now.Sub(since) >= expiry && !since.Before(c.AuthorUpdate)
	}
	for _, v := range c.Votes {
		if v.Label != codeReview || v.Value >= 0 || v.By == c.Owner.ID || v.Answered || !stands(v.Cast) || cast.Cores.Has(v.By) != Yes {
			continue
		}
		k := Candidate{Reason: Negative, Since: v.Cast, By: v.By}
		if v.Value <= -2 {
			k.Reason = Vetoed
		}
		k.Why = fmt.Sprintf("a core's %d not answered in %d days", v.Value, days(now.Sub(v.Cast)))
		return k, true
	}
	if c.CI.Vote < 0 && stands(c.CI.Report) {
		return Candidate{
			Reason: CIFailed, Since: c.CI.Report,
			Why: fmt.Sprintf("CI failed %d days ago", days(now.Sub(c.CI.Report))),
		}, true
	}
	if c.Conflict() == Yes && stands(c.CI.Conflict) {
		return Candidate{
			Reason: Conflicts, Since: c.CI.Conflict,
			Why: fmt.Sprintf("merge conflict for %d days", days(now.Sub(c.CI.Conflict))),
		}, true
	}
	return Candidate{}, false
}
