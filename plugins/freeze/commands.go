package freeze

import (
	"context"
	"slices"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// listed is how many events !calendar names.
const listed = 5

func (p *plugin) commands() []bot.Command {
	return []bot.Command{
		{
			Name: "freeze", Help: "when the next freeze is, or the one you name, of another team too; \"local\" or a city behind it: in that zone",
			Examples: []string{"!freeze", "!freeze spec", "!freeze spec nova", "!freeze local"},
			Args:     []bot.Arg{{Name: "kind", Kind: bot.ArgEvent, Optional: true, Noun: "freeze"}},
			Who:      bot.Anyone, Do: p.freeze,
		},
		{
			Name: "when", Help: "when an event of the calendar is, by kind or words, of another team or series too, or a week; \"local\" or a city behind it: in that zone",
			Examples: []string{"!when release", "!when m-2", "!when spec freeze nova", "!when rc1 in Prague", "!when R-5"},
			Args:     []bot.Arg{{Name: "event", Kind: bot.ArgEvent}},
			Who:      bot.Anyone, Do: p.when,
		},
		{
			Name: "calendar", Help: "the next five events, or those of a week, of another team or series; in your zone or a city's if you say so",
			Examples: []string{"!calendar", "!calendar next week", "!calendar nova", "!calendar local"},
			Args:     []bot.Arg{{Name: "part", Kind: bot.ArgPart, Optional: true}},
			Who:      bot.Anyone, Do: p.calendar,
		},
	}
}

func (p *plugin) freeze(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if d, ok := c.Days("kind"); ok {
		return partly(v, p.days(v, d, c)), nil
	}
	if e, ok := c.Event("kind"); ok {
		return p.answer(v, e, c), nil
	}
	return partly(v, p.next(v, c)), nil
}

// next answers with the next freeze, or else the next event.
func (p *plugin) next(v bot.View, c bot.Call) bot.Effects {
	cal := v.Calendar()
	if e, ok := cal.Next(v.Now(), cycle.Event.Freeze); ok {
		return p.answer(v, e, c)
	}
	if e, ok := cal.Next(v.Now(), nil); ok {
		eff := p.answer(v, e, c)
		return bot.Reply(append(msg.Para{msg.Text("No freeze lies ahead. Next is ")}, eff.Reply.Blocks[0].Para...), e.URL)
	}
	return bot.Reply(msg.Para{msg.Text("Nothing lies ahead in " + p.team.Name + "'s calendar.")})
}

// partly adds to an answer about what comes next that there may be more, when a source
// has not been read: nobody shall take it for all.
func partly(v bot.View, eff bot.Effects) bot.Effects {
	if !v.Calendar().Unread {
		return eff
	}
	const more = "Part of the calendar can't be read now."
	m := eff.Reply
	if last := &m.Blocks[len(m.Blocks)-1]; len(last.List) == 0 {
		last.Para = append(slices.Clip(last.Para), msg.Text(" "+more))
	} else {
		m.Blocks = append(m.Blocks, msg.Block{Para: msg.Para{msg.Text(more)}})
	}
	return eff
}

func (p *plugin) when(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if d, ok := c.Days("event"); ok {
		return partly(v, p.days(v, d, c)), nil
	}
	e, _ := c.Event("event")
	return p.answer(v, e, c), nil
}

func (p *plugin) calendar(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if d, ok := c.Days("part"); ok {
		return partly(v, p.days(v, d, c)), nil
	}
	return partly(v, p.upcoming(v, c)), nil
}

// upcoming answers with what comes next of a part of the calendar.
func (p *plugin) upcoming(v bot.View, c bot.Call) bot.Effects {
	cal, zone := v.Calendar(), p.zone(c)
	events, begin, whose := cal.Events, "Next:", p.team.Name+"'s calendar"
	if of := c.Word("part"); of != "" {
		of, events = cal.Part(of, v.Now())
		begin, whose = "Next of "+msg.Clean(of)+":", msg.Clean(of)+"'s calendar"
	}
	ahead := cycle.Calendar{Events: events}.Upcoming(v.Now(), listed, nil)
	if n := len(events); len(ahead) == 0 {
		none := msg.Para{msg.Text("Nothing lies ahead in " + whose + ".")}
		if n == 0 || c.Word("part") == "" {
			return bot.Reply(none)
		}
		last := events[n-1]
		return bot.Reply(slices.Concat(none, msg.Para{msg.Text(" Last was ")}, p.answer(v, last, c).Reply.Blocks[0].Para), last.URL)
	}
	var list []msg.Para
	for _, e := range ahead {
		item := append(p.titled(cal, e, c.Room), msg.Text(", "))
		list = append(list, slices.Concat(item, p.date(e, zone), msg.Para{week(cal, e)}, p.briefly(e)))
	}
	m := msg.New(msg.Answer, msg.Para{msg.Text(begin)})
	m.Blocks = append(m.Blocks, msg.Block{List: list})
	return bot.Effects{Reply: &m}
}
