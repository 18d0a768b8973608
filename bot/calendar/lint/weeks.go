package lint

import (
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// anchor finds the Monday of R+0 on which most named weeks agree, and that of
// the first named week.
func anchor(weeks []calendar.Week) (zero, first civil.Date) {
	count := map[civil.Date]int{}
	lowest := 0
	for _, w := range weeks {
		n, ok := w.Number()
		if !ok || w.Monday.IsZero() {
			continue
		}
		at := w.Monday.AddDays(-7 * n)
		count[at]++
		if count[at] > count[zero] {
			zero = at
		}
		if first.IsZero() || n < lowest {
			lowest, first = n, w.Monday
		}
	}
	if !zero.IsZero() {
		first = zero.AddDays(7 * lowest)
	}
	return zero, first
}

// weeks checks the list of weeks by itself.
func (c *checker) weeks() {
	weeks := c.Schedule.Grid.Weeks
	begin, length := usual(weeks)
	seen := map[civil.Date]int{}
	for i, w := range weeks {
		label := "week " + weekOf(w)
		c.bounds(w, label, begin, length)
		c.weekName(w, label)
		if w.Monday.IsZero() {
			continue
		}
		if first, twice := seen[w.Monday]; twice {
			c.add(w.Pos, DoubledWeek, Warning, label, "", "the week of %s is listed for the second time, after line %d", w.Monday, weeks[first].Line)
			continue
		}
		seen[w.Monday] = i
		if i > 0 {
			c.step(weeks[i-1], w, label)
		}
	}
}

// usual is the weekday on which most weeks begin, and how many days after it
// they end: Monday and 4 in the schedules of OpenStack.
func usual(weeks []calendar.Week) (time.Weekday, int) {
	begins, lengths := map[time.Weekday]int{}, map[int]int{}
	begin, length := time.Monday, 4
	for _, w := range weeks {
		if w.Start.Date.IsZero() || w.End.Date.IsZero() {
			continue
		}
		wd, n := w.Start.Date.Weekday(), w.End.Date.Sub(w.Start.Date)
		begins[wd]++
		lengths[n]++
		if begins[wd] > begins[begin] {
			begin = wd
		}
		if n > 0 && n < 7 && lengths[n] > lengths[length] {
			length = n
		}
	}
	return begin, length
}

// bounds checks a week's start and end.
func (c *checker) bounds(w calendar.Week, label string, begin time.Weekday, length int) {
	start, end := w.Start, w.End
	if start.Raw == "" && end.Raw == "" && start.Line == 0 {
		c.add(w.Pos, WeekLength, Warning, label, "", "the week has no start")
		return
	}
	if w.Monday.IsZero() {
		return // what can't be read is a problem already
	}
	right := w.Monday.AddDays((int(begin) + 6) % 7)
	switch wrong := start.Date; {
	case wrong.IsZero() || wrong == right:
	case wrong.Month == right.Month && wrong.Day == right.Day:
		c.add(start.Pos, WrongYear, Error, label, right.String(), "the week starts on %s, another year than the weeks around it", wrong)
	case wrong.Weekday() == begin:
		c.add(start.Pos, DoubledWeek, Warning, label, right.String(), "the week starts on %s, which is not its place in the list", wrong)
		c.misdated(w, right)
	default:
		c.add(start.Pos, WeekLength, Warning, label, right.String(), "the week starts on a %s, %s; the others start on a %s", wrong.Weekday(), wrong, begin)
	}
	last := right.AddDays(length)
	switch wrong := end.Date; {
	case wrong.IsZero() || wrong == last:
	case end.Raw == start.Raw && start.Date != right:
		// A table has both in one text: said once.
	case start.Date != right && wrong.Sub(start.Date) == length:
		// Start and end are wrong together: said once.
	case wrong.Month == last.Month && wrong.Day == last.Day:
		c.add(end.Pos, WrongYear, Error, label, last.String(), "the week of %s ends on %s, another year than it starts", right, wrong)
	case wrong.Before(right):
		c.add(end.Pos, WeekLength, Warning, label, last.String(), "the week of %s ends on %s, before it starts", right, day(wrong))
	case wrong.Weekday() == last.Weekday():
		c.add(end.Pos, WeekLength, Warning, label, last.String(), "the week of %s ends on %s, in another week", right, day(wrong))
	default:
		c.add(end.Pos, WeekLength, Warning, label, last.String(), "the week of %s ends on %s; the others end on a %s", right, day(wrong), last.Weekday())
	}
}

// misdated says of each label of a week that its dates are another week's.
func (c *checker) misdated(w calendar.Week, right civil.Date) {
	for _, l := range w.Labels {
		c.add(l.Pos, OutsideWeek, Warning, l.Raw, c.inWeek(right), "stands in a week that has the dates of another, %s", w.Start.Date)
	}
}

// weekName compares R-7 with the distance to the other names' R+0.
func (c *checker) weekName(w calendar.Week, label string) {
	n, named := w.Number()
	switch {
	case w.Name.Raw != "" && !named:
		c.add(w.Name.Pos, WrongWeekName, Notice, label, "", "the week's name is none like R-7")
	case named && !w.Monday.IsZero() && w.Monday.AddDays(-7*n) != c.monday:
		c.add(w.Name.Pos, WrongWeekName, Warning, label, cycle.WeekName(w.Monday.Sub(c.monday)/7), "the week of %s is called %s, which does not fit the other weeks' names", w.Monday, clip(w.Name.Raw))
	}
}

// step compares a week with the one before it in the list.
func (c *checker) step(before, w calendar.Week, label string) {
	if before.Monday.IsZero() {
		return
	}
	_, a := before.Number()
	n, b := w.Number()
	switch gap := w.Monday.Sub(before.Monday); {
	case gap < 0:
		c.add(w.Pos, WeekOrder, Warning, label, "", "the week of %s stands after that of %s", w.Monday, before.Monday)
	case gap > 7 && a && b && n <= 0 && gap < 70 && !c.during(before.Monday.AddDays(7)):
		c.add(w.Pos, WeekOrder, Warning, label, "", "between the weeks of %s and %s the list leaves out %d", before.Monday, w.Monday, gap/7-1)
	}
}
