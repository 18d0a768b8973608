package ask

import (
	"context"
	"fmt"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

const (
	// retry is after how long a notice comes that could not be given because
	// the review server could not be read: nobody is called silent on old data.
	retry = time.Hour

	// grace is how long after an ask's time is over the outbox has to say so.
	grace = time.Hour

	// markKind and markWeight are those of a change about which two people
	// were asked and did not answer. Priorities weigh more (100 and up): they
	// are what the team agreed on, this is what befell one change.
	markKind   = "silence"
	markWeight = 10
	silences   = 2
)

// workingDaysAfter is when the asked have had their working days to answer.
func (p *plugin) workingDaysAfter(v bot.View, at time.Time, person string) time.Time {
	return people.AddWorkingDays(at, p.wait, zoneOf(v, person)).UTC()
}

// due is when something has to be done about an open ask by itself: when
// nobody has answered, when CI has held it for as long as it lasts, or when its
// ping is not there any more, as after a time without the plugin.
func (a ask) due() (at time.Time, ok bool) {
	switch {
	case a.Held:
		return a.Expires, true
	case a.waits():
		return a.Expires.Add(grace), true
	case a.Told.IsZero() || !a.Told.After(a.Taken):
		return a.Due, true
	default:
		return time.Time{}, false
	}
}

// dueKey names what is due of an ask.
func (a ask) dueKey() bot.Key {
	key := a.ping() + "/silence"
	switch {
	case a.Held:
		key = a.ping() + "/held"
	case a.waits():
		key = a.ping() + "/lost"
	}
	if !a.Taken.IsZero() {
		key += "/taken"
	}
	if a.Late > 0 {
		key += bot.Key(fmt.Sprintf("/late-%d", a.Late))
	}
	if a.Undone > 0 {
		key += bot.Key(fmt.Sprintf("/undone-%d", a.Undone))
	}
	return key
}

// due lists the asks whose time to answer, or to be said, ends in the span. They
// have no title: nobody is called silent before they were.
func (p *plugin) due(v bot.View, from, to time.Time) []bot.Occurrence {
	b, err := p.open(v)
	if err != nil {
		return nil // told of by every call that writes
	}
	var occs []bot.Occurrence
	for _, a := range b.Open {
		at, ok := a.due()
		if !ok || !at.After(from) || at.After(to) {
			continue
		}
		occs = append(occs, bot.Occurrence{
			Key: a.dueKey(), At: at, Until: at.Add(memory), Data: a.N,
		})
	}
	return occs
}

// silence tells who asked that nobody answered, if that is so.
func (p *plugin) silence(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	a, ok := b.number(o.Data.(int))
	if !ok || a.dueKey() != o.Key {
		return bot.Effects{}, nil // answered, or put off, since
	}
	if a.waits() {
		words, why := text("CI has not passed"), "CI has not passed"
		if !a.Held {
			words, why = p.unreached(v, *a, bot.Outcome{What: bot.Expired}), "its time passed"
		}
		if err := p.giveUp(b, *a, words, why); err != nil {
			return bot.Effects{}, err
		}
		return b.effects()
	}
	if s := v.Reviews().State(); !s.Known || s.Failing != "" || v.Now().Sub(s.ReadAt) > max(retry, 2*s.Every) {
		a.Due, a.Late, b.dirty = v.Now().Add(retry), a.Late+1, true
		return b.effects()
	}
	c, ok := v.Reviews().Change(a.Number)
	if !ok || reference(c) != a.Change {
		if err := b.end(a.N, moved, "gone"); err != nil {
			return bot.Effects{}, err
		}
		return b.effects()
	}
	switch d := p.judge(v, *a, c); {
	case d.how != "":
		err = b.settle(a.N, d)
	case d.hold && v.Now().Sub(a.At) >= memory:
		err = b.end(a.N, moved, string(d.turn.Reason)) // CI never comes
	case d.hold:
		a.Due, a.Late, b.dirty = v.Now().Add(retry<<min(a.Late, 4)), a.Late+1, true
	default:
		err = p.unheard(b, a, c)
	}
	if err != nil {
		return bot.Effects{}, err
	}
	return b.effects()
}

// unheard says that an ask had no answer: voice 10.
func (p *plugin) unheard(b *book, a *ask, c review.Change) error {
	now := b.v.Now()
	what := bot.Key("silence")
	asked, at := "asked", a.At
	if a.Round > 0 {
		asked, at = "asked again", a.Delivered
	}
	line := fill("no answer from % on % in "+workingDays(p.wait)+" ("+asked+" %, delivered). That is not a yes.",
		name(a.Name), number(a.Number), p.weekday(at, now))
	if !a.Taken.IsZero() {
		what = "silence-taken"
		line = fill("% took % on %, and has not come to it in "+workingDays(p.wait)+".", name(a.Name), number(a.Number), text(date(a.Taken, now, p.team.Zone)))
	}
	if more := p.others(b, c, "it too", a.Of, a.By); more != nil {
		line = append(line, more...)
	} else {
		line = append(line, fill(" Nobody else is left to ask for now%.", p.ptl(a))...)
	}
	a.Told, b.dirty = now, true
	p.tell(b, *a, what, line, "")
	b.show(*a)
	return p.second(b, a.Change, c)
}

// ptl says who may know a way, where that is not who asked or was asked.
func (p *plugin) ptl(a *ask) msg.Para {
	i := slices.IndexFunc(p.team.PTL, func(id string) bool { return id != a.By && id != a.Of })
	if i < 0 {
		return nil
	}
	return fill("; %, the PTL, may know a way", name(p.team.PTL[i]))
}

// second marks a change about which two asks had no answer since it was last
// reviewed. Who said that they have it was not silent.
func (p *plugin) second(b *book, ref string, c review.Change) error {
	past, err := b.ended(ref)
	if err != nil {
		return err
	}
	n := 0
	for _, a := range slices.Concat(past, b.Open) {
		if a.Change == ref && !a.Told.IsZero() && a.Taken.IsZero() && a.Told.After(c.LastReview) {
			n++
		}
	}
	if n < silences {
		return nil
	}
	if b.Marks == nil {
		b.Marks = map[string]time.Time{}
	}
	until := b.v.Now().Add(memory)
	b.Marks[ref], b.dirty = until, true
	b.eff.Mark = append(b.eff.Mark, p.mark(c, until))
	return nil
}

// mark lets every list know; one that is over takes it off.
func (p *plugin) mark(c review.Change, until time.Time) review.Mark {
	return review.Mark{
		Server: c.Server, Change: c.Number, Kind: markKind, Weight: markWeight,
		Until: until, Why: "two asks without an answer",
	}
}
