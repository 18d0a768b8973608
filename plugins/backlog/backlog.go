// Package backlog says how the review queue stands: every night in the team's
// rooms, and to whoever asks with !backlog, !next, !starved and !turn.
//
//	[team.glance.plugin.backlog]
//	at = "06:00"
//
// What the queue is, and whose turn a change is, is defined in bot/review; the
// link of every figure is the search by which the review server finds the same.
package backlog

import (
	"fmt"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Config is the plugin's section.
type Config struct {
	// At is when the nightly line comes, in the team's zone.
	At civil.Clock `toml:"at"`
}

// Plugin describes backlog to the machinery.
func Plugin() bot.Plugin {
	return bot.Plugin{
		Name:    "backlog",
		Summary: "says every night how the review queue stands, and what to review next",
		Schema:  1,
		Config:  func() any { return &Config{At: civil.Clock{Hour: 6}} },
		New: func(t bot.Team, config any) (bot.Instance, error) {
			c, ok := config.(*Config)
			if !ok {
				return bot.Instance{}, fmt.Errorf("configure backlog: got %T", config)
			}
			p := &plugin{team: t, at: c.At}
			return bot.Instance{
				Commands: p.commands(),
				Jobs:     []bot.Job{{Name: "night", Due: p.due, Do: p.night}},
			}, nil
		},
	}
}

// plugin is backlog at work for one team; it keeps nothing but configuration.
type plugin struct {
	team bot.Team
	at   civil.Clock
}
