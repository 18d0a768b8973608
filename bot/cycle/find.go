package cycle

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Find returns the event that people mean by words: its id or kind
// ("spec-freeze"), its name or parts of it ("spec freeze", "spec fr"), the
// first letters ("ff"), with or without the hyphen before a number ("m2",
// "rc"). Where several fit equally well it is the next one after now, otherwise
// the last one before. False when none fits.
func (c Calendar) Find(words string, now time.Time) (Event, bool) {
	asked := tokens(words)
	if len(asked) == 0 {
		return Event{}, false
	}
	var found Event
	best := 0
	for _, e := range c.Events {
		fit := e.fit(asked)
		switch {
		case fit == 0 || fit < best:
		case fit > best:
			found, best = e, fit
		case !found.At.After(now):
			// Events are in order: a later one is the next, or nearer.
			found = e
		}
	}
	return found, best > 0
}

// Known lists the ids of the events after now, in order, for an answer that
// says what is known; of all events when none lies ahead.
func (c Calendar) Known(now time.Time) []string {
	var ahead, all []string
	for _, e := range c.Events {
		all = append(all, e.ID)
		if e.At.After(now) {
			ahead = append(ahead, e.ID)
		}
	}
	if len(ahead) > 0 {
		return ahead
	}
	return all
}

// How well an event fits what was asked, worst first.
const (
	fitInitials     = iota + 1 // "ff"
	fitPrefixes                // each word begins a word of kind or name
	fitAbbreviation            // the words begin those of kind, id or name, one by one: "m-2"
	fitWords                   // each word is a word of kind or name
	fitExact                   // the whole kind, id or name
)

func (e Event) fit(asked []string) int {
	kind, id, name := tokens(e.Kind), tokens(e.ID), tokens(e.Name)
	if slices.Equal(asked, kind) || slices.Equal(asked, id) || slices.Equal(asked, name) {
		return fitExact
	}
	all := slices.Concat(kind, id, name)
	words, prefixes := true, true
	for _, w := range asked {
		words = words && slices.Contains(all, w)
		prefixes = prefixes && slices.ContainsFunc(all, func(t string) bool { return begins(w, t) })
	}
	switch {
	case words:
		return fitWords
	case abbreviates(asked, kind) || abbreviates(asked, id) || abbreviates(asked, name):
		return fitAbbreviation
	case prefixes:
		return fitPrefixes
	case len(asked) == 1 && len(asked[0]) > 1 && (asked[0] == initials(kind) || asked[0] == initials(name)):
		return fitInitials
	}
	return 0
}

// begins reports whether a word is the beginning of another; a number is only
// itself: 2 does not stand for 2027.
func begins(word, of string) bool {
	if unicode.IsDigit([]rune(word)[0]) {
		return word == of
	}
	return strings.HasPrefix(of, word)
}

// abbreviates reports whether words stand for the first words of a title.
func abbreviates(asked, title []string) bool {
	if len(asked) > len(title) {
		return false
	}
	for i, w := range asked {
		if !begins(w, title[i]) {
			return false
		}
	}
	return true
}

// tokens splits text into lower-case words, and a word from the number at its
// end: "RC1" is rc and 1.
func tokens(s string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out, word = append(out, string(word)), nil
		}
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case len(word) > 0 && unicode.IsDigit(r) != unicode.IsDigit(word[len(word)-1]):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return out
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		for _, r := range w {
			b.WriteRune(r)
			break
		}
	}
	return b.String()
}
