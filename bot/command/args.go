package command

import (
	"strings"

	"torchbearer/bot"
)

// resolve reads a command's arguments. What it does not understand is an error
// that says what it knows.
func resolve(c bot.Call, f found, v bot.View) (bot.Call, error) {
	rest := f.rest
	for _, a := range f.command.Args {
		if rest == "" {
			if a.Optional {
				continue
			}
			return c, bot.Userf("!%s needs %s: %s. %s", f.command.Name, article(a.Name), usage(f.command), hint(a, v))
		}
		switch a.Kind {
		case bot.ArgWord:
			word, more, _ := strings.Cut(rest, " ")
			c, rest = c.WithWord(a.Name, word), strings.TrimSpace(more)
		case bot.ArgEvent:
			e, ok := v.Calendar().Find(rest, v.Now())
			if !ok {
				return c, bot.Userf("I know no event %s. %s", quote(rest), hint(a, v))
			}
			c, rest = c.WithEvent(a.Name, e), ""
		}
	}
	if rest != "" && len(f.command.Args) > 0 {
		return c, bot.Userf("I don't understand %s: %s", quote(rest), usage(f.command))
	}
	return c, nil
}

// hint says what an argument can be.
func hint(a bot.Arg, v bot.View) string {
	if a.Kind != bot.ArgEvent {
		return ""
	}
	kinds := v.Calendar().Kinds(v.Now())
	if len(kinds) == 0 {
		return "The calendar is empty."
	}
	return "Known: " + strings.Join(kinds, ", ") + "."
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
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
