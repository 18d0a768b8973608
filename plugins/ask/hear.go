package ask

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// on hears what became of the pings, and of the changes they are about.
func (p *plugin) on(_ context.Context, v bot.View, ev bot.Event) (bot.Effects, error) {
	switch {
	case ev.Outcome != nil:
		return p.delivered(v, *ev.Outcome)
	case ev.Change != nil:
		return p.happened(v, *ev.Change)
	case ev.React != nil:
		return p.signed(v, *ev.React)
	default:
		return bot.Effects{}, nil
	}
}

// delivered notes that an ask arrived, or that it never will: then the asker is
// told.
func (p *plugin) delivered(v bot.View, o bot.Outcome) (bot.Effects, error) {
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	i := slices.IndexFunc(b.Open, func(a ask) bool { return a.ping() == o.Key })
	if i < 0 {
		return p.tooLate(b, o)
	}
	a := &b.Open[i]
	switch {
	case o.What == bot.Delivered:
		a.Delivered, a.In, a.Held, a.Until, a.Before = o.At, o.Room, false, time.Time{}, nil
		a.Due = p.workingDaysAfter(v, o.At, a.Of)
		a.Untaken, b.dirty = a.Due, true
	case a.waits() && !a.Held:
		if err := p.giveUp(b, *a, p.unreached(v, *a, o), o.Why); err != nil {
			return bot.Effects{}, err
		}
	}
	return b.effects()
}

// tooLate has a ping that arrived after its ask had ended say so: nothing could
// hold it back any more.
func (p *plugin) tooLate(b *book, o bot.Outcome) (bot.Effects, error) {
	if a, open, err := b.under(o.Key); err != nil {
		return bot.Effects{}, err
	} else if a != nil && !open && o.What == bot.Delivered {
		b.show(*a)
	}
	return b.effects()
}

// unreached says why somebody was not reached: what keeps them, where that is
// known, otherwise what the network said.
func (p *plugin) unreached(v bot.View, a ask, o bot.Outcome) msg.Para {
	if o.What == bot.Expired {
		switch v.People().Reach(p.target(a), p.daily).Wait {
		case people.Gone:
			return fill("% was not here", name(a.Name))
		case people.Away:
			return fill("% is away", name(a.Name))
		case people.OptedOut:
			return fill("% has asked not to be asked by the bot", name(a.Name))
		}
	}
	if why := msg.Clean(o.Why); why != "" {
		return text(why)
	}
	return nil
}

// giveUp ends an ask that could not be said, and tells who asked.
func (p *plugin) giveUp(b *book, a ask, words msg.Para, why string) error {
	span := ""
	if days := int(b.v.Now().Sub(a.At) / (24 * time.Hour)); days >= 2 {
		span = " in " + strconv.Itoa(days) + " days"
	}
	line := fill("could not ask % about %"+span, name(a.Name), number(a.Number))
	if a.Round > 0 {
		line = fill("could not ask % about % again", name(a.Name), number(a.Number))
	}
	if words != nil {
		line = append(line, fill(": %", words)...)
	}
	line = append(line, msg.Text("."))
	if c, ok := b.v.Reviews().Change(a.Number); ok && reference(c) == a.Change {
		line = append(line, p.others(b, c, "it", a.Of, a.By)...)
	}
	if err := b.end(a.N, undelivered, why); err != nil {
		return err
	}
	p.tell(b, a, "undelivered", line, "")
	return nil
}

// tell says something to who asked, once of each ping.
func (p *plugin) tell(b *book, a ask, what bot.Key, line msg.Para, link string) {
	p.tellFrom(b, a, what, line, link, time.Time{})
}

// tellFrom is tell, not before an instant.
func (p *plugin) tellFrom(b *book, a ask, what bot.Key, line msg.Para, link string, from time.Time) {
	m := msg.New(msg.Ask, append(msg.Para{msg.To(a.By, a.ByName), msg.Text(": ")}, line...))
	m.Link = link
	b.eff.Say = append(b.eff.Say, bot.Say{
		Key: a.ping() + "/" + what, To: bot.Target{Person: a.By, Room: a.Room},
		Message: m, NotBefore: from, Expires: b.v.Now().Add(patience),
	})
}

// happened carries what happened to a change into its asks.
func (p *plugin) happened(v bot.View, e review.Event) (bot.Effects, error) {
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	ref := reference(e.Change)
	for _, a := range slices.Clone(b.Open) {
		if a.Change != ref {
			continue
		}
		if err := p.follow(b, a, e.Change); err != nil {
			return bot.Effects{}, err
		}
	}
	if _, marked := b.Marks[ref]; marked && (e.Act.Review || e.Change.Status != review.Open) {
		b.eff.Mark = append(b.eff.Mark, p.mark(e.Change, v.Now()))
		delete(b.Marks, ref)
		b.dirty = true
	}
	return b.effects()
}

// verdict is what a change means for an open ask about it.
type verdict struct {
	how     outcome // empty: it stays open
	what    string
	acted   time.Time // of an answer
	hold    bool      // nothing to review while CI runs
	refused review.Refusal
	turn    review.Turn
}

// judge says what a change, as it is now, means for an open ask.
func (p *plugin) judge(v bot.View, a ask, c review.Change) verdict {
	if act, ok := newest(c, a.Account); ok && act.At.After(a.Acted) {
		how, what := answer(act)
		return verdict{how: how, what: what, acted: act.At}
	}
	switch c.Status {
	case review.Open:
	case review.Merged:
		return verdict{how: merged}
	default:
		return verdict{how: abandoned}
	}
	refused, turn := c.Askable(v.Reviews().Cast(c.Project), a.Account, v.Now())
	d := verdict{refused: refused, turn: turn}
	switch {
	case refused == review.None || refused == review.CoresUnknown:
	case refused == review.NotTheirs && turn.Who == review.TheCI:
		d.hold = true
	default:
		d.how, d.what = moved, string(turn.Reason)
	}
	return d
}

// follow puts an ask right that is about a change that is not what it was.
func (p *plugin) follow(b *book, a ask, c review.Change) error {
	d := p.judge(b.v, a, c)
	open, _ := b.number(a.N)
	switch {
	case d.how != "":
		if d.how == moved && a.unheard() {
			// It was promised, and nothing that who asked did or can see
			// says why it does not come.
			p.callOff(b, a, d, c)
		}
		return b.settle(a.N, d)
	case !a.waits() || !b.v.Now().Before(a.Expires):
		// Heard; or its time is over, and what became of it is on its way.
	case d.hold && !a.Held:
		// Put off, not dropped: one that is on its way counts if it arrives.
		open.Held, b.dirty = true, true
		say := p.say(b.v, a, c)
		say.Amend, say.NotBefore = true, a.Expires
		b.eff.Say = append(b.eff.Say, say)
	case !d.hold:
		say := p.say(b.v, a, c)
		if a.Held {
			open.Held, b.dirty = false, true
			b.eff.Say = append(b.eff.Say, say) // in case it is not there any more
		}
		say.Amend = true
		b.eff.Say = append(b.eff.Say, say)
	}
	return nil
}

// settle ends an open ask as its change says.
func (b *book) settle(n int, d verdict) error {
	if a, ok := b.number(n); ok && !d.acted.IsZero() {
		a.Acted = d.acted
	}
	return b.end(n, d.how, d.what)
}

// callOff tells who asked that the ask is not needed any more, and why.
func (p *plugin) callOff(b *book, a ask, d verdict, c review.Change) {
	person, ok := b.v.People().Person(a.Of)
	if !ok {
		person = bot.Person{ID: a.Of, Name: a.Name}
	}
	why := p.notTheirs(b, d.refused, d.turn, person, c)
	p.tell(b, a, "called-off", fill("% was not asked after all: %", name(a.Name), why), p.team.Gerrit.Change(a.Number))
}

// newest returns the newest human act of an account on a change. What CI, the
// bot or a recheck wrote is none (review.Act).
func newest(c review.Change, account int) (review.Act, bool) {
	for _, a := range slices.Backward(c.Acts) {
		if a.By == account {
			return a, true
		}
	}
	return review.Act{}, false
}

// answer says what an act is as an answer: a vote with its values, or a comment.
func answer(a review.Act) (how outcome, what string) {
	if len(a.Votes) == 0 {
		return commented, "comment"
	}
	votes := make([]string, len(a.Votes))
	for i, g := range a.Votes {
		votes[i] = g.String()
	}
	return voted, msg.Cut(msg.Clean(strings.Join(votes, ", ")), 60)
}
