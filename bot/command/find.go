package command

import (
	"context"
	"iter"
	"slices"
	"strings"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/near"
)

// line is a line of chat as a command: "!freeze@nova spec".
type line struct {
	name string // lower case, without prefix
	team string // behind the @, empty where none is named
	rest string
	bang bool // it began with "!"
}

// parse reads a line. In a room a command begins with "!" or follows the bot's
// name; in a direct message neither is needed. False: no command.
func parse(in bot.Incoming) (line, bool) {
	text := strings.TrimSpace(in.Text)
	bare, bang := strings.CutPrefix(text, "!")
	if !bang && !in.Addressed && !in.Direct {
		return line{}, false
	}
	word, rest := cutWord(bare)
	name, team, _ := strings.Cut(word, "@")
	// "!freeze?" is a question, not another command.
	name = strings.ToLower(strings.TrimRight(name, "?!.,:;"))
	if name == "" || !unicode.IsLetter([]rune(name)[0]) {
		return line{}, false
	}
	return line{name: name, team: strings.ToLower(team), rest: rest, bang: bang}, true
}

// found is the command a line means, and for which team's plugin.
type found struct {
	command      *bot.Command
	team, plugin string // plugin is empty for a command of the bot itself
	answer       func(context.Context, bot.Call) (msg.Message, error)
	slow         bool
	rest         string
	given        given // rest, by argument
	heard        *heard
}

// find looks a line's command up. Neither a command nor an error: the line is
// none of the bot's business. An error is for the person.
func (h *Handler) find(l line, in bot.Incoming) (*found, error) {
	teams, err := h.named(l, in)
	if err != nil {
		return nil, err
	}
	if c := h.matchCore(l.name); c != nil {
		f := &found{command: &c.Command, answer: c.Answer, slow: c.Slow, rest: l.rest}
		if len(teams) == 1 {
			f.team = teams[0].ID
		}
		return f, nil
	}
	for _, p := range h.whole.Plugins {
		if c := match(p.Commands, l.name); c != nil {
			return &found{command: c, team: bot.NoTeam, plugin: p.Name, rest: l.rest}, nil
		}
	}
	hits := hits(l, teams)
	switch len(hits) {
	case 1:
		return &hits[0], nil
	case 0:
		return nil, h.unknown(l, in, teams)
	}
	for i := range hits {
		if f := &hits[i]; f.team == h.Default[in.Room] {
			return f, nil
		}
	}
	return nil, bot.Userf("Which team? %s", forms(l.name, hits))
}

// hits returns the commands of a name that teams have.
func hits(l line, teams []Team) []found {
	var hits []found
	for _, t := range teams {
		for _, p := range t.Plugins {
			if c := match(p.Commands, l.name); c != nil {
				hits = append(hits, found{command: c, team: t.ID, plugin: p.Name, rest: l.rest})
			}
		}
	}
	return hits
}

// forms is how a command is typed for each team that has it.
func forms(name string, hits []found) string {
	var forms []string
	for _, f := range hits {
		forms = append(forms, "!"+name+"@"+f.team)
	}
	return strings.Join(forms, " or ")
}

// named returns the teams a line can mean: the one behind its @, or the room's.
func (h *Handler) named(l line, in bot.Incoming) ([]Team, error) {
	if l.team == "" {
		return h.teamsIn(in.Room), nil
	}
	var ids []string
	for _, t := range h.teams {
		if t.ID == l.team {
			return []Team{t}, nil
		}
		ids = append(ids, t.ID)
	}
	if h.matchCore(l.name) == nil && !slices.Contains(h.names(h.teams), l.name) {
		return nil, nil
	}
	return nil, bot.Userf("I know no team %s. Known: %s.", quote(l.team), strings.Join(ids, ", "))
}

// unknown answers what only other teams have than the one named, a near miss, and
// in a direct message every miss; whatever else begins with "!" belongs to another
// bot.
func (h *Handler) unknown(l line, in bot.Incoming, teams []Team) error {
	if others := hits(l, h.teams); l.team != "" && len(others) > 0 {
		return bot.Userf("There is no !%s for %s, only %s", l.name, teams[0].Name, forms(l.name, others))
	}
	if best, ok := near.Best(l.name, h.names(teams)); ok && (l.bang || in.Direct) {
		return bot.Userf("I don't know %s; did you mean !%s?", quote("!"+l.name), best)
	}
	if in.Direct {
		return bot.Userf("I don't know %s. Say help for what I know.", quote(l.name))
	}
	return nil
}

// names lists the commands of the bot and of teams, each once.
func (h *Handler) names(teams []Team) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for p := range h.plugins(teams) {
		for _, c := range p.Commands {
			add(c.Name)
		}
	}
	for _, c := range h.core {
		add(c.Name)
	}
	return names
}

// plugins yields the plugins of teams, and those of the whole bot.
func (h *Handler) plugins(teams []Team) iter.Seq[Plugin] {
	return func(yield func(Plugin) bool) {
		for _, t := range append(slices.Clip(teams), h.whole) {
			for _, p := range t.Plugins {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// matchCore finds a command of the bot itself.
func (h *Handler) matchCore(name string) *Core {
	for i := range h.core {
		if h.core[i].Name == name {
			return &h.core[i]
		}
	}
	return nil
}

// match finds a command by its name or an alias.
func match(commands []bot.Command, name string) *bot.Command {
	for i := range commands {
		if c := &commands[i]; c.Name == name || slices.Contains(c.Aliases, name) {
			return c
		}
	}
	return nil
}
