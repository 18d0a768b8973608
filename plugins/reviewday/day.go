package reviewday

import (
	"context"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// session is the record "session": the review day that was opened last.
type session struct {
	Day    civil.Date `json:"day"`
	Opened time.Time  `json:"opened"`
	Closes time.Time  `json:"closes"`

	// Extra is the how manieth that was called for on this day; 0: it is the
	// calendar's. Extras is how many were called for on this day so far.
	Extra  int `json:"extra,omitempty"`
	Extras int `json:"extras,omitempty"`

	// Ended is when its end was said; zero: not yet.
	Ended time.Time `json:"ended,omitzero"`
}

// running reports whether the session is on.
func (s session) running(now time.Time) bool {
	return !s.Opened.IsZero() && s.Ended.IsZero() && now.Before(s.Closes)
}

// within reports whether the session was on at some time from one instant until
// before another.
func (s session) within(from, to time.Time) bool {
	end := s.Closes
	if !s.Ended.IsZero() && s.Ended.Before(end) {
		end = s.Ended
	}
	return s.Opened.Before(to) && !end.Before(from)
}

// part is a part of a review day.
type part int

const (
	eve part = iota
	opening
	closing
)

// step is what an occurrence carries from Due to Do.
type step struct {
	part  part
	day   civil.Date
	extra int
}

// goesOn is how long after its end a review day's closing is worth saying.
const goesOn = 6 * time.Hour

// hours are the instants at which a day's review day opens and closes; false
// where its zone skips all of it.
func (p *plugin) hours(day civil.Date) (opens, closes time.Time, ok bool) {
	opens, closes = day.At(p.open, p.team.Zone), day.At(p.close, p.team.Zone)
	return opens, closes, opens.Before(closes)
}

// due lists the parts of review days in the span. A review day that has been
// opened closes when it said it would, whatever the calendar says by then.
func (p *plugin) due(v bot.View, from, to time.Time) []bot.Occurrence {
	if len(p.team.All()) == 0 {
		return nil
	}
	var occs []bot.Occurrence
	add := func(name string, at, until time.Time, s step, title string) {
		if at.After(from) && !at.After(to) {
			series := "day/" + s.day.String()
			occs = append(occs, bot.Occurrence{
				Key: bot.Key(series + "/" + name), At: at, Until: until, Series: series, Title: title, Data: s,
			})
		}
	}
	const over = "end of review day"
	var s session
	if found, err := v.Get("session", &s); err == nil && found && s.Ended.IsZero() {
		name := "close"
		if s.Extra > 0 {
			name = fmt.Sprintf("extra-%d-close", s.Extra)
		}
		add(name, s.Closes, s.Closes.Add(goesOn), step{closing, s.Day, s.Extra}, over)
	}
	// A day's parts lie at most two days before it and one after.
	for day := civil.DateOf(from, p.team.Zone).AddDays(-2); !day.After(civil.DateOf(to, p.team.Zone).AddDays(2)); day = day.AddDays(1) {
		opens, closes, ok := p.hours(day)
		if !ok || !p.held(v.Calendar(), day) {
			continue
		}
		add("eve", day.AddDays(-1).At(p.open, p.team.Zone), opens.Add(-1), step{eve, day, 0}, "review day tomorrow")
		add("open", opens, closes.Add(-1), step{opening, day, 0}, "review day")
		if !s.within(opens, closes) { // or another end takes its place
			add("close", closes, closes.Add(goesOn), step{closing, day, 0}, over)
		}
	}
	return occs
}

// held reports whether the day is a review day by the calendar: there is an end
// to come, on that day or later, or none that is known at all.
func (p *plugin) held(cal cycle.Calendar, day civil.Date) bool {
	if !p.days[day.Weekday()] {
		return false
	}
	if last, err := civil.ParseDate(p.until); err == nil {
		return !day.After(last)
	}
	known := false
	for _, e := range cal.Events {
		if e.Kind != p.until && e.ID != p.until {
			continue
		}
		if known = true; !day.After(e.Day) {
			return true
		}
	}
	return !known
}

// nextDay returns when the next review day by the calendar opens, after an
// instant.
func (p *plugin) nextDay(cal cycle.Calendar, after time.Time) (civil.Date, time.Time, bool) {
	// A week, a day that zones may skip, and one that has opened already.
	day := civil.DateOf(after, p.team.Zone)
	for range 10 {
		if opens, _, ok := p.hours(day); ok && opens.After(after) && p.held(cal, day) {
			return day, opens, true
		}
		day = day.AddDays(1)
	}
	return civil.Date{}, time.Time{}, false
}

// step says one part of a review day.
func (p *plugin) step(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	s := o.Data.(step)
	var last session
	if _, err := v.Get("session", &last); err != nil {
		return bot.Effects{}, err
	}
	opens, _, _ := p.hours(s.day)
	eff := bot.Effects{Unsay: []bot.Key{bot.Key("day/" + s.day.String())}}
	expires := o.Until.Add(1)
	switch s.part {
	case eve:
		eff.Say = p.everywhere(o.Key, expires, func(r bot.Room) msg.Message { return p.eveText(v, s.day, r) })
	case opening:
		if last.running(v.Now()) {
			return bot.Effects{}, nil // one was called for, and is on already
		}
		next := session{Day: s.day, Opened: o.At, Closes: o.Until.Add(1)}
		if last.Day == s.day {
			next.Extras = last.Extras
		}
		eff.Put = map[string]any{"session": next}
		eff.Say = p.everywhere(o.Key, expires, func(r bot.Room) msg.Message { return p.openText(v, next, r) })
	case closing:
		if last.Day != s.day || last.Extra != s.extra {
			if last.within(opens, o.At) {
				return bot.Effects{}, nil // one that was called for took its place
			}
			// The bot was away when it should have opened it. One that has
			// been called for since goes on.
			next := session{Day: s.day, Opened: opens, Closes: o.At}
			if last.Day == s.day {
				next.Extras = last.Extras
			}
			keep := last.running(v.Now())
			if last = next; keep {
				eff.Say = p.everywhere(o.Key, expires, func(r bot.Room) msg.Message { return p.closeText(v, last, r) })
				return eff, nil
			}
		}
		if !last.Ended.IsZero() {
			return bot.Effects{}, nil
		}
		last.Ended = v.Now()
		eff.Put = map[string]any{"session": last}
		eff.Say = p.everywhere(o.Key, expires, func(r bot.Room) msg.Message { return p.closeText(v, last, r) })
	}
	return eff, nil
}

// everywhere says something in every room of the team, of a mirror in one.
func (p *plugin) everywhere(key bot.Key, expires time.Time, text func(bot.Room) msg.Message) []bot.Say {
	rooms := p.team.Announced()
	says := make([]bot.Say, len(rooms))
	for i, r := range rooms {
		says[i] = bot.Say{Key: key, To: bot.Target{Room: r}, Message: text(r), Expires: expires}
	}
	return says
}
