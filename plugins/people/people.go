// Package people lets everybody say for themselves when the bot may ask something
// of them: !away and !back, !quiet, !optout; and !whoami tells who the bot takes
// them for. It is on without a section, once for all teams.
//
// A record "consent/<id>" holds a people.Consent. The machinery reads it behind
// the door through which every message to a person goes, so that no plugin can
// forget it.
package people

import (
	"torchbearer/bot"
	"torchbearer/bot/people"
)

// Plugin describes people to the machinery.
func Plugin() bot.Plugin {
	return bot.Plugin{
		Name:    "people",
		Summary: "lets everybody say when they can be asked",
		Schema:  1,
		Always:  true,
		New: func(bot.Team, any) (bot.Instance, error) {
			return bot.Instance{Commands: commands()}, nil
		},
	}
}

func commands() []bot.Command {
	return []bot.Command{
		{
			Name: "away", Help: "asks nothing of you until then: a day, a weekday, or a length of time",
			Examples: []string{"!away 2026-12-01", "!away monday 14:00", "!away 3d"},
			Args:     []bot.Arg{{Name: "day or time", Kind: bot.ArgRest}},
			Who:      bot.Known, Do: away,
		},
		{
			Name: "back", Help: "ends your being away",
			Examples: []string{"!back"},
			Who:      bot.Known, Do: back,
		},
		{
			Name: "quiet", Help: "sets the hours in which nothing is asked of you, in your zone; off: none",
			Examples: []string{"!quiet 22:00-08:00", "!quiet off"},
			Args:     []bot.Arg{{Name: "from-to", Kind: bot.ArgRest, Optional: true}},
			Who:      bot.Known, Do: quiet,
		},
		{
			Name: "optout", Help: "asks nothing of you any more; no: takes that back",
			Examples: []string{"!optout", "!optout no"},
			Args:     []bot.Arg{{Name: "no", Kind: bot.ArgWord, Optional: true}},
			Who:      bot.Known, Do: optout,
		},
		{
			Name: "whoami", Help: "who you are to me, and how the network proves it",
			Examples: []string{"!whoami"},
			Who:      bot.Anyone, Prove: true, Do: whoami,
		},
	}
}

// self is who uses a command, with what they have said before.
type self struct {
	bot.Person
	consent people.Consent
}

// key is where a person's consent is kept.
func key(id string) string { return "consent/" + id }

// sender returns who uses a command.
func sender(v bot.View, c bot.Call) (self, error) {
	p, ok := v.People().Person(c.By)
	if !ok {
		return self{}, bot.Userf("I don't know who you are: say !whoami.")
	}
	s := self{Person: p}
	if _, err := v.Get(key(p.ID), &s.consent); err != nil {
		return self{}, err
	}
	return s, nil
}

// zone is the name of the person's time zone.
func (s self) zone() string {
	if s.Zone == nil {
		return "UTC"
	}
	return s.Zone.String()
}

// put is the effects of a new consent; what says nothing is not kept.
func (s self) put(eff bot.Effects) bot.Effects {
	eff.Put = map[string]any{key(s.ID): s.consent}
	if s.consent == (people.Consent{}) {
		eff.Put[key(s.ID)] = nil
	}
	return eff
}
