package ask

import (
	"context"
	"strconv"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// pass ends the sender's own ask, and asks the one they name in their place. Who
// can't be asked is not handed anything: the ask stays where it is.
func (p *plugin) pass(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	c, _ := call.Change("change")
	b, mine, err := p.own(v, call, c)
	if err != nil {
		return bot.Effects{}, err
	}
	if mine == nil {
		return p.notAsked(c), nil
	}
	old := *mine
	to, ok := call.Person("person")
	if !ok {
		others, err := p.decline(b, old)
		if err != nil {
			return bot.Effects{}, err
		}
		return b.answer(fill("Thank you for saying so.%", others(strconv.Itoa(c.Number))))
	}
	if to.ID == old.By {
		return p.reply(c, fill("Not handed on: % is who asked.", name(old.ByName))), nil
	}
	why, account, err := p.refusal(b, to, old.By, c)
	if err != nil || why != nil {
		return p.reply(c, fill("Not handed on: %%", why, p.stale(v))), err
	}
	if err := b.endBy(old, passed, called(to), old.Of); err != nil {
		return bot.Effects{}, err
	}
	next := ask{By: old.By, ByName: old.ByName, From: old.Name, Note: old.Note, Room: p.room(call)}
	promise, err := p.put(b, next, to, account, c)
	if err != nil {
		return bot.Effects{}, err
	}
	return b.answer(promise)
}

// taken is said by who has what they were asked about.
func (p *plugin) taken(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	c, _ := call.Change("change")
	b, mine, err := p.own(v, call, c)
	if err != nil {
		return bot.Effects{}, err
	}
	if mine == nil {
		return p.notAsked(c), nil
	}
	return b.answer(p.take(b, mine))
}

// later puts off the sender's own ask.
func (p *plugin) later(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	c, _ := call.Change("change")
	b, mine, err := p.own(v, call, c)
	if err != nil {
		return bot.Effects{}, err
	}
	if mine == nil {
		return p.notAsked(c), nil
	}
	words, _ := p.putOff(b, mine)
	return b.answer(words)
}

// unask calls off an ask about a change: of the person who is named, or the only
// one that it can be.
func (p *plugin) unask(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	c, _ := call.Change("change")
	person, one := call.Person("person")
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	var asks, theirs []ask
	for _, a := range b.Open {
		if a.Change == reference(c) && (!one || a.Of == person.ID) {
			asks = append(asks, a)
			if mayCallOff(call, a) {
				theirs = append(theirs, a)
			}
		}
	}
	switch {
	case len(asks) == 0 && one:
		return p.reply(c, fill("No open ask for % about %.", name(called(person)), number(c.Number))), nil
	case len(asks) == 0:
		return p.reply(c, fill("No open ask about %.", number(c.Number))), nil
	case len(theirs) == 0:
		return p.reply(c, fill("Not called off: that is for %, who asked, or the PTL.", name(asks[0].ByName))), nil
	case len(theirs) > 1:
		of := make([]string, len(theirs))
		for i, a := range theirs {
			of[i] = a.Name
		}
		return p.reply(c, fill("% are asked about %: which of them? %", names(of), number(c.Number), command(p.bang("unask")+" "+strconv.Itoa(c.Number)+" ", of[0], ""))), nil
	}
	words, err := p.callBack(b, theirs[0], call)
	if err != nil {
		return bot.Effects{}, err
	}
	return b.answer(words)
}

// undo takes back what the sender did last about a change.
func (p *plugin) undo(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	c, _ := call.Change("change")
	b, mine, err := p.own(v, call, c)
	if err != nil {
		return bot.Effects{}, err
	}
	back := p.untake
	switch {
	case mine == nil || mine.Taken.IsZero() && mine.Before == nil:
		return p.undoEnd(b, c, call.By)
	case mine.Taken.IsZero():
		back = p.bringBack
	}
	old := *mine
	if err := back(b, mine); err != nil {
		return bot.Effects{}, err
	}
	return b.answer(p.goesOn(b, old))
}

// goesOn answers who took back what they said of an ask.
func (p *plugin) goesOn(b *book, a ask) msg.Para {
	if _, open := b.number(a.N); open {
		return fill("Taken back: % waits for %, as before.", number(a.Number), name(a.Name))
	}
	return fill("Taken back, but nothing is left to do about %.", number(a.Number))
}

// undoEnd takes back the last end of an ask that somebody made.
func (p *plugin) undoEnd(b *book, c review.Change, by string) (bot.Effects, error) {
	past, err := b.ended(reference(c))
	if err != nil {
		return bot.Effects{}, err
	}
	i := len(past) - 1
	for i >= 0 && !past[i].endedBy(by) {
		i--
	}
	if i < 0 {
		return p.reply(c, fill("You have said nothing about % that could be taken back.", number(c.Number))), nil
	}
	a := past[i]
	why, err := p.reopen(b, a)
	if err != nil || why != nil {
		return p.reply(c, fill("Not taken back: %", why)), err
	}
	return b.answer(p.goesOn(b, a))
}

// endedBy reports whether the ask was ended by somebody in so many words.
func (a ask) endedBy(id string) bool {
	return id != "" && a.EndedBy == id && (a.How == passed || a.How == calledOff)
}

// own returns the sender's open ask about a change; nil if there is none.
func (p *plugin) own(v bot.View, call bot.Call, c review.Change) (*book, *ask, error) {
	b, err := p.open(v)
	if err != nil || call.By == "" {
		return b, nil, err
	}
	a, _ := b.find(reference(c), call.By)
	return b, a, nil
}

func (p *plugin) notAsked(c review.Change) bot.Effects {
	return p.reply(c, fill("You have no open ask about %.", number(c.Number)))
}

// signed does what a sign at one of an ask's messages means, if it is of
// somebody who may; of everybody else it means nothing, and is not answered. What
// comes of it is seen at the ping: a reply is for what does not come.
func (p *plugin) signed(v bot.View, r bot.Reaction) (bot.Effects, error) {
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	a, open, err := b.under(r.Key)
	if err != nil || a == nil || r.Call.By == "" {
		return bot.Effects{}, err
	}
	if r.Undone {
		return p.unsigned(b, a, open, r)
	}
	asked := r.Call.By == a.Of
	switch {
	case !open:
	case r.Sign == bot.SignTake && asked:
		p.take(b, a)
	case r.Sign == bot.SignTomorrow && asked:
		if words, done := p.putOff(b, a); !done {
			return b.answer(words)
		}
	case r.Sign == bot.SignCancel && asked:
		// A command is heard by who asked; a sign is silent.
		old := *a
		others, err := p.decline(b, old)
		if err != nil {
			return bot.Effects{}, err
		}
		p.tellFrom(b, old, passedOn, fill("% is not for %.%", number(old.Number), name(old.Name), others("it")), "", b.v.Now().Add(slip))
	case r.Sign == bot.SignCancel && mayCallOff(r.Call, *a):
		if _, err := p.callBack(b, *a, r.Call); err != nil {
			return bot.Effects{}, err
		}
	}
	return b.effects()
}

// passedOn is the notice that somebody is not the one to ask.
const passedOn bot.Key = "passed"

// unsigned takes back what a sign did.
func (p *plugin) unsigned(b *book, a *ask, open bool, r bot.Reaction) (bot.Effects, error) {
	asked := r.Call.By == a.Of
	var err error
	switch {
	case r.Sign == bot.SignTake && open && asked && !a.Taken.IsZero():
		err = p.untake(b, a)
	case r.Sign == bot.SignTomorrow && open && asked && a.Before != nil:
		err = p.bringBack(b, a)
	case r.Sign == bot.SignCancel && !open && a.endedBy(r.Call.By):
		var why msg.Para
		if why, err = p.reopen(b, *a); err == nil && why != nil {
			return b.answer(fill("Not taken back: %", why))
		}
	}
	if err != nil {
		return bot.Effects{}, err
	}
	return b.effects()
}
