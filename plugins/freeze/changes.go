package freeze

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// A calendar that is not what the team's rooms know is news: what is new in it,
// what has moved and what is gone is said at once, by day and by night as the steps
// are, in one message for all that changed at one time. It is the difference to
// what was said last, so that a date that goes there and back is two messages, and
// what was said is never said again. One that waits for a network is not taken
// back: it may have arrived, for all that a bot knows that was killed meanwhile.

// known is the record "calendar": what the rooms know of it.
type known struct {
	N       int      `json:"n"` // how often it was compared
	Events  beliefs  `json:"events"`
	Sources []string `json:"sources,omitempty"` // it has been read from these

	// Told is when changes of an event were said, by id, within the last day.
	Told map[string][]time.Time `json:"told,omitempty"`
}

// held is the record "held": when changes that had to wait are said.
type held struct {
	Due time.Time `json:"due"`
}

// An event whose date goes to and fro, as of a source with two copies that differ,
// is news so many times within a day, and then again when that is over; but for what
// people must act on (see urgent).
const (
	often  = 2
	within = 24 * time.Hour
)

// newsSpace begins the keys of news: no event's id begins so.
const newsSpace = "~changes/"

func newsKey(n int) bot.Key { return bot.Key(fmt.Sprint(newsSpace, n)) }

// changed hears of a calendar that differs. It returns all changes beside what it
// wants to happen.
func (p *plugin) changed(v bot.View, d cycle.Diff) (bot.Effects, []change, error) {
	var k known
	found, err := v.Get("calendar", &k)
	if err != nil {
		return bot.Effects{}, nil, err
	}
	if !found {
		if len(d.New) == len(v.Calendar().Events) && len(d.Gone) == 0 {
			// The very first sight: none of it is news.
			return bot.Effects{Put: map[string]any{"calendar": p.knowing(v, known{})}}, nil, nil
		}
		k = p.knewBefore(v, d)
	}
	eff, all := p.tell(v, k)
	return eff, all, nil
}

// knewBefore is what the rooms know who were told of the calendar by a bot that
// kept no record: what it was before it became another.
func (p *plugin) knewBefore(v bot.View, d cycle.Diff) known {
	k := p.knowing(v, known{})
	for _, e := range d.New {
		delete(k.Events, e.ID)
	}
	for _, e := range d.Moved {
		was := e.Was[len(e.Was)-1]
		e.Day, e.At = was.Day, was.At
		k.Events[e.ID] = believe(e, p.team.Zone)
	}
	for _, gone := range d.Gone {
		k.Events[gone.ID] = believe(departed(gone), p.team.Zone)
	}
	return k
}

// departed is an event that has left the calendar, as far as it is remembered.
func departed(gone cycle.Sighted) cycle.Event {
	return cycle.Event{
		ID: gone.ID, Kind: gone.ID, Name: gone.Name, Day: gone.Day, At: gone.At,
		Seen: gone.Seen, Was: gone.Was, Edition: gone.Edition,
	}
}

// knowing is what rooms know who know the calendar as it is, and what has left it.
func (p *plugin) knowing(v bot.View, k known) known {
	cal := v.Calendar()
	next := known{N: k.N, Events: beliefs{}, Sources: slices.Clone(k.Sources), Told: map[string][]time.Time{}}
	for id, was := range k.Events {
		if was.Gone && v.Now().Before(was.At.Add(after)) {
			next.Events[id] = was
		}
	}
	for _, e := range cal.Events {
		next.Events[e.ID] = believe(e, p.team.Zone)
		if s := source(e); s != "" && !slices.Contains(next.Sources, s) {
			next.Sources = append(next.Sources, s)
		}
	}
	for id, times := range k.Told {
		if times = lately(times, v.Now()); len(times) > 0 {
			next.Told[id] = times
		}
	}
	return next
}

// tell says how the calendar differs from what is known, and returns all changes,
// also those of which nobody has to hear.
func (p *plugin) tell(v bot.View, k known) (bot.Effects, []change) {
	var eff bot.Effects
	n := k.N + 1
	next := p.knowing(v, k)
	next.N = n
	all := k.Events.compare(v.Calendar(), p.team.Zone, k.Sources, v.Now())
	var say []change
	var due time.Time
	for _, c := range all {
		told := k.told(c, v.Now())
		next.count(c, told)
		switch at := free(told); {
		case !c.said && !c.is.At.After(v.Now()) && c.id != "" && (c.old == "" || c.was.Gone):
			// It comes after it has passed, and stays what nobody has heard of.
			next.unheard(c, v.Now())
		case !c.said:
		case at.After(v.Now()) && !c.urgent():
			if due.IsZero() || at.Before(due) {
				due = at
			}
			// It stays what the rooms know.
			delete(next.Events, c.id)
			if c.old != "" {
				next.Events.keep(c.old, c.was)
			}
		default:
			say = append(say, c)
			if c.id == "" {
				c.was.Gone = true
				next.Events.keep(c.old, c.was)
			}
			next.count(c, append(told, v.Now()))
		}
	}
	if len(say) > 0 {
		eff.Say = p.news(v, newsKey(n), say)
	}
	eff.Put = map[string]any{"calendar": next, "held": nil}
	if !due.IsZero() {
		eff.Put["held"] = held{Due: due}
	}
	return eff, all
}

// unheard takes back that rooms know of the event that a change brought.
func (k known) unheard(c change, now time.Time) {
	delete(k.Events, c.id)
	if c.old != "" && now.Before(c.was.At.Add(after)) {
		k.Events.keep(c.old, c.was)
	}
}

// ids are those that the change's event has and had.
func (c change) ids() []string {
	ids := slices.DeleteFunc([]string{c.old, c.id}, func(id string) bool { return id == "" })
	return slices.Compact(ids)
}

// lately keeps the times within the last day: none of a day to come, when a clock that
// was ahead believed to be there.
func lately(times []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(times), func(at time.Time) bool {
		return at.After(now) || !now.Before(at.Add(within))
	})
}

// told is when changes of the event were said within the last day, under whichever of
// its ids they are more.
func (k known) told(c change, now time.Time) (most []time.Time) {
	for _, id := range c.ids() {
		if told := lately(k.Told[id], now); len(told) > len(most) {
			most = told
		}
	}
	return most
}

// count keeps when changes of the event were said, under all its ids: of a file whose
// ids are new each time it would begin anew with each. What counts more under an id, of
// another event that had it, stays.
func (k known) count(c change, told []time.Time) {
	for _, id := range c.ids() {
		if len(told) > len(k.Told[id]) {
			k.Told[id] = told
		}
	}
}

// free is when a change may be said of an event of which others were.
func free(told []time.Time) time.Time {
	if len(told) < often {
		return time.Time{}
	}
	return told[len(told)-often].Add(within)
}

// urgent reports whether people must act on the change: an event that lay ahead is
// gone, or comes earlier than they believe, or last believed. It is said whatever was
// said within the day. What goes back to later, or comes back at no earlier date, is
// not, so that even of a source that has something else each hour few are. Nor is what
// can be undone without a word: an hour that a page has and loses again, or that
// configuration had been silent of the event.
func (c change) urgent() bool {
	switch {
	case c.id == "":
		return true
	case c.old == "", c.official, c.was.Under, c.was.Quiet:
		return false
	}
	return c.is.At.Before(c.was.At) && (c.was.Timed && c.is.Timed || c.is.Day.Before(c.was.Day))
}

// dueChanges lists when what was held back is said. Nobody knows yet what that will
// be, so it has no title.
func (p *plugin) dueChanges(v bot.View, from, to time.Time) []bot.Occurrence {
	var h held
	if found, err := v.Get("held", &h); err != nil || !found || !h.Due.After(from) || h.Due.After(to) {
		return nil
	}
	var k known
	if found, err := v.Get("calendar", &k); err != nil || !found {
		return nil
	}
	return []bot.Occurrence{{Key: newsKey(k.N + 1), At: h.Due, Until: h.Due.AddDate(1, 0, 0)}}
}

// catchUp says what was held back, if it still differs.
func (p *plugin) catchUp(_ context.Context, v bot.View, _ bot.Occurrence) (bot.Effects, error) {
	var k known
	if found, err := v.Get("calendar", &k); err != nil || !found {
		return bot.Effects{}, err
	}
	eff, _ := p.tell(v, k)
	return eff, nil
}

// merge joins what two parts of the plugin want.
func merge(a, b bot.Effects) bot.Effects {
	a.Unsay = append(a.Unsay, b.Unsay...)
	a.Say = append(a.Say, b.Say...)
	if a.Put == nil {
		a.Put = map[string]any{}
	}
	maps.Copy(a.Put, b.Put)
	return a
}
