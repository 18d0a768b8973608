// Package ask asks the right core about the right change: !ask checks that the
// change waits for that person, the ping goes out when the person can be asked,
// and who asked is told if nobody answers. !asks lists what is open, !pass hands
// an ask on, !taken says that somebody has it, !later has it come again tomorrow,
// !unask calls it off, !undo takes any of that back.
//
//	[team.glance.plugin.ask]
//	again = "7d"
//	daily = 3
//	wait  = "3d"
//
// An ask lives in the ledger (ledger.go) from the command to its end: what the
// asked did on the change, a merge, a turn that moved away, !pass, or a time in
// which nothing came. A ping that has not been said follows its change: its
// words are put right, it is held while CI runs, it is dropped when it is not
// needed any more. The ledger is the only memory: whoever writes it also decides
// what is said.
//
// Where a network can change what was said, the ping shows how its ask stands
// (living.go). A sign put to it does what a command does: ✋ is !taken, 💤 !later,
// ❎ !pass by the asked and !unask by who asked or the PTL; removing the sign is
// !undo. Both come to the same deeds (deeds.go), which do nothing twice.
package ask

import (
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Config is the plugin's section.
type Config struct {
	// Again is how long the same person is not asked about the same change,
	// whoever asks; a day is 24 hours.
	Again civil.Span `toml:"again"`
	// Daily is how many pings a person gets on one of their days, from
	// everybody and over all teams.
	Daily int `toml:"daily"`
	// Wait is after how many working days of the asked, Monday to Friday in
	// their zone, the asker is told that nobody answered.
	Wait civil.Span `toml:"wait"`
}

func defaults() any {
	return &Config{Again: civil.DaySpan(7), Daily: 3, Wait: civil.DaySpan(3)}
}

const (
	mostDaily = 50
	mostWait  = 60 // working days, twelve weeks
)

// Validate refuses what would ask people without an end, or never.
func (c *Config) Validate(report func(key, problem string)) {
	if c.Again.Duration() < 24*time.Hour {
		report("again", fmt.Sprintf(`is %s; want "1d" or more: nobody is asked the same twice a day`, c.Again))
	}
	if c.Daily < 1 || c.Daily > mostDaily {
		report("daily", fmt.Sprintf("is %d; want 1 to %d; a team without asks leaves the section out", c.Daily, mostDaily))
	}
	if n, ok := c.Wait.Days(); !ok || n < 1 || n > mostWait {
		report("wait", fmt.Sprintf(`is %s; want whole days, "1d" to "%dd": they are counted as working days`, c.Wait, mostWait))
	}
}

// Plugin describes ask to the machinery.
func Plugin() bot.Plugin {
	return bot.Plugin{
		Name:    "ask",
		Summary: "asks a core for a review when they can be asked, and says when nobody answers",
		Schema:  1,
		Config:  defaults,
		New: func(t bot.Team, config any) (bot.Instance, error) {
			c, ok := config.(*Config)
			if !ok {
				return bot.Instance{}, fmt.Errorf("configure ask: got %T", config)
			}
			p := newPlugin(t, *c)
			return bot.Instance{
				Commands: p.commands(),
				Jobs:     []bot.Job{{Name: "silence", Due: p.due, Do: p.silence}},
				On:       p.on,
			}, nil
		},
	}
}

// plugin is ask at work for one team; it keeps nothing but configuration.
type plugin struct {
	team  bot.Team
	again time.Duration
	daily int
	wait  int // working days
}

func newPlugin(t bot.Team, c Config) *plugin {
	wait, _ := c.Wait.Days()
	return &plugin{team: t, again: c.Again.Duration(), daily: c.Daily, wait: wait}
}
