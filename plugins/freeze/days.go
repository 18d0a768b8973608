package freeze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// days answers when a week is, or what is on a day: "R-5 of indri: Mon 2027-02-15 to
// Fri 2027-02-19, in 84 days. Thu 2027-02-18: Indri-3 milestone, Feature freeze."
func (p *plugin) days(v bot.View, d cycle.Days, c bot.Call) bot.Effects {
	cal := v.Calendar()
	text, that := p.weekOf(d, civil.DateOf(v.Now(), p.team.Zone)), "week"
	if d.First == d.Last {
		text, that = p.dayOf(d, civil.DateOf(v.Now(), p.team.Zone)), "day"
	}
	if team := p.team.In(c.Room); team != "" {
		text = append(msg.Para{msg.Text(team + ": ")}, text...)
	}
	if d.Week != "" && d.Release.Estimated() {
		text = append(text, msg.Text(", estimated from the release date"))
	}
	text = append(text, msg.Text(". "))
	if events := d.Events(cal); len(events) > 0 {
		text = append(text, p.gathered(cal, d, events, p.zone(c))...)
	} else {
		text = append(text, msg.Text(p.team.Name+" has no date that "+that+"."))
	}
	link, _, _ := strings.Cut(d.Release.URL, "#") // the page, not what it says of the release
	return bot.Reply(text, link)
}

// ofSeries is a week with the series that counts it: "R-5 of indri".
func ofSeries(d cycle.Days) string {
	name := d.Week
	if d.Week != "" && d.Release.Estimated() && d.Said != d.Week {
		name = "about " + name
	}
	if d.Week != "" && d.Series != "" {
		name += " of " + msg.Clean(d.Series)
	}
	return name
}

// weekOf says which days a week has, and how far away they are.
func (p *plugin) weekOf(d cycle.Days, today civil.Date) msg.Para {
	zone := p.team.Zone.String()
	first, last := msg.Date(p.noon(d.First), zone), msg.Date(p.noon(d.Last), zone)
	if d.Said != d.Week {
		name := capital(d.Said)
		if d.Week != "" {
			name += " is " + ofSeries(d)
		}
		return msg.Para{msg.Text(name + ": "), first, msg.Text(" to "), last}
	}
	text := msg.Para{msg.Text(ofSeries(d) + ": ")}
	if d.Release.Estimated() {
		text = append(text, msg.Text("about "))
	}
	text = append(text, first, msg.Text(" to "), last, msg.Text(", "))
	switch {
	case today.Before(d.First):
		return append(text, msg.Days(p.noon(d.First), zone))
	case today.After(d.First.AddDays(6)):
		return append(text, msg.Days(p.noon(d.Last), zone))
	}
	return append(text, msg.Text("this week"))
}

// dayOf says which day it is, and in which week.
func (p *plugin) dayOf(d cycle.Days, today civil.Date) msg.Para {
	zone := p.team.Zone.String()
	text := msg.Para{msg.Date(p.noon(d.First), zone)}
	switch {
	case d.Said != d.First.String():
		text = append(msg.Para{msg.Text(capital(d.Said) + " is ")}, text...)
	case d.First == today:
		text = append(text, msg.Text(", today"))
	default:
		text = append(text, msg.Text(", "), msg.Days(p.noon(d.First), zone))
	}
	if d.Week != "" {
		text = append(text, msg.Text(" ("+ofSeries(d)+")"))
	}
	return text
}

// noon is in the middle of a day, so that it is one of that day.
func (p *plugin) noon(d civil.Date) time.Time { return d.At(civil.Clock{Hour: 12}, p.team.Zone) }

// capital begins a sentence with one of Days.Said.
func capital(said string) string { return strings.ToUpper(said[:1]) + said[1:] }

// gathered names events, those of one date after each other; on a day that has been
// said the time is enough.
func (p *plugin) gathered(cal cycle.Calendar, d cycle.Days, events []cycle.Event, zone string) msg.Para {
	var text msg.Para
	together := func(a, b cycle.Event) bool {
		return dayOnly(a) == dayOnly(b) && a.At.Equal(b.At) && a.Estimated() == b.Estimated()
	}
	for i, e := range events {
		again := i > 0 && together(events[i-1], e)
		switch {
		case i == listed:
			return append(text, msg.Text(fmt.Sprintf(" and %d more.", len(events)-i)))
		case again:
			text = append(text, msg.Text(", "))
		case i > 0:
			text = append(text, msg.Text("; "))
		}
		if when := p.date(e, zone); !again && (d.First != d.Last || !dayOnly(e)) {
			if i == 0 && e.Estimated() {
				when[0] = msg.Text("About ")
			}
			text = slices.Concat(text, when, msg.Para{msg.Text(": ")})
		}
		name := called(cal, e)
		if cal.Series(e) == d.Series && !foreign(cal, e) {
			name = msg.Para{msg.Text(msg.CleanOr(e.Name, e.Kind))}
		}
		text = append(text, name...)
	}
	return append(text, msg.Text("."))
}
