package freeze

import (
	"slices"
	"time"

	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// Where the team has laid its own date over an official one, that the official one
// moves or goes is news as well: the team had its reasons to leave it, and may have
// others now. That it comes is none, the team's date is known. And where the team's date
// does not stand for it any more, it is nothing new: it is said to count by itself.

// officialNews reports whether rooms want to hear of what became of the official date
// under one of the team's own that stays.
func officialNews(was, is *cycle.Published, now time.Time) bool {
	switch {
	case was == nil:
		return false
	case is == nil:
		return was.At.After(now)
	default:
		// By the rules of every other date: a page that loses its time of day says
		// nothing new.
		moved := !was.At.Equal(is.At) && (is.Exact || was.Day != is.Day)
		return moved && (was.At.After(now) || is.At.After(now))
	}
}

// lay brings in line what was known of official dates with where they lie now: one
// that the team's own does not cover any more is not gone, it is listed by itself, and
// returned by its id; and one that comes to lie under it is not gone from the list.
func (b beliefs) lay(cal cycle.Calendar) map[string]*cycle.Published {
	bare := map[string]*cycle.Published{}
	for id, was := range b { // the team's own may have another id as well
		if o := was.Published; o != nil && slices.ContainsFunc(cal.Events, func(e cycle.Event) bool { return !e.Own() && e.ID == o.ID }) {
			bare[o.ID] = o
			was.Published = nil
			b[id] = was
		}
	}
	for _, e := range cal.Events {
		was, known := b[e.ID]
		o := e.Published()
		if !known || o == nil || o.ID == e.ID {
			continue
		}
		switch listed, ok := b[o.ID]; {
		case !ok || listed.About || listed.Team == "":
		case was.Published == nil:
			was.Published = &cycle.Published{ID: o.ID, Day: listed.Day, At: listed.At, Exact: listed.Timed}
			b[e.ID] = was
			delete(b, o.ID)
		case listed.At.Equal(o.At):
			delete(b, o.ID)
		}
	}
	return bare
}

// under is what rooms know of an event that they knew as the official date under the
// team's own.
func under(o *cycle.Published, is belief, zone *time.Location) belief {
	is.Day, is.At, is.Clock, is.Timed, is.Under = o.Day, o.At.UTC(), o.At.In(zone).Format(time.TimeOnly), o.Exact, true
	return is
}

// standing finds the event by which a date of a source still is in the calendar that
// is no more in it by itself: the team's own that lies over it; or, of an iCalendar
// file, the same of a schedule, which a bot listed beside it that knew no better.
func standing(cal cycle.Calendar, id string, was belief) (cycle.Event, bool) {
	i := slices.IndexFunc(cal.Events, func(e cycle.Event) bool {
		if o := e.Published(); o != nil && o.ID == id && was.Team != "" {
			return true
		}
		meeting := was.Team == cycle.CrossProject && was.Series == "" && !was.About && was.Kind != vague
		return meeting && e.Source.Series != "" && e.Kind == was.Kind && e.Day == was.Day && saysNoMore(was.Name, e)
	})
	if i < 0 {
		return cycle.Event{}, false
	}
	return cal.Events[i], true
}

// saysNoMore reports whether a name has no word but those of an event: "Nova feature
// freeze" is another than everybody's.
func saysNoMore(name string, e cycle.Event) bool {
	known := cycle.Words("the " + e.Name + " " + e.Kind + " " + e.Source.Series)
	return !slices.ContainsFunc(cycle.Words(name), func(w string) bool { return !slices.Contains(known, w) })
}

// officially is how the official date under the team's own changed: ": officially
// Thu 2026-06-11 → Thu 2026-06-18; ours stays Wed 2026-06-10".
func (p *plugin) officially(c change, alone bool) msg.Para {
	text := msg.Para{msg.Text(": officially no longer in the calendar (was "), p.published(c.was.Published), msg.Text(")")}
	if c.is.Published != nil {
		text = p.officialDates(c.was.Published, c.is.Published)
	}
	return append(text, msg.Text(besides(alone)+"ours stays "), msg.Date(c.is.At, p.team.Zone.String()))
}

// bare is that an official date is no more under the team's own: ": officially
// Thu 2026-06-11, in 9 days; ours no longer stands for it".
func (p *plugin) bare(c change, alone bool) msg.Para {
	text := p.officialDates(
		&cycle.Published{Day: c.was.Day, At: c.was.At, Exact: c.was.Timed},
		&cycle.Published{Day: c.is.Day, At: c.is.At, Exact: c.is.Timed},
	)
	return append(text, msg.Text(", "), p.left(c.event, p.team.Zone.String()), msg.Text(besides(alone)+"ours no longer stands for it"))
}

// besides stands before what is ours: a network can have semicolons between the items
// of a list.
func besides(alone bool) string {
	if alone {
		return "; "
	}
	return ", "
}

// officialDates is from when to when an official date moved, or when it is.
func (p *plugin) officialDates(was, is *cycle.Published) msg.Para {
	text := msg.Para{msg.Text(": officially ")}
	switch {
	case was.At.Equal(is.At), !is.Exact && was.Day == is.Day:
		return append(text, p.published(is))
	case was.Exact && is.Exact && was.Day == is.Day:
		return append(text, p.published(was), msg.Text(" → "), msg.Clock(is.At, p.team.Zone.String()))
	}
	return append(text, p.published(was), msg.Text(" → "), p.published(is))
}

func (p *plugin) published(o *cycle.Published) msg.Inline {
	if o.Exact {
		return msg.Instant(o.At, p.team.Zone.String())
	}
	return msg.Date(o.At, p.team.Zone.String())
}
