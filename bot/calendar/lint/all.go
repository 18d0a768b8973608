package lint

import (
	"path"
	"strings"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// All checks everything that was loaded together: schedules with each other's
// pages and with the election configurations among it, and the configurations
// themselves. Of several states of one series, in folders that begin with the
// day on which the public saw them ("2026-06-09-c70e2d3cb"), each is compared
// with the one before.
func All(loaded []calendar.Loaded, kinds cycle.Kinds, teams ...Team) []Finding {
	var in Input
	in.Kinds, in.Teams = kinds, teams
	var out []Finding
	for _, l := range loaded {
		if l.Election != nil {
			in.Elections = append(in.Elections, *l.Election)
			out = append(out, CheckElection(*l.Election, kinds)...)
		}
		if l.Schedule != nil {
			in.Pages = append(in.Pages, l.Schedule.Page)
		}
	}
	for _, l := range loaded {
		switch {
		case l.Schedule != nil:
			in.Schedule = *l.Schedule
			in.Before, in.Last, in.Seen = before(l, loaded)
			out = append(out, Check(in)...)
		case l.Election == nil:
			for _, p := range l.Problems {
				out = append(out, finding(p))
			}
		}
	}
	return Sort(out)
}

// before finds the state of the same series that the public saw before, and the
// days since which it saw either.
func before(l calendar.Loaded, loaded []calendar.Loaded) (out *calendar.Schedule, last, seen civil.Date) {
	seen = seenOf(l)
	if seen.IsZero() {
		return nil, last, seen
	}
	for _, o := range loaded {
		if o.Schedule == nil || o.Schedule.Series != l.Schedule.Series {
			continue
		}
		if d := seenOf(o); !d.IsZero() && d.Before(seen) && d.After(last) {
			last, out = d, o.Schedule
		}
	}
	return out, last, seen
}

// seenOf is the day with which a folder's name begins; zero for other names.
func seenOf(l calendar.Loaded) civil.Date {
	const length = len("2006-01-02")
	base := path.Base(strings.TrimRight(l.Name, "/"))
	if len(base) < length {
		return civil.Date{}
	}
	d, err := civil.ParseDate(base[:length])
	if err != nil {
		return civil.Date{}
	}
	return d
}
