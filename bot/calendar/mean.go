package calendar

import (
	"cmp"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// single makes a mention of one day.
func (s *scan) single(p partial) Mention {
	m := Mention{Kind: ADate, YearGiven: p.year != 0, OddYear: p.odd, Weekday: p.weekday, HasWeekday: p.hasWD}
	m.From = s.resolve(p)
	m.To = m.From
	m.Clock, m.ToClock, m.HasClock, m.HasToClock, m.Zone = p.clock.at, p.clock.to, p.clock.has, p.clock.hasTo, p.clock.zone
	return m
}

// ranged makes a mention of a span of days; the year of one end is that of the
// other where only one is given.
func (s *scan) ranged(from, to partial) Mention {
	m := Mention{Kind: ARange, YearGiven: from.year != 0 || to.year != 0, OddYear: cmp.Or(from.odd, to.odd), Weekday: from.weekday, HasWeekday: from.hasWD}
	switch {
	case from.year == 0 && to.year == 0:
		m.From = s.resolve(from)
		from.year = m.From.Year
		fallthrough
	case to.year == 0:
		to.year = from.year
		if to.month < from.month {
			to.year++
		}
	case from.year == 0:
		from.year = to.year
		if to.month < from.month {
			from.year--
		}
	}
	m.From, m.To = s.resolve(from), s.resolve(to)
	if m.From.IsZero() || m.To.IsZero() || m.To.Before(m.From) {
		m.From, m.To = civil.Date{}, civil.Date{}
	}
	m.Clock, m.HasClock, m.Zone = from.clock.at, from.clock.has, cmp.Or(from.clock.zone, to.clock.zone)
	m.ToClock, m.HasToClock = to.clock.at, to.clock.has
	return m
}

// resolve is the date, in the year nearest to what the page is about where it
// gives none. Zero when the month has no such day.
func (s *scan) resolve(p partial) civil.Date {
	if p.year != 0 {
		return checked(p.year, p.month, p.day)
	}
	if s.near.IsZero() {
		return civil.Date{}
	}
	return nearest(p.month, p.day, s.near)
}

// nearest is the day of a month in the year in which it lies nearest to a date.
// Zero for 29 February where that year has none.
func nearest(month time.Month, day int, to civil.Date) civil.Date {
	var best civil.Date
	for y := to.Year - 1; y <= to.Year+1; y++ {
		d := checked(y, month, day)
		if !d.IsZero() && (best.IsZero() || abs(d.Sub(to)) < abs(best.Sub(to))) {
			best = d
		}
	}
	if abs(best.Sub(to)) > 184 { // days, half a year
		return civil.Date{}
	}
	return best
}

func checked(year int, month time.Month, day int) civil.Date {
	d := civil.Date{Year: year, Month: month, Day: day}
	if !believable(year) || d.AddDays(0) != d {
		return civil.Date{}
	}
	return d
}

func abs(n int) int { return max(n, -n) }

// context sees from the words around a mention what it stands for.
func (s *scan) context(m *Mention, from, to int) {
	if s.word(from-1) == "the" {
		from--
	}
	before := strings.Join([]string{s.word(from - 3), s.word(from - 2), s.word(from - 1)}, " ")
	switch {
	case strings.HasSuffix(before, "deadline of"), strings.HasSuffix(before, "deadline is"):
		m.Deadline = true
	case strings.HasSuffix(before, " before"):
		m.Aside = true
	}
	// "7 September is a holiday", "the 7 September holiday"
	for j := to; j < to+4; j++ {
		if w := s.word(j); w == "holiday" || w == "holidays" {
			m.Aside = true
		}
	}
}
