package cycle

import (
	"slices"
	"strings"
	"time"
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
	q := query{words: asked(words), kinds: c.kinds()}
	if len(q.words) == 0 {
		return nil
	}
	q.kind = q.kinds.called(q.words)
	own, best := q.best(c.Events, now)
	others, beyond := q.best(c.Others, now)
	switch {
	case best > 0 && best >= min(beyond, fitWords):
		// Whose they are does not matter: the next of all.
		return []Event{nearest(own, now)}
	case beyond > 0:
		return others
	}
	return c.everybodys(q, now)
}

// everybodys finds what was asked of a team among what is all teams'.
func (c Calendar) everybodys(q query, now time.Time) []Event {
	var general []Event
	for _, e := range c.Events {
		if e.Team == CrossProject {
			general = append(general, e)
		}
	}
	for _, e := range c.Others {
		rest := without(q.words, terms(e.Team))
		if len(rest) == 0 || len(rest) == len(q.words) {
			continue
		}
		if found, _ := (query{words: rest, kinds: q.kinds, kind: q.kinds.called(rest)}).best(general, now); len(found) > 0 {
			return found
		}
	}
	return nil
}

// Known lists words by which the events after now are found, in order, for an
// answer that says what is known; of all events when none lies ahead.
func (c Calendar) Known(now time.Time) []string {
	var ahead, all []string
	add := func(list []string, word string) []string {
		if word == "" || slices.Contains(list, word) {
			return list
		}
		return append(list, word)
	}
	for _, e := range c.Events {
		all = add(all, e.handle())
		if e.At.After(now) {
			ahead = add(ahead, e.handle())
		}
	}
	if len(ahead) > 0 {
		return ahead
	}
	return all
}

// Words lists every word that can be a part of what Find understands, to look for
// slips among them: those of names, teams and series, and whole kinds and ids.
func (c Calendar) Words() []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range slices.Concat(c.Events, c.Others) {
		words := slices.Concat(tokens(e.Kind), tokens(e.Name), tokens(e.Team), tokens(e.Source.Series))
		for _, w := range append(words, e.Kind, e.ID, e.Team, e.Source.Series) {
			if w != "" && !seen[w] {
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
}

// asked splits words and drops those that say nothing: "when is the spec freeze
// of nova", "nova's spec freeze".
func asked(words string) []string {
	all := terms(words)
	if i := slices.Index(all, "release"); i >= 0 && i+1 < len(all) && same(all[i+1], "candidate") {
		all = slices.Replace(all, i, i+2, "rc")
	}
	said := slices.DeleteFunc(slices.Clone(all), func(w string) bool {
		return slices.Contains([]string{"the", "of", "for", "in", "is", "are", "when", "next", "s"}, w)
	})
	if len(said) == 0 {
		return all
	}
	return said
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
	best := e.fit(q.words, q.kind)
	rest := q.words
	owners := []string{e.Team, e.Source.Series}
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
	case len(rest) == len(q.words):
		return best
	case len(rest) == 0:
		return max(best, fitOwner)
	default:
		return max(best, min(most, e.fit(rest, q.kinds.called(rest))))
	}
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
		prefixes = prefixes && slices.ContainsFunc(all, func(t string) bool { return begins(w, t) })
	}
	named := e.Kind == "release" || !slices.ContainsFunc(kind, func(k string) bool {
		return !slices.ContainsFunc(asked, func(w string) bool { return same(w, k) })
	})
	switch {
	case words && named:
		return fitNamed
	case words:
		return fitWords
	case slices.ContainsFunc(titles, func(title []string) bool { return abbreviates(asked, title) }):
		return fitAbbreviation
	case called != "" && e.Kind == called:
		return fitKind
	case prefixes:
		return fitPrefixes
	case len(asked) == 1 && len(asked[0]) > 1 && (asked[0] == initials(kind) || asked[0] == initials(name)):
		return fitInitials
	}
	return 0
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
