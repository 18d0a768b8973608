package backlog

import (
	"strconv"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

const (
	// listed is how many changes a list names.
	listed = 5
	// How many bytes of a subject and of a reason a list has room for.
	subjectRoom = 40
	reasonRoom  = 60
)

// list answers with the first rows, and the search that finds those it names.
func (p *plugin) list(v bot.View, head msg.Para, rows []review.Row) bot.Effects {
	m := msg.New(msg.Answer, head)
	var items []msg.Para
	var numbers []string
	for _, r := range rows[:min(len(rows), listed)] {
		number := strconv.Itoa(r.Change.Number)
		numbers = append(numbers, number)
		items = append(items, msg.Para{
			msg.Text(number + ` "`), msg.Text(subject(r.Change, subjectRoom)), msg.Text(`" (` + review.Short(r.Change.Project) + ", "),
			msg.Text(msg.Cut(msg.Clean(r.Why), reasonRoom)), msg.Text(")"),
		})
	}
	m.Blocks = append(m.Blocks, msg.Block{List: items})
	var tail msg.Para
	if more := len(rows) - len(items); more > 0 {
		tail = append(tail, msg.Text("and "+strconv.Itoa(more)+" more."))
	}
	if tail = append(tail, p.asOf(v)...); len(tail) > 0 {
		m.Blocks = append(m.Blocks, msg.Block{Para: tail})
	}
	m.Link = p.team.Gerrit.Query(strings.Join(numbers, " OR "))
	if len(numbers) == 1 {
		m.Link = p.team.Gerrit.Change(rows[0].Change.Number)
	}
	return bot.Effects{Reply: &m}
}

// subject is the change's, in at most so many bytes; it can't end its quotation.
func subject(c review.Change, most int) string {
	return msg.Cut(strings.ReplaceAll(msg.CleanOr(c.Subject, "no subject"), `"`, "'"), most)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
