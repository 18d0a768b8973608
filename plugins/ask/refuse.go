package ask

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// refusal returns why a person is not asked about a change by somebody, and the
// account to ask otherwise.
func (p *plugin) refusal(b *book, person bot.Person, by string, c review.Change) (why msg.Para, account int, err error) {
	v, who := b.v, name(called(person))
	account, ok := v.People().Account(person.ID)
	if !ok {
		return fill("no account of % on the review server is known.", who), 0, nil
	}
	refused, turn := c.Askable(v.Reviews().Cast(c.Project), account, v.Now())
	if refused != review.None {
		return p.notTheirs(b, refused, turn, person, c), 0, nil
	}
	if person.ID == by {
		return fill("it is yours to review, %.", who), 0, nil
	}
	if v.People().Consent(person.ID).OptedOut {
		return append(fill("% has asked not to be asked by the bot.", who), p.others(b, c, "it", person.ID, by)...), 0, nil
	}
	if why, err := p.asked(b, person, by, c); err != nil || why != nil {
		return why, 0, err
	}
	if n := b.waiting(person.ID); n >= p.daily*weekly {
		return append(fill("% for % already, as many as can be said in a week.", text(asksWait(n)), who), p.others(b, c, "it", person.ID, by)...), 0, nil
	}
	return nil, account, nil
}

// asked returns why a person is not asked anew: they were asked of late, or are
// about to be.
func (p *plugin) asked(b *book, person bot.Person, by string, c review.Change) (msg.Para, error) {
	last, found, err := b.last(reference(c), person.ID)
	if err != nil || !found {
		return nil, err
	}
	v, open := b.v, last.Ended.IsZero()
	again := last.At.Add(p.again)
	if waits := open && last.waits() && v.Now().Before(last.Expires.Add(grace)); !waits && !v.Now().Before(again) {
		return nil, nil
	}
	why := fill("% was asked about % % by %, %", name(called(person)), number(c.Number), p.onDay(last.At, v.Now()), name(last.ByName), p.became(v, last))
	if v.Now().Before(again) {
		why = append(why, fill("; again from %", text(date(again, v.Now(), p.team.Zone)))...)
	}
	return append(append(why, msg.Text(".")), p.others(b, c, "it", person.ID, by)...), nil
}

// weekly times a day's asks are what a person can hear of before they expire, see
// patience; more only fills the ledger.
const weekly = int(patience / (24 * time.Hour))

// notTheirs says why it is not for a person to review a change, and who or what
// would help.
func (p *plugin) notTheirs(b *book, refused review.Refusal, turn review.Turn, person bot.Person, c review.Change) msg.Para {
	who, n := name(called(person)), number(c.Number)
	var why msg.Para
	switch refused {
	case review.OwnChange:
		why = fill("% is %'s own change.", n, who)
	case review.NotCore:
		why = fill("% is no core of %.", who, text(c.Project))
	case review.HasActed:
		why = fill("% has looked at % already, since its last update%.", who, n, lastAct(c, b, person))
	case review.CoresUnknown:
		return fill("who the cores of % are can't be read now.", text(c.Project))
	case review.OnlyPTL:
		why = fill("only the PTL's approval is missing on %.", n)
		if len(p.team.PTL) > 0 {
			why = append(why, fill(" Say %.", command(p.bang("ask")+" ", p.team.PTL[0], " "+strconv.Itoa(c.Number)))...)
		}
		return why
	default:
		return p.with(b.v, turn, c)
	}
	return append(why, p.others(b, c, "it", person.ID)...)
}

// lastAct is what somebody did last: " (Code-Review+1 on Fri 13 Nov)".
func lastAct(c review.Change, b *book, person bot.Person) msg.Para {
	account, _ := b.v.People().Account(person.ID)
	a, ok := newest(c, account)
	if !ok {
		return nil
	}
	_, what := answer(a)
	return text(" (" + what + " on " + date(a.At, b.v.Now(), b.p.team.Zone) + ")")
}

// with says with whom a change is, why, and what brings it back: voice 7.
func (p *plugin) with(v bot.View, t review.Turn, c review.Change) msg.Para {
	n := number(c.Number)
	of := p.givers(v, t, c)
	var why msg.Para
	switch t.Reason {
	case review.IsMerged:
		return fill("% has merged.", n)
	case review.IsAbandoned:
		why = fill("% is abandoned", n)
	case review.IsPrivate:
		why = fill("% is private", n)
	case review.InProgress:
		why = fill("% is work in progress", n)
	case review.Conflicts:
		why = fill("% is in merge conflict", n)
	case review.GateFailed:
		why = fill("the gate failed on %", n)
	case review.InGate:
		why = fill("% is approved and in the gate", n)
	case review.Vetoed:
		why = fill("% has a -2% that is not answered yet", n, of)
	case review.Negative:
		why = fill("% has a -1% that is not answered yet", n, of)
	case review.Remarked:
		why = fill("% has a comment% that is not answered yet", n, of)
	case review.CIFailed:
		why = fill("CI failed on %'s current patch set", n)
	case review.Rechecked:
		why = fill("CI runs again on %", n)
	case review.NoResult:
		why = fill("CI has no result yet on %'s current patch set", n)
	default:
		why = fill("%: "+t.Why, n)
	}
	if t.Who == review.Author {
		author := c.Owner
		if t.Reason != review.IsPrivate && c.Uploader.ID != 0 && c.Uploader.ID != c.Owner.ID {
			author = c.Uploader
		}
		why = append(why, fill(", so it is with its author, %", name(called(v.People().Of(author))))...)
	}
	why = append(why, msg.Text("."))
	if help := t.Reason.Help(); help != "" {
		why = append(why, msg.Text(" "+help))
	}
	return why
}

// givers names whose votes or comments a turn is about: " from bob and zoe".
func (p *plugin) givers(v bot.View, t review.Turn, c review.Change) msg.Para {
	var from []string
	for _, by := range t.By {
		if who := called(v.People().Of(c.Account(by))); !slices.Contains(from, who) {
			from = append(from, who)
		}
	}
	if len(from) == 0 {
		return nil
	}
	return fill(" from %", names(from[:min(len(from), mostNamed)]))
}

// mostNamed is how many people a sentence names.
const mostNamed = 3

// others says who else could be asked: " bob and erin could review it: !ask bob
// 912345"; nothing if nobody could.
func (p *plugin) others(b *book, c review.Change, it string, but ...string) msg.Para {
	free := p.free(b, c, but...)
	if len(free) == 0 {
		return nil
	}
	return fill(" % could review "+it+": %", names(free[:min(len(free), mostNamed)]), command(p.bang("ask")+" ", free[0], " "+strconv.Itoa(c.Number)))
}

// free lists who could be asked about a change now, by what they are called: those
// who can be reached first. People who are away, have opted out or have been
// asked about it of late are left out.
func (p *plugin) free(b *book, c review.Change, but ...string) []string {
	v, cast := b.v, b.v.Reviews().Cast(c.Project)
	accounts := slices.Concat(cast.Cores.All(), cast.PTL)
	slices.Sort(accounts)
	var here, elsewhere []string
	for _, account := range slices.Compact(accounts) {
		refused, turn := c.Askable(cast, account, v.Now())
		if refused != review.None || turn.Reason == review.NeedsSecond && slices.Contains(turn.By, account) {
			continue // a second +2 is not theirs who gave the first
		}
		person := v.People().Of(c.Account(account))
		consent := v.People().Consent(person.ID)
		if !typed(person) || slices.Contains(but, person.ID) || consent.OptedOut || v.Now().Before(consent.Away) {
			continue
		}
		if last, found, err := b.last(reference(c), person.ID); err != nil || found && v.Now().Before(last.At.Add(p.again)) {
			continue
		}
		if v.People().Reach(bot.Target{Person: person.ID}, p.daily).Wait == people.No {
			here = append(here, called(person))
		} else {
			elsewhere = append(elsewhere, called(person))
		}
	}
	return append(here, elsewhere...)
}

// became says how an ask stands or ended: "delivered", "answered with
// Code-Review+2", "waits until 08:00 UTC".
func (p *plugin) became(v bot.View, a ask) msg.Para {
	switch a.How {
	case voted:
		return fill("answered with %", text(a.What))
	case commented:
		return text("answered with a comment")
	case merged:
		return text("then it merged")
	case abandoned:
		return text("then it was abandoned")
	case moved:
		return text("delivered, then not with reviewers any more")
	case passed:
		if a.What == "" {
			return text("and said that it is for somebody else")
		}
		return fill("and handed it on to %", name(a.What))
	case calledOff:
		return fill("called off by %", name(a.What))
	case unanswered, undelivered:
		return text("delivered, no answer")
	}
	switch {
	case !a.Taken.IsZero():
		return fill("taken %", p.weekday(a.Taken, v.Now()))
	case !a.Told.IsZero():
		return text("delivered, no answer yet")
	case !a.Delivered.IsZero():
		return text("delivered")
	case a.Held:
		return text("waits while CI runs")
	}
	zone := zoneOf(v, a.Of)
	if a.Until.After(v.Now()) {
		return fill("put off until %", msg.Para{msg.Instant(a.Until, zone.String())})
	}
	switch r := v.People().Reach(p.target(a), p.daily); {
	case r.Wait == people.No && r.Room != bot.Room{}:
		return text("on its way")
	case r.Wait == people.OptedOut:
		return text("waits: wants no asks")
	case !r.At.IsZero():
		return fill("waits until %", msg.Para{msg.Instant(r.At, zone.String())})
	default:
		return fill("waits: % is not here", name(a.Name))
	}
}

// stale says how old the mirror is, where that matters: " (Gerrit read 25 min ago)".
func (p *plugin) stale(v bot.View) msg.Para {
	s := v.Reviews().State()
	switch {
	case !s.Known:
		return text(" (the review server has not been read in whole yet)")
	case s.Failing == "" && v.Now().Sub(s.ReadAt) <= max(fresh, 2*s.Every):
		return nil
	}
	return append(fill(" (Gerrit read "), msg.Left(s.ReadAt, p.team.Zone.String()), msg.Text(")"))
}

// fresh is how old the mirror may be without a word: twice the usual poll, or the
// configured one. The change itself has been read for the command.
const fresh = 10 * time.Minute

func trimNote(s string) string { return msg.Cut(msg.Clean(strings.TrimSpace(s)), mostNote) }
