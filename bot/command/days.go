package command

import (
	"errors"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// days finds a week or a day. The name of the team that answers may stand among the
// words: weeks are everybody's. The error is a *cycle.WeekError.
func (h *Handler) days(v bot.View, f *found, words string) (cycle.Days, bool, error) {
	d, ok, err := v.Calendar().FindDays(words, v.Now())
	if own := h.ownName(f, words); !ok && own != "" && own != words {
		return v.Calendar().FindDays(own, v.Now())
	}
	return d, ok, err
}

// outside reports whether a week was asked for, and nothing else, that there is none of.
func outside(err error) bool {
	var wrong *cycle.WeekError
	return errors.As(err, &wrong) && wrong.Series == ""
}

// weekError says which weeks there are; nil where nothing is wrong.
func weekError(err error) error {
	var wrong *cycle.WeekError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Series != "":
		var known []string
		for _, s := range wrong.Known[max(0, len(wrong.Known)-mostKnown):] {
			known = append(known, quote(s))
		}
		if len(known) == 0 {
			return bot.Userf("I know no release %s to count %s from.", quote(wrong.Series), wrong.Week)
		}
		return bot.Userf("I know no release %s to count %s from. Known: %s.", quote(wrong.Series), wrong.Week, strings.Join(known, ", "))
	case wrong.First == "":
		return bot.Userf("The calendar has no release to count %s from.", wrong.Week)
	case wrong.Of == "":
		return bot.Userf("There is no week %s: the weeks are %s to %s.", wrong.Week, wrong.First, wrong.Last)
	default:
		return bot.Userf("There is no week %s of %s: its weeks are %s to %s.", wrong.Week, quote(wrong.Of), wrong.First, wrong.Last)
	}
}
