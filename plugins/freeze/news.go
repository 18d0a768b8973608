package freeze

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

const (
	// short is the notice that is called short.
	short = 14 * 24 * time.Hour
	// nearest is how many changes one message lists.
	nearest = 5
)

// news is one message about changes, for every room of the team.
func (p *plugin) news(v bot.View, key bot.Key, changes []change) []bot.Say {
	expires := v.Now().Add(after)
	for _, c := range changes {
		if ends := c.ends(); ends.After(expires) {
			expires = ends
		}
	}
	rooms := p.team.Announced()
	says := make([]bot.Say, len(rooms))
	for i, room := range rooms {
		says[i] = bot.Say{Key: key, To: bot.Target{Room: room}, Message: p.newsText(v, changes, room), Expires: expires}
	}
	return says
}

// newsText is a sentence about one change, and a list of several: the nearest.
func (p *plugin) newsText(v bot.View, changes []change, room bot.Room) msg.Message {
	var team msg.Para
	if name := p.team.In(room); name != "" {
		team = msg.Para{msg.Text(name + ": ")}
	}
	if len(changes) == 1 {
		m := msg.New(msg.Announce, slices.Concat(team, p.changeText(v, changes[0], true), msg.Para{msg.Text(".")}))
		m.Link = changes[0].event.URL
		return m
	}
	head := fmt.Sprintf("%d changes in the calendar:", len(changes))
	if len(changes) > nearest {
		head = fmt.Sprintf("%d changes in the calendar, the first %d:", len(changes), nearest)
	}
	m := msg.New(msg.Announce, append(team, msg.Text(head)))
	m.Link = page(changes)
	var list []msg.Para
	for _, c := range changes[:min(len(changes), nearest)] {
		list = append(list, p.changeText(v, c, false))
	}
	m.Blocks = append(m.Blocks, msg.Block{List: list})
	return m
}

// page is where all changes can be read, if that is one.
func page(changes []change) (link string) {
	for _, c := range changes {
		switch url, _, _ := strings.Cut(c.event.URL, "#"); {
		case link == "":
			link = url
		case url != "" && url != link:
			return ""
		}
	}
	return link
}

// changeText is one change, without a full stop; alone, it begins a sentence.
func (p *plugin) changeText(v bot.View, c change, alone bool) msg.Para {
	zone := p.team.Zone.String()
	name := called(v.Calendar(), c.shown())
	switch {
	case c.official:
		return append(name, p.officially(c, alone)...)
	case c.id == "" && alone:
		return slices.Concat(name, msg.Para{msg.Text(" is no longer in the calendar (was ")}, p.dateWas(c.was), msg.Para{msg.Text(")")})
	case c.id == "":
		return slices.Concat(name, msg.Para{msg.Text(" is gone (was ")}, p.dateWas(c.was), msg.Para{msg.Text(")")})
	case c.was.Under && !c.was.Gone:
		return append(name, p.bare(c, alone)...)
	}
	when := append(p.date(c.event, zone), msg.Text(", "), p.left(c.event, zone))
	if c.old != "" && !c.was.Gone {
		switch {
		case c.was.Day != c.is.Day && c.was.About:
			return slices.Concat(name, msg.Para{msg.Text(" moved: about "), msg.Date(c.was.At, zone), msg.Text(" → ")}, when)
		case c.was.Day != c.is.Day:
			return slices.Concat(name, msg.Para{msg.Text(" moved: "), msg.Date(c.was.At, zone), msg.Text(" → ")}, when)
		case !c.was.Timed:
			return slices.Concat(name, msg.Para{msg.Text(" has a time now: ")}, when)
		case !c.is.Timed: // and had passed by the old one
			return slices.Concat(name, msg.Para{msg.Text(" moved: "), msg.Instant(c.was.At, zone), msg.Text(" → ")}, when)
		default:
			return append(name, msg.Text(" moved: "), msg.Instant(c.was.At, zone), msg.Text(" → "), msg.Clock(c.is.At, zone), msg.Text(", "), p.left(c.event, zone))
		}
	}
	how := "new: "
	switch back := c.old != ""; {
	case back && alone:
		how = "Back in the calendar: "
	case back:
		how = "back: "
	case alone:
		how = "New in the calendar: "
	}
	text := slices.Concat(msg.Para{msg.Text(how)}, name, msg.Para{msg.Text(", ")}, when)
	if c.old == "" && c.is.At.Sub(v.Now()) < short {
		text = append(text, msg.Text(": short notice"))
	}
	return text
}

// shown is the event that the change is about, as it is or was.
func (c change) shown() cycle.Event {
	if c.id != "" {
		return c.event
	}
	return cycle.Event{ID: c.old, Kind: c.was.Kind, Name: c.was.Name, Team: c.was.Team, Source: cycle.Source{Series: c.was.Series}}
}

// dateWas is a date that is no more.
func (p *plugin) dateWas(was belief) msg.Para {
	zone := p.team.Zone.String()
	switch {
	case was.About:
		return msg.Para{msg.Text("about "), msg.Date(was.At, zone)}
	case !was.Timed:
		return msg.Para{msg.Date(was.At, zone)}
	}
	return msg.Para{msg.Instant(was.At, zone)}
}
