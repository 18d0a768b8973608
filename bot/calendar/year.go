package calendar

import (
	"strconv"
	"time"
)

// trailingYear reads ", 2016" and "2016" after a day into p, and returns how many
// tokens that takes. Of a number that can only be a slip for the year that the page
// implies it makes p.odd.
func (s *scan) trailingYear(i int, p *partial) int {
	j := i
	if s.word(j) == "," {
		j++
	}
	if j >= len(s.toks) {
		return 0
	}
	_, clock := s.clock(j)
	if y, ok := s.toks[j].year(); ok {
		if (clock > 0 || !s.alone(j)) && !s.near.IsZero() && abs(y-s.near.Year) > lifetime {
			return 0 // "November 26, 2100 UTC", "2000-2100"
		}
		p.year = y
		return j - i + 1
	}
	if clock > 0 || !s.alone(j) || s.toks[j].oclock() || !s.slipOfYear(j, p.month, p.day) {
		return 0
	}
	p.odd = s.toks[j].text
	return j - i + 1
}

// lifetime is how many years from a page's own those are that its texts speak of.
const lifetime = 10

// slipOfYear reports whether a number can be nothing but a mistyped year of a day: one
// of the last century, or the year in which the day is nearest to the page's with a
// digit too many or too few, two exchanged, or in another century.
func (s *scan) slipOfYear(i int, month time.Month, day int) bool {
	if s.near.IsZero() {
		return false
	}
	implied := nearest(month, day, s.near)
	digits := s.toks[i].text
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	if implied.IsZero() {
		return false
	}
	year := strconv.Itoa(implied.Year)
	switch len(digits) {
	case 3:
		return oneMore(year, digits)
	case 4:
		return !believable(s.toks[i].n) && (digits[:2] == "19" || digits[2:] == year[2:] || exchanged(year, digits))
	case 5:
		return oneMore(digits, year)
	}
	return false
}

// oneMore reports whether a text is another one with a character more.
func oneMore(long, short string) bool {
	for i := range long {
		if long[:i]+long[i+1:] == short {
			return true
		}
	}
	return false
}

// exchanged reports whether two texts of one length differ in the order of two
// neighbours only.
func exchanged(a, b string) bool {
	for i := 0; i+1 < len(a); i++ {
		if a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:] == b {
			return true
		}
	}
	return false
}

// alone reports whether the number at i belongs to nothing behind it: neither to a
// span of numbers, nor to a unit, nor to what is written together with it.
func (s *scan) alone(i int) bool {
	if i+1 >= len(s.toks) {
		return true
	}
	next := s.toks[i+1]
	if s.separator(i+1, false) > 0 {
		return !s.number(i + 2) // no "1926-1956"
	}
	letters := next.n < 0 && !isPunctuation(next.text)
	switch {
	case letters && len(s.toks[i].text) == 3: // "26 November 226 people came"
		return false
	case next.glued && letters:
		return false
	case next.glued && i+2 < len(s.toks) && s.toks[i+2].glued && s.toks[i+2].text[0] >= '0' && s.toks[i+2].text[0] <= '9':
		return false // "20,226,000"
	}
	switch next.lower {
	case "am", "pm", "h", "hrs", "hours", "hour", "o'clock", "%", "/", "+":
		return false
	}
	return true
}

// number reports whether a number stands at i that is no day with its month.
func (s *scan) number(i int) bool {
	if i >= len(s.toks) || s.toks[i].text[0] < '0' || s.toks[i].text[0] > '9' {
		return false
	}
	if s.word(i+1) == "of" {
		i++
	}
	_, month := s.monthAt(i + 1)
	return !month
}

// isPunctuation reports whether a token ends or interrupts a sentence.
func isPunctuation(text string) bool {
	switch text {
	case ".", ",", ";", ":", "!", "?", ")", "(", "]", "'", "\"":
		return true
	}
	return false
}

// oclock reports whether a number of three or four digits is a time of day at which
// anybody meets: 1600, 2359, 930. Texts have them after a day without a zone, too.
func (t tok) oclock() bool {
	const steps = 5 // minutes
	minute := t.n % 100
	return t.n >= 0 && len(t.text) >= 3 && t.n/100 <= 23 && minute <= 59 && (minute%steps == 0 || minute == 59)
}
