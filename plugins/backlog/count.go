package backlog

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// tally is how a queue stands at one moment.
type tally struct {
	total      int
	projects   map[string]int // by project
	unreviewed int            // no review since the last author update
	neglected  int            // of them, for 14 days or more
	longest    longest        // of them, the one that has waited longest
}

// longest is as much of a change as a tally says of it.
type longest struct {
	number int
	since  time.Time
}

// count counts the changes of the filter that wait for review.
func count(v bot.View, f review.Filter) tally {
	t := tally{projects: map[string]int{}}
	now := v.Now()
	for c := range v.Reviews().Changes(f) {
		if !c.Backlog() {
			continue
		}
		t.total++
		t.projects[c.Project]++
		if c.Reviewed {
			continue
		}
		t.unreviewed++
		if c.Starved(now) {
			t.neglected++
		}
		if t.unreviewed == 1 || c.AuthorUpdate.Before(t.longest.since) {
			t.longest = longest{c.Number, c.AuthorUpdate}
		}
	}
	return t
}

// number is a count, or "…" where the mirror has none yet.
func number(v bot.View, n int) string {
	if !v.Reviews().State().Known {
		return "…"
	}
	return strconv.Itoa(n)
}

// named is how many projects a line names.
const named = 8

// byProject is " (glance 52, glance_store 21)", largest first, and nothing for
// one project.
func (p *plugin) byProject(v bot.View, projects map[string]int) string {
	names := p.team.All()
	if len(names) < 2 {
		return ""
	}
	known := v.Reviews().State().Known
	if known {
		names = slices.DeleteFunc(names, func(name string) bool { return projects[name] == 0 })
	}
	slices.SortStableFunc(names, func(a, b string) int { return projects[b] - projects[a] })
	text, others := "", 0
	for i, name := range names {
		if i >= named {
			others += projects[name]
			continue
		}
		if text != "" {
			text += ", "
		}
		text += review.Short(name) + " " + number(v, projects[name])
	}
	if len(names) > named {
		text += ", others " + number(v, others)
	}
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// unreviewedWords says how many changes have no review: " 9 have no review, 4 of
// them for over 14 days; longest: 912101, 38 days."
func (t tally) unreviewedWords(now time.Time) string {
	waited := review.Change{AuthorUpdate: t.longest.since}.Waited(now)
	text := ""
	switch {
	case t.total == 0:
		return ""
	case t.unreviewed == 0:
		return " Each has been reviewed."
	case t.unreviewed == 1:
		return fmt.Sprintf(" 1 has no review: %d, %s.", t.longest.number, waited)
	case t.neglected == t.unreviewed:
		text = fmt.Sprintf(" %d have had no review for over 14 days", t.unreviewed)
	case t.neglected > 0:
		text = fmt.Sprintf(" %d have no review, %d of them for over 14 days", t.unreviewed, t.neglected)
	default:
		text = fmt.Sprintf(" %d have no review", t.unreviewed)
	}
	return text + fmt.Sprintf("; longest: %d, %s.", t.longest.number, waited)
}

// mostLink is the longest address, in bytes, that still fits beside some words
// into a line of IRC (RFC 1459, 2.3: 512 with its sender).
const mostLink = 360

// link is the search that finds the queue; none where no line could hold it.
func (p *plugin) link(projects []string) string {
	if url := p.team.Gerrit.Query(review.Query(projects, p.team.CI, p.team.Labels)); len(url) <= mostLink {
		return url
	}
	return ""
}
