package calendar

import (
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// scan finds what a text says about when. It reads left to right and takes the
// longest form at each place; what it does not know is no mention.
type scan struct {
	toks []tok
	text string
	file string
	near civil.Date // dates without a year are the nearest to it
}

// partial is a date of which the month or the year may still be missing.
type partial struct {
	day, year int
	odd       string // what stands in the year's place and is none
	month     time.Month
	weekday   time.Weekday
	hasWD     bool
	clock     clock
}

type clock struct {
	at, to     civil.Clock
	has, hasTo bool
	zone       string
}

// maxMentions bounds the work for one section, whose text any number of labels
// may share; the longest known has 3.
const maxMentions = 50

// mentions returns everything that text says about when, in order.
func (l lexer) mentions(file, text string, line int, near civil.Date) []Mention {
	s := &scan{toks: l.lex(text, line), text: text, file: file, near: near}
	var out []Mention
	var begin []int // the first token of each
	last := -1      // the token after the last mention
	week := -1      // the token of "the end of the week"
	beside := false // its date stands next to it
	before := 0     // how many mentions are of sentences before it
	for i := 0; i < len(s.toks) && len(out) < maxMentions; {
		m, n := s.at(i)
		if n == 0 {
			i++
			continue
		}
		if last >= 0 && last < i && last+s.and(last) == i {
			inherit(&out[len(out)-1], m[0])
		}
		if week < 0 && m[0].Kind == EndOfWeek {
			week = i
			for before < len(out) && !s.sentence(begin[before], i) {
				before++
			}
		}
		if last >= 0 && (m[0].Kind == EndOfWeek) != (out[len(out)-1].Kind == EndOfWeek) && s.together(last, i) {
			beside = true
		}
		last = i + n
		for _, one := range m {
			one.Text = Text{Pos{file, s.toks[i].line}, strings.Join(strings.Fields(text[s.toks[i].at:s.toks[i+n-1].end]), " ")}
			s.context(&one, i, i+n)
			out, begin = append(out, one), append(begin, i)
		}
		i += n
	}
	if week >= 0 && !beside {
		// The text says when it is; dates that it also has are other events', but
		// for those that it began with.
		for i := before; i < len(out); i++ {
			out[i].Aside = out[i].Aside || out[i].Kind == ADate && !out[i].Deadline
		}
	}
	return out
}

// inherit gives a day the year of the next one in "May 21 and June 4, 2026".
func inherit(m *Mention, next Mention) {
	if m.Kind != ADate || m.YearGiven || m.From.IsZero() || next.Kind != ADate || !next.YearGiven || next.From.IsZero() {
		return
	}
	year := next.From.Year
	if m.From.Month > next.From.Month {
		year--
	}
	m.From = checked(year, m.From.Month, m.From.Day)
	m.To, m.YearGiven = m.From, true
}

func (s *scan) word(i int) string {
	if i < 0 || i >= len(s.toks) {
		return ""
	}
	return s.toks[i].lower
}

func (s *scan) words(i int, want ...string) bool {
	for j, w := range want {
		if s.word(i+j) != w {
			return false
		}
	}
	return true
}

// at reads the mentions that begin at a token, and how many tokens they take.
func (s *scan) at(i int) ([]Mention, int) {
	switch {
	case s.words(i, "end", "of", "the", "week"), s.words(i, "end", "of", "this", "week"):
		return []Mention{{Kind: EndOfWeek}}, 4
	case s.words(i, "end", "of", "week"):
		return []Mention{{Kind: EndOfWeek}}, 3
	case s.words(i, "this", "week") && s.word(i-1) != "of":
		return []Mention{{Kind: ThisWeek}}, 2
	case s.word(i) == "week" && begins(s.word(i+1)):
		n := 2
		for s.word(i+n) == "the" || s.word(i+n) == "on" {
			n++
		}
		if m, used := s.span(i + n); used > 0 {
			m.Kind = AWeek
			return []Mention{m}, n + used
		}
		return nil, 0
	}
	if m, n := s.dayOfWeek(i); n > 0 {
		return []Mention{m}, n
	}
	if m, n := s.listAfterMonth(i); n > 0 {
		return m, n
	}
	if m, n := s.span(i); n > 0 {
		return []Mention{m}, n
	}
	if m, n := s.list(i); n > 0 {
		return m, n
	}
	if c, n := s.clock(i); n > 0 {
		// "by 23:59 UTC on Thursday 10 November 2016"
		j := i + n
		for s.word(j) == "on" || s.word(j) == "," || s.word(j) == "the" {
			j++
		}
		if m, used := s.span(j); used > 0 && !m.HasClock && m.Kind == ADate {
			m.Clock, m.ToClock, m.HasClock, m.HasToClock, m.Zone = c.at, c.to, true, c.hasTo, c.zone
			return []Mention{m}, j - i + used
		}
		return []Mention{{Kind: AClock, Clock: c.at, ToClock: c.to, HasClock: true, HasToClock: c.hasTo, Zone: c.zone}}, n
	}
	return nil, 0
}

// span reads one date, or two with something between that makes them a range.
func (s *scan) span(i int) (Mention, int) {
	// "20-24 February", "26th - 30th September, 2022", "12 to 16 October"
	if d, ok := s.dom(i); ok {
		if sep := s.separator(i+1, s.word(i-1) == "between"); sep > 0 {
			if to, n := s.date(i + 1 + sep); n > 0 && !to.hasWD && to.month != 0 {
				if e, ok := s.dom(i + 1 + sep); ok && e == to.day {
					from := partial{day: d, month: to.month, year: to.year, odd: to.odd}
					return s.ranged(from, to), 1 + sep + n
				}
			}
		}
	}
	from, n := s.date(i)
	if n == 0 {
		return Mention{}, 0
	}
	if sep := s.separator(i+n, s.word(i-1) == "between"); sep > 0 {
		if to, m := s.date(i + n + sep); m > 0 {
			return s.ranged(from, to), n + sep + m
		}
		// "April 20-24", "Nov 30-4"
		if d, ok := s.dom(i + n + sep); ok && from.year == 0 && from.odd == "" {
			to := partial{day: d, month: from.month}
			if d < from.day {
				to.month = from.month%12 + 1
			}
			m := 1 + s.trailingYear(i+n+sep+1, &to)
			return s.ranged(from, to), n + sep + m
		}
	}
	return s.single(from), n
}

// maxList is how many days of one month a list names at most.
const maxList = 8

// listAfterMonth reads "May 21 and 28, 2026".
func (s *scan) listAfterMonth(i int) ([]Mention, int) {
	month, ok := s.monthAt(i)
	if !ok {
		return nil, 0
	}
	var days []int
	j := i + 1
	for len(days) <= maxList {
		d, ok := s.dom(j)
		if _, isMonth := s.monthAt(j + 1); !ok || isMonth {
			break
		}
		days = append(days, d)
		j++
		sep := s.and(j)
		if _, another := s.dom(j + sep); sep == 0 || !another {
			break
		}
		j += sep
	}
	if len(days) < 2 || len(days) > maxList {
		return nil, 0
	}
	last := partial{day: days[len(days)-1], month: month}
	j += s.trailingYear(j, &last)
	var out []Mention
	for _, d := range days {
		last.day = d
		out = append(out, s.single(last))
	}
	return out, j - i
}

// and counts the commas and the "and" between the days of a list.
func (s *scan) and(i int) int {
	n := 0
	for s.word(i+n) == "," || s.word(i+n) == "and" || s.word(i+n) == "&" {
		n++
	}
	return n
}

// list reads "21 and 28 May 2026", "1st and 2nd of May".
func (s *scan) list(i int) ([]Mention, int) {
	var days []int
	j := i
	for {
		d, ok := s.dom(j)
		if !ok {
			return nil, 0
		}
		j++
		month := j
		if s.word(j) == "of" {
			month++
		}
		if _, isMonth := s.monthAt(month); isMonth && len(days) > 0 {
			break
		}
		days = append(days, d)
		sep := s.and(j)
		if sep == 0 || len(days) > maxList {
			return nil, 0
		}
		j += sep
	}
	last, n := s.date(j - 1)
	if n == 0 {
		return nil, 0
	}
	var out []Mention
	for _, d := range days {
		out = append(out, s.single(partial{day: d, month: last.month, year: last.year, odd: last.odd}))
	}
	return append(out, s.single(last)), j - 1 - i + n
}

func (s *scan) dom(i int) (int, bool) {
	if i >= len(s.toks) {
		return 0, false
	}
	return s.toks[i].dayOfMonth()
}

func (s *scan) monthAt(i int) (time.Month, bool) {
	if i >= len(s.toks) {
		return 0, false
	}
	return s.toks[i].month()
}

func (s *scan) weekdayAt(i int) (time.Weekday, bool) {
	if i >= len(s.toks) {
		return 0, false
	}
	return s.toks[i].weekday()
}

// separator is how many tokens between two dates make a range of them.
func (s *scan) separator(i int, between bool) int {
	switch s.word(i) {
	case "-", "–", "—", "to", "until", "through", "till":
		return 1
	case "and":
		if between {
			return 1
		}
	}
	return 0
}

// date reads one day: "Thursday, 14th of December, 2016 (23:59 UTC)", "April 2,
// 2026", "2024-08-14 23:45 UTC". The month is there, the year may not be.
func (s *scan) date(i int) (partial, int) {
	j := i
	wd, hasWD := s.weekdayAt(j)
	if hasWD {
		j++
		for s.word(j) == "," || s.word(j) == "the" {
			j++
		}
	}
	p, n := s.dayAndMonth(j)
	if n == 0 {
		return partial{}, 0
	}
	p.weekday, p.hasWD = wd, hasWD
	j += n
	// "(Wednesday)"
	if s.word(j) == "(" && s.word(j+2) == ")" {
		if wd, ok := s.weekdayAt(j + 1); ok {
			p.weekday, p.hasWD = wd, true
			j += 3
		}
	}
	// "(23:59 UTC)", "at 00:00 UTC", ", 23:59"
	k := j
	for k < j+2 && (s.word(k) == "(" || s.word(k) == "at" || s.word(k) == "," || s.word(k) == "@") {
		k++
	}
	c, n := s.clock(k)
	if n == 0 && (p.year != 0 || p.odd != "") && s.word(k-1) == "(" {
		c, n = s.bareHours(k)
	}
	if n > 0 {
		p.clock = c
		j = k + n
	}
	return p, j - i
}

// dayAndMonth reads "14th of December, 2016", "April 2, 2026", "2024-08-14T": the year
// where there is one.
func (s *scan) dayAndMonth(i int) (p partial, n int) {
	j := i
	if p, used := s.dashed(j); used > 0 {
		j += used
		if s.word(j) == "t" && s.toks[j].glued {
			j++
		}
		return p, j - i
	}
	var ok bool
	if p.day, ok = s.dom(j); ok {
		j++
		if s.word(j) == "of" {
			j++
		}
		if p.month, ok = s.monthAt(j); !ok {
			return partial{}, 0
		}
	} else if p.month, ok = s.monthAt(j); ok {
		j++
		if s.word(j) == "." || s.word(j) == "the" {
			j++
		}
		if p.day, ok = s.dom(j); !ok {
			return partial{}, 0
		}
	} else {
		return partial{}, 0
	}
	j++
	j += s.trailingYear(j, &p)
	return p, j - i
}
