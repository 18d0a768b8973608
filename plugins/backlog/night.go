package backlog

import (
	"context"
	"fmt"
	"maps"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

const (
	// stale is how long after its time a nightly line is still worth saying.
	stale = 6 * time.Hour
	// kept is how many days of figures are kept.
	kept = 35
)

// figures is the record "nights": the queue of each night, by civil date.
type figures map[string]int

// due lists the nights in the span.
func (p *plugin) due(_ bot.View, from, to time.Time) []bot.Occurrence {
	if len(p.team.All()) == 0 {
		return nil
	}
	var occs []bot.Occurrence
	for day, at := range civil.Daily(p.at, p.team.Zone).Between(from, to) {
		occs = append(occs, bot.Occurrence{
			Key: bot.Key("night/" + day.String()), At: at, Until: at.Add(stale), Series: "night",
			Title: "review queue", Data: day,
		})
	}
	return occs
}

// night says how the queue stands, and how it stood.
func (p *plugin) night(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	day := o.Data.(civil.Date)
	var nights figures
	if _, err := v.Get("nights", &nights); err != nil {
		return bot.Effects{}, err
	}
	if nights == nil {
		nights = figures{}
	}
	readable, _ := split(p.team.All(), v.Reviews().State().Missing)
	t := count(v, review.Filter{Projects: readable})
	// A line that has not reached a room by now is yesterday's news.
	eff := bot.Effects{Unsay: []bot.Key{"night"}}
	if current(v) && len(readable) > 0 {
		before, counted := nights[day.AddDays(-1).String()]
		nights[day.String()] = t.total
		maps.DeleteFunc(nights, func(date string, _ int) bool {
			d, err := civil.ParseDate(date)
			return err != nil || day.Sub(d) > kept
		})
		eff.Put = map[string]any{"nights": nights}
		if t.total == 0 && counted && before == 0 {
			return eff, nil // nothing to say
		}
	}
	for _, room := range p.team.Announced() {
		eff.Say = append(eff.Say, bot.Say{
			Key: o.Key, To: bot.Target{Room: room}, Message: p.line(v, t, nights, day, room), Expires: o.Until.Add(1),
		})
	}
	return eff, nil
}

// current reports whether what is known of the queue may stand for this night. A
// figure of before says nothing of the difference between two nights.
func current(v bot.View) bool {
	s := v.Reviews().State()
	return s.Known && v.Now().Sub(s.ReadAt) < stale
}

// line is the nightly one: "Review queue: 87, 3 fewer than yesterday, …".
func (p *plugin) line(v bot.View, t tally, nights figures, day civil.Date, room bot.Room) msg.Message {
	if s := v.Reviews().State(); !s.Known && s.Failing != "" {
		m := msg.New(msg.Announce, msg.Para{msg.Text(p.head(room) + ": Gerrit can't be read, so nothing is counted.")})
		m.Link = p.link(p.team.All())
		return m
	}
	readable, lacking := split(p.team.All(), v.Reviews().State().Missing)
	if len(readable) == 0 {
		return msg.New(msg.Announce, msg.Para{msg.Text(p.head(room) + unknown(lacking))})
	}
	text := p.head(room) + ": " + number(v, t.total)
	if current(v) {
		text += compare(nights, day, 1, t.total, "yesterday") + compare(nights, day, 7, t.total, "a week ago")
	}
	text += p.byProject(v, t.projects) + without(lacking) + "."
	if v.Reviews().State().Known {
		text += t.unreviewedWords(v.Now())
	}
	m := msg.New(msg.Announce, append(msg.Para{msg.Text(text)}, p.asOf(v)...))
	if v.Reviews().State().Known {
		m.Link = p.link(readable)
	}
	return m
}

// head names the queue, and the team where the room has several.
func (p *plugin) head(room bot.Room) string {
	if team := p.team.In(room); team != "" {
		return team + " review queue"
	}
	return "Review queue"
}

// compare is how the queue differs from that of an earlier night; nothing where
// that is not known.
func compare(nights figures, day civil.Date, days, now int, when string) string {
	before, ok := nights[day.AddDays(-days).String()]
	switch {
	case !ok:
		return ""
	case now < before:
		return fmt.Sprintf(", %d fewer than %s", before-now, when)
	case now > before:
		return fmt.Sprintf(", %d more than %s", now-before, when)
	}
	return ", as many as " + when
}
