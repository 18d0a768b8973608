package cycle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// The weeks that count for a release: as long before it as any cycle has begun, unless
// another release lies between, and as long after it as schedules go on.
//
// Source: openstack/releases, doc/source/*/schedule.yaml: R-31 (Stein) to R+2 (Ocata).
const (
	firstWeek = -31
	lastWeek  = 3
)

// Days are those of a week that people ask for, or one day.
type Days struct {
	// Said is what was asked for: "R-5", "this week", "next week", "last week",
	// "today", "tomorrow", "2026-12-10".
	Said string
	// Week is the name of the week, "R-5", and Release what it is counted from. Empty
	// where no release is near.
	Week    string
	Release Event
	Series  string // of the release; may be empty
	// First and Last are civil days in the calendar's zone: Monday and Friday of a
	// week, as schedules have them, or twice the same day.
	First, Last civil.Date
}

// Events are the calendar's on these days; of a week those on its Saturday and Sunday
// too.
func (d Days) Events(c Calendar) []Event {
	last := d.Last
	if d.First != d.Last {
		last = d.First.AddDays(6)
	}
	return slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool { return e.Day.Before(d.First) || e.Day.After(last) })
}

// WeekError says that there is no week such as somebody asks for.
type WeekError struct {
	Week string // "R-40"
	// Series is the name of a series that the calendar does not have, and Known those
	// that it has.
	Series string
	Known  []string
	// First and Last are the weeks that there are, "R-24" and "R+3", of the series
	// Of. Empty where no release is known to count from.
	First, Last, Of string
}

// Error implements error.
func (e *WeekError) Error() string {
	return fmt.Sprintf("find week %s: %q of %q is unknown, %s to %s are known", e.Week, e.Series, e.Known, e.First, e.Last)
}

// FindDays returns the week or day that people mean by words: by its distance to a
// release ("R-5", "r5", "R+1", "week R-5 of dalmatian"), to now ("this week",
// "tomorrow"), or by its date. The release is the next one, of those weeks after one the
// last, or that of the series that is named. False where the words mean neither: they
// may still be an event's. The error is a *WeekError.
func (c Calendar) FindDays(words string, now time.Time) (Days, bool, error) {
	if c.Zone == nil || len(words) > longestAsked {
		return Days{}, false, nil
	}
	today := civil.DateOf(now, c.Zone)
	said := strings.Fields(strings.ToLower(words))
	for i, w := range said {
		said[i] = strings.Trim(w, `?!.,;:"'()`)
	}
	if d, ok := c.relative(said, today); ok {
		return d, true, nil
	}
	week, rest, ok := cutWeek(said)
	if !ok {
		return Days{}, false, nil
	}
	release, err := c.counted(week, rest, today, now)
	if err != nil {
		return Days{}, false, err
	}
	monday := (Cycle{Release: release.Day}).Monday(week)
	return Days{
		Said: WeekName(week), Week: WeekName(week), Release: release, Series: c.Series(release),
		First: monday, Last: monday.AddDays(4),
	}, true, nil
}

// relative finds days by their distance to today, and by their date.
func (c Calendar) relative(said []string, today civil.Date) (Days, bool) {
	said = less(said, func(w string) bool {
		return w == "" || article(w) && w != "next" || asking(w) && w != "this" || w == "r" || w == "happening"
	})
	day := func(said string, d civil.Date) (Days, bool) {
		days := Days{Said: said, First: d, Last: d}
		days.Release, days.Week, _ = c.week(d)
		days.Series = c.Series(days.Release)
		return days, true
	}
	week := func(said string, by int) (Days, bool) {
		monday := today.Monday().AddDays(7 * by)
		days := Days{Said: said, First: monday, Last: monday.AddDays(4)}
		days.Release, days.Week, _ = c.week(monday)
		days.Series = c.Series(days.Release)
		return days, true
	}
	switch asked := strings.Join(said, " "); asked {
	case "week", "this week", "current week", "r-week":
		return week("this week", 0)
	case "next week", "following week":
		return week("next week", 1)
	case "last week", "previous week":
		return week("last week", -1)
	case "today":
		return day(asked, today)
	case "tomorrow":
		return day(asked, today.AddDays(1))
	default:
		d, err := civil.ParseDate(strings.TrimPrefix(asked, "week "))
		if err != nil {
			return Days{}, false
		}
		return day(d.String(), d)
	}
}

// cutWeek cuts a week's name out of words: "r-5", "r5", "r+1", "r - 5".
func cutWeek(said []string) (week int, rest []string, ok bool) {
	for i, w := range said {
		name, found := strings.CutPrefix(w, "r")
		if !found {
			continue
		}
		end := i + 1
		for ; end < len(said) && end < i+3 && strings.Trim(name, "+-−–") == ""; end++ {
			name += said[end]
		}
		sign := -1
		for _, minus := range []string{"-", "−", "–", "+"} {
			if cut, found := strings.CutPrefix(name, minus); found {
				name = cut
				if minus == "+" {
					sign = 1
				}
				break
			}
		}
		if name == "" || strings.Trim(name, "0123456789") != "" {
			continue
		}
		const many = 9999 // weeks: no release has so many
		n, err := strconv.Atoi(name)
		if err != nil {
			n = many
		}
		return sign * min(n, many), slices.Concat(said[:i], said[end:]), true
	}
	return 0, nil, false
}

// counted is the release that a week is counted from: of the series among the words, or
// the one that is meant without any.
func (c Calendar) counted(week int, rest []string, today civil.Date, now time.Time) (Event, error) {
	all := c.releases()
	if len(all) == 0 {
		return Event{}, &WeekError{Week: WeekName(week)}
	}
	meant, of := all, c.seriesOf()
	if series := c.whose(rest, now); len(series) > 0 {
		meant = slices.DeleteFunc(slices.Clone(all), func(e Event) bool {
			words := slices.Concat(terms(of(e)), terms(e.Name))
			return slices.ContainsFunc(series, func(w string) bool { return !slices.Contains(words, w) })
		})
		if len(meant) == 0 {
			wrong := &WeekError{Week: WeekName(week), Series: strings.Join(series, " ")}
			for _, e := range all {
				if series := of(e); series != "" && !slices.Contains(wrong.Known, series) {
					wrong.Known = append(wrong.Known, series)
				}
			}
			return Event{}, wrong
		}
	}
	i := slices.IndexFunc(meant, func(e Event) bool {
		sunday := (Cycle{Release: e.Day}).Monday(week).AddDays(6)
		return week < 0 && e.At.After(now) || week >= 0 && !sunday.Before(today)
	})
	if i < 0 {
		i = len(meant) - 1
	}
	release, first := meant[i], firstWeek
	for _, e := range all {
		if before := (Cycle{Release: release.Day}).Week(e.Day); before < 0 { // in the same week it is this one
			first = max(first, before+1)
		}
	}
	if week < first || week > lastWeek {
		return Event{}, &WeekError{Week: WeekName(week), First: WeekName(first), Last: WeekName(lastWeek), Of: of(release)}
	}
	return release, nil
}

// whose is what names a series among the words around a week: no team, whose weeks are
// everybody's.
func (c Calendar) whose(rest []string, now time.Time) []string {
	asked := terms(strings.Join(rest, " "))
	words := c.named(spoken(asked), now)
	if words == nil { // of a cycle that is not there
		return asked
	}
	words = less(less(less(less(c.numbered(words), article), asking), closing), dated)
	tried := map[string]bool{"": true}
	for _, e := range c.Others {
		if !tried[e.Team] {
			tried[e.Team] = true
			words = without(words, terms(e.Team))
		}
	}
	return less(words, func(w string) bool { return w == "release" || w == "official" })
}
