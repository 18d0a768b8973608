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

// lookUp finds a command of the bot or of any of the teams.
func (h *Handler) lookUp(teams []Team, name string) *bot.Command {
	if c := h.matchCore(name); c != nil {
		return &c.Command
	}
	for _, t := range teams {
		for _, p := range t.Plugins {
			if c := match(p.Commands, name); c != nil {
				return c
			}
		}
	}
	return nil
}

// describe is a command in one line.
func describe(c *bot.Command) string {
	text := fmt.Sprintf("Usage: %s: %s. For %s.", usage(c), c.Help, c.Who)
	if len(c.Aliases) > 0 {
		text += " Also !" + strings.Join(c.Aliases, ", !") + "."
	}
	if len(c.Examples) > 0 {
		text += " Example: " + c.Examples[len(c.Examples)-1]
	}
	return text
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
	for _, t := range h.Teams {
		for _, p := range t.Plugins {
			if slices.Contains(seen, p.Name) {
				continue
			}
			seen = append(seen, p.Name)
			for _, c := range p.Commands {
				row(p.Name, &c)
			}
		}
	}
	return b.String()
}
