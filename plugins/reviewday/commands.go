package reviewday

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

func (p *plugin) commands() []bot.Command {
	return []bot.Command{{
		Name: "reviewday", Help: "when the next review day is, or what is left of today's; start and stop are the PTL's",
		Examples: []string{"!reviewday", "!reviewday start", "!reviewday stop"},
		Args:     []bot.Arg{{Name: "start or stop", Kind: bot.ArgWord, Optional: true}},
		Who:      bot.Anyone, More: bot.PTL, Do: p.reviewday,
	}}
}

func (p *plugin) reviewday(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if len(p.team.All()) == 0 {
		return bot.Reply(msg.Para{msg.Text(p.team.Name + " has no review server in this bot's configuration.")}), nil
	}
	var s session
	if _, err := v.Get("session", &s); err != nil {
		return bot.Effects{}, err
	}
	switch word := strings.ToLower(c.Word("start or stop")); word {
	case "":
		return p.state(v, s, c.Room), nil
	case "start", "stop":
		switch {
		case c.Roles.Has(bot.PTL):
		case c.By != "" || c.From.Strength != bot.Unproven:
			return bot.Effects{}, bot.Userf("!reviewday %s is for %s's PTL.", word, p.team.Name)
		default:
			return bot.Effects{}, bot.Userf("!reviewday %s is for %s's PTL, and the network does not say that you are: %s.", word, p.team.Name, c.From.Prove())
		}
		if word == "start" {
			return p.start(v, s, c)
		}
		return p.stop(v, s, c)
	default:
		return bot.Effects{}, bot.Userf("I don't understand %q: !reviewday, !reviewday start or !reviewday stop", msg.Cut(msg.Clean(word), 60))
	}
}

// state answers when the next review day is, or what is left of today's.
func (p *plugin) state(v bot.View, s session, r bot.Room) bot.Effects {
	zone := p.team.Zone.String()
	if s.running(v.Now()) {
		text := append(msg.Para{msg.Text(p.name(r) + " until ")}, p.end(s)...)
		text = append(text, msg.Text(", "), msg.Left(s.Closes, zone))
		if d, known := since(v, s.Opened); known {
			text = append(text, msg.Text("; so far "+d.words()))
		}
		counts, numbers := p.queue(v)
		return bot.Reply(slices.Concat(text, msg.Para{msg.Text(".")}, counts), p.link(numbers))
	}
	if day, at, ok := p.nextDay(v.Calendar(), v.Now()); ok {
		_, closes, _ := p.hours(day)
		return bot.Reply(msg.Para{
			msg.Text(p.name(r) + ": "), msg.Instant(at, zone), msg.Text(" until "), msg.Clock(closes, zone), msg.Text(", "), msg.Left(at, zone), msg.Text("."),
		})
	}
	return bot.Reply(msg.Para{msg.Text("No " + p.lower(r) + " lies ahead. The PTL can open one: !reviewday start")})
}

// extra is how long a review day lasts that is called for after the hour at
// which others end.
const extra = 8 * time.Hour

func (p *plugin) start(v bot.View, last session, c bot.Call) (bot.Effects, error) {
	now := v.Now()
	if last.running(now) {
		return bot.Effects{}, bot.Userf("A review day is on already, until %s. To end it: !reviewday stop", last.Closes.In(p.team.Zone).Format("15:04 MST"))
	}
	today := civil.DateOf(now, p.team.Zone)
	s := session{Day: today, Opened: now, Closes: today.At(p.close, p.team.Zone), Extra: 1, Extras: 1}
	if last.Day == today {
		s.Extra, s.Extras = last.Extras+1, last.Extras+1
	}
	if !s.Closes.After(now.Add(time.Hour)) {
		s.Closes = now.Add(extra).Truncate(time.Minute)
	}
	if day, opens, ok := p.nextDay(v.Calendar(), now); ok && opens.Before(s.Closes) {
		// It goes over into that one, which is not opened again.
		if _, closes, _ := p.hours(day); closes.After(s.Closes) {
			s.Closes = closes
		}
	}
	key := bot.Key(fmt.Sprintf("day/%s/extra-%d-open", today, s.Extra))
	return p.said(c, bot.Effects{
		Unsay: []bot.Key{bot.Key("day/" + today.String())},
		Put:   map[string]any{"session": s},
		Say:   p.everywhere(key, s.Closes, func(r bot.Room) msg.Message { return p.openText(v, s, r) }),
	}), nil
}

func (p *plugin) stop(v bot.View, s session, c bot.Call) (bot.Effects, error) {
	if !s.running(v.Now()) {
		return bot.Effects{}, bot.Userf("No review day is on, so there is none to stop.")
	}
	s.Ended = v.Now()
	key := bot.Key(fmt.Sprintf("day/%s/stop-%d", s.Day, s.Extra))
	return p.said(c, bot.Effects{
		Unsay: []bot.Key{bot.Key("day/" + s.Day.String())},
		Put:   map[string]any{"session": s},
		Say:   p.everywhere(key, v.Now().Add(goesOn), func(r bot.Room) msg.Message { return p.closeText(v, s, r) }),
	}), nil
}

// said adds an answer where the announcement can't be heard.
func (p *plugin) said(c bot.Call, eff bot.Effects) bot.Effects {
	if !slices.Contains(p.team.Rooms, c.Room) {
		eff.Reply = bot.Reply(msg.Para{msg.Text("Done, and said in " + p.team.Name + "'s rooms.")}).Reply
	}
	return eff
}

// notice is how long before a milestone without a review day the PTL hears of
// it.
const notice = 7

// milestones lists when the PTL would be told that a milestone has no review
// day.
func (p *plugin) milestones(v bot.View, from, to time.Time) []bot.Occurrence {
	if len(p.team.All()) == 0 || len(p.team.PTL) == 0 {
		return nil
	}
	var occs []bot.Occurrence
	for _, e := range v.Calendar().Events {
		at := e.Day.AddDays(-notice).At(p.open, p.team.Zone)
		if !milestone(e) || !at.After(from) || at.After(to) || !at.After(e.Seen) {
			continue
		}
		occs = append(occs, bot.Occurrence{
			Key: bot.Key("milestone/" + e.ID + "/" + e.Day.String()), At: at, Until: e.At, Data: e,
		})
	}
	return occs
}

func milestone(e cycle.Event) bool {
	return e.Kind == "milestone" || strings.HasPrefix(e.Kind, "milestone-")
}

// remind tells the PTL in private of a milestone without a review day between
// the one before it and itself.
func (p *plugin) remind(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	e := o.Data.(cycle.Event)
	after := e.Day.AddDays(-60)
	for _, other := range v.Calendar().Events {
		if milestone(other) && other.Day.Before(e.Day) && other.Day.After(after) {
			after = other.Day
		}
	}
	for day := after.AddDays(1); !day.After(e.Day); day = day.AddDays(1) {
		if p.held(v.Calendar(), day) {
			return bot.Effects{}, nil
		}
	}
	var s session
	if _, err := v.Get("session", &s); err != nil {
		return bot.Effects{}, err
	}
	if s.Day.After(after) {
		return bot.Effects{}, nil // one was called for
	}
	var eff bot.Effects
	zone := p.team.Zone.String()
	for _, ptl := range p.team.PTL {
		eff.Say = append(eff.Say, bot.Say{
			Key: o.Key + bot.Key("/"+ptl), To: bot.Target{Person: ptl, Direct: true}, Expires: e.At.Add(1),
			Message: msg.New(msg.Ask, msg.Para{
				msg.Text(p.team.Name + ": no review day lies before "), msg.Text(msg.CleanOr(e.Name, e.Kind)), msg.Text(", "),
				msg.Instant(e.At, zone), msg.Text(", "), msg.Left(e.At, zone), msg.Text(". To open one: !reviewday start"),
			}),
		})
	}
	return eff, nil
}
