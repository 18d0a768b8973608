package app_test

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// A line about the official date under the team's own: from, to, and what stays.
var officialMoved = regexp.MustCompile(`Freeze (\d): officially (?:\w+ (\S+) → \w+ (\S+?)|no longer in the calendar \(was \w+ (\S+)\))[;,] ours stays \w+ (\d{4}-\d\d-\d\d)`)

// officialLine is one that was said.
type officialLine struct {
	k              int
	from, to, ours string // days; to nothing: it is gone
	at             time.Time
}

func readOfficial(item string, at time.Time) (l officialLine, ok bool) {
	m := officialMoved.FindStringSubmatch(item)
	if m == nil {
		return l, false
	}
	return officialLine{k: int(m[1][0] - '0'), from: m[2] + m[4], to: m[3], ours: m[5], at: at}, true
}

// under is the official day under a stint; nothing where there is none.
func (s stint) under() string {
	if s.event.Official == nil {
		return ""
	}
	return s.event.Official.Day.String()
}

// layUnder reports whether a day was the official one under a freeze of the team's own
// before an instant.
func (p *play) layUnder(k int, day string, at time.Time) bool {
	return slices.ContainsFunc(p.stints, func(s stint) bool {
		return s.k == k && s.from.Before(at) && s.under() == day
	})
}

// official says what is wrong with a line, after others: each end of it has stood in
// the calendar, and it is said no more often than the date came to be that.
func (p *play) official(l officialLine, before []officialLine) (wrong string) {
	from, times, last := false, 0, ""
	for _, s := range p.stints {
		if s.k != l.k || s.from.After(l.at) {
			continue
		}
		from = from || s.under() == l.from
		if s.under() == l.to && last != l.to {
			times++
		}
		last = s.under()
	}
	for _, b := range before {
		if b.k == l.k && b.to == l.to {
			times--
		}
	}
	switch {
	case l.from == l.to || !from:
		return fmt.Sprintf("freeze %d was not officially on %q before it was on %q", l.k, l.from, l.to)
	case times <= 0:
		return fmt.Sprintf("freeze %d is officially on %q, once too often", l.k, l.to)
	}
	return ""
}

// unsaid finds an official date that moved or went under the team's own, by a reload
// with everything there and no news held back, and of which the room did not hear.
func (p *play) unsaid(lines []officialLine, news map[int][]time.Time) (wrong string) {
	for i, s := range p.stints {
		before := slices.IndexFunc(p.stints[:i], func(o stint) bool {
			return o.k == s.k && o.to.Equal(s.from) && o.from.Before(o.to) && o.event.ID == s.event.ID && o.event.At.Equal(s.event.At)
		})
		from, to := s.from.Add(-25*time.Hour), s.from.Add(2*time.Minute)
		if before < 0 || !s.to.IsZero() && s.to.Before(to) || !s.event.At.After(to) {
			continue
		}
		was := p.stints[before].under()
		if was == "" || was == s.under() {
			continue
		}
		off := slices.ContainsFunc(p.off, func(o [2]time.Time) bool { return o[0].Before(to) && o[1].After(from) })
		held := 0
		for _, at := range news[s.k] {
			if at.After(from) && at.Before(s.from) {
				held++
			}
		}
		said := slices.ContainsFunc(lines, func(l officialLine) bool {
			return l.k == s.k && l.from == was && l.to == s.under() && !l.at.Before(s.from) && l.at.Before(to)
		})
		if !off && held < 2 && !p.diedBetween(from, to) && !said {
			return fmt.Sprintf("nothing of the official date of freeze %d, from %q to %q at %s", s.k, was, s.under(), s.from.Format("02T15:04"))
		}
	}
	return ""
}
