package calendar

import "time"

// dashed reads the dates that are one word: 2024-08-14 and 2024/08/14, a day of
// one digit too, and 14-Aug-2024. Which of two numbers is the month in 08/09/2024
// nobody knows: that is no date.
func (s *scan) dashed(i int) (year int, month time.Month, day, used int) {
	if i+4 >= len(s.toks) {
		return 0, 0, 0, 0
	}
	for j := i + 1; j <= i+4; j++ {
		if !s.toks[j].glued {
			return 0, 0, 0, 0
		}
	}
	between := s.word(i + 1)
	if s.word(i+3) != between {
		return 0, 0, 0, 0
	}
	first, middle, last := s.toks[i], s.toks[i+2], s.toks[i+4]
	year, ok := first.year()
	switch named, isName := middle.month(); {
	case ok && (between == "-" || between == "/" && s.word(i-1) != "/" && s.word(i+5) != "/"):
		if middle.n < 1 || middle.n > 12 || last.n < 1 || last.n > 31 || middle.ord || last.ord {
			return 0, 0, 0, 0
		}
		return year, time.Month(middle.n), last.n, 5
	case isName && between == "-":
		day, isDay := first.dayOfMonth()
		if year, ok = last.year(); ok && isDay {
			return year, named, day, 5
		}
	}
	return 0, 0, 0, 0
}
