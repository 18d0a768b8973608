package backlog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// turn answers who has to act on a change, since when and why, and what would
// bring it back to reviewers.
func (p *plugin) turn(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	ch, ok := c.Change("change")
	if !ok {
		eff, _ := p.unread(v)
		return eff, nil
	}
	t, zone := v.Reviews().Row(ch).Turn, p.team.Zone.String()
	text := msg.Para{
		msg.Text(strconv.Itoa(ch.Number) + ` "`), msg.Text(subject(ch, 60)), msg.Text(`" (` + review.Short(ch.Project) + ")"),
	}
	if t.Who == review.Nobody {
		text = append(text, msg.Text(" is "+t.Why))
		if !t.Since.IsZero() {
			text = append(text, msg.Text(" ("), msg.Day(t.Since, zone), msg.Text(")"))
		}
	} else {
		text = append(text, msg.Text(" is with "+party(t.Who)))
		if t.Who == review.Author {
			text = append(text, msg.Text(", "), msg.Name(v.People().Of(ch.Owner).Name))
		}
		if !t.Since.IsZero() {
			text = append(text, msg.Text(", since "), msg.Day(t.Since, zone))
		}
		text = append(text, msg.Text(": "+t.Why))
		text = append(text, by(v, ch, t)...)
	}
	text = append(text, msg.Text("."))
	if help := t.Reason.Help(); help != "" {
		text = append(text, msg.Text(" "+help))
	}
	if len(t.Doubts) > 0 {
		text = append(text, msg.Text(" Not sure: "+strings.Join(t.Doubts, "; ")+"."))
	}
	return p.answer(v, text, p.team.Gerrit.Change(ch.Number)), nil
}

// party is who has to act, in the words of chat.
func party(who review.Party) string {
	switch who {
	case review.Nobody:
		return "nobody"
	case review.Author:
		return "its author"
	case review.Core:
		return "a core"
	case review.PTL:
		return "the PTL"
	case review.TheCI:
		return "CI"
	case review.Gate:
		return "the gate"
	}
	return "reviewers"
}

// mostNames is how many people an answer names in one place.
const mostNames = 4

// by names those whose votes or comments the reason speaks of: " (from zoe)",
// " (so far zoe, bob)".
func by(v bot.View, c review.Change, t review.Turn) msg.Para {
	accounts := slices.Clone(t.By)
	slices.SortFunc(accounts, cmp.Compare)
	accounts = slices.Compact(accounts)
	if len(accounts) == 0 {
		return nil
	}
	lead := " (from "
	switch t.Reason {
	case review.NeedsPTL, review.NeedsApproval, review.NeedsSecond, review.NeedsCore:
		lead = " (so far "
	case review.InGate, review.InProgress:
		lead = " (by "
	}
	para := msg.Para{msg.Text(lead)}
	for i, a := range accounts {
		if i == mostNames {
			para = append(para, msg.Text(fmt.Sprintf(" and %d more", len(accounts)-mostNames)))
			break
		}
		if i > 0 {
			para = append(para, msg.Text(", "))
		}
		para = append(para, msg.Name(v.People().Of(c.Account(a)).Name))
	}
	return append(para, msg.Text(")"))
}
