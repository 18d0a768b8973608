package calendar

import "strings"

// zone reads of which zone a time says that it is, and how many tokens that
// takes; in brackets too. UTC by any of its names is "UTC". Every other zone is
// kept as written, and the time then is not exact: nobody tells what EST and IST
// mean, and to take "23:59 AoE" for UTC would be wrong by half a day.
func (s *scan) zone(i int) (string, int) {
	if s.word(i) != "(" {
		return s.zoneName(i)
	}
	name, n := s.zoneName(i + 1)
	if n == 0 || s.word(i+1+n) != ")" {
		return "", 0
	}
	return name, n + 2
}

func (s *scan) zoneName(i int) (string, int) {
	if i >= len(s.toks) {
		return "", 0
	}
	t, n := s.toks[i], 0
	switch {
	case t.lower == "utc", t.lower == "gmt":
		if n = s.offset(i + 1); n == 0 || !s.toks[i+1].glued || s.word(i+1+n) == "utc" {
			return "UTC", 1
		}
		n++
	case t.text == "Z":
		return "UTC", 1
	case t.text == "+" && s.offset(i) > 0:
		n = s.offset(i)
	case s.words(i, "anywhere", "on", "earth"):
		n = 3
	case s.area(i) > 0:
		n = s.area(i)
	case t.lower == "aoe", t.lower == "local", t.text == "MSK", s.american(i):
		n = 1
	case len(t.text) >= 2 && len(t.text) <= 5 && t.text == strings.ToUpper(t.text) && strings.HasSuffix(t.text, "T") && t.n < 0:
		n = 1 // EST, CEST, PDT
	default:
		return "", 0
	}
	return s.text[t.at:s.toks[i+n-1].end], n
}

// offset is how many tokens "+2", "-5", "+0530" and "+05:30" take. What follows
// "UTC-" may also be the second day of a span, or the hour of one: "1000 UTC-1200 UTC".
func (s *scan) offset(i int) int {
	if s.word(i) != "+" && s.word(i) != "-" || i+1 >= len(s.toks) || !s.toks[i+1].glued {
		return 0
	}
	const most = 14 // hours east of Greenwich
	t := s.toks[i+1]
	_, day := s.monthAt(i + 2)
	switch {
	case t.n < 0 || t.ord || day:
		return 0
	case s.word(i+2) == ":" && s.toks[i+2].glued && i+3 < len(s.toks) && s.toks[i+3].glued && len(s.toks[i+3].text) == 2:
		return 4
	case len(t.text) <= 2 && t.n <= most, len(t.text) == 4 && t.n <= most*100 && s.word(i+2) != "-":
		return 2
	}
	return 0
}

// area is how many tokens the tz database's name of a zone takes:
// "America/New_York".
func (s *scan) area(i int) int {
	switch s.toks[i].text {
	case "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Canada", "Etc", "Europe", "Indian", "Pacific", "US":
	default:
		return 0
	}
	if s.word(i+1) != "/" || i+2 >= len(s.toks) || !s.toks[i+2].glued {
		return 0
	}
	n := 3
	for (s.word(i+n) == "_" || s.word(i+n) == "/") && i+n+1 < len(s.toks) && s.toks[i+n+1].glued {
		n += 2
	}
	return n
}

// american reads the names that people of North America give their zones, which
// are ordinary words before others than "time".
func (s *scan) american(i int) bool {
	switch s.toks[i].text {
	case "Eastern", "Central", "Mountain", "Pacific":
	default:
		return false
	}
	switch next := s.word(i + 1); next {
	case "", "time", "standard", "daylight":
		return true
	default:
		return next < "0" // a comma, a bracket, a full stop
	}
}
