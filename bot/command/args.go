package command

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// given is what was typed for the arguments of a command, one for one.
type given struct {
	words []word
	extra string // for which there is no argument
}

// word is what was typed for one argument: a word, or the rest of the line.
type word struct {
	text string // empty: left out

	// Of an ArgChange: what it refers to; wrong says why it refers to nothing
	// that could be, and stale why it could not be read again.
	ref          Ref
	wrong, stale error
}

// read shares what was typed out among a command's arguments. Nothing is looked
// up.
func read(c *bot.Command, rest string, t bot.Team) given {
	if len(c.Args) == 0 {
		return given{}
	}
	g := given{words: make([]word, len(c.Args))}
	for i, a := range c.Args {
		switch a.Kind {
		case bot.ArgEvent, bot.ArgPart, bot.ArgRest:
			g.words[i].text, rest = rest, ""
		default:
			g.words[i].text, rest = cutWord(rest)
		}
		if a.Kind == bot.ArgChange {
			g.words[i].refer(t)
		}
	}
	g.extra = rest
	if p, ch := pair(c); c.AnyOrder && p >= 0 && ch >= 0 && !g.words[ch].refers() {
		if swapped := (word{text: g.words[p].text}); swapped.refer(t) {
			g.words[p], g.words[ch] = word{text: g.words[ch].text}, swapped
		}
	}
	return g
}

// refer reads the word as a reference to a change of the team's; see refers.
func (w *word) refer(t bot.Team) bool {
	if w.text != "" {
		w.ref, w.wrong = parseRef(w.text, t)
	}
	return w.refers()
}

// refers reports whether the word looks like a reference to a change, be it one
// to nothing.
func (w *word) refers() bool { return w.ref != Ref{} || w.wrong != nil }

// missing returns the first argument that should not have been left out, nil if
// there is none.
func (g given) missing(c *bot.Command) *bot.Arg {
	for i := range c.Args {
		if a := &c.Args[i]; !a.Optional && g.words[i].text == "" {
			return a
		}
	}
	return nil
}

// reference reports whether the command can be run, and with a change.
func (g given) reference(c *bot.Command) bool {
	return g.extra == "" && g.missing(c) == nil && slices.ContainsFunc(g.words, func(w word) bool { return w.ref != Ref{} })
}

// does reports whether a word says what is to be done: "start" of "!reviewday
// start".
func (g given) does(c *bot.Command) bool {
	for i, a := range c.Args {
		if a.Kind == bot.ArgWord && g.words[i].text != "" {
			return true
		}
	}
	return false
}

// me reports whether the sender is asked about as "me", or in the sender's zone.
func (g given) me(c *bot.Command) bool {
	for i, a := range c.Args {
		if isMe(a, g.words[i].text) {
			return true
		}
		if _, local := cutLocal(g.words[i].text); local && (a.Kind == bot.ArgEvent || a.Kind == bot.ArgPart) {
			return true
		}
	}
	return false
}

// isMe reports whether the word is the sender, which it is only where a command
// can also do without: nobody asks themselves for a review.
func isMe(a bot.Arg, word string) bool {
	return a.Kind == bot.ArgPerson && a.Optional && strings.EqualFold(word, "me")
}

// pair returns where a command takes its person and its change, -1 where it does
// not.
func pair(c *bot.Command) (person, change int) {
	of := func(kind bot.ArgKind) int {
		return slices.IndexFunc(c.Args, func(a bot.Arg) bool { return a.Kind == kind })
	}
	return of(bot.ArgPerson), of(bot.ArgChange)
}

// cutWord cuts the first word off.
func cutWord(s string) (word, rest string) {
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.TrimSpace(s[end:])
}

// resolve sets a command's arguments. What it does not understand is an error
// that says what it knows.
func (h *Handler) resolve(c bot.Call, f *found, v bot.View) (bot.Call, error) {
	if a := f.given.missing(f.command); a != nil {
		return c, bot.Userf("%s is missing: %s. %s", article(a.Name), usage(f.command), hint(*a, v, ""))
	}
	if f.given.extra != "" {
		return c, bot.Userf("I don't understand %s: %s", quote(f.given.extra), usage(f.command))
	}
	for i, a := range f.command.Args {
		w := f.given.words[i]
		if w.text == "" {
			continue
		}
		switch a.Kind {
		case bot.ArgWord, bot.ArgRest:
			c = c.WithWord(a.Name, w.text)
		case bot.ArgEvent:
			var err error
			if c, err = h.event(v, c, f, a, w.text); err != nil {
				return c, err
			}
		case bot.ArgPart:
			var err error
			if c, err = h.part(v, c, f, a, w.text); err != nil {
				return c, err
			}
		case bot.ArgPerson:
			p, err := h.person(v, c, f, a, w.text)
			if err != nil {
				return c, err
			}
			c = c.WithPerson(a.Name, p)
		case bot.ArgChange:
			ch, err := h.change(v, f, w)
			if err != nil {
				return c, err
			}
			c = c.WithChange(a.Name, ch)
		}
	}
	return c, nil
}

// person finds whom a word means.
func (h *Handler) person(v bot.View, c bot.Call, f *found, a bot.Arg, word string) (bot.Person, error) {
	if isMe(a, word) {
		if c.By != "" {
			if p, ok := v.People().Person(c.By); ok {
				return p, nil
			}
		}
		if c.From.Strength == bot.Unproven {
			return bot.Person{}, bot.Userf("The network does not say who you are: %s.", c.From.Prove())
		}
		return bot.Person{}, bot.Userf("I don't know your account yet: whoever runs this bot can add it.")
	}
	// "bob:" and "@bob" are how people call bob; "@bob:example.org" is a whole
	// address.
	called := strings.TrimRight(word, ":,;")
	if !strings.Contains(called, ":") {
		called = strings.TrimPrefix(called, "@")
	}
	if h.Person == nil || called == "" {
		return bot.Person{}, bot.Userf("I know nobody called %s.", quote(word))
	}
	return h.Person(f.team, c.Room, called)
}

// hint says what an argument can be: what has something to do with the words that
// were not understood, if anything has.
func hint(a bot.Arg, v bot.View, words string) string {
	if a.Kind != bot.ArgEvent {
		return ""
	}
	cal := v.Calendar()
	known := cal.Known(v.Now())
	switch {
	case len(known) == 0 && cal.Unread:
		return "The calendar can't be read now."
	case len(known) == 0:
		return "The calendar is empty."
	}
	shown := known
	if like := cal.KnownLike(words, v.Now()); len(like) > 0 {
		shown = like
	}
	shown = shown[:min(len(shown), mostKnown)]
	for i, word := range shown {
		ours := slices.ContainsFunc(cal.Events, func(e cycle.Event) bool {
			return e.Own() && word == e.ID || word == e.Kind || strings.HasPrefix(word, e.Kind+"-")
		})
		if !ours { // the words of a source, which may be somebody's name
			shown[i] = quote(word)
		}
	}
	text := strings.Join(shown, ", ")
	if more := len(known) - len(shown); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	if cal.Unread {
		return "Known: " + text + "; part of the calendar can't be read now."
	}
	return "Known: " + text + "."
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "An " + noun
	}
	return "A " + noun
}

// usage is how a command is written: "!freeze [kind]".
func usage(c *bot.Command) string {
	var b strings.Builder
	b.WriteString("!" + c.Name)
	for _, a := range c.Args {
		if a.Optional {
			b.WriteString(" [" + a.Name + "]")
		} else {
			b.WriteString(" <" + a.Name + ">")
		}
	}
	return b.String()
}
