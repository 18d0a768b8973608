package review

import (
	"fmt"
	"time"
)

// Reason is why it is somebody's turn. Its values are stable: records and
// scripts may keep them.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	IsMerged      Reason = "merged"
	IsAbandoned   Reason = "abandoned"
	IsPrivate     Reason = "private"
	InProgress    Reason = "in-progress"
	Conflicts     Reason = "conflict"
	GateFailed    Reason = "gate-failed"
	InGate        Reason = "gate"
	Vetoed        Reason = "veto"
	VetoAnswered  Reason = "veto-answered"
	Rechecked     Reason = "rechecked"
	CIFailed      Reason = "ci-failed"
	Negative      Reason = "negative"
	NoResult      Reason = "no-ci-result"
	Remarked      Reason = "remark"
	NeedsPTL      Reason = "needs-ptl"
	NeedsApproval Reason = "needs-approval"
	NeedsSecond   Reason = "needs-second"
	NeedsCore     Reason = "needs-core"
	NeedsReview   Reason = "needs-review"
	Unreviewed    Reason = "unreviewed"
)

// words says the reason as people in chat would.
func (r Reason) words() string {
	switch r {
	case IsMerged, IsAbandoned, IsPrivate:
		return string(r)
	case InProgress:
		return "work in progress"
	case Conflicts:
		return "merge conflict"
	case GateFailed:
		return "the gate failed"
	case InGate:
		return "approved, in the gate"
	case Vetoed:
		return "a -2 not answered yet"
	case VetoAnswered:
		return "its -2 has been answered and still stands"
	case Rechecked:
		return "CI runs again"
	case CIFailed:
		return "CI failed"
	case Negative:
		return "a -1 not answered yet"
	case NoResult:
		return "no CI result yet"
	case Remarked:
		return "a comment not answered yet"
	case NeedsPTL:
		return "needs the PTL's approval"
	case NeedsApproval:
		return "needs approval"
	case NeedsSecond:
		return "needs one more +2"
	case NeedsCore:
		return "has a +1, needs a core"
	case NeedsReview:
		return "needs a review"
	default:
		return "no review yet"
	}
}

// Help says what would bring the change back to reviewers, as a sentence; empty
// if it is with them.
func (r Reason) Help() string {
	switch r {
	case IsAbandoned:
		return "Restoring it would bring it back."
	case IsPrivate:
		return "It has to be made public first."
	case InProgress:
		return "Its author has to say that it is ready for review."
	case Conflicts:
		return "A rebase brings it back to reviewers."
	case GateFailed:
		return "A recheck or a new patch set that passes brings it back."
	case InGate:
		return "It lands by itself if the gate passes."
	case Vetoed, Negative, Remarked:
		return "A new patch set or an answer brings it back to reviewers."
	case CIFailed:
		return "A recheck or a new patch set that passes brings it back to reviewers."
	case Rechecked, NoResult:
		return "It is back with reviewers once CI has passed."
	default:
		return ""
	}
}

// NoReview says for how long nobody has reviewed the change; below two days
// it is no news.
func (c Change) NoReview(now time.Time) string {
	if days := c.Waiting(now); days >= 2 {
		return fmt.Sprintf("no review in %d days", days)
	}
	if !c.FirstReview.IsZero() {
		return "no review since its last update"
	}
	return Unreviewed.words()
}

// Waiting returns for how many whole days the change has been waiting:
//
//	Waiting since = last author update.
func (c Change) Waiting(now time.Time) int { return max(0, days(now.Sub(c.AuthorUpdate))) }

// Waited says for how long the change has been waiting: "38 days", below two days
// "30 h", below an hour "less than 1 h".
func (c Change) Waited(now time.Time) string {
	hours := int(now.Sub(c.AuthorUpdate) / time.Hour)
	switch days := c.Waiting(now); {
	case days >= 2:
		return fmt.Sprintf("%d days", days)
	case hours >= 1:
		return fmt.Sprintf("%d h", hours)
	default:
		return "less than 1 h"
	}
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }
