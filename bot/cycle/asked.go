package cycle

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How people ask, and how the calendars write it: what is said around the name of an
// event is cut off, a little at a time, and only as long as nothing else is found.

// longestAsked bounds the work on hostile text, in bytes: a name, a team and a series
// have room.
const longestAsked = 600

// article reports whether a word says nothing of an event, wherever it stands.
func article(word string) bool {
	switch word {
	case "the", "of", "for", "in", "is", "are", "when", "next", "s":
		return true
	}
	return false
}

// asking reports whether a word is but a part of the question.
func asking(word string) bool {
	switch word {
	case "a", "an", "at", "be", "been", "did", "do", "does", "has", "have", "it", "on", "that", "there", "this", "to", "up", "was", "were", "will",
		"i", "our", "us", "we", "you", "please", "pls", "know", "what", "which",
		"begin", "begins", "coming", "due", "exactly", "going", "happen", "happens", "now", "open", "opens", "planned", "scheduled", "start", "starts", "upcoming":
		return true
	}
	return false
}

// dated reports whether any date is meant by a word, so that none is by it alone.
func dated(word string) bool {
	switch word {
	case "cycle", "date", "dates", "day", "days", "deadline", "event", "events", "target", "thing", "time", "week", "weeks":
		return true
	}
	return false
}

// closing reports whether a word asks for the end of something.
func closing(word string) bool {
	switch word {
	case "close", "closes", "closed", "end", "ends", "ended", "over", "until":
		return true
	}
	return false
}

// beginning reports whether a word asks for the beginning of something.
func beginning(word string) bool {
	switch word {
	case "begin", "begins", "open", "opens", "start", "starts":
		return true
	}
	return false
}

// apart reports whether a word asks for what is no date of a series or team: when a
// cycle starts, a week of it.
func apart(word string) bool {
	switch word {
	case "cycle", "day", "days", "week", "weeks":
		return true
	}
	return beginning(word)
}

// readings are the queries that words can mean, the most literal first.
func (c Calendar) readings(words string, now time.Time) []query {
	said := c.named(spoken(terms(words)), now)
	plain := less(said, article)
	series := c.seriesOf()
	var out []query
	add := func(words []string, strict, until bool) {
		if !telling(words) || len(out) > 0 && slices.Equal(out[len(out)-1].words, words) {
			return
		}
		cut := func(some func(string) bool) bool { // has one been left out?
			return slices.ContainsFunc(plain, func(w string) bool { return some(w) && !slices.Contains(words, w) })
		}
		if cut(apart) && c.owner(words) {
			return
		}
		out = append(out, query{
			words: words, kinds: c.kinds(), kind: c.kinds().called(words),
			strict: strict, begins: cut(beginning), until: until, series: series,
		})
	}
	add(plain, false, false)
	add(c.numbered(plain), false, false)
	asked := c.numbered(less(plain, asking))
	add(asked, false, false)
	add(less(asked, dated), true, false)
	if open := less(asked, closing); len(open) < len(asked) {
		add(open, false, true)
	}
	return out
}

// telling reports whether words can mean an event: none that any date or end is meant by,
// no letter, and no number but that of a release; "m-2" can.
func telling(words []string) bool {
	return len(words) == 2 && !digit(words[0]) && digit(words[1]) || slices.ContainsFunc(words, func(w string) bool {
		return !dated(w) && !closing(w) && (digit(w) && strings.Contains(w, ".") || !digit(w) && utf8.RuneCountInString(w) > 1)
	})
}

// vague reports whether words without the team or series that they are about mean none
// of its dates.
func vague(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !apart(w) })
}

// owner reports whether words are the name of a series or of a single team.
func (c Calendar) owner(words []string) bool {
	is := func(name string) bool { return slices.Equal(terms(name), words) }
	return slices.ContainsFunc(c.Events, func(e Event) bool {
		return is(e.Source.Series) || e.Team != Elections && e.Team != CrossProject && is(e.Team)
	}) || slices.ContainsFunc(c.Others, func(e Event) bool { return is(e.Team) })
}

// less is words without some.
func less(words []string, some func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(words), some)
}

// anyNext reports whether words ask for whatever is next.
func anyNext(words string) bool {
	said := terms(words)
	return slices.Contains(said, "next") && !slices.ContainsFunc(said, func(w string) bool {
		return !article(w) && !asking(w) && (!dated(w) || w == "week" || w == "day" || w == "cycle")
	})
}

// spoken writes what people say in several ways as calendars do: "second milestone",
// "last release candidate".
func spoken(said []string) []string {
	var words []string
	for _, w := range said {
		n := len(words) - 1
		switch {
		case n >= 0 && words[n] == "release" && same(w, "candidate"):
			words[n] = "rc"
		case n >= 0 && digit(words[n]) && slices.Contains([]string{"st", "nd", "rd"}, w):
		default:
			words = append(words, w)
		}
	}
	for i := 0; i+1 < len(words); i++ {
		switch a, b := words[i], words[i+1]; {
		case a == "milestone" && ordinal(b) != "":
			words[i+1] = ordinal(b)
		case (b == "milestone" || b == "rc") && ordinal(a) != "":
			words[i], words[i+1] = b, ordinal(a)
		case b == "rc" && a == "last":
			words[i] = "final"
		}
	}
	return words
}

// ordinal is the digit of a milestone's number; empty for other words.
func ordinal(word string) string {
	for _, n := range [][]string{{"1", "one", "first"}, {"2", "two", "second"}, {"3", "three", "third"}} {
		if slices.Contains(n, word) {
			return n[0]
		}
	}
	return ""
}

// named puts the names of series in the place of words that point at one: "last
// cycle", "this release". Nil where the calendar does not have that one.
func (c Calendar) named(words []string, now time.Time) []string {
	for i := 0; i+1 < len(words); i++ {
		if !slices.Contains([]string{"cycle", "series", "release"}, words[i+1]) {
			continue
		}
		by := 0
		switch words[i] {
		case "last", "previous", "past", "prior":
			by = -1
		case "this", "current":
		case "next", "following":
			if words[i+1] == "release" { // the one that this cycle is for
				continue
			}
			by = 1
		default:
			continue
		}
		series := terms(c.series(by, now))
		if len(series) == 0 && by != 0 {
			return nil
		}
		if words[i+1] == "release" {
			series = append(series, "release")
		}
		return slices.Concat(words[:i], series, words[i+2:])
	}
	return words
}

// series is the name of the series so many releases after the next: 0 is the one that
// is being made. Empty where the calendar does not have it.
func (c Calendar) series(by int, now time.Time) string {
	releases := c.releases()
	i := slices.IndexFunc(releases, func(e Event) bool { return e.At.After(now) })
	if i < 0 {
		i = len(releases)
	}
	if i += by; i < 0 || i >= len(releases) {
		return ""
	}
	return c.Series(releases[i])
}

// releases are the calendar's, in order.
func (c Calendar) releases() []Event {
	return slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool { return e.Kind != "release" })
}

// Series is the name of the series whose an event is; empty where nobody knows. A
// schedule begins with the week of the release before its own, which is none of its
// series.
//
// Source: openstack/releases, doc/source/*/schedule.yaml: h-final in Indri's.
func (c Calendar) Series(e Event) string {
	if e.Kind != "release" {
		return e.Source.Series
	}
	return c.seriesOf()(e)
}

// seriesOf is Series for many events: it looks for the releases once.
func (c Calendar) seriesOf() func(Event) string {
	last := map[string]time.Time{}
	for _, e := range c.Events { // in order
		if e.Kind == "release" {
			last[e.Source.Series] = e.At
		}
	}
	return func(e Event) string {
		if e.Kind == "release" && last[e.Source.Series].After(e.At) {
			return ""
		}
		return e.Source.Series
	}
}

// numbered puts the names of series in the place of their releases' numbers: who asks
// for the feature freeze of 2026.2 means that of Hibiscus.
func (c Calendar) numbered(words []string) []string {
	number := func(w string) bool { return digit(w) && strings.Contains(w, ".") }
	if !slices.ContainsFunc(words, number) {
		return words
	}
	series := c.seriesOf()
	by := map[string][]string{}
	for _, e := range c.releases() {
		of := terms(series(e))
		for _, w := range terms(e.Name) {
			if number(w) && len(of) > 0 {
				by[w] = of
			}
		}
	}
	var out []string
	for _, w := range words {
		if of, known := by[w]; known {
			out = append(out, of...)
			continue
		}
		out = append(out, w)
	}
	return out
}

// digit reports whether a word is a number.
func digit(word string) bool { return unicode.IsDigit([]rune(word)[0]) }
