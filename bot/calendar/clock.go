package calendar

import "torchbearer/bot/civil"

// clock reads a time of day, or a span of hours: "23:59 UTC", "1400-1600 UTC",
// "1400 UTC", "3 pm UTC". Four digits alone are a year, so they need a zone.
func (s *scan) clock(i int) (clock, int) {
	at, n := s.hour(i)
	if n == 0 {
		return clock{}, 0
	}
	c := clock{at: at, has: true}
	if sep := s.separator(i+n, false); sep > 0 {
		if to, m := s.hour(i + n + sep); m > 0 {
			c.to, c.hasTo = to, true
			n += sep + m
		}
	}
	zone, m := s.zone(i + n)
	if m == 0 && s.bare(i) {
		return clock{}, 0
	}
	c.zone = zone
	return c, n + m
}

// bareHours reads "1400-1600)", which after a date with its year are no years.
func (s *scan) bareHours(i int) (clock, int) {
	at, n := s.hour(i)
	sep := s.separator(i+n, false)
	to, m := s.hour(i + n + sep)
	if n != 1 || sep != 1 || m != 1 || s.word(i+3) != ")" || !s.bare(i) || !s.bare(i+2) {
		return clock{}, 0
	}
	return clock{at: at, to: to, has: true, hasTo: true}, 3
}

// bare reports whether a time is written as four digits.
func (s *scan) bare(i int) bool { return len(s.toks[i].text) == 4 }

func (s *scan) hour(i int) (civil.Clock, int) {
	if i >= len(s.toks) || s.toks[i].n < 0 || s.toks[i].ord {
		return civil.Clock{}, 0
	}
	t := s.toks[i]
	switch {
	case s.word(i+1) == ":" && i+2 < len(s.toks) && len(s.toks[i+2].text) == 2 && s.toks[i+1].glued && s.toks[i+2].glued:
		c := civil.Clock{Hour: t.n, Minute: s.toks[i+2].n}
		if len(t.text) > 2 || c.Hour > 23 || c.Minute < 0 || c.Minute > 59 {
			return civil.Clock{}, 0
		}
		n := 3
		// Seconds are read over.
		if s.word(i+n) == ":" && i+n+1 < len(s.toks) && s.toks[i+n].glued && s.toks[i+n+1].glued && len(s.toks[i+n+1].text) == 2 && s.toks[i+n+1].n >= 0 {
			n += 2
		}
		return s.half(c, i, n)
	case len(t.text) == 4 && t.n/100 <= 23 && t.n%100 <= 59:
		return civil.Clock{Hour: t.n / 100, Minute: t.n % 100}, 1
	case t.n >= 1 && t.n <= 12 && len(t.text) <= 2:
		if c, n := s.half(civil.Clock{Hour: t.n}, i, 1); n > 1 {
			return c, n
		}
	}
	return civil.Clock{}, 0
}

// half reads am or pm after an hour.
func (s *scan) half(c civil.Clock, i, n int) (civil.Clock, int) {
	switch w := s.word(i + n); {
	case c.Hour < 1 || c.Hour > 12 || w != "am" && w != "pm":
		return c, n
	case w == "pm" && c.Hour < 12:
		c.Hour += 12
	case w == "am" && c.Hour == 12:
		c.Hour = 0
	}
	return c, n + 1
}
