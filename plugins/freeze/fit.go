package freeze

import (
	"slices"

	"torchbearer/bot"
)

// mostSaid is how many messages of a plugin's surely fit into one transaction beside
// its records: the loop refuses what takes half of what a store takes at least, 512
// KiB, and counts 4 KiB for each message in each room. The rest is for the calendar's
// record, which has some 200 bytes an event.
const mostSaid = 96

// fit leaves out what a transaction does not hold, the edits first: who scrolls back
// can read an old date until the next day's edit, where a plugin whose effects are
// refused would say nothing at all, at every start. Amendments under older keys are
// next (see correct), and what is said is never left out.
func fit(eff bot.Effects) bot.Effects {
	rank := func(s bot.Say) int {
		switch {
		case s.Edit:
			return 2
		case s.Amend:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(eff.Say, func(a, b bot.Say) int { return rank(a) - rank(b) })
	for n := len(eff.Say); n > mostSaid && rank(eff.Say[n-1]) > 0; n-- {
		eff.Say = eff.Say[:n-1]
	}
	return eff
}
