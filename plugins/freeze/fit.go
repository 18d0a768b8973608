package freeze

import (
	"encoding/json"
	"slices"

	"torchbearer/bot"
)

// What the loop refuses is half of what a store takes at least, and it counts so much
// for each message in each room (see bot.Effects).
const (
	mostBytes  = 512 << 10
	perMessage = 4 << 10

	// spare is for records that are small, and for keys.
	spare = 32 << 10

	// mostSaid is how many messages fit beside them by their number.
	mostSaid = 96
)

// capacity is how many messages fit into one transaction beside the calendar's record,
// which has some 200 bytes an event.
func capacity(eff bot.Effects) int {
	b, err := json.Marshal(eff.Put)
	if err != nil {
		return 0 // the loop will say so
	}
	return min(mostSaid, max((mostBytes-spare-len(b))/perMessage, 0))
}

// fit leaves out what a transaction does not hold, the edits first: who scrolls back
// can read an old date until the next day's edit, where a plugin whose effects are
// refused would say nothing at all, at every start. Amendments under older keys are
// next (see correct), and what is said is never left out.
func fit(eff bot.Effects, most int) bot.Effects {
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
	for n := len(eff.Say); n > most && rank(eff.Say[n-1]) > 0; n-- {
		eff.Say = eff.Say[:n-1]
	}
	return eff
}
