package ask

import (
	"slices"
	"strconv"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// What the people of an ask may do with it, by command or by sign: the same deed
// either way, which changes nothing where it has been done.

const (
	// mostNaps is how often one ask is put off: who has said "tomorrow" so many
	// times had better say whether they have it.
	mostNaps = 3

	// slip is how long a sign is let stand before somebody else is told of what
	// it did: the one beside the one that was meant is soon taken back.
	slip = 2 * time.Minute
)

// take puts off the notice of silence, once: the wait begins anew.
func (p *plugin) take(b *book, a *ask) msg.Para {
	if a.Taken.IsZero() {
		b.eff.Unsay = append(b.eff.Unsay, a.key()) // the ping, or that nobody answered
		a.Taken, a.Untaken, a.Held = b.v.Now(), a.Due, false
		a.Due = p.workingDaysAfter(b.v, b.v.Now(), a.Of)
		b.dirty = true
		b.show(*a)
	}
	return fill("Thank you: % has %.", name(a.Name), number(a.Number))
}

// untake takes that back: the wait goes on as before, and a ping that was
// dropped is said.
func (p *plugin) untake(b *book, a *ask) error {
	if !a.Told.After(a.Taken) {
		a.Told = time.Time{} // it may have been dropped; where it was heard it is not said again
	}
	a.Taken, b.dirty = time.Time{}, true
	a.Undone++
	if a.waits() {
		a.Told = time.Time{}
		return p.resay(b, a)
	}
	a.Due = later(a.Untaken, b.v.Now().Add(retry))
	b.show(*a)
	return nil
}

// putOff has the ping come again on the asked's next working day; silence is
// counted from then. It is not done for who has the change, nor for ever.
func (p *plugin) putOff(b *book, a *ask) (words msg.Para, done bool) {
	number := text(strconv.Itoa(a.Number))
	c, known := b.change(*a)
	switch {
	case !a.Taken.IsZero():
		return fill("You have % already, so it does not come again. To give it back: %", number, p.typing("undo", a)), false
	case a.Until.After(b.v.Now()):
		return p.comesAgain(b, a), true
	case a.Naps >= mostNaps:
		return fill("% was put off "+times(mostNaps)+" already. Say % if you have it, % if it is not for you.", number, p.typing("taken", a), p.typing("pass", a)), false
	case !known:
		return fill("% is not open any more.", number), false
	}
	waited := a.waits()
	a.Before = &standing{
		Round: a.Round, Naps: a.Naps, Until: a.Until, Expires: a.Expires,
		Delivered: a.Delivered, In: a.In, Due: a.Due, Late: a.Late,
	}
	if !waited {
		b.eff.Unsay = append(b.eff.Unsay, a.key()) // that nobody answered
		a.Round++
		a.Delivered, a.In, a.Due, a.Late, a.Told = time.Time{}, bot.Room{}, time.Time{}, 0, time.Time{}
		a.Held = p.judge(b.v, *a, c).hold
	}
	a.Naps++
	a.Until = p.tomorrow(b.v, a.Of)
	a.Expires, b.dirty = a.Until.Add(patience), true
	say := p.say(b.v, *a, c)
	if a.Held {
		say.NotBefore = a.Expires
	}
	say.Amend = waited
	b.eff.Say = append(b.eff.Say, say)
	b.show(*a)
	return p.comesAgain(b, a), true
}

// comesAgain says when somebody hears of what they put off.
func (p *plugin) comesAgain(b *book, a *ask) msg.Para {
	again := ""
	if a.Round > 0 {
		again = " again"
	}
	return fill("Will ask %"+again+" about % on %.", name(a.Name), number(a.Number), msg.Para{msg.Instant(a.Until, zoneOf(b.v, a.Of).String())})
}

// bringBack takes that back: what would come again is dropped, and what it was
// before goes on.
func (p *plugin) bringBack(b *book, a *ask) error {
	was := a.Before
	b.eff.Unsay = append(b.eff.Unsay, a.ping())
	a.Round, a.Naps, a.Until, a.Expires = was.Round, was.Naps, was.Until, was.Expires
	a.Delivered, a.In, a.Late, a.Before = was.Delivered, was.In, was.Late, nil
	a.Undone++
	b.dirty = true
	switch {
	case !a.Taken.IsZero():
		a.Untaken = was.Due
	case a.waits():
		return p.resay(b, a)
	default:
		a.Held, a.Due = false, later(was.Due, b.v.Now().Add(retry))
	}
	b.show(*a)
	return nil
}

// decline ends the ask of somebody who was asked; it says who else could be.
func (p *plugin) decline(b *book, a ask) (others func(it string) msg.Para, err error) {
	if err := b.endBy(a, passed, "", a.Of); err != nil {
		return nil, err
	}
	c, known := b.change(a)
	return func(it string) msg.Para {
		if !known {
			return nil
		}
		return p.others(b, c, it, a.Of, a.By)
	}, nil
}

// mayCallOff reports whether who calls may take an ask off somebody.
func mayCallOff(call bot.Call, a ask) bool {
	return call.By != "" && (call.By == a.By || call.Roles.Has(bot.PTL|bot.Operator))
}

// callBack ends an ask for who asked, or in their place: then they are told.
func (p *plugin) callBack(b *book, a ask, call bot.Call) (msg.Para, error) {
	by := p.calledOf(b.v, call.By, call.From.Nick)
	if err := b.endBy(a, calledOff, by, call.By); err != nil {
		return nil, err
	}
	if call.By != a.By {
		p.tellFrom(b, a, "unasked", fill("% called off what you asked % about %.", name(by), name(a.Name), number(a.Number)), p.team.Gerrit.Change(a.Number), b.v.Now().Add(slip))
	}
	if a.unheard() {
		return fill("Called off: % will not be asked about %.", name(a.Name), number(a.Number)), nil
	}
	return fill("Called off: % is not asked about % any more.", name(a.Name), number(a.Number)), nil
}

// reopen takes the end of an ask back, unless it is not theirs to review any more
// or somebody else was asked meanwhile: then it says so. The wait begins anew.
func (p *plugin) reopen(b *book, a ask) (why msg.Para, err error) {
	past, err := b.ended(a.Change)
	if err != nil {
		return nil, err
	}
	for _, o := range slices.Concat(past, b.Open) {
		if o.Change == a.Change && o.N > a.Newest {
			return fill("% was asked about % meanwhile.", name(o.Name), number(a.Number)), nil
		}
	}
	c, known := b.change(a)
	if !known {
		return fill("% is not open any more.", number(a.Number)), nil
	}
	switch d := p.judge(b.v, a, c); d.how {
	case "":
	case voted, commented:
		return fill("% has answered meanwhile, with a %.", name(a.Name), text(string(d.how))), nil
	default:
		refused, turn := c.Askable(b.v.Reviews().Cast(c.Project), a.Account, b.v.Now())
		person, ok := b.v.People().Person(a.Of)
		if !ok {
			person = bot.Person{ID: a.Of, Name: a.Name}
		}
		return p.notTheirs(b, refused, turn, person, c), nil
	}
	b.past[a.Change] = slices.DeleteFunc(slices.Clone(past), func(o ask) bool { return o.N == a.N })
	b.touched[a.Change], b.dirty = true, true
	b.eff.Unsay = append(b.eff.Unsay, a.ping()+"/"+passedOn, a.ping()+"/unasked")
	a.Ended, a.EndedBy, a.Newest, a.How, a.What, a.Told = time.Time{}, "", 0, "", "", time.Time{}
	a.Undone++
	a.Due = p.workingDaysAfter(b.v, b.v.Now(), a.Of)
	a.Untaken = a.Due
	b.Open = append(b.Open, a)
	slices.SortFunc(b.Open, func(x, y ask) int { return x.N - y.N })
	open, _ := b.number(a.N)
	if open.waits() {
		return nil, p.resay(b, open)
	}
	b.show(*open)
	return nil, nil
}

// resay says a ping anew that was dropped, when it may be said.
func (p *plugin) resay(b *book, a *ask) error {
	a.Expires = later(a.Expires, later(b.v.Now(), a.Until).Add(patience))
	c, known := b.change(*a)
	if !known {
		return b.end(a.N, moved, "gone")
	}
	d := p.judge(b.v, *a, c)
	if d.how != "" {
		return b.settle(a.N, d)
	}
	a.Held = d.hold
	say := p.say(b.v, *a, c)
	if a.Held {
		say.NotBefore = a.Expires
	}
	b.eff.Say = append(b.eff.Say, say)
	b.show(*a)
	return nil
}

// endBy closes an open ask for somebody, who may take that back.
func (b *book) endBy(a ask, how outcome, what, by string) error {
	if open, ok := b.number(a.N); ok {
		open.EndedBy, open.Newest = by, b.Last
	}
	return b.end(a.N, how, what)
}

// change is what an ask is about, as the mirror has it.
func (b *book) change(a ask) (review.Change, bool) {
	c, ok := b.v.Reviews().Change(a.Number)
	return c, ok && reference(c) == a.Change
}

// typing is a command about the change of an ask.
func (p *plugin) typing(name string, a *ask) msg.Para {
	return msg.Para{msg.Code(p.bang(name) + " " + strconv.Itoa(a.Number))}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// morning is when somebody's day begins who has said nothing of their nights.
func morning() civil.Clock { return civil.Clock{Hour: 8} }

// tomorrow is the first instant at which somebody may be asked on their next
// working day: when their quiet hours of that night end, otherwise at 08:00; and
// after they are back.
func (p *plugin) tomorrow(v bot.View, id string) (at time.Time) {
	zone := zoneOf(v, id)
	day := people.Day(v.Now(), zone)
	for range 7 { // twice as often as anybody's absence and weekend need
		day = workday(day.AddDays(1))
		at = p.firstHour(v, id, day)
		then := people.Day(at, zone)
		if then == day {
			break
		}
		day = then.AddDays(-1)
	}
	return at
}

// firstHour is when somebody may be asked on a day; later, if that is on no hour
// of it.
func (p *plugin) firstHour(v bot.View, id string, day civil.Date) time.Time {
	person, _ := v.People().Person(id)
	consent, zone := v.People().Consent(id), zoneOf(v, id)
	at, wait := consent.Next(day.Start(zone), person.Quiet, zone)
	switch wait {
	case people.OptedOut:
		return day.At(morning(), zone)
	case people.No:
		if awake, _ := consent.Next(day.At(morning(), zone), person.Quiet, zone); people.Day(awake, zone) == day {
			return awake
		}
	}
	return at
}

// workday is the day, or the Monday after it.
func workday(d civil.Date) civil.Date {
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d = d.AddDays(1)
	}
	return d
}
