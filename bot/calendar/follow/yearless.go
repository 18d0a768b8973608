package follow

import (
	"slices"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// A page that names no year is dated by the day on which it was first read, which is
// kept with it: by that of each start all its dates would move on by a year some time
// after they have passed.

// datedBy is the day by which what is kept of a place was dated: of a bot that did not
// keep that, about when it was read.
func (s state) datedBy(at Place, team Team, today civil.Date) civil.Date {
	switch {
	case at.Form != OpenStack:
		return today // which it only bounds
	case !s.Dated.IsZero():
		return s.Dated
	case !s.Read.IsZero():
		return civil.DateOf(s.Read, team.Zone)
	}
	return today
}

// reparse reads what a place holds now, in the place of what was dated by a day, and
// returns by which day that is dated. It is today, so that what comes later in the
// cycle can be meant, unless dates that nobody touched would be others by that; but
// when all have passed, and some are edited, the page is the next cycle's.
func reparse(c content, held *parsed, by, today civil.Date, team Team) (*parsed, civil.Date) {
	got := parse(team, held.place, c, today)
	if !got.sameCycle(held) || !got.redates(held) {
		return got, today
	}
	old := parse(team, held.place, c, by)
	if old.ahead(today.Start(team.Zone)) > 0 || !old.edits(held) {
		return old, by
	}
	return got, today
}

// redates reports whether an event has the same day as before in another year.
func (p *parsed) redates(held *parsed) bool {
	return p.differs(held, func(a, b civil.Date) bool {
		return a.Year != b.Year && a.Month == b.Month && a.Day == b.Day
	})
}

// edits reports whether events have other dates than before, or are new.
func (p *parsed) edits(held *parsed) bool {
	return p.differs(held, func(a, b civil.Date) bool { return a != b })
}

// differs looks for an event that differs from the one of its id, or a zero date.
func (p *parsed) differs(held *parsed, differ func(a, b civil.Date) bool) bool {
	was := map[string]civil.Date{}
	for _, e := range held.events {
		was[e.ID] = e.Day
	}
	return slices.ContainsFunc(p.events, func(e cycle.Event) bool { return differ(e.Day, was[e.ID]) })
}
