package review

// Backlog reports whether the change waits to be reviewed:
//
//	Backlog: open, not work-in-progress, not private; the CI account's Verified
//	on the current patch set is +1 or better; Workflow 0; no Code-Review −2.
//
// Where no CI is configured there is no result to wait for. The owner's own -2
// counts for nothing, as every vote of an owner's.
func (c Change) Backlog() bool {
	return c.Status == Open && !c.WIP && !c.Private &&
		(c.CI.None || c.CI.Vote >= 1) &&
		c.Workflow() == 0 && len(c.vetoes()) == 0
}

// Workflow returns the change's state under the Workflow label: -1 if anybody,
// the owner included, says that work is in progress, otherwise +1 if anybody
// approved it, otherwise 0. It is a state and no opinion, so the owner's counts.
func (c Change) Workflow() int {
	state := 0
	for _, v := range c.Votes {
		switch {
		case v.Label != workflow:
		case v.Value < 0:
			return -1
		default:
			state = 1
		}
	}
	return state
}

// vetoes returns the standing votes of -2.
func (c Change) vetoes() []Vote {
	return c.votesWhere(func(v Vote) bool { return v.Label == codeReview && v.Value <= -2 && v.By != c.Owner.ID })
}

func (c Change) votesWhere(wanted func(Vote) bool) []Vote {
	var votes []Vote
	for _, v := range c.Votes {
		if wanted(v) {
			votes = append(votes, v)
		}
	}
	return votes
}

// full returns the Code-Review value that approves in the change's project.
func (c Change) full() int {
	if c.Full != 0 {
		return c.Full
	}
	return 2
}
