package lint

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"torchbearer/bot/calendar"
	"torchbearer/bot/cycle"
)

// section compares a label with the title and the text that it stands before.
func (c *checker) section(i int, events []announcement) {
	all := c.Schedule.Page.Sections
	s := all[i]
	if len(s.Labels) == 0 {
		return
	}
	l := s.Labels[len(s.Labels)-1]
	body := s.Body.Raw
	if body == "" && i+1 < len(all) && len(all[i+1].Labels) == 0 && all[i+1].Level > s.Level && all[i+1].Body.Raw != "" {
		c.add(l.Pos, Misplaced, Warning, l.Raw, "before "+quoted(all[i+1].Title.Raw), "the label stands on the title %s, whose text is that of another title below", quoted(s.Title.Raw))
	}
	c.milestone(s, l)
	c.team(s, l)
	c.series(s, l)
	c.countdown(s, l, events)
	c.aside(s, l)
	c.leftover(s, l)
}

func quoted(s string) string { return `"` + clip(s) + `"` }

// milestone compares "h-2" with the title "Hibiscus-1 milestone" and with the
// text; that may name another one too, but not say that it is it.
func (c *checker) milestone(s calendar.Section, l calendar.Text) {
	p := prefix(l.Raw)
	number := afterLetter(l.Raw)
	if p == 0 || len(number) != 1 || number < "1" || number > "9" {
		return
	}
	own, other, _ := milestones(cycle.Words(s.Title.Raw), p, number)
	is, says, called := milestones(cycle.Words(s.Body.Raw), p, number)
	switch {
	case other != "" && !own: // the title alone is wrong enough
	case says != "" && !is && (called || !own):
		other = says
	default:
		return
	}
	c.add(l.Pos, OtherEvent, Warning, l.Raw, "", "its text speaks of %s", other)
}

// milestones reports whether a text names the milestone of a number, and the
// first other one that it names: "hibiscus-1". called says that it is said to be
// that: "is the Hibiscus-1 milestone".
func milestones(text []string, letter byte, number string) (own bool, other string, called bool) {
	for i := 1; i < len(text); i++ {
		if text[i-1][0]|0x20 != letter || len(text[i-1]) < 3 || len(text[i]) != 1 || text[i] < "1" || text[i] > "9" {
			continue
		}
		own = own || text[i] == number
		if other == "" && text[i] != number {
			other = text[i-1] + "-" + text[i]
			called = i > 2 && contains(text[i-3:i], []string{"is", "the"}) && i+1 < len(text) && text[i+1] == "milestone"
		}
	}
	return own, other, called
}

// team compares "h-nova-spec-freeze" with the group of titles in which it
// stands, where the page has a group for the label's team too.
func (c *checker) team(s calendar.Section, l calendar.Text) {
	parts := strings.Split(strings.ToLower(l.Raw), "-")
	if len(parts) < 3 || len(s.Groups) == 0 || prefix(l.Raw) != c.letter {
		return
	}
	same := func(group, team string) bool {
		group = strings.ToLower(group)
		return len(group) > 2 && len(team) > 2 && (strings.HasPrefix(group, team) || strings.HasPrefix(team, group))
	}
	group := s.Groups[len(s.Groups)-1]
	if same(group, parts[1]) || slices.Contains(cycle.Words(s.Title.Raw+" "+group), parts[1]) {
		return
	}
	for _, o := range c.Schedule.Page.Sections {
		if len(o.Groups) != len(s.Groups) || o.Groups[0] != s.Groups[0] {
			continue
		}
		if g := o.Groups[len(o.Groups)-1]; g != group && same(g, parts[1]) {
			c.add(l.Pos, OtherEvent, Warning, l.Raw, "", "the label is of %s, its text stands under %s", clip(g), clip(group))
			return
		}
	}
}

// series finds text that was copied from another series' page: "considered for
// Rocky" below a label of the next one, and a nomination for the cycle that
// ends.
func (c *checker) series(s calendar.Section, l calendar.Text) {
	p := prefix(l.Raw)
	if p == 0 || c.letter == 0 || c.name == "" || s.Title.Raw == "" {
		return
	}
	body := s.Body.Raw[:min(len(s.Body.Raw), maxProse)]
	kind, _ := c.Kinds.Of(s.Title.Raw, l.Raw)
	own, next := c.letter-'a'+'A', p-'a'+'A'
	text := s.Title.Raw + "\n" + body
	switch {
	case p != c.letter && strings.HasPrefix(kind.Name, "election-") && namesLetter(text, own) && !namesLetter(text, next):
		c.add(l.Pos, OtherSeries, Warning, l.Raw, fmt.Sprintf("'%c'", next), "its text speaks of '%c', its label of '%c'", own, next)
	case p == c.letter && c.ownDeadline(l):
		if slices.Contains(cycle.Words(s.Title.Raw+" "+body), c.name) {
			return
		}
		for _, w := range capitals(body) {
			if c.others[w] {
				c.add(l.Pos, OtherSeries, Warning, l.Raw, title(c.name), "its text speaks of %s, another series than its page's", clip(w))
				return
			}
		}
	case p != c.letter && kind.Name == "election-nominations":
		name := titled(s.Title.Raw, p)
		if name != "" && !c.small[strings.ToLower(name)] && slices.ContainsFunc(spokenOf(body), func(w string) bool { return strings.EqualFold(w, c.name) }) {
			c.add(l.Pos, OtherSeries, Warning, l.Raw, clip(name), "its text speaks of %s, its title of %s", title(c.name), clip(name))
		}
	}
}

// otherSeries collects the names of the series before, from whose page this one
// was copied, as the page itself has them: "the last release (Rocky)". A word
// that the page also writes small is no name, and a team's name is no series.
func (c *checker) otherSeries() map[string]bool {
	if c.letter == 0 {
		return nil
	}
	names := map[string]bool{}
	before := 'a' + (c.letter-'a'+25)%26
	for _, s := range c.Schedule.Page.Sections {
		for _, w := range spokenOf(s.Title.Raw + "\n" + s.Body.Raw) {
			if w[0]|0x20 == before && len(names) < maxOthers {
				names[w] = true
			}
		}
	}
	for w := range names {
		if lower := strings.ToLower(w); c.small[lower] || c.isTeam(lower) {
			delete(names, w)
		}
	}
	return names
}

// smallWords are the words that a page writes in small letters somewhere.
func smallWords(p calendar.Page) map[string]bool {
	small := map[string]bool{}
	for _, s := range p.Sections {
		for _, w := range strings.Fields(s.Title.Raw + "\n" + s.Body.Raw) {
			if w = strings.Trim(w, ".,;:()"); w == strings.ToLower(w) {
				small[w] = true
			}
		}
	}
	return small
}

// ownDeadline reports whether an event is a deadline of one project's, which is
// never about another series.
func (c *checker) ownDeadline(l calendar.Text) bool {
	return slices.ContainsFunc(c.byLabel[l.Raw], func(r calendar.Reading) bool { return !r.Placement.Cross && deadline(r) })
}

// isTeam reports whether a word is in a title above events on the page, or in a
// label.
func (c *checker) isTeam(word string) bool {
	return slices.ContainsFunc(c.Schedule.Page.Sections, func(s calendar.Section) bool {
		return slices.ContainsFunc(s.Groups, func(g string) bool { return slices.Contains(cycle.Words(g), word) }) ||
			slices.ContainsFunc(s.Labels, func(l calendar.Text) bool { return slices.Contains(cycle.Words(l.Raw), word) })
	})
}

// spokenOf lists the capital words before "release", "cycle", "series" and
// "deliverables", and those in brackets after them.
func spokenOf(text string) []string {
	fields := strings.Fields(text[:min(len(text), maxProse)])
	noun := func(i int) bool {
		if i < 0 || i >= len(fields) {
			return false
		}
		switch strings.ToLower(strings.Trim(fields[i], ".,;:)")) {
		case "release", "cycle", "series", "cycle-trailing", "deliverables":
			return true
		}
		return false
	}
	var out []string
	for i, w := range fields {
		if noun(i+1) || noun(i-1) && strings.HasPrefix(w, "(") && strings.Contains(w, ")") {
			out = append(out, capitals(w)...)
		}
	}
	return out
}

// capitals lists the words of a text that are written as names are.
func capitals(text string) []string {
	var out []string
	for _, w := range strings.Fields(text) {
		w = strings.Trim(w, ".,;:()")
		if len(w) > 2 && w[0] >= 'A' && w[0] <= 'Z' && !strings.ContainsFunc(w[1:], func(r rune) bool { return !unicode.IsLower(r) }) {
			out = append(out, w)
		}
	}
	return out
}

// namesLetter reports whether a text calls an election's cycle by a letter: "'U' PTL
// self-nomination", "candidates for the 'U' cycle".
func namesLetter(text string, letter byte) bool {
	fields := strings.Fields(text)
	for i, w := range fields[:max(len(fields)-1, 0)] {
		if len(w) != 3 || w[1] != letter || w[0] != w[2] || w[0] != '\'' && w[0] != '"' {
			continue
		}
		switch strings.ToLower(strings.Trim(fields[i+1], ".,;:()")) {
		case "ptl", "tc", "election", "release", "cycle", "series":
			return true
		}
	}
	return false
}

// titled finds the capital word of a title that begins with a series' letter.
func titled(text string, letter byte) string {
	for _, w := range strings.Fields(text) {
		if len(w) > 3 && w[0] == letter-'a'+'A' && strings.ToLower(w[1:]) == w[1:] {
			return w
		}
	}
	return ""
}

func title(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
