package review

import (
	"slices"
	"time"
)

// Refusal is why a core can't be asked about a change. Its values are stable.
type Refusal string

// The refusals. None is the zero value: the core may be asked.
const (
	None         Refusal = ""
	OwnChange    Refusal = "own-change"
	NotTheirs    Refusal = "with-others"   // it is with its author, CI, the gate or nobody: Turn says why
	NotCore      Refusal = "no-core"       // no core of the change's project
	CoresUnknown Refusal = "cores-unknown" // who the cores are can't be read
	HasActed     Refusal = "has-acted"     // since the last author update
	OnlyPTL      Refusal = "only-ptl"      // the PTL's approval is all that is missing
)

// Askable reports whether an account may be asked for its review, and the turn
// that decides it:
//
//	Askable: turn reviewers: cores without a human act since the last author
//	update; core: the same, or, where only approval is missing, any core but
//	the author, or, on an answered −2, its giver; ptl: the PTL.
func (c Change) Askable(cast Cast, account int, now time.Time) (Refusal, Turn) {
	t := c.Turn(cast, now)
	return c.askable(t, cast, account), t
}

// Askable is Change.Askable by the turn that the row knows already.
func (row Row) Askable(cast Cast, account int) Refusal {
	return row.Change.askable(row.Turn, cast, account)
}

func (c Change) askable(t Turn, cast Cast, account int) Refusal {
	switch t.Who {
	case Reviewers, Core:
	case PTL:
		if slices.Contains(cast.PTL, account) {
			return None
		}
		return OnlyPTL
	default:
		return NotTheirs
	}
	switch {
	case c.Author(account):
		return OwnChange
	case t.Reason == VetoAnswered && slices.Contains(t.By, account):
		return None
	case cast.Cores.Has(account) == Unknown:
		return CoresUnknown
	case cast.Cores.Has(account) == No:
		return NotCore
	case t.Reason == NeedsApproval:
		return None
	case c.Acted(account):
		return HasActed
	default:
		return None
	}
}
