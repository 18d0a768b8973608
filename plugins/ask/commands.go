package ask

import (
	"context"
	"slices"
	"strconv"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// listed is how many open asks !asks names.
const listed = 5

func (p *plugin) commands() []bot.Command {
	return []bot.Command{
		{
			Name: "ask", Help: "asks a core for a review of a change, when the core can be asked",
			Examples: []string{"!ask bob 912345", "!ask 912345 bob the race is fixed"},
			Args: []bot.Arg{
				{Name: "core", Kind: bot.ArgPerson},
				{Name: "change", Kind: bot.ArgChange, Fresh: true},
				{Name: "note", Kind: bot.ArgRest, Optional: true},
			},
			Who: bot.Known | bot.PTL | bot.Core, AnyOrder: true, Do: p.ask,
		},
		{
			Name: "asks", Help: "open asks, of everybody or of one person",
			Examples: []string{"!asks", "!asks bob"},
			Args:     []bot.Arg{{Name: "person", Kind: bot.ArgPerson, Optional: true}},
			Who:      bot.Anyone, Do: p.asks,
		},
		{
			Name: "pass", Help: "hands on what you were asked, to the one you name or to nobody (❎ at the ping)",
			Examples: []string{"!pass 912345", "!pass 912345 erin"},
			Args: []bot.Arg{
				{Name: "change", Kind: bot.ArgChange, Fresh: true},
				{Name: "person", Kind: bot.ArgPerson, Optional: true},
			},
			Who: bot.Known | bot.PTL | bot.Core, AnyOrder: true, Do: p.pass,
		},
		{
			Name: "taken", Help: "says that you have the change you were asked about (✋ at the ping)",
			Examples: []string{"!taken 912345"},
			Args:     []bot.Arg{{Name: "change", Kind: bot.ArgChange}},
			Who:      bot.Known | bot.PTL | bot.Core, Do: p.taken,
		},
		{
			Name: "later", Help: "has you asked again on your next working day, in its first hour (💤 at the ping)",
			Examples: []string{"!later 912345"},
			Args:     []bot.Arg{{Name: "change", Kind: bot.ArgChange}},
			Who:      bot.Known | bot.PTL | bot.Core, Do: p.later,
		},
		{
			Name: "unask", Help: "calls off what you asked, or as PTL what anybody did (❎ at the ping)",
			Examples: []string{"!unask 912345", "!unask 912345 bob"},
			Args: []bot.Arg{
				{Name: "change", Kind: bot.ArgChange},
				{Name: "person", Kind: bot.ArgPerson, Optional: true},
			},
			Who: bot.Known | bot.PTL | bot.Core | bot.Operator, AnyOrder: true, Do: p.unask,
		},
		{
			Name: "undo", Help: "takes back your last !taken, !later, !pass or !unask of a change (at the ping: remove your sign)",
			Examples: []string{"!undo 912345"},
			Args:     []bot.Arg{{Name: "change", Kind: bot.ArgChange, Fresh: true}},
			Who:      bot.Known | bot.PTL | bot.Core | bot.Operator, Do: p.undo,
		},
	}
}

// ask checks that the change waits for the person, and asks.
func (p *plugin) ask(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	person, _ := call.Person("core")
	c, _ := call.Change("change")
	if call.By == "" {
		// Who is told of the answer has to be somebody the bot can find again.
		return bot.Effects{}, bot.Userf("The bot knows nobody by your account, and could not tell you what became of it.")
	}
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	why, account, err := p.refusal(b, person, call.By, c)
	if err != nil || why != nil {
		return p.reply(c, fill("Not asked: %%", why, p.stale(v))), err
	}
	a := ask{By: call.By, ByName: p.calledOf(v, call.By, call.From.Nick), Note: trimNote(call.Word("note")), Room: p.room(call)}
	promise, err := p.put(b, a, person, account, c)
	if err != nil {
		return bot.Effects{}, err
	}
	switch old := p.stale(v); {
	case old == nil:
	case promise == nil:
		promise = fill("Asked%.", old)
	default:
		promise = append(promise, old...)
	}
	return b.answer(promise)
}

// put opens an ask and says it; it returns what its room has to hear of that,
// nothing where the ping is heard there at once.
func (p *plugin) put(b *book, a ask, person bot.Person, account int, c review.Change) (promise msg.Para, err error) {
	if old, ok := b.find(reference(c), person.ID); ok {
		if err := b.end(old.N, unanswered, ""); err != nil {
			return nil, err
		}
	}
	now := b.v.Now()
	a.Change, a.Number, a.Of, a.Name, a.Account, a.At = reference(c), c.Number, person.ID, called(person), account, now
	if act, ok := newest(c, account); ok {
		a.Acted = act.At
	}
	before, reach := b.waiting(person.ID), b.v.People().Reach(p.target(a), p.daily)
	a.Expires = now.Add(patience)
	if reach.At.After(now) {
		a.Expires = reach.At.Add(patience) // who is away for long is asked after that
	}
	a = b.add(a)
	b.eff.Say = append(b.eff.Say, p.say(b.v, a, c))
	if p.crowded(b.v, a, reach, before) {
		return fill("% for % before this one, at % a day: will ask after %.",
			text(asksWait(before)), name(a.Name), number(p.daily), msg.Para{msg.Instant(reach.At, zoneOf(b.v, a.Of).String())}), nil
	}
	return p.promise(b.v, a, person, reach), nil
}

// crowded reports whether those who were asked for before leave no room on the
// day on which somebody can be asked next.
func (p *plugin) crowded(v bot.View, a ask, r bot.Reach, before int) bool {
	if before == 0 || !r.At.After(v.Now()) {
		return false
	}
	return before >= p.daily || v.People().Reach(p.target(a), p.daily-before).At.After(r.At)
}

func asksWait(n int) string {
	if n == 1 {
		return "1 ask waits"
	}
	return strconv.Itoa(n) + " asks wait"
}

// say is the ping of an ask.
func (p *plugin) say(v bot.View, a ask, c review.Change) bot.Say {
	return bot.Say{
		Key: a.ping(), To: p.target(a), Message: p.ping(v, a, c), Daily: p.daily, Tell: true,
		NotBefore: a.Until, Expires: a.Expires,
	}
}

func (p *plugin) target(a ask) bot.Target { return bot.Target{Person: a.Of, Room: a.Room} }

// room is where a call was heard, if that is a room of the team's: elsewhere
// nobody is pinged.
func (p *plugin) room(call bot.Call) bot.Room {
	if call.Direct || !slices.Contains(p.team.Rooms, call.Room) {
		return bot.Room{}
	}
	return call.Room
}

// promise says when and where somebody will be asked.
func (p *plugin) promise(v bot.View, a ask, person bot.Person, r bot.Reach) msg.Para {
	who, zone, now := name(a.Name), person.Zone, v.Now()
	if zone == nil {
		zone = time.UTC
	}
	when := func(style func(time.Time, string) msg.Inline) msg.Para { return msg.Para{style(r.At, zone.String())} }
	switch {
	case r.Wait == people.Asleep && !r.At.IsZero():
		return fill("It is % for %: will ask at %.", text(now.In(zone).Format("15:04")), who, when(msg.Clock))
	case r.Wait == people.Away && !r.At.IsZero():
		return fill("% is away until %: will ask then.", who, when(msg.Instant))
	case r.Wait == people.Capped && !r.At.IsZero():
		return fill("% has been asked % today: will ask % at %.", who, text(times(p.daily)), when(msg.Day), when(msg.Clock))
	case r.Wait != people.No || r.Room == bot.Room{}:
		return fill("% is not here: will ask when % is back.", who, who)
	case r.Room == a.Room:
		return nil
	default:
		return fill("Asked in %.", text(p.where(r.Room)))
	}
}

// where names a room; its network too, where the team is on several.
func (p *plugin) where(r bot.Room) string {
	if slices.ContainsFunc(p.team.Rooms, func(o bot.Room) bool { return o.Network != r.Network }) {
		return r.String()
	}
	return r.Name
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

// asks lists what is open, oldest first.
func (p *plugin) asks(_ context.Context, v bot.View, call bot.Call) (bot.Effects, error) {
	b, err := p.open(v)
	if err != nil {
		return bot.Effects{}, err
	}
	person, one := call.Person("person")
	var list []msg.Para
	more := 0
	for _, a := range b.Open {
		if one && a.Of != person.ID {
			continue
		}
		if len(list) == listed {
			more++
			continue
		}
		list = append(list, fill("% to %, asked % by %, %", number(a.Number), name(a.Name), p.weekday(a.At, v.Now()), name(a.ByName), p.became(v, a)))
	}
	if more > 0 {
		list = append(list, text("+"+strconv.Itoa(more)+" more"))
	}
	team := ""
	if in := p.team.In(call.Room); in != "" {
		team = in + ": "
	}
	switch {
	case len(list) > 0:
		m := msg.New(msg.Answer, fill("%Open asks:", text(team)))
		m.Blocks = append(m.Blocks, msg.Block{List: list})
		return bot.Effects{Reply: &m}, nil
	case one:
		return bot.Reply(fill("%No open ask for %.", text(team), name(called(person)))), nil
	default:
		return bot.Reply(fill("%No open asks.", text(team))), nil
	}
}

// calledOf is what to call somebody by id.
func (p *plugin) calledOf(v bot.View, id, otherwise string) string {
	if person, ok := v.People().Person(id); ok {
		return called(person)
	}
	return msg.CleanOr(otherwise, id)
}

// reply answers about a change, and changes nothing.
func (p *plugin) reply(c review.Change, para msg.Para) bot.Effects {
	return bot.Reply(para, p.team.Gerrit.Change(c.Number))
}

// answer is the book's effects with an answer; without one if there is nothing
// to say.
func (b *book) answer(para msg.Para) (bot.Effects, error) {
	eff, err := b.effects()
	if err != nil || para == nil {
		return eff, err
	}
	m := msg.New(msg.Answer, para)
	eff.Reply = &m
	return eff, nil
}
