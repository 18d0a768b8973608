package ask

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// fill writes a sentence: each % of the format is the next of the parts. The
// format is ours; what comes from outside is a part.
func fill(format string, parts ...msg.Para) msg.Para {
	var out msg.Para
	for i, piece := range strings.Split(format, "%") {
		if i > 0 {
			out = append(out, parts[i-1]...)
		}
		if piece != "" {
			out = append(out, msg.Text(piece))
		}
	}
	return out
}

func text(s string) msg.Para { return msg.Para{msg.Text(s)} }

func number(n int) msg.Para { return text(strconv.Itoa(n)) }

// name is a person who is spoken about.
func name(called string) msg.Para { return msg.Para{msg.Name(msg.CleanOr(called, "somebody"))} }

// names lists people: "bob, erin and zoe".
func names(called []string) msg.Para {
	var out msg.Para
	for i, c := range called {
		switch {
		case i > 0 && i == len(called)-1:
			out = append(out, msg.Text(" and "))
		case i > 0:
			out = append(out, msg.Text(", "))
		}
		out = append(out, name(c)...)
	}
	return out
}

// bang is a command of this team's as it is typed in any of its rooms: where
// other teams are too, the bare one would be asked which team is meant.
func (p *plugin) bang(name string) string {
	if len(p.team.Shared) > 0 {
		return "!" + name + "@" + p.team.ID
	}
	return "!" + name
}

// command is what to type. Who is named in it is not called.
func command(before, called, after string) msg.Para {
	return msg.Para{msg.Code(before), msg.Name(called), msg.Code(after)}
}

// called is what people call somebody, and what a command understands.
func called(p bot.Person) string {
	switch {
	case p.Listed():
		return p.ID
	case plain(p.Gerrit):
		return p.Gerrit
	default:
		return msg.CleanOr(msg.Cut(msg.Clean(p.Name), mostName), "somebody")
	}
}

// typed reports whether a command would understand what the person is called.
func typed(p bot.Person) bool { return p.Listed() || plain(p.Gerrit) }

// mostName is how many bytes of a name are said.
const mostName = 48

// plain reports whether a user name can be typed as one word; review servers
// take no others, but what calls itself one may.
func plain(username string) bool {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._@-+", r))
	}
	return username != "" && len(username) <= mostName && strings.IndexFunc(username, odd) < 0
}

// zoneOf is where somebody lives.
func zoneOf(v bot.View, person string) *time.Location {
	if p, ok := v.People().Person(person); ok && p.Zone != nil {
		return p.Zone
	}
	return time.UTC
}

// date is a day that has passed: "Fri 13 Nov".
func date(at, now time.Time, zone *time.Location) string {
	at, now = at.In(zone), now.In(zone)
	if at.Year() != now.Year() {
		return at.Format("Mon 2 Jan 2006")
	}
	return at.Format("Mon 2 Jan")
}

// weekday is a day of the week that has passed, or of before that: "Tue".
func weekday(at, now time.Time, zone *time.Location) string {
	switch n := civil.DateOf(now, zone).Sub(civil.DateOf(at, zone)); {
	case n == 0:
		return "today"
	case n > 0 && n < 7:
		return at.In(zone).Format("Mon")
	default:
		return date(at, now, zone)
	}
}

func (p *plugin) weekday(at, now time.Time) msg.Para { return text(weekday(at, now, p.team.Zone)) }

// onDay is the weekday in a sentence: "on Tue", "today".
func (p *plugin) onDay(at, now time.Time) msg.Para {
	day := weekday(at, now, p.team.Zone)
	if day != "today" {
		day = "on " + day
	}
	return text(day)
}

func workingDays(n int) string {
	if n == 1 {
		return "1 working day"
	}
	return fmt.Sprintf("%d working days", n)
}

const (
	mostSubject = 80  // bytes of a subject in a ping
	mostNote    = 120 // bytes of a note
)

// ping is what the asked hears. It is kept while it waits, and says what is
// true when it is said.
func (p *plugin) ping(v bot.View, a ask, c review.Change) msg.Message {
	now := v.Now()
	_, turn := c.Askable(v.Reviews().Cast(c.Project), a.Account, now)
	write := func(state string) msg.Para { return p.pingIn(a, c, turn, state) }
	state := p.state(turn, a, now)
	if turn.Reason != review.Unreviewed {
		return msg.New(msg.Ask, write(state))
	}
	// How many days it has been is another number on the day it is said.
	m := msg.Message{Kind: msg.Ask}
	end, from := now.Add(patience), time.Time{}
	for at := now; at.Before(end) && !c.AuthorUpdate.IsZero(); {
		const day = 24 * time.Hour
		next := at.Add(day - at.Sub(c.AuthorUpdate)%day)
		m.Blocks = append(m.Blocks, msg.Block{Para: write(c.NoReview(at)), From: from, Until: next})
		from, at = next, next
	}
	m.Blocks = append(m.Blocks, msg.Block{Para: write(c.NoReview(end)), From: from})
	return m
}

func (p *plugin) pingIn(a ask, c review.Change, turn review.Turn, state string) msg.Para {
	what := "review"
	if turn.Reason == review.NeedsApproval || turn.Reason == review.NeedsPTL {
		what = "approval"
	}
	line := append(msg.Para{msg.To(a.Of, a.Name)}, fill(": % asks for your "+what+" of % ", name(a.ByName), number(c.Number))...)
	switch {
	case a.Round > 0:
		line = append(msg.Para{msg.To(a.Of, a.Name)}, fill(": once more, as you said: % asks for your "+what+" of % ", name(a.ByName), number(c.Number))...)
	case a.From != "":
		line = append(msg.Para{msg.To(a.Of, a.Name)}, fill(": % hands on what % asks: your "+what+" of % ", name(a.From), name(a.ByName), number(c.Number))...)
	}
	line = append(line, quoted(c.Subject, mostSubject)...)
	line = append(line, fill(" (%): "+state+".", text(project(c)))...)
	if a.Note != "" {
		line = append(line, fill(" Note: %.", quoted(a.Note, mostNote))...)
	}
	return append(line, msg.Text(" "), msg.URL(p.team.Gerrit.Change(c.Number)), msg.Text(" Not for you? "), msg.Code(p.bang("pass")+" "+strconv.Itoa(c.Number)))
}

// quoted is outside text in quotation marks, which it can't close.
func quoted(s string, most int) msg.Para {
	s = msg.Cut(strings.ReplaceAll(msg.Clean(s), `"`, "'"), most)
	if s == "" {
		return text("(no subject)")
	}
	return text(`"` + s + `"`)
}

// project is the last part of a project's name.
func project(c review.Change) string {
	return c.Project[strings.LastIndexByte(c.Project, '/')+1:]
}

// state is why it is the asked's turn, for the asked. Days are dates: the words
// may be said later than they are written.
func (p *plugin) state(t review.Turn, a ask, now time.Time) string {
	since := ""
	if !t.Since.IsZero() {
		since = ", waiting since " + date(t.Since, now, p.team.Zone)
	}
	switch t.Reason {
	case review.NeedsSecond:
		return "one +2" + since + " for a second"
	case review.NeedsApproval:
		return "two +2" + since + " for approval"
	case review.NeedsPTL:
		return "two +2" + since + " for the PTL's approval"
	case review.NeedsCore:
		return "a +1" + since + " for a core"
	case review.VetoAnswered:
		whose := "a -2"
		for _, by := range t.By {
			if by == a.Account {
				whose = "your -2"
			}
		}
		return whose + " was answered on " + date(t.Since, now, p.team.Zone) + " and still stands"
	default:
		return "needs a review" + since
	}
}
