package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/near"
)

// helpCommand is !help: the commands of this room in one line, or one of them
// with how it is written, who may use it and an example.
func (h *Handler) helpCommand() Core {
	return Core{
		Command: bot.Command{
			Name: "help", Help: "the commands here, or how one is used",
			Examples: []string{"!help", "!help freeze"},
			Args:     []bot.Arg{{Name: "command", Kind: bot.ArgWord, Optional: true}},
			Who:      bot.Anyone,
		},
		Answer: h.help,
	}
}

func (h *Handler) help(_ context.Context, call bot.Call) (msg.Message, error) {
	teams := h.teamsIn(call.Room)
	names := "!" + strings.Join(h.names(teams), ", !")
	word := strings.ToLower(strings.TrimPrefix(call.Word("command"), "!"))
	if word == "" {
		return msg.New(msg.Answer, msg.Para{msg.Text("Commands here: " + names + ". Say !help <command> for one of them.")}), nil
	}
	c := h.lookUp(teams, word)
	if c == nil {
		if best, ok := near.Best(word, h.names(teams)); ok {
			return msg.Message{}, bot.Userf("I know no command %s; did you mean !%s?", quote(word), best)
		}
		return msg.Message{}, bot.Userf("I know no command %s. Known: %s.", quote(word), names)
	}
	return msg.New(msg.Answer, msg.Para{msg.Text(describe(c))}), nil
}

// lookUp finds a command of the bot, of any of the teams or of the whole bot.
func (h *Handler) lookUp(teams []Team, name string) *bot.Command {
	if c := h.matchCore(name); c != nil {
		return &c.Command
	}
	for p := range h.plugins(teams) {
		if c := match(p.Commands, name); c != nil {
			return c
		}
	}
	return nil
}

// describe is a command in one line.
func describe(c *bot.Command) string {
	text := fmt.Sprintf("Usage: %s: %s. For %s.", usage(c), c.Help, c.Who)
	if p, ch := pair(c); c.AnyOrder && p >= 0 && ch >= 0 {
		text += fmt.Sprintf(" <%s> and <%s> in either order.", c.Args[p].Name, c.Args[ch].Name)
	}
	if len(c.Aliases) > 0 {
		text += " Also !" + strings.Join(c.Aliases, ", !") + "."
	}
	if len(c.Examples) > 0 {
		text += " Example: " + c.Examples[len(c.Examples)-1]
	}
	return text
}

// Example reports what is wrong with an example of a command's: that it is not
// written as the usage says. What its words mean is not looked up.
func Example(c bot.Command, example string) error {
	l, ok := parse(bot.Incoming{Text: example})
	if !ok || match([]bot.Command{c}, l.name) == nil {
		return fmt.Errorf("%s is not how !%s is said", example, c.Name)
	}
	g := read(&c, l.rest, bot.Team{})
	if a := g.missing(&c); a != nil {
		return fmt.Errorf("%s lacks the %s of %s", example, a.Name, usage(&c))
	}
	if g.extra != "" || len(c.Args) == 0 && l.rest != "" {
		return fmt.Errorf("%s says more than %s", example, usage(&c))
	}
	for i, a := range c.Args {
		if w := g.words[i]; a.Kind == bot.ArgChange && w.text != "" && !w.refers() {
			return fmt.Errorf("%s has %s for a change", example, quote(w.text))
		}
	}
	return nil
}

// Markdown is the page of all commands, made from the tables that !help reads.
func (h *Handler) Markdown() string {
	var b strings.Builder
	b.WriteString(`# Commands

Made from the command table; a test keeps it current (see CONTRIBUTING.md).

In a room a command begins with ` + "`!`" + ` or with the bot's name and a colon; in a
direct message neither is needed. In a room that several teams use, name the
team: ` + "`!freeze@nova`" + `.

| command | plugin | who | does | examples |
|---|---|---|---|---|
`)
	row := func(plugin string, c *bot.Command) {
		var examples []string
		for _, e := range c.Examples {
			examples = append(examples, "`"+e+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", usage(c), plugin, c.Who, c.Help, strings.Join(examples, " "))
	}
	for _, c := range h.core {
		row("core", &c.Command)
	}
	var seen []string
	for p := range h.plugins(h.teams) {
		if slices.Contains(seen, p.Name) {
			continue
		}
		seen = append(seen, p.Name)
		for _, c := range p.Commands {
			row(p.Name, &c)
		}
	}
	return b.String()
}
