package calendar

import "time"

// dashed reads the dates that are one word: 2024-08-14 and 2024/08/14, a day of
// one digit too, and 14-Aug-2024. Which of two numbers is the month in 08/09/2024
// nobody knows: that is no date.
func (s *scan) dashed(i int) (partial, int) {
	if i+4 >= len(s.toks) {
		return partial{}, 0
	}
	for j := i + 1; j <= i+4; j++ {
		if !s.toks[j].glued {
			return partial{}, 0
		}
	}
	between := s.word(i + 1)
	if s.word(i+3) != between {
		return partial{}, 0
	}
	first, middle, last := s.toks[i], s.toks[i+2], s.toks[i+4]
	day, isDay := first.dayOfMonth()
	named, isName := middle.month()
	var p partial
	year := i
	switch {
	case isDay && isName && between == "-":
		p, year = partial{day: day, month: named}, i+4
	case between == "-" || between == "/" && s.word(i-1) != "/" && s.word(i+5) != "/":
		if middle.n < 1 || middle.n > 12 || last.n < 1 || last.n > 31 || middle.ord || last.ord {
			return partial{}, 0
		}
		p = partial{day: last.n, month: time.Month(middle.n)}
	default:
		return partial{}, 0
	}
	if y, ok := s.toks[year].year(); ok {
		p.year = y
		return p, 5
	}
	// Of a longer word with dashes it may be a part.
	if (i == 0 || !first.glued || s.word(i-1) == "(") && s.word(i+5) != between && s.slipOfYear(year, p.month, p.day) {
		p.odd = s.toks[year].text
		return p, 5
	}
	return partial{}, 0
}
