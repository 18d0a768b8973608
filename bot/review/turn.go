package review

import (
	"slices"
	"time"
)

// Party is who has to act next on a change.
type Party string

// The parties.
const (
	Nobody    Party = "nobody"
	Author    Party = "author"
	Reviewers Party = "reviewers"
	Core      Party = "core"
	PTL       Party = "ptl"
	TheCI     Party = "ci"
	Gate      Party = "gate"
)

// Reviews reports whether the change waits for somebody's review.
func (p Party) Reviews() bool { return p == Reviewers || p == Core || p == PTL }

// Turn says who has to act next, and why.
type Turn struct {
	Who    Party
	Reason Reason
	Why    string    // the reason in plain words, for a sentence; no names, no hostile text
	Since  time.Time // of this state; zero if it is not known
	By     []int     // the accounts the reason speaks of, like the giver of a -1

	// Doubts are what could not be read and might change the answer, in plain
	// words.
	Doubts []string

	// OneAct: one person's act would land the change.
	OneAct bool
}

// Turn applies the definition:
//
//	Turn, the first that holds: nobody (merged, abandoned) · author (private,
//	work-in-progress, Workflow −1, merge conflict) · Workflow +1: author if the
//	gate failed (CI negative), else gate · a standing −2: author while
//	unanswered, core once answered by an author update · CI negative: ci if
//	rechecked since the last report, else author · a negative human vote not
//	answered: author · no CI result on the current patch set: ci · a human
//	comment without a positive vote not answered: author · two core +2: ptl for
//	a spec, core otherwise (approval is missing) · one core +2, or a +1: core ·
//	reviewers.
//
// An owner's Code-Review and Verified count for nothing. A negative vote is one
// of Code-Review or Verified: other labels' -1 mean other things (a freeze, a
// branch). Where the core group can't be read, every full vote counts as a
// core's, since servers let nobody else give it, and the answer says so.
func (c Change) Turn(cast Cast, now time.Time) Turn {
	t := c.turn(cast)
	if t.Why == "" {
		t.Why = t.Reason.words()
	}
	if t.Reason == Unreviewed {
		t.Why = c.NoReview(now)
	}
	return t
}

func (c Change) turn(cast Cast) Turn {
	switch {
	case c.Status == Merged:
		return Turn{Who: Nobody, Reason: IsMerged, Since: c.Closed}
	case c.Status != Open:
		return Turn{Who: Nobody, Reason: IsAbandoned, Since: c.Closed}
	case c.Private:
		return Turn{Who: Author, Reason: IsPrivate}
	case c.WIP:
		return Turn{Who: Author, Reason: InProgress}
	case c.Workflow() < 0:
		t := Turn{Who: Author, Reason: InProgress}
		return t.by(c.votesWhere(func(v Vote) bool { return v.Label == workflow && v.Value < 0 }))
	case c.Conflict() == Yes:
		return Turn{Who: Author, Reason: Conflicts, Since: c.CI.Conflict}
	}
	t := c.openTurn(cast)
	if c.Conflict() == Unknown {
		t.Doubts = append(t.Doubts, "whether it merges can't be read")
	}
	return t
}

// openTurn is the turn of a change that its author holds ready.
func (c Change) openTurn(cast Cast) Turn {
	failed := c.CI.Vote < 0
	if c.Workflow() > 0 {
		if failed {
			return Turn{Who: Author, Reason: GateFailed, Since: c.CI.Report}
		}
		t := Turn{Who: Gate, Reason: InGate}
		return t.by(c.votesWhere(func(v Vote) bool { return v.Label == workflow && v.Value > 0 }))
	}
	if vetoes := c.vetoes(); len(vetoes) > 0 {
		if open := slices.DeleteFunc(slices.Clone(vetoes), func(v Vote) bool { return v.Answered }); len(open) > 0 {
			t := Turn{Who: Author, Reason: Vetoed}
			return t.by(open)
		}
		t := Turn{Who: Core, Reason: VetoAnswered}.by(vetoes)
		t.Since = c.AuthorUpdate
		return t
	}
	switch {
	case failed && c.CI.Rerun:
		return Turn{Who: TheCI, Reason: Rechecked, Since: c.CI.Recheck}
	case failed:
		return Turn{Who: Author, Reason: CIFailed, Since: c.CI.Report}
	}
	if negative := c.votesWhere(c.negative); len(negative) > 0 {
		t := Turn{Who: Author, Reason: Negative}
		return t.by(negative)
	}
	if c.CI.Vote == 0 && !c.CI.None {
		since := c.PatchSet.At
		if c.CI.Rerun {
			since = c.CI.Recheck
		}
		return Turn{Who: TheCI, Reason: NoResult, Since: since}
	}
	if acts := c.remarks(); len(acts) > 0 {
		t := Turn{Who: Author, Reason: Remarked, Since: acts[0].At}
		for _, a := range acts {
			t.By = append(t.By, a.By)
		}
		return t
	}
	return c.reviewTurn(cast)
}

// reviewTurn is the turn of a change that nothing speaks against.
func (c Change) reviewTurn(cast Cast) Turn {
	positive := c.votesWhere(func(v Vote) bool { return v.Label == codeReview && v.Value > 0 && v.By != c.Owner.ID })
	full := slices.DeleteFunc(slices.Clone(positive), func(v Vote) bool {
		return v.Value < c.full() || cast.Cores.Has(v.By) == No
	})
	var t Turn
	switch {
	case len(full) >= 2 && cast.Spec:
		t = Turn{Who: PTL, Reason: NeedsPTL, OneAct: true}.by(full)
		t.Since = full[1].Cast
	case len(full) >= 2:
		t = Turn{Who: Core, Reason: NeedsApproval, OneAct: true}.by(full)
		t.Since = full[1].Cast
	case len(full) == 1:
		t = Turn{Who: Core, Reason: NeedsSecond, OneAct: true}.by(full)
	case len(positive) > 0:
		t = Turn{Who: Core, Reason: NeedsCore}.by(positive)
	case c.Reviewed:
		return Turn{Who: Reviewers, Reason: NeedsReview, Since: c.AuthorUpdate}
	default:
		return Turn{Who: Reviewers, Reason: Unreviewed, Since: c.AuthorUpdate}
	}
	if !cast.Cores.Known() {
		t.Doubts = append(t.Doubts, "who the cores are can't be read")
	}
	return t
}

// by adds the givers of votes, and the day of the first as the turn's.
func (t Turn) by(votes []Vote) Turn {
	for _, v := range votes {
		t.By = append(t.By, v.By)
	}
	if len(votes) > 0 {
		t.Since = votes[0].Cast // votes are in order of their days
	}
	return t
}

// Conflict reports whether the change is in merge conflict: what the server
// says, otherwise a merge failure that CI reported last (that CI passed once proves
// nothing about today's branch); a server's yes to merging overrules
// the CI, which may have failed over a change this one depends on.
func (c Change) Conflict() Fact {
	switch {
	case c.Mergeable == No:
		return Yes
	case c.Mergeable == Yes:
		return No
	case !c.CI.Conflict.IsZero():
		return Yes
	default:
		return Unknown
	}
}

func opinion(label string) bool { return label == codeReview || label == verified }

func (c Change) negative(v Vote) bool {
	return v.Value < 0 && !v.Answered && opinion(v.Label) && v.By != c.Owner.ID
}

// remarks returns the newest unanswered comment of each reviewer that neither a
// positive vote of the same person nor taking back their vote has settled: "a
// human comment without a positive vote not answered". A vote of -1 that was
// not copied over a rebase remains one. Oldest first.
func (c Change) remarks() []Act {
	settled := map[int]bool{}
	for _, v := range c.Votes {
		settled[v.By] = settled[v.By] || v.Value > 0 && opinion(v.Label)
	}
	var open []Act
	for _, a := range c.Acts {
		if !a.Review && len(a.Votes) == 0 || a.Answered || c.Author(a.By) || settled[a.By] {
			continue
		}
		up, down, back := a.leaning()
		drop := up || back && !a.Comment
		if drop || down || a.Comment {
			open = slices.DeleteFunc(open, func(o Act) bool { return o.By == a.By })
		}
		if !drop && (down || a.Comment) {
			open = append(open, a)
		}
	}
	return open
}

// leaning says whether an act gave a positive vote, gave a negative one, or took
// its vote back, under the labels that hold opinions.
func (a Act) leaning() (up, down, back bool) {
	for _, v := range a.Votes {
		if !opinion(v.Label) {
			continue
		}
		up, down, back = up || v.Value > 0, down || v.Value < 0, back || v.Value == 0
	}
	return up, down, back
}
