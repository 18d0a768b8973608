package backlog

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/near"
	"torchbearer/bot/review"
)

func (p *plugin) commands() []bot.Command {
	return []bot.Command{
		{
			Name: "backlog", Help: "how many changes wait for review, with the search that finds them",
			Examples: []string{"!backlog", "!backlog glance_store"},
			Args:     []bot.Arg{{Name: "project", Kind: bot.ArgWord, Optional: true}},
			Who:      bot.Anyone, Do: p.backlog,
		},
		{
			Name: "next", Help: "what to review next, at most five changes in order, for you or whom you name",
			Examples: []string{"!next", "!next zoe"},
			Args:     []bot.Arg{{Name: "person", Kind: bot.ArgPerson, Optional: true}},
			Who:      bot.Anyone, More: bot.Known, Do: p.next,
		},
		{
			Name: "starved", Help: "changes that have had no review for over 14 days",
			Examples: []string{"!starved"},
			Who:      bot.Anyone, Do: p.starved,
		},
		{
			Name: "turn", Help: "who has to act on a change, since when and why",
			Examples: []string{"!turn 912345", "!turn https://review.opendev.org/c/openstack/glance/+/912345"},
			Args:     []bot.Arg{{Name: "change", Kind: bot.ArgChange}},
			Who:      bot.Anyone, Do: p.turn,
		},
	}
}

// unread answers where there is nothing to count yet.
func (p *plugin) unread(v bot.View) (bot.Effects, bool) {
	switch s := v.Reviews().State(); {
	case len(p.team.All()) == 0:
		return bot.Reply(msg.Para{msg.Text(p.team.Name + " has no review server in this bot's configuration.")}), true
	case !s.Known && s.Failing != "":
		return bot.Reply(msg.Para{msg.Text("I have not been able to read " + p.team.Name + "'s review queue yet: Gerrit can't be read.")}), true
	case !s.Known:
		return bot.Reply(msg.Para{msg.Text("I have not read " + p.team.Name + "'s review queue yet; ask again in a few minutes.")}), true
	}
	return bot.Effects{}, false
}

// asOf says how old the data is where that matters.
func (p *plugin) asOf(v bot.View) msg.Para {
	return v.Reviews().State().AsOf(v.Now(), p.team.Zone.String())
}

// answer is a paragraph, and how old its data is where that matters.
func (p *plugin) answer(v bot.View, text msg.Para, link string) bot.Effects {
	return bot.Reply(append(text, p.asOf(v)...), link)
}

func (p *plugin) backlog(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if eff, none := p.unread(v); none {
		return eff, nil
	}
	missing := v.Reviews().State().Missing
	projects, of := p.team.All(), ""
	if word := c.Word("project"); word != "" {
		project, err := p.project(word)
		if err != nil {
			return bot.Effects{}, err
		}
		projects, of = []string{project}, " of "+review.Short(project)
	}
	readable, lacking := split(projects, missing)
	if len(readable) == 0 {
		return bot.Reply(msg.Para{msg.Text(p.head(c.Room) + of + unknown(lacking))}), nil
	}
	t := count(v, review.Filter{Projects: readable})
	text := p.head(c.Room) + of + ": " + strconv.Itoa(t.total)
	if len(projects) > 1 {
		text += p.byProject(v, t.projects) + without(lacking)
	}
	return p.answer(v, msg.Para{msg.Text(text + "." + t.unreviewedWords(v.Now()))}, p.link(readable)), nil
}

// offered is how many projects an answer lists to somebody who named none of them.
const offered = 8

// project finds one of the team's projects by its name or the end of it.
func (p *plugin) project(word string) (string, error) {
	var short []string
	for _, name := range p.team.All() {
		if strings.EqualFold(word, name) || strings.EqualFold(word, review.Short(name)) || strings.HasSuffix(strings.ToLower(name), "/"+strings.ToLower(word)) {
			return name, nil
		}
		short = append(short, review.Short(name))
	}
	known := strings.Join(short[:min(len(short), offered)], ", ")
	if more := len(short) - offered; more > 0 {
		known += " and " + strconv.Itoa(more) + " more"
	}
	known = "I know " + known + "."
	if best, ok := near.Best(strings.ToLower(word), short); ok {
		known = "Did you mean " + best + "?"
	}
	return "", bot.Userf("%q is no project of %s's. %s", msg.Cut(msg.Clean(word), 60), p.team.Name, known)
}

func (p *plugin) next(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if eff, none := p.unread(v); none {
		return eff, nil
	}
	whom, named := c.Person("person")
	asked := named
	if !named && c.By != "" {
		whom, named = v.People().Person(c.By)
	}
	rows := bot.Waiting(v.Reviews())
	head, in := "Next", ""
	if team := p.team.In(c.Room); team != "" {
		in = " in " + team
	}
	account, ok := 0, false
	if named {
		account, ok = v.People().Account(whom.ID)
	}
	switch {
	case ok:
		rows = slices.DeleteFunc(rows, func(r review.Row) bool { return !theirs(v, r, account) })
		if len(rows) == 0 {
			return p.answer(v, msg.Para{msg.Text("Nothing" + in + " waits for a review by "), msg.Name(whom.Name), msg.Text(".")}, ""), nil
		}
		return p.list(v, msg.Para{msg.Text(head + in + " for "), msg.Name(whom.Name), msg.Text(":")}, rows), nil
	case len(rows) == 0:
		return p.answer(v, msg.Para{msg.Text("Nothing" + in + " waits for review.")}, ""), nil
	case asked:
		return p.list(v, msg.Para{msg.Text("I don't know "), msg.Name(whom.Name), msg.Text("'s account on Gerrit. Next" + in + " for anybody:")}, rows), nil
	}
	return p.list(v, msg.Para{msg.Text(head + in + ":")}, rows), nil
}

// theirs reports whether the account could review the change now. One who is no
// core is shown what reviewers of any kind could look at.
func theirs(v bot.View, r review.Row, account int) bool {
	switch r.Askable(v.Reviews().Cast(r.Change.Project), account) {
	case review.None:
		return true
	case review.NotCore, review.CoresUnknown:
		switch r.Turn.Reason {
		case review.NeedsApproval, review.VetoAnswered: // only a core can give that
			return false
		}
		return !r.Change.Acted(account)
	}
	return false
}

func (p *plugin) starved(_ context.Context, v bot.View, c bot.Call) (bot.Effects, error) {
	if eff, none := p.unread(v); none {
		return eff, nil
	}
	rows := review.Sorted(func(yield func(review.Row) bool) {
		for ch := range v.Reviews().Changes(review.Filter{}) {
			if ch.Starved(v.Now()) && !yield(v.Reviews().Row(ch)) {
				return
			}
		}
	})
	noun := "change"
	if team := p.team.In(c.Room); team != "" {
		noun = team + " change"
	}
	if len(rows) == 0 {
		return p.answer(v, msg.Para{msg.Text("No " + noun + " has been without review for over 14 days.")}, ""), nil
	}
	return p.list(v, msg.Para{msg.Text(plural(len(rows), noun) + " without review for over 14 days:")}, rows), nil
}
