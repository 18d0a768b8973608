package calendar

import (
	"slices"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// table reads the grid table of a page that has no schedule.yaml: rows of a week
// ("Nov 30-4"), its name and labels in two columns. A row that breaks the
// table's grammar is read all the same.
func (p *pageParser) table() Grid {
	var rows []Week
	cross, project := -1, -1 // where the columns begin, in bytes
	closed := true
	for i, line := range p.lines {
		line = strings.TrimRight(line, " \t")
		switch {
		case strings.HasPrefix(line, "+"):
			closed = true
			if cross >= 0 && strings.Trim(line, "+-=") != "" {
				p.problem(i+1, BrokenTable, "", "a line between two rows has other signs than + - =")
			}
			continue
		case !strings.HasPrefix(line, "|"):
			continue
		}
		lower := strings.ToLower(line)
		if c, s := strings.Index(lower, "cross-project"), strings.Index(lower, "project-specific"); c >= 0 && s > c {
			cross, project = c, s
			continue
		}
		if cross < 0 {
			continue
		}
		cells := strings.Split(line, "|")
		if closed {
			closed = false
			if len(cells) < 3 || strings.TrimSpace(cells[1]) == "" {
				p.problem(i+1, BrokenTable, "", "a row without a week")
				continue
			}
			w := Week{Pos: Pos{p.file, i + 1}}
			w.Start.Text = Text{w.Pos, strings.TrimSpace(cells[1])}
			w.End.Text = w.Start.Text
			if name := strings.TrimSpace(cells[2]); strings.HasPrefix(name, "R") {
				w.Name = Text{w.Pos, name}
			}
			rows = append(rows, w)
		}
		if len(rows) == 0 {
			continue
		}
		w := &rows[len(rows)-1]
		for _, ref := range refs(line) {
			if !isLabel(ref.label) {
				p.problem(i+1, BadValue, ref.label, "%s is no label: want letters, digits, hyphens, at most %d", quote(ref.label), maxLabel)
				continue
			}
			w.Labels = append(w.Labels, Placement{Text{Pos{p.file, i + 1}, ref.label}, ref.at < project-1})
		}
	}
	if len(rows) == 0 {
		return Grid{}
	}
	p.dateRows(rows)
	return Grid{File: p.file, Weeks: rows}
}

type ref struct {
	label string
	at    int
}

// refs finds ":ref:`label`" and ":ref:`words <label>`" in a line.
func refs(line string) []ref {
	var out []ref
	for from := 0; ; {
		i := strings.Index(line[from:], ":ref:`")
		if i < 0 {
			return out
		}
		at := from + i
		begin := at + len(":ref:`")
		n := strings.IndexByte(line[begin:], '`')
		if n < 0 {
			return out
		}
		label := line[begin : begin+n]
		if _, inner, ok := strings.Cut(label, "<"); ok {
			label = strings.TrimSuffix(inner, ">")
		}
		out = append(out, ref{label, at})
		from = begin + n + 1
	}
}

// dateRows gives the weeks of a table their years. The rows name months and
// days; the year is the one, among those that the page names, in which most
// rows run from a Monday to a Friday.
func (p *pageParser) dateRows(rows []Week) {
	spans := p.rowSpans(rows)
	var best []placedSpan
	bestFit := 0
	for _, year := range p.years() {
		if days, fit := layRows(spans, year); fit > bestFit {
			best, bestFit = days, fit
		}
	}
	if best == nil {
		p.problem(rows[0].Line, Unreadable, "", "the weeks of the table can't be dated: the page names no year that fits")
		return
	}
	for i := range rows {
		rows[i].Start.Date, rows[i].End.Date = best[i].from, best[i].to
	}
}

// rowSpan is what a row says of its week: days without a year. The zero rowSpan is of
// a row that can't be read.
type rowSpan struct{ from, to partial }

func (p *pageParser) rowSpans(rows []Week) []rowSpan {
	spans := make([]rowSpan, len(rows))
	for i, w := range rows {
		s := &scan{toks: p.lexer.lex(w.Start.Raw, w.Line), near: civil.Date{Year: 2000, Month: 7, Day: 1}}
		m, n := s.span(0)
		if n == 0 || n < len(s.toks) || m.OddYear != "" {
			p.problem(w.Line, BadValue, w.Name.Raw, "%s is no span of days, such as Nov 30-4", quote(w.Start.Raw))
			continue
		}
		f, _ := s.date(0)
		if m.From.IsZero() || f.day == 0 {
			p.problem(w.Line, BadValue, w.Name.Raw, "%s has a day that does not exist", quote(w.Start.Raw))
			continue
		}
		spans[i] = rowSpan{partial{month: f.month, day: f.day}, partial{month: m.To.Month, day: m.To.Day}}
	}
	return spans
}

// placedSpan is a row's week with its year. Zero are days that the year does not have.
type placedSpan struct{ from, to civil.Date }

// layRows lays rows into consecutive years from the first one's on, and counts the
// Mondays that they begin on and the Fridays that they end on.
func layRows(spans []rowSpan, year int) (days []placedSpan, fit int) {
	days = make([]placedSpan, len(spans))
	var last time.Month
	for i, s := range spans {
		if s == (rowSpan{}) {
			continue
		}
		if s.from.month < last {
			year++
		}
		last = s.from.month
		toYear := year
		if s.to.month < s.from.month {
			toYear++
		}
		days[i] = placedSpan{checked(year, s.from.month, s.from.day), checked(toYear, s.to.month, s.to.day)}
		if d := days[i].from; !d.IsZero() && d.Weekday() == time.Monday {
			fit++
		}
		if d := days[i].to; !d.IsZero() && d.Weekday() == time.Friday {
			fit++
		}
	}
	return days, fit
}

// years lists the years in which a table can begin, the likeliest first: those
// that the page names and the ones before, or else those nearest to near, or to today.
func (p *pageParser) years() []int {
	var out []int
	add := func(y int) {
		if y > 0 && !slices.Contains(out, y) {
			out = append(out, y)
		}
	}
	if y := p.ownYears().Year; y > 0 {
		for d := 0; d <= 2; d++ {
			add(y - d)
			add(y + d)
		}
		return out
	}
	base := p.near
	if base.IsZero() {
		base = p.today
	}
	if base.IsZero() {
		base.Year = 2015 // the first of these tables
	}
	for d := 0; d <= 12; d++ {
		add(base.Year - d)
		add(base.Year + d)
	}
	return out
}

// middle is the middle of a grid: what dates without a year are near to.
func middle(g Grid) civil.Date {
	var days []civil.Date
	for _, w := range g.Weeks {
		if !w.Start.Date.IsZero() {
			days = append(days, w.Start.Date)
		}
	}
	return median(days)
}

func median(days []civil.Date) civil.Date {
	if len(days) == 0 {
		return civil.Date{}
	}
	slices.SortFunc(days, civil.Date.Compare)
	return days[len(days)/2]
}
