// Package reviewday holds review days: it says the day before that one comes,
// opens it with what to review first, and closes it with what was done.
//
//	[team.glance.plugin.reviewday]
//	days  = ["Monday"]
//	open  = "13:00"
//	close = "21:00"
//	until = "release"
//
// Times are of the team's zone. What a review day did is read from the mirror
// when it closes, not counted on the way, so a restart in the middle loses
// nothing.
package reviewday

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Config is the plugin's section.
type Config struct {
	// Days are the days of the week; none: only what "!reviewday start" opens.
	Days []civil.Weekday `toml:"days"`

	// Open and Close are times of day in the team's zone, Close the later.
	Open  civil.Clock `toml:"open"`
	Close civil.Clock `toml:"close"`

	// Until is the last day, which still is a review day: a date, or the kind of
	// an event. There are review days before each event of the kind, and none
	// after the last one that is known; a team whose calendar has none goes on.
	Until string `toml:"until"`
}

func defaults() any {
	return &Config{
		Days: []civil.Weekday{civil.Weekday(time.Monday)},
		Open: civil.Clock{Hour: 13}, Close: civil.Clock{Hour: 21}, Until: "release",
	}
}

// Validate refuses hours that are none, and an end that is neither a date nor a
// kind.
func (c *Config) Validate(report func(key, problem string)) {
	for i, d := range c.Days {
		if slices.Contains(c.Days[:i], d) {
			report("days", fmt.Sprintf("has %s twice; each day stands once", d))
		}
	}
	if c.Close.Hour*60+c.Close.Minute <= c.Open.Hour*60+c.Open.Minute {
		report("close", fmt.Sprintf("is %s, not after open, %s; a review day ends on the day it began", c.Close, c.Open))
	}
	if _, err := civil.ParseDate(c.Until); err != nil && !isKind(c.Until) {
		report("until", fmt.Sprintf("%q is neither the kind of an event nor a date; want something like \"release\" or \"2027-03-24\"", c.Until))
	}
}

// isKind reports whether an event can be of that kind.
func isKind(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Plugin describes reviewday to the machinery.
func Plugin() bot.Plugin {
	return bot.Plugin{
		Name:    "reviewday",
		Summary: "holds review days: opens them with what to review first, closes them with what was done",
		Schema:  1,
		Config:  defaults,
		New: func(t bot.Team, config any) (bot.Instance, error) {
			c, ok := config.(*Config)
			if !ok {
				return bot.Instance{}, fmt.Errorf("configure reviewday: got %T", config)
			}
			p := &plugin{team: t, open: c.Open, close: c.Close, until: c.Until}
			for _, d := range c.Days {
				p.days[d] = true
			}
			return bot.Instance{
				Commands: p.commands(),
				Jobs: []bot.Job{
					{Name: "day", Due: p.due, Do: p.step},
					{Name: "milestone", Due: p.milestones, Do: p.remind},
				},
			}, nil
		},
	}
}

// plugin is reviewday at work for one team; it keeps nothing but configuration.
type plugin struct {
	team        bot.Team
	days        [7]bool // by time.Weekday
	open, close civil.Clock
	until       string
}
