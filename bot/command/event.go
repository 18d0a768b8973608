package command

import (
	"slices"
	"strings"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/near"
)

// mostKnown is how many events an answer lists that says what is known.
const mostKnown = 10

// event sets an event, or a week or day, and the zone in which its time is asked for:
// "m-2", "rc1 local", "spec freeze nova in Prague", "R-5". What is an event as a whole
// has no zone at its end: "summit berlin".
func (h *Handler) event(v bot.View, c bot.Call, f *found, a bot.Arg, text string) (bot.Call, error) {
	text = unquestioned(text)
	if h.itself(v, f, a, text) {
		if a.Optional {
			return c, nil
		}
		text = "next" // of the team that answers
	}
	d, ok, unknown := h.days(v, f, text)
	if ok || outside(unknown) {
		return c.WithDays(a.Name, d), weekError(unknown)
	}
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
	case loc != nil && a.Optional && h.itself(v, f, a, words):
		c.Zone = loc
		return c, nil
	case loc != nil && words == "":
		return c, bot.Userf("%s is missing: %s. %s", article(a.Name), usage(f.command), hint(a, v, ""))
	case loc != nil && h.itself(v, f, a, words):
		words = "next"
	}
	c.Zone = loc
	if loc != nil {
		if d, ok, unknown = h.days(v, f, words); ok || outside(unknown) {
			return c.WithDays(a.Name, d), weekError(unknown)
		}
	}
	e, err := h.meant(v, f, a, words)
	switch {
	case err != nil:
		return c, err
	case len(e) > 0:
		return c.WithEvent(a.Name, e[0]), nil
	case unknown != nil:
		return c, weekError(unknown)
	}
	return c, h.noEvent(v, f, a, words)
}

// noEvent answers words that mean no event: with what they would be but for a slip, or
// where else they would be understood.
func (h *Handler) noEvent(v bot.View, f *found, a bot.Arg, words string) error {
	if guess := h.slip(v, f, a, words); guess != "" {
		return bot.Userf("I know no event %s; did you mean %s?", quote(words), quote(guess))
	}
	if ask := h.elsewhere(f, words); ask != "" && len(ask) <= quoteLimit {
		return bot.Userf("I know no event %s here. To ask another team's calendar: %s.", quote(words), quote(ask))
	}
	return bot.Userf("I know no event %s. %s", quote(words), hint(a, v, words))
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

// itself reports whether words name the team that answers, or nothing, and none of its
// events: a team may be called "Release".
func (h *Handler) itself(v bot.View, f *found, a bot.Arg, words string) bool {
	if h.ownName(f, words) != "" {
		return false
	}
	e, err := h.meant(v, f, a, words)
	return err == nil && (len(e) == 0 || strings.EqualFold(e[0].Team, words))
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

// slip is what words would be but for a slip or two; empty where that is no event
// either. A number is no slip of another, nor is a word of three letters that has
// another letter: "may" is not "day".
func (h *Handler) slip(v bot.View, f *found, a bot.Arg, words string) string {
	const longest = 100 // bytes: nobody mends a whole speech
	if len(words) > longest {
		return ""
	}
	known := v.Calendar().Words()
	said := strings.Fields(words)
	slipped := false
	mend := func(w string) (string, bool) {
		best, ok := near.Best(w, known)
		other := len(w) <= 3 && len(best) == len(w)
		return best, ok && !other && !strings.EqualFold(best, w) && numbers(best) == numbers(w)
	}
	for i, w := range said {
		if best, ok := mend(w); ok {
			said[i], slipped = best, true
			continue
		}
		parts := strings.Split(w, "-")
		for j, part := range parts {
			if best, ok := mend(part); ok && len(parts) > 1 {
				parts[j], slipped = best, true
			}
		}
		said[i] = strings.Join(parts, "-")
	}
	if guess := strings.Join(said, " "); slipped {
		if e, err := h.meant(v, f, a, guess); err != nil || len(e) > 0 {
			return guess
		}
	}
	return ""
}

// numbers are the digits of a word.
func numbers(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, word)
}

// unquestioned cuts what ends a question, or stands around one.
func unquestioned(text string) string { return strings.TrimSpace(strings.TrimRight(text, " ?!.,;:")) }
