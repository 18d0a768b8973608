package cycle

import (
	"slices"
	"strings"

	"torchbearer/bot/civil"
)

// The teams of events that belong to no single project.
const (
	CrossProject = "cross-project"
	Elections    = "elections"
)

// Kind is a sort of event: how a calendar's text is recognised as one, what it
// means and who grants exceptions, in words for people.
type Kind struct {
	Name string // "spec-freeze": lower-case letters, digits, hyphens

	// Phrases recognise it in a title or label: the words of one stand there in
	// this order, others may stand between. A word that ends in "*" stands for
	// its beginning.
	Phrases []string

	Means  string // "specs have to be merged"; empty: nothing to say
	Grants string // who grants exceptions; empty: nobody does, or nobody knows

	// Remind is when to remind of an event of this kind that does not say so
	// itself, as Event.Remind. Nil: as of others like it.
	Remind []civil.Span
}

// Kinds is a table of kinds, the more specific first: of several that fit, the
// first counts.
type Kinds []Kind

// Extend returns the table with more kinds before its own. One with a name that
// the table has replaces that, and inherits what it leaves empty.
func (k Kinds) Extend(more ...Kind) Kinds {
	out := slices.Clone(Kinds(more))
	rest := slices.Clone(k)
	for i, m := range out {
		j := slices.IndexFunc(rest, func(old Kind) bool { return old.Name == m.Name })
		if j < 0 {
			continue
		}
		if len(m.Phrases) == 0 {
			out[i].Phrases = rest[j].Phrases
		}
		if m.Means == "" {
			out[i].Means = rest[j].Means
		}
		if m.Grants == "" {
			out[i].Grants = rest[j].Grants
		}
		if m.Remind == nil {
			out[i].Remind = rest[j].Remind
		}
		rest = slices.Delete(rest, j, j+1)
	}
	return append(out, rest...)
}

// Named returns a kind by its name.
func (k Kinds) Named(name string) (Kind, bool) {
	i := slices.IndexFunc(k, func(kind Kind) bool { return kind.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return k[i], true
}

// Of recognises a kind in any of the texts: an event's title and its label. It
// returns the first of the table that fits one of them.
func (k Kinds) Of(texts ...string) (Kind, bool) {
	split := make([][]string, len(texts))
	for i, t := range texts {
		split[i] = tokens(t)
	}
	for _, kind := range k {
		for _, phrase := range kind.Phrases {
			words := strings.Fields(phrase)
			if slices.ContainsFunc(split, func(text []string) bool { return follows(words, text) }) {
				return kind, true
			}
		}
	}
	return Kind{}, false
}

// called is the name of the kind that words are a phrase of, with none between; empty
// where there is none.
func (k Kinds) called(asked []string) string {
	for _, kind := range k {
		for _, phrase := range kind.Phrases {
			if words := strings.Fields(phrase); len(words) == len(asked) && follows(words, asked) {
				return kind.Name
			}
		}
	}
	return ""
}

// follows reports whether the words of a phrase stand in a text in their order.
func follows(phrase, text []string) bool {
	if len(phrase) == 0 {
		return false
	}
	n := 0
	for _, t := range text {
		begin, open := strings.CutSuffix(phrase[n], "*")
		if t != phrase[n] && !(open && strings.HasPrefix(t, begin)) {
			continue
		}
		if n++; n == len(phrase) {
			return true
		}
	}
	return false
}

// DefaultKinds is the table of the kinds that OpenStack's schedules have used
// since 2015.
//
// Source: openstack/releases, doc/source/*/schedule.rst; for who grants
// exceptions those pages' own words.
func DefaultKinds() Kinds {
	const (
		ptl  = "the PTL"
		reqs = "the requirements team"
	)
	table := []struct {
		name          string
		phrases       []string
		means, grants string
	}{
		{"election-email-deadline", []string{"email deadline"}, "addresses of the electorate have to be right", ""},
		{"election-nominations", []string{"nomination*"}, "candidates announce themselves", ""},
		{"election-campaigning", []string{"campaign*"}, "candidates answer questions", ""},
		{"election-close", []string{"election* close*", "poll* close*", "poll* end*", "election* end*"}, "polls close", ""},
		{"election-voting", []string{"election*", "poll", "polls", "polling", "voting"}, "polls are open", ""},

		{"stable-review-day", []string{"stable review day*"}, "backports are reviewed first", ""},
		{"spec-review-day", []string{"spec* review day*"}, "specs are reviewed first", ""},
		{"review-day", []string{"review day*"}, "code is reviewed together", ""},

		{"non-priority-feature-freeze", []string{"non priority feature* freeze", "npff", "npf"}, "only the cycle's priorities go on", ptl},
		{"feature-proposal-freeze", []string{"feature* proposal", "feature* prop", "fpfreeze", "fp freeze", "fpf", "fpdeadline"}, "code of new features has to be up for review", ptl},
		{"spec-proposal-freeze", []string{"spec* proposal*", "spec* prop", "spec* soft freeze", "soft spec* freeze"}, "no new specs", ptl},
		{"spec-freeze", []string{"spec* freeze", "blueprint* freeze", "bp freeze", "spec* frz", "spec* approval*", "spec* deadline"}, "specs have to be merged", ptl},
		{"target-driver-deadline", []string{"target driver*"}, "new target drivers have to be merged", ptl},
		{"driver-declaration", []string{"driver* declaration"}, "drivers' features have to be listed", ptl},
		{"driver-deadline", []string{"driver* deadline", "driver* freeze", "drv freeze", "nddeadline", "plugin* deadline", "maintainers deadline"}, "", ptl},
		{"ci-checkpoint", []string{"ci checkpoint"}, "third-party CI has to be running", ptl},
		{"feature-checkpoint", []string{"feature* checkpoint"}, "new features should be nearly complete", ""},

		{"library-freeze", []string{"non client librar*", "final lib", "librar* release*", "os brick release"}, "libraries other than clients make their last release", reqs},
		{"client-library-freeze", []string{"client librar*", "final clientlib", "client soft freeze"}, "client libraries make their last release", reqs},
		{"soft-string-freeze", []string{"soft string*", "soft sf"}, "no new changes of what users read", ptl},
		{"hard-string-freeze", []string{"hard string*", "hard sf"}, "nothing that users read changes", ptl},
		{"membership-freeze", []string{"membership freeze", "mf"}, "who is part of the release is settled", ""},
		{"extra-ac-freeze", []string{"extra ac*", "extra atc*"}, "contributors without code have to be named", ""},
		{"requirements-freeze", []string{"requirement* freeze", "rf"}, "requirements no longer change", reqs},
		{"pre-release-freeze", []string{"pre release freeze", "prerelease freeze"}, "only what is critical for the release goes in", "the release team"},
		// Before the feature freeze: that of the trailing projects, two weeks later, is not everybody's.
		{"cycle-trailing", []string{"cycle trail*", "trailing"}, "projects that trail the cycle release", ""},
		{"feature-freeze", []string{"feature* freeze", "ffreeze", "ff"}, "no new features are merged", ptl},

		{"cycle-highlights", []string{"cycle highlight*"}, "highlights have to be written", ""},
		{"community-goals", []string{"goal", "goals"}, "", ""},
		{"end-of-life", []string{"eol", "end of life"}, "the branch is closed", ""},
		{"rc1", []string{"rc 1"}, "the first release candidate is due", "the release team"},
		{"final-rc", []string{"final rc*", "finalrc"}, "the last release candidates are due", "the release team"},
		{"mid-cycle", []string{"mid cycle", "midcycle"}, "", ""},
		{"ptg", []string{"ptg", "vptg", "project team gathering"}, "", ""},
		{"summit", []string{"summit"}, "", ""},
		{"bugsquash", []string{"bugsquash", "bug squash*"}, "", ""},
		{"hackathon", []string{"hackathon", "hack a thon"}, "", ""},
		{"milestone", []string{"milestone*"}, "", ""},
		{"release", []string{"release", "final"}, "", ""},
	}

	kinds := make(Kinds, len(table))
	for i, k := range table {
		kinds[i] = Kind{Name: k.name, Phrases: k.phrases, Means: k.means, Grants: k.grants}
	}
	return kinds
}
