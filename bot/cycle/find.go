package cycle

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Find returns the event that people mean by words: its id or kind
// ("spec-freeze"), its name or parts of it ("spec freeze", "spec fr"), a phrase
// of the table of kinds ("final libs"), the first letters ("ff"), with or without
// the hyphen before a number ("m2", "rc"); with the team whose it is ("spec
// freeze nova") or the series ("hibiscus rc"), or one of these alone. Where several
// fit equally well it is the next one after now, otherwise the last one before.
//
// The calendar's own events come before those of other teams, unless these fit
// better. Where only other teams have such an event, and several do, Find returns
// one of each. What a team does not have may be everybody's ("ff nova"); none where
// nothing fits.
func (c Calendar) Find(words string, now time.Time) []Event {
	if len(words) > longestAsked {
		return nil
	}
	if anyNext(words) {
		return c.Upcoming(now, 1, nil)
	}
	for _, q := range c.readings(words, now) {
		if found := c.find(q, now); len(found) > 0 {
			return c.ended(found, now)
		}
	}
	return nil
}

// ended puts a vote in the place of the end of an older one: where an election's own
// configuration is known, it says of the vote until when.
func (c Calendar) ended(found []Event, now time.Time) []Event {
	if len(found) != 1 || found[0].Kind != "election-close" || found[0].At.After(now) {
		return found
	}
	later := slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool {
		return e.Kind != "election-voting" || !e.Until.After(found[0].At)
	})
	if len(later) == 0 {
		return found
	}
	return []Event{nearest(later, now)}
}

func (c Calendar) find(q query, now time.Time) []Event {
	own, best := q.best(c.Events, now)
	others, beyond := q.best(c.Others, now)
	switch {
	case best > 0 && best >= min(beyond, fitWords):
		// Whose they are does not matter: the next of all.
		found := nearest(own, now)
		if q.kind != "" && found.Kind == q.kind && !found.At.After(now) {
			// No matter either what the last of a kind was called.
			found = nearest(slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool { return e.Kind != q.kind }), now)
		}
		return []Event{found}
	case beyond > 0:
		return others
	}
	return c.everybodys(q, now)
}

// everybodys finds what was asked of a team among what is all teams', as that team's.
func (c Calendar) everybodys(q query, now time.Time) []Event {
	var everybodys []Event
	for _, e := range c.Events {
		if e.Team == CrossProject {
			everybodys = append(everybodys, e)
		}
	}
	tried := map[string]bool{"": true}
	for _, e := range c.Others {
		if tried[e.Team] {
			continue
		}
		tried[e.Team] = true
		rest := without(q.words, terms(e.Team))
		if len(rest) == len(q.words) || !telling(rest) || vague(rest) {
			continue
		}
		general := q
		general.words, general.kind = rest, q.kinds.called(rest)
		if found, _ := general.best(everybodys, now); len(found) > 0 {
			for i := range found {
				found[i].Team = e.Team
			}
			return found
		}
	}
	return nil
}

// Known lists words by which the events after now are found, in order, for an
// answer that says what is known; of all events when none lies ahead.
func (c Calendar) Known(now time.Time) []string {
	ahead := slices.DeleteFunc(slices.Clone(c.Events), func(e Event) bool { return !e.At.After(now) })
	if len(ahead) == 0 {
		ahead = c.Events
	}
	return handles(ahead)
}

// KnownLike lists those of Known that have the most words in common with others; none
// where none has one.
func (c Calendar) KnownLike(words string, now time.Time) []string {
	if len(words) > longestAsked {
		return nil
	}
	said := less(less(less(terms(words), article), asking), func(w string) bool { return dated(w) || digit(w) })
	var like []Event
	most := 1
	for _, e := range c.Events {
		of := slices.Concat(terms(e.Kind), terms(e.Name))
		n := len(said) - len(less(said, func(w string) bool {
			return slices.ContainsFunc(of, func(o string) bool { return same(w, o) })
		}))
		if !e.At.After(now) || n < most {
			continue
		}
		if n > most {
			like, most = nil, n
		}
		like = append(like, e)
	}
	return handles(like)
}

// handles lists each event's once.
func handles(events []Event) []string {
	var out []string
	for _, e := range events {
		if word := e.handle(); word != "" && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// Words lists every word that can be a part of what Find understands, to look for
// slips among them: those of names, teams and series, and whole kinds and ids.
func (c Calendar) Words() []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range slices.Concat(c.Events, c.Others) {
		words := slices.Concat(terms(e.Kind), terms(e.Name), terms(e.Team), terms(e.Source.Series))
		for _, w := range append(words, e.Kind, e.ID, e.Team, e.Source.Series) {
			if w != "" && !seen[w] && !article(w) && !asking(w) {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// mostNamed is how many words of a name are enough to find it by.
const mostNamed = 4

// handle is what to type for the event: of a source's, whose labels nobody knows,
// the kind, or where it has none the beginning of its name.
func (e Event) handle() string {
	switch n := number(e); {
	case e.Own():
		return e.ID
	case e.Kind == "" || e.Kind == "event":
		if words := tokens(e.Name); len(words) > 0 {
			return strings.Join(words[:min(len(words), mostNamed)], " ")
		}
		return e.ID
	case n != "":
		return e.Kind + "-" + n
	default:
		return e.Kind
	}
}

// query is what was asked for.
type query struct {
	words []string
	kinds Kinds
	kind  string // that the words as a whole are a phrase of; empty: none
	// strict: something has been left out that may mean another kind of date, so the
	// rest has to name one.
	strict bool
	begins bool               // the beginning of it is asked for: what is an end does not count
	until  bool               // the end of it is asked for: only what has one counts
	series func(Event) string // whose an event is
}

// best returns the events that fit best, the nearest of each team's in the order
// of the list, and how well.
func (q query) best(events []Event, now time.Time) ([]Event, int) {
	var teams []string
	found, best := map[string][]Event{}, 0
	for _, e := range events {
		fit := q.fit(e)
		if fit == 0 || fit < best {
			continue
		}
		if fit > best {
			teams, best = nil, fit
			clear(found)
		}
		if found[e.Team] == nil {
			teams = append(teams, e.Team)
		}
		found[e.Team] = append(found[e.Team], e)
	}
	var out []Event
	for _, t := range teams {
		out = append(out, nearest(found[t], now))
	}
	return out, best
}

// nearest is the first event after now, or else the last one before.
func nearest(events []Event, now time.Time) Event {
	var found Event
	for i, e := range events {
		ahead := e.At.After(now)
		switch {
		case i == 0,
			ahead && (!found.At.After(now) || e.At.Before(found.At)),
			!ahead && !found.At.After(now) && !e.At.Before(found.At):
			found = e
		}
	}
	return found
}

// How well an event fits what was asked, worst first.
const (
	fitOwner        = iota + 1 // nothing but its team or series
	fitInitials                // "ff"
	fitPrefixes                // each word begins a word of kind or name
	fitKind                    // the words name its kind, by the table
	fitAbbreviation            // the words begin those of kind, id or name, one by one: "m-2"
	fitWords                   // each word is a word of kind or name
	fitNamed                   // so, and name its kind; a cycle's name alone, its release
	fitExact                   // the whole kind, id or name
)

// fit says how well an event fits, with its team and series among the words or
// without.
func (q query) fit(e Event) int {
	best := q.fitWords(e, q.words, q.kind)
	if best < fitExact && q.releases(e) || q.until && e.Until.IsZero() || q.begins && slices.ContainsFunc(terms(e.Name), closing) {
		return 0
	}
	rest := q.words
	owners := []string{e.Team, q.series(e)}
	if e.Official != nil {
		owners = append(owners, e.Official.Source.Series)
	}
	for _, owner := range owners {
		rest = without(rest, terms(owner))
	}
	// An election that does not say of whom is of both.
	most := fitExact
	if name := terms(e.Name); e.Team == Elections && !slices.Contains(name, "ptl") && !slices.Contains(name, "tc") {
		if both := without(without(rest, []string{"ptl"}), []string{"tc"}); len(both) < len(rest) {
			rest, most = both, fitWords
		}
	}
	switch {
	case len(rest) == len(q.words), len(rest) > 0 && vague(rest):
		return best
	case len(rest) == 0:
		return max(best, fitOwner)
	default:
		return max(best, min(most, q.fitWords(e, rest, q.kinds.called(rest))))
	}
}

// fitWords says how well an event fits words that do not say whose it is.
func (q query) fitWords(e Event, words []string, kind string) int {
	fit := e.fit(words, kind)
	if q.strict && fit < fitExact && e.Kind != kind && !slices.ContainsFunc(words, digit) {
		return 0
	}
	return fit
}

// releases reports whether a release is asked for, and the event is everybody's and
// only called one: "2026.2 Hibiscus Cycle-Trailing Release Deadline", "Final release
// for client libraries".
func (q query) releases(e Event) bool {
	kind, known := q.kinds.Named(e.Kind)
	if !known || e.Kind == "release" || e.Team != CrossProject || !slices.Contains(q.words, "release") {
		return false
	}
	own := terms(e.Kind) // the words that tell the kind from a release
	for _, phrase := range kind.Phrases {
		own = append(own, strings.Fields(strings.ReplaceAll(phrase, "*", ""))...)
	}
	return !slices.ContainsFunc(q.words, func(w string) bool {
		return w != "release" && w != "final" && slices.ContainsFunc(own, func(o string) bool { return begins(w, o) || begins(o, w) })
	})
}

// without cuts the words of a name out of others, where they stand in a row.
func without(words, name []string) []string {
	for i := 0; len(name) > 0 && i+len(name) <= len(words); i++ {
		if slices.EqualFunc(words[i:i+len(name)], name, same) {
			return slices.Concat(words[:i], words[i+len(name):])
		}
	}
	return words
}

func (e Event) fit(asked []string, called string) int {
	kind, id, name := terms(e.Kind), terms(e.ID), terms(e.Name)
	titles := [][]string{kind, id, name}
	if n := number(e); n != "" {
		titles = append(titles, []string{e.Kind, n})
	}
	if e.Official != nil { // who asks for "i-2" means the date that stands in its place
		titles = append(titles, terms(e.Official.ID), terms(e.Official.Name))
	}
	whole := func(title []string) bool { return slices.EqualFunc(asked, title, same) }
	if slices.ContainsFunc(titles, whole) {
		return fitExact
	}
	all := slices.Concat(titles...)
	words, prefixes := true, true
	for _, w := range asked {
		words = words && slices.ContainsFunc(all, func(t string) bool { return same(w, t) })
		prefixes = prefixes && slices.ContainsFunc(all, func(t string) bool { return w == t || len(w) > 1 && begins(w, t) })
	}
	named := e.Kind == "release" || !slices.ContainsFunc(kind, func(k string) bool {
		return !slices.ContainsFunc(asked, func(w string) bool { return same(w, k) })
	})
	switch {
	case words && named:
		return fitNamed
	case words:
		return fitWords
	case slices.ContainsFunc(titles, func(title []string) bool { return abbreviates(asked, title) }) && begun(asked):
		return fitAbbreviation
	case called != "" && e.Kind == called:
		return fitKind
	case prefixes && begun(asked):
		return fitPrefixes
	case len(asked) == 1 && len(asked[0]) > 1 && (asked[0] == initials(kind) || asked[0] == initials(name)):
		return fitInitials
	}
	return 0
}

// begun reports whether beginnings of words are long enough to mean something: two
// letters are the beginning of anything, unless a number tells more: "m-2".
func begun(asked []string) bool {
	const least = 3 // letters
	return slices.ContainsFunc(asked, func(w string) bool { return !digit(w) && utf8.RuneCountInString(w) >= least }) ||
		len(asked) == 2 && !digit(asked[0]) && digit(asked[1])
}

// abbreviates reports whether words stand for the first words of a title.
func abbreviates(asked, title []string) bool {
	if len(asked) > len(title) {
		return false
	}
	for i, w := range asked {
		// "R+1" is no abbreviation of "RC1".
		if !begins(w, title[i]) || len(w) == 1 && !digit(w) && len(title[i]) < 3 {
			return false
		}
	}
	return true
}
