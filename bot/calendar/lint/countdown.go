package lint

import (
	"strconv"
	"strings"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// countdown compares "the final release for client libraries is in four weeks"
// with the weeks in which the two events stand. Such a text is copied from cycle
// to cycle, and stays when one of the two moves.
func (c *checker) countdown(s calendar.Section, l calendar.Text, events []announcement) {
	own := c.byLabel[l.Raw]
	if len(own) != 1 || !standing(own[0]) {
		return
	}
	r := own[0]
	for _, t := range counts(s, events, l.Raw) {
		is := t.to.Day.Monday().Sub(r.Day.Monday()) / 7
		if is == t.weeks {
			continue
		}
		probably := ""
		if is > 0 {
			probably = inWeeks(is) + ", or " + c.inWeek(t.from())
		}
		c.add(t.at, Countdown, Warning, l.Raw, probably, "its text says %s is %s; it stands in %s, %s in %s", quoted(t.to.Title), inWeeks(t.weeks), weekOf(r.Week), clip(t.to.Label), weekOf(t.to.Week))
		return
	}
}

// count is a text's number of weeks to another event.
type count struct {
	to    calendar.Reading
	weeks int
	at    calendar.Pos
}

// from is the Monday from which it counts.
func (t count) from() civil.Date { return t.to.Day.Monday().AddDays(-7 * t.weeks) }

func counts(s calendar.Section, events []announcement, except string) []count {
	var out []count
	text := located(s.Body)
	for i := range text {
		n, ok := weeksAhead(text, i)
		if !ok {
			continue
		}
		if o, ok := announced(text[:i], events, except); ok {
			out = append(out, count{o, n, calendar.Pos{File: s.Body.File, Line: text[i].line}})
		}
	}
	return out
}

// standing reports whether an event's week is beyond doubt.
func standing(r calendar.Reading) bool {
	return r.Disagreement() == calendar.Agree && !r.Day.IsZero() && !r.Week.Monday.IsZero()
}

// announcement is an event of the whole cycle that texts count the weeks to.
type announcement struct {
	calendar.Reading
	title []string
}

// announcements are those with a title of several words: one may be any word.
func (c *checker) announcements() []announcement {
	var out []announcement
	for _, r := range c.readings {
		title := cycle.Words(r.Title)
		if len(out) < maxOthers && len(title) > 1 && r.Placement.Cross && prefix(r.Label) == c.letter && len(c.byLabel[r.Label]) == 1 && standing(r) {
			out = append(out, announcement{r, title})
		}
	}
	return out
}

// announced is the event whose title a text ends with, but for words such as
// "which is coming up": the longest title counts.
func announced(text []word, events []announcement, except string) (calendar.Reading, bool) {
	const filler = 4
	for range filler + 1 {
		var best announcement
		for _, o := range events {
			if o.Label != except && len(o.title) > len(best.title) && endsWith(text, o.title) {
				best = o
			}
		}
		if best.title != nil {
			return best.Reading, true
		}
		if len(text) == 0 {
			break
		}
		switch text[len(text)-1].lower {
		case "which", "that", "is", "are", "be", "will", "only", "comes", "coming", "up", "due", "happens", "takes", "place":
			text = text[:len(text)-1]
		default:
			return calendar.Reading{}, false
		}
	}
	return calendar.Reading{}, false
}

// weeksAhead reads "in four weeks" at a word.
func weeksAhead(text []word, i int) (int, bool) {
	if i+2 >= len(text) || text[i].lower != "in" || strings.TrimSuffix(text[i+2].lower, "s") != "week" {
		return 0, false
	}
	for before, name := range numbers() {
		if w := text[i+1].lower; w == name || w == strconv.Itoa(before+1) {
			return before + 1, true
		}
	}
	return 0, false
}

func numbers() []string {
	return []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
}

func inWeeks(n int) string {
	if n == 1 {
		return "in 1 week"
	}
	return "in " + strconv.Itoa(n) + " weeks"
}

// word is a word of a text in lower case, and its line.
type word struct {
	lower string
	line  int
}

func located(t calendar.Text) []word {
	var out []word
	for i, line := range strings.Split(t.Raw[:min(len(t.Raw), maxProse)], "\n") {
		for _, w := range cycle.Words(line) {
			out = append(out, word{w, t.Line + i})
		}
	}
	return out
}

func endsWith(text []word, some []string) bool {
	if len(some) > len(text) {
		return false
	}
	for i, w := range some {
		if text[len(text)-len(some)+i].lower != w {
			return false
		}
	}
	return true
}
