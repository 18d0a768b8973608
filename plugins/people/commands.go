package people

import (
	"context"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
)

func away(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	s, err := sender(v, c)
	if err != nil {
		return bot.Effects{}, err
	}
	until, err := people.ParseUntil(c.Word("day or time"), v.Now(), s.Zone)
	if err != nil {
		return bot.Effects{}, bot.Userf("%s.", sentence(err.Error()))
	}
	s.consent.Away = until
	text := msg.Para{msg.Text("You are away until "), msg.Instant(until, s.zone()), msg.Text(". ")}
	switch at, _ := s.consent.Next(v.Now(), s.Quiet, s.Zone); {
	case s.consent.OptedOut:
		text = append(text, msg.Text("Nothing is asked of you then either: you have opted out. "))
	case at.After(until):
		text = append(text, msg.Text("Nothing is asked of you before your quiet hours end, "), msg.Instant(at, s.zone()), msg.Text(". "))
	default:
		text = append(text, msg.Text("Nothing is asked of you before. "))
	}
	return s.put(bot.Reply(append(text, msg.Text("!back ends it.")))), nil
}

func back(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	s, err := sender(v, c)
	if err != nil {
		return bot.Effects{}, err
	}
	was := s.consent.Away.After(v.Now())
	s.consent.Away = time.Time{}
	text := msg.Para{msg.Text("You were not away.")}
	if was {
		text = msg.Para{msg.Text("Welcome back.")}
	}
	switch at, wait := s.consent.Next(v.Now(), s.Quiet, s.Zone); wait {
	case people.Asleep:
		text = append(text, msg.Text(" These are your quiet hours: nothing is asked of you before "), msg.Instant(at, s.zone()), msg.Text("."))
	case people.OptedOut:
		text = append(text, msg.Text(" Nothing is asked of you: you have opted out."))
	}
	if !was {
		return bot.Reply(text), nil
	}
	return s.put(bot.Reply(text)), nil
}

func quiet(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	s, err := sender(v, c)
	if err != nil {
		return bot.Effects{}, err
	}
	word := strings.ToLower(strings.Join(strings.Fields(c.Word("from-to")), ""))
	switch word {
	case "":
		return bot.Reply(s.hours(v.Now())), nil
	case "off":
		s.consent.Quiet, s.consent.NoQuiet = nil, true
		text := s.hours(v.Now())
		if s.Quiet != nil {
			text = append(text, msg.Text(" !quiet "+s.Quiet.String()+" goes back to what is configured."))
		}
		return s.put(bot.Reply(text)), nil
	}
	var q people.Quiet
	if err := q.UnmarshalText([]byte(word)); err != nil {
		return bot.Effects{}, bot.Userf(`%s; or "off".`, sentence(err.Error()))
	}
	s.consent.Quiet, s.consent.NoQuiet = &q, false
	if s.Quiet != nil && q == *s.Quiet {
		s.consent.Quiet = nil // what is configured, whatever that will be
	}
	return s.put(bot.Reply(s.hours(v.Now()))), nil
}

// hours says what quiet hours a person has.
func (s self) hours(now time.Time) msg.Para {
	q := s.consent.Hours(s.Quiet)
	if q == nil {
		return msg.Para{msg.Text("You have no quiet hours: you can be asked at any hour.")}
	}
	text := msg.Para{msg.Text("Nothing is asked of you from " + q.From.String() + " to " + q.To.String() + ", " + s.zone() + ": ")}
	from, to := q.Span(now, s.Zone)
	if !from.After(now) {
		return append(text, msg.Text("now, until "), msg.Instant(to, s.zone()), msg.Text("."))
	}
	return append(text, msg.Text("next from "), msg.Instant(from, s.zone()), msg.Text(" until "), msg.Instant(to, s.zone()), msg.Text("."))
}

func optout(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	s, err := sender(v, c)
	if err != nil {
		return bot.Effects{}, err
	}
	switch strings.ToLower(c.Word("no")) {
	case "":
		if s.consent.OptedOut {
			return bot.Reply(msg.Para{msg.Text("You have opted out already. !optout no takes it back.")}), nil
		}
		s.consent.OptedOut = true
		return s.put(bot.Reply(msg.Para{msg.Text("Nothing is asked of you any more, in any team. !optout no takes it back.")})), nil
	case "no":
	default:
		return bot.Effects{}, bot.Userf(`!optout stands alone, or with "no" to take it back.`)
	}
	if !s.consent.OptedOut {
		return bot.Reply(msg.Para{msg.Text("You have not opted out.")}), nil
	}
	s.consent.OptedOut = false
	text := msg.Para{msg.Text("You can be asked again")}
	if at, wait := s.consent.Next(v.Now(), s.Quiet, s.Zone); wait != people.No {
		text = append(text, msg.Text(", from "), msg.Instant(at, s.zone()), msg.Text(" on"))
	}
	return s.put(bot.Reply(append(text, msg.Text(".")))), nil
}

// sentence begins a text with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
