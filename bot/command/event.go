package command

import (
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/near"
)

// mostKnown is how many events an answer lists that says what is known.
const mostKnown = 10

// event sets an event, and the zone in which its time is asked for: "m-2", "rc1
// local", "spec freeze nova in Prague". What is an event as a whole has no zone at
// its end: "summit berlin".
func (h *Handler) event(v bot.View, c bot.Call, f *found, a bot.Arg, text string) (bot.Call, error) {
	if e, err := h.meant(v, f, a, text); len(e) == 1 || err != nil {
		if err != nil {
			return c, err
		}
		return c.WithEvent(a.Name, e[0]), nil
	}
	words, loc, err := cutZone(v, c, text)
	switch {
	case err != nil:
		return c, err
	case loc != nil && words == "" && !a.Optional && isZone(text):
		// Nobody asks for a zone alone: "christmas" is meant as a day, not as
		// the time on the island.
		words, loc = text, nil
	case loc != nil && words == "" && a.Optional:
		c.Zone = loc
		return c, nil
	case loc != nil && words == "":
		return c, bot.Userf("%s is missing: %s. %s", article(a.Name), usage(f.command), hint(a, v))
	}
	e, err := h.meant(v, f, a, words)
	if err != nil {
		return c, err
	}
	if len(e) == 0 {
		if ask := h.elsewhere(f, words); ask != "" && len(ask) <= quoteLimit {
			return c, bot.Userf("I know no event %s here. To ask another team's calendar: %s.", quote(words), quote(ask))
		}
		return c, bot.Userf("I know no event %s%s", quote(words), h.perhaps(v, f, a, words))
	}
	c.Zone = loc
	return c.WithEvent(a.Name, e[0]), nil
}

// meant finds an event, at most one: of several the sender has to choose. The
// name of the team that answers may stand among the words.
func (h *Handler) meant(v bot.View, f *found, a bot.Arg, words string) ([]cycle.Event, error) {
	var events []cycle.Event
	for _, said := range []string{words, h.ownName(f, words)} {
		if noun := said + " " + a.Noun; len(events) == 0 && a.Noun != "" && said != "" && !strings.Contains(strings.ToLower(said), a.Noun) {
			events = v.Calendar().Find(noun, v.Now())
		}
		if len(events) == 0 {
			events = v.Calendar().Find(said, v.Now())
		}
	}
	if len(events) < 2 {
		return events, nil
	}
	var teams []string
	for _, e := range events {
		teams = append(teams, quote(e.Team))
	}
	last := len(teams) - 1
	return nil, bot.Userf("Whose? %s is a date of %s and %s. Say for example %s.",
		quote(words), strings.Join(teams[:last], ", "), teams[last], quote(words+" "+events[0].Team))
}

// elsewhere is how to ask another of the bot's teams, if its name stands among
// words that mean no event of the one that answers.
func (h *Handler) elsewhere(f *found, words string) string {
	fields := strings.Fields(words)
	for i, w := range fields {
		of := slices.IndexFunc(h.teams, func(t Team) bool {
			return t.ID != f.team && (strings.EqualFold(w, t.ID) || strings.EqualFold(w, t.Name)) &&
				slices.ContainsFunc(t.Plugins, func(p Plugin) bool { return p.Name == f.plugin })
		})
		if of >= 0 && len(fields) > 1 {
			return "!" + f.command.Name + "@" + h.teams[of].ID + " " + strings.Join(slices.Delete(fields, i, i+1), " ")
		}
	}
	return ""
}

// ownName cuts the name of the team that answers off the words.
func (h *Handler) ownName(f *found, words string) string {
	i := slices.IndexFunc(h.teams, func(t Team) bool { return t.ID == f.team })
	if i < 0 {
		return words
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(words), func(w string) bool {
		return strings.EqualFold(w, h.teams[i].ID) || strings.EqualFold(w, h.teams[i].Name)
	}), " ")
}

// perhaps ends an answer to words that mean no event: with what they would be but
// for a slip or two, or else with what is known.
func (h *Handler) perhaps(v bot.View, f *found, a bot.Arg, words string) string {
	known := v.Calendar().Words()
	said := strings.Fields(words)
	slip := false
	for i, w := range said {
		if best, ok := near.Best(w, known); ok && !strings.EqualFold(best, w) {
			said[i], slip = best, true
		}
	}
	if guess := strings.Join(said, " "); slip {
		if e, err := h.meant(v, f, a, guess); err != nil || len(e) > 0 {
			return "; did you mean " + quote(guess) + "?"
		}
	}
	return ". " + hint(a, v)
}

// zone reads an ArgZone.
func zone(v bot.View, c bot.Call, text string) (*time.Location, error) {
	words, loc, err := cutZone(v, c, text)
	switch {
	case err != nil:
		return nil, err
	case loc == nil || words != "":
		return nil, unknownZone(text)
	}
	return loc, nil
}

func unknownZone(place string) error {
	return bot.Userf("I know no zone %s. Say local for your own, a city such as Berlin, or a name such as Europe/Berlin.", quote(place))
}

// cutZone cuts a zone off the end of a text: "local", "in my zone", "Berlin", "in
// New York". A nil zone: it ends in none. What follows "in" has to be one.
func cutZone(v bot.View, c bot.Call, text string) (words string, _ *time.Location, _ error) {
	if words, ok := cutLocal(text); ok {
		loc, err := own(v, c)
		return words, loc, err
	}
	fields := strings.Fields(text)
	for i := max(0, len(fields)-4); i < len(fields); i++ {
		if strings.EqualFold(fields[i], "in") && i+1 < len(fields) {
			place := strings.Join(fields[i+1:], " ")
			if loc, ok := civil.FindZone(place); ok {
				return strings.Join(fields[:i], " "), loc, nil
			}
			return text, nil, unknownZone(place)
		}
	}
	for n := min(3, len(fields)); n > 0; n-- {
		if loc, ok := civil.FindZone(strings.Join(fields[len(fields)-n:], " ")); ok {
			return strings.Join(fields[:len(fields)-n], " "), loc, nil
		}
	}
	return text, nil, nil
}

// isZone reports whether a text is a zone as it stands, without "in" before it.
func isZone(text string) bool {
	_, ok := civil.FindZone(text)
	return ok
}

// cutLocal cuts off words for the sender's own zone.
func cutLocal(text string) (words string, ok bool) {
	fields := strings.Fields(text)
	for _, end := range []string{"in my local time", "in local time", "in my zone", "in my time", "local time", "my zone", "my time", "local"} {
		n := len(fields) - len(strings.Fields(end))
		if n >= 0 && strings.EqualFold(strings.Join(fields[n:], " "), end) {
			return strings.Join(fields[:n], " "), true
		}
	}
	return text, false
}

// own is the sender's zone.
func own(v bot.View, c bot.Call) (*time.Location, error) {
	if c.By != "" {
		if p, ok := v.People().Person(c.By); ok && p.Zone != nil {
			return p.Zone, nil
		}
	}
	const instead = `Name it instead: "in Berlin", "Europe/Berlin".`
	if c.From.Strength == bot.Unproven {
		return nil, bot.Userf("I can't tell your zone: the network does not say who you are. %s", instead)
	}
	return nil, bot.Userf("I don't know your zone: whoever runs this bot can add you and it. %s", instead)
}
