package calendar

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"torchbearer/bot/civil"
)

// Limits of a page.
const (
	maxPage     = 512 << 10 // bytes
	maxSections = 2_000
)

// ParsePage reads schedule.rst: sections with their labels and what their prose
// says about when, and the table of weeks of the oldest pages. It knows as much
// of reStructuredText as that takes, and never fails. Dates without a year are
// the nearest to near, which is the middle of the cycle; where it is zero, the
// page's own years say what it is about, and where it has none, today. Without
// that too such dates stay zero.
//
// Source: docutils' reStructuredText specification, "Sections", "Internal
// Hyperlink Targets", "Grid Tables".
func ParsePage(file string, data []byte, near, today civil.Date) (Page, Grid, []Problem) {
	p := &pageParser{file: file, near: near, today: today, lexer: newLexer(), styles: map[string]int{}, labels: map[string]int{}}
	if len(data) > maxPage {
		p.problem(0, Unreadable, "", "longer than %d KiB", maxPage>>10)
		return Page{File: file}, Grid{}, p.problems
	}
	data, odd := decoded(data)
	if odd > 0 {
		p.problem(odd, NotUTF8, "", notUTF8)
	}
	p.lines = strings.Split(strings.ReplaceAll(string(unmarked(data)), "\r\n", "\n"), "\n")
	p.read()
	grid := p.table()
	grid.settle()
	if p.near.IsZero() {
		p.near = middle(grid)
	}
	if p.near.IsZero() {
		p.near = p.ownYears()
	}
	if p.near.IsZero() {
		p.near = today
	}
	page := Page{File: file}
	for i := range p.sections {
		s := &p.sections[i]
		s.Mentions = p.lexer.mentions(file, s.Body.Raw, s.Body.Line, p.near)
	}
	page.Sections = p.sections
	p.head(&page)
	return page, grid, p.problems
}

type pageParser struct {
	file     string
	near     civil.Date
	today    civil.Date // zero: none
	lexer    lexer
	lines    []string
	styles   map[string]int // the adornments of titles, in order of appearance
	labels   map[string]int // the line of each label
	sections []Section
	bodies   [][]string // the lines of each section
	problems []Problem
	titles   []string // the titles above, by level
}

func (p *pageParser) problem(line int, kind ProblemKind, label, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos{p.file, line}, kind, label, fmt.Sprintf(format, args...)})
}

// read cuts the page into sections: a title begins one, and so does a label that
// stands before other text than a title.
func (p *pageParser) read() {
	p.open(Section{})
	var pending []Text
	for i := 0; i < len(p.lines); {
		line := strings.TrimRight(p.lines[i], " \t")
		if label, ok := target(line); ok {
			pending = append(pending, Text{Pos{p.file, i + 1}, label})
			i++
			continue
		}
		title, style, used := p.title(i)
		switch {
		case used > 0 && len(p.sections) < maxSections:
			at := i + 1
			if used == 3 {
				at++
			}
			p.begin(Text{Pos{p.file, at}, title}, style, pending)
			pending = nil
			i += used
		case line == "":
			p.add(i, "")
			i++
		case strings.HasPrefix(line, ".. ") && !admonition(line):
			i = p.directive(i)
		default:
			if len(pending) > 0 && len(p.sections) < maxSections {
				p.open(Section{Labels: p.claim(pending), Level: p.last().Level, Groups: p.last().Groups})
				pending = nil
			}
			if line[0] == '|' || line[0] == '+' {
				line = "" // the table is read by itself
			}
			p.add(i, line)
			i++
		}
	}
	if len(pending) > 0 {
		p.open(Section{Labels: p.claim(pending), Level: p.last().Level, Groups: p.last().Groups})
	}
	for i := range p.sections {
		p.sections[i].Body.Raw = strings.TrimRight(strings.Join(p.bodies[i], "\n"), "\n")
	}
}

func (p *pageParser) last() *Section { return &p.sections[len(p.sections)-1] }

func (p *pageParser) open(s Section) {
	p.sections = append(p.sections, s)
	p.bodies = append(p.bodies, nil)
}

// add puts a line of text into the section that is open.
func (p *pageParser) add(i int, line string) {
	s := p.last()
	if s.Body.Line == 0 {
		if line == "" {
			return
		}
		s.Body.Pos = Pos{p.file, i + 1}
	}
	n := len(p.sections) - 1
	p.bodies[n] = append(p.bodies[n], line)
}

func (p *pageParser) begin(title Text, style string, labels []Text) {
	level, known := p.styles[style]
	if !known {
		level = len(p.styles) + 1
		p.styles[style] = level
	}
	p.titles = append(p.titles[:min(level-1, len(p.titles))], title.Raw)
	s := Section{Labels: p.claim(labels), Title: title, Level: level}
	if n := len(p.titles) - 1; n > 1 {
		s.Groups = append([]string(nil), p.titles[1:n]...)
	}
	p.open(s)
}

// claim keeps the labels that are the first of their name.
func (p *pageParser) claim(labels []Text) []Text {
	var out []Text
	for _, l := range labels {
		key := strings.ToLower(l.Raw)
		if first, twice := p.labels[key]; twice {
			p.problem(l.Line, DoubledLabel, l.Raw, "the label %s stands in line %d already", quote(l.Raw), first)
			continue
		}
		p.labels[key] = l.Line
		out = append(out, l)
	}
	return out
}

// target reads ".. _h-ptg:", and not ".. _name: https://…".
func target(line string) (string, bool) {
	name, ok := strings.CutPrefix(strings.TrimSpace(line), ".. _")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, ":")
	name = strings.Trim(name, "`")
	return name, ok && isLabel(name)
}

// title reads a title with its underline, and an overline where it has one, and
// says how many lines they take.
func (p *pageParser) title(i int) (string, string, int) {
	if c := adornment(p.line(i)); c != "" {
		text := strings.TrimSpace(p.line(i + 1))
		if text != "" && adornment(text) == "" && adornment(p.line(i+2)) == c {
			return text, c + c, 3
		}
		return "", "", 0
	}
	text := p.line(i)
	c := adornment(p.line(i + 1))
	if c == "" || text == "" || text[0] == ' ' || text[0] == '|' || text[0] == '+' || strings.HasPrefix(text, "..") {
		return "", "", 0
	}
	// An underline may be a little short; a list's dash is no underline.
	if under := len(p.line(i + 1)); under < 4 && under < utf8.RuneCountInString(text) {
		return "", "", 0
	}
	return text, c, 2
}

func (p *pageParser) line(i int) string {
	if i >= len(p.lines) {
		return ""
	}
	return strings.TrimRight(p.lines[i], " \t")
}

// adornment is the character of a line that consists of one, three times or more.
func adornment(line string) string {
	if len(line) < 3 || !strings.ContainsRune("=-^~\"'`#*+.:_", rune(line[0])) {
		return ""
	}
	if strings.Trim(line, line[:1]) != "" {
		return ""
	}
	return line[:1]
}

// admonition reports whether a line begins a box whose text is the page's:
// docutils' "Specific Admonitions" and its generic one.
func admonition(line string) bool {
	name, _, ok := strings.Cut(strings.TrimPrefix(line, ".. "), "::")
	switch name {
	case "note", "important", "attention", "caution", "warning", "danger", "hint", "tip", "admonition":
		return ok
	}
	return false
}

// directive reads over a directive, a comment or an external target with the
// indented lines that belong to it.
func (p *pageParser) directive(i int) int {
	i++
	for i < len(p.lines) {
		line := p.line(i)
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			break
		}
		if line == "" {
			// A blank line ends it unless what follows is indented.
			next := p.line(i + 1)
			if next == "" || next[0] != ' ' && next[0] != '\t' {
				break
			}
		}
		i++
	}
	return i
}

// head finds what the page says about itself: its title, the line from when to
// when it runs, the rule about Thursdays.
func (p *pageParser) head(page *Page) {
	for _, s := range p.sections {
		if page.Title.Raw == "" {
			page.Title = s.Title
		}
		if page.Range.Kind == NoMention && s.Level <= 1 && len(s.Labels) == 0 {
			for _, m := range s.Mentions {
				if m.Kind == ARange && m.YearGiven && alone(s.Body, m) {
					page.Range, page.RangeWeeks = m, p.weeksOf(m.Line)
					break
				}
			}
		}
		if page.Thursday.Raw == "" && len(s.Labels) == 0 {
			page.Thursday = rule(s.Body)
		}
	}
}

// alone reports whether a mention begins its line.
func alone(body Text, m Mention) bool {
	lines := strings.Split(body.Raw, "\n")
	n := m.Line - body.Line
	first, _, _ := strings.Cut(m.Raw, " ")
	return n >= 0 && n < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[n]), first)
}

// weeksOf reads "(26 weeks)" in a line of the file.
func (p *pageParser) weeksOf(line int) int {
	toks := p.lexer.lex(p.line(line-1), line)
	for i := 1; i < len(toks); i++ {
		if strings.HasPrefix(toks[i].lower, "week") && toks[i-1].n > 0 {
			return toks[i-1].n
		}
	}
	return 0
}

// rule finds the sentence that makes Thursday the day of a deadline.
func rule(body Text) Text {
	lines := strings.Split(body.Raw, "\n")
	for i, line := range lines {
		both := line
		if i+1 < len(lines) {
			both += " " + lines[i+1]
		}
		lower := strings.ToLower(strings.Join(strings.Fields(both), " "))
		if strings.Contains(strings.ToLower(line), "thursday") && strings.Contains(lower, "thursday of the week") {
			return Text{Pos{body.File, body.Line + i}, strings.TrimSpace(line)}
		}
	}
	return Text{}
}

// ownYears is the middle of the years that the page itself gives, for one whose
// table does not say what year it is.
func (p *pageParser) ownYears() civil.Date {
	var days []civil.Date
	for _, s := range p.sections {
		for _, m := range p.lexer.mentions(p.file, s.Body.Raw, s.Body.Line, civil.Date{}) {
			if m.YearGiven && !m.From.IsZero() {
				days = append(days, m.From)
			}
		}
	}
	return median(days)
}
