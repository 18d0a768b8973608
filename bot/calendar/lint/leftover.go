package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/calendar"
)

// leftover finds what was left when a page was made of another, or a date was
// changed: "XXX is the milestone", and "on the 14th" of what is on the 7th now.
func (c *checker) leftover(s calendar.Section, l calendar.Text) {
	if prefix(l.Raw) == 0 || c.letter == 0 {
		return
	}
	text := located(s.Body)
	c.placeholder(text, s, l)
	c.otherDay(text, s, l)
}

// placeholder reports the first sign that stands for what somebody meant to
// write, and of those that say "not yet" that they do.
func (c *checker) placeholder(text []word, s calendar.Section, l calendar.Text) {
	for _, w := range text {
		at := calendar.Pos{File: s.Body.File, Line: w.line}
		switch w.lower {
		case "xxx", "fixme":
			c.add(at, Placeholder, Warning, l.Raw, "", "the text still has %q where a date or a name should be", strings.ToUpper(w.lower))
			return
		case "tbd", "tba":
			c.add(at, Placeholder, Notice, l.Raw, "", "the text still says %q", strings.ToUpper(w.lower))
			return
		}
	}
}

// otherDay reports "on the 14th" in the text of a deadline that is on another
// day, if the 14th lies in none of its weeks: a day of the same week may be any
// other thing's.
func (c *checker) otherDay(text []word, s calendar.Section, l calendar.Text) {
	own := c.byLabel[l.Raw]
	if len(own) != 1 || !deadline(own[0]) || !dated(own[0]) {
		return
	}
	for i := range text {
		n, ok := bareDay(text, i)
		if !ok || slices.ContainsFunc(s.Mentions, func(m calendar.Mention) bool { return m.From.Day == n || m.To.Day == n }) {
			continue
		}
		d := own[0].Day
		d.Day = n
		if d.AddDays(0) != d || d.Monday() == own[0].Day.Monday() {
			continue
		}
		at := calendar.Pos{File: s.Body.File, Line: text[i].line}
		c.add(at, OtherDay, Notice, l.Raw, "", "the text speaks of the %s; its date is %s", text[i+2].lower, day(own[0].Day))
		return
	}
}

// bareDay reads "on the 14th" at a word, without a month before or after it.
func bareDay(text []word, i int) (int, bool) {
	if i+2 >= len(text) || text[i].lower != "on" || text[i+1].lower != "the" {
		return 0, false
	}
	w := text[i+2].lower
	if len(w) < 3 || !slices.Contains([]string{"st", "nd", "rd", "th"}, w[len(w)-2:]) {
		return 0, false
	}
	if i+3 < len(text) && (text[i+3].lower == "of" || isMonth(text[i+3].lower)) || i > 0 && isMonth(text[i-1].lower) {
		return 0, false
	}
	n, err := strconv.Atoi(w[:len(w)-2])
	return n, err == nil && n >= 1 && n <= 31
}

// isMonth reports whether a word is a month's name or begins one: "jun", "sept".
func isMonth(w string) bool {
	for m := time.January; m <= time.December; m++ {
		if len(w) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), w) {
			return true
		}
	}
	return false
}
