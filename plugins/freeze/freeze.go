// Package freeze counts down to the dates of the release calendar: a ladder of
// reminders before each event and at its instant, and the answers to !freeze,
// !when and !calendar.
//
//	[team.glance.plugin.freeze]
//	remind = ["28d", "14d", "7d", "3d", "1d", "0d", "0s"]
//	at     = "14:00"
//
// Of an official calendar it reminds only of what binds the team (reminded.go), and
// answers for all of it, and for other teams.
//
// The newest reminder of an event is kept true where a network can change what was
// said (living.go). That the calendar itself changed is news, once (changes.go).
//
// Known limits, all of an edit just around a step. What has been planned is not
// stored, only what has been said: a day step is lost if "at" is made earlier
// between the new time and the old one, that day. A team's zone that changes
// can change the civil day of an event with a clock time, which has moved by
// that: day steps that were said come again, where by the new zone they lie
// ahead. A step that waits for a network when its event is removed is
// dropped for good, though the event comes back. And where more has moved at once,
// in more rooms, than one transaction holds (see mostSaid), the steps that wait of the
// farther events are dropped, not put right, and living messages are changed the next
// day.
package freeze

import (
	"fmt"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Config is the plugin's section.
type Config struct {
	// Remind is the ladder: how long before an event to remind. Days count
	// back in the team's civil days, "0d" is the day itself; hours, minutes
	// and seconds count back from the instant, "0s" is the instant.
	Remind []civil.Span `toml:"remind"`
	// At is the time of day of the day steps, in the team's zone.
	At civil.Clock `toml:"at"`
}

func defaults() any {
	return &Config{
		Remind: []civil.Span{
			civil.DaySpan(28), civil.DaySpan(14), civil.DaySpan(7), civil.DaySpan(3),
			civil.DaySpan(1), civil.DaySpan(0), civil.ClockSpan(0),
		},
		At: civil.Clock{Hour: 14},
	}
}

// Validate refuses a ladder that says the same thing twice.
func (c *Config) Validate(report func(key, problem string)) {
	if len(c.Remind) == 0 {
		report("remind", `is empty: at least one step, such as "7d" or "0s"; a team without reminders leaves the section out`)
	}
	seen := map[civil.Span]bool{}
	for _, s := range c.Remind {
		if seen[s] {
			report("remind", fmt.Sprintf("has %s twice; each step stands once", s))
		}
		seen[s] = true
	}
}

// Plugin describes freeze to the machinery.
func Plugin() bot.Plugin {
	return bot.Plugin{
		Name:    "freeze",
		Summary: "counts down to freezes and milestones, and says when they are",
		Schema:  1,
		Config:  defaults,
		New: func(t bot.Team, config any) (bot.Instance, error) {
			c, ok := config.(*Config)
			if !ok {
				return bot.Instance{}, fmt.Errorf("configure freeze: got %T", config)
			}
			p := &plugin{team: t, ladder: ladder{zone: t.Zone, at: c.At, steps: c.Remind}}
			return bot.Instance{
				Commands: p.commands(),
				Jobs: []bot.Job{
					{Name: "remind", Due: p.due, Do: p.remind},
					{Name: "living", Due: p.dueEdits, Do: p.refresh},
					{Name: "changes", Due: p.dueChanges, Do: p.catchUp},
				},
				On: p.on,
			}, nil
		},
	}
}

// plugin is freeze at work for one team; it keeps nothing but configuration.
type plugin struct {
	team   bot.Team
	ladder ladder
}
