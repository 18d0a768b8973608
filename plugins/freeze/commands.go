package freeze

import (
	"context"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// listed is how many events !calendar names.
const listed = 5

func (p *plugin) commands() []bot.Command {
	return []bot.Command{
		{
			Name: "freeze", Help: "when the next freeze is, or the one you name",
			Examples: []string{"!freeze", "!freeze spec"},
			Args:     []bot.Arg{{Name: "kind", Kind: bot.ArgEvent, Optional: true}},
			Who:      bot.Anyone, Do: p.freeze,
		},
		{
			Name: "when", Help: "when an event of the calendar is, by kind or words",
			Examples: []string{"!when release", "!when m-2"},
			Args:     []bot.Arg{{Name: "event", Kind: bot.ArgEvent}},
			Who:      bot.Anyone, Do: p.when,
		},
		{
			Name: "calendar", Help: "the next five events",
			Examples: []string{"!calendar"},
			Who:      bot.Anyone, Do: p.calendar,
		},
	}
}

func (p *plugin) freeze(ctx context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	cal := v.Calendar()
	if e, ok := c.Event("kind"); ok {
		return p.answer(v, e, c.Room), nil
	}
	if e, ok := cal.Next(v.Now(), cycle.Event.Freeze); ok {
		return p.answer(v, e, c.Room), nil
	}
	if e, ok := cal.Next(v.Now(), nil); ok {
		eff := p.answer(v, e, c.Room)
		return bot.Reply(append(msg.Para{msg.Text("No freeze lies ahead. Next is ")}, eff.Reply.Blocks[0].Para...), e.URL), nil
	}
	return bot.Reply(msg.Para{msg.Text("Nothing lies ahead in " + p.team.Name + "'s calendar.")}), nil
}

func (p *plugin) when(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	e, _ := c.Event("event")
	return p.answer(v, e, c.Room), nil
}

func (p *plugin) calendar(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	cal, zone := v.Calendar(), p.team.Zone.String()
	ahead := cal.Upcoming(v.Now(), listed, nil)
	if len(ahead) == 0 {
		return bot.Reply(msg.Para{msg.Text("Nothing lies ahead in " + p.team.Name + "'s calendar.")}), nil
	}
	var list []msg.Para
	for _, e := range ahead {
		list = append(list, append(p.named(e, c.Room), msg.Text(", "), msg.Instant(e.At, zone), week(cal, e)))
	}
	m := msg.New(msg.Answer, msg.Para{msg.Text("Next:")})
	m.Blocks = append(m.Blocks, msg.Block{List: list})
	return bot.Effects{Reply: &m}, nil
}
