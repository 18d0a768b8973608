package review

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Rules say how the facts of a project's changes are read.
type Rules struct {
	// CI are the user names of the accounts whose Verified vote counts; where
	// a server shows no user names, display names. Empty: the project has no
	// CI, and nothing waits for one.
	CI []string

	// Automatic are display names of accounts that are no people; nil stands
	// for DefaultAutomatic.
	Automatic []*regexp.Regexp

	// Own is the bot's account, User its user name: what it says itself is
	// nobody's. 0 and "": not known, or it has none.
	Own  int
	User string

	Labels Labels
}

// Labels name a project's labels; an empty name stands for the usual one.
type Labels struct {
	CodeReview string // "Code-Review"
	Verified   string // "Verified"
	Workflow   string // "Workflow"

	// Full is the highest value of CodeReview, from which a vote approves; 0
	// stands for 2.
	Full int
}

// The labels' usual names.
const (
	codeReview = "Code-Review"
	verified   = "Verified"
	workflow   = "Workflow"
)

// DefaultAutomatic returns the names of automatic accounts: a last word "CI"
// (Ms Marucci is a person), and those that are just "zuul" or "jenkins" (Tom
// Jenkins is a person).
func DefaultAutomatic() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(?:^|[^\pL\pN])CI\s*$`),
		regexp.MustCompile(`(?i)^\s*(?:zuul|jenkins)\s*$`),
	}
}

// Cast says who plays which part in a project. Membership changes without its
// changes being touched, so it is no part of a Change.
type Cast struct {
	Cores Cores
	PTL   []int // accounts
	Spec  bool  // the project holds specs: the PTL approves
}

// Cores are the members of a project's core group, nested groups included, or
// that they can't be read. The zero Cores can't be read.
type Cores struct {
	known bool
	ids   []int
}

// KnownCores makes Cores of accounts.
func KnownCores(accounts ...int) Cores {
	ids := slices.Clone(accounts)
	slices.Sort(ids)
	return Cores{known: true, ids: slices.Compact(ids)}
}

// Known reports whether the group could be read.
func (c Cores) Known() bool { return c.known }

// All returns the accounts, in order of their numbers.
func (c Cores) All() []int { return slices.Clone(c.ids) }

// Has reports whether the account is a core.
func (c Cores) Has(account int) Fact {
	if !c.known {
		return Unknown
	}
	if _, found := slices.BinarySearch(c.ids, account); found {
		return Yes
	}
	return No
}

// ci reports whether the account is one whose Verified vote counts.
func (r Rules) ci(a Account) bool {
	if a.Username != "" {
		// To the letter: on many a server "Zuul" is somebody else.
		return slices.Contains(r.CI, a.Username)
	}
	name := strings.TrimSpace(a.Name)
	return name != "" && slices.ContainsFunc(r.CI, func(ci string) bool { return strings.EqualFold(ci, name) })
}

// automatic reports whether the account is no person's.
func (r Rules) automatic(a Account) bool {
	if a == (Account{}) || a.Service || r.Own != 0 && a.ID == r.Own || r.User != "" && a.Username == r.User || r.ci(a) {
		return true
	}
	name := a.Name
	if strings.TrimSpace(name) == "" {
		name = a.Username
	}
	return slices.ContainsFunc(r.Automatic, func(p *regexp.Regexp) bool { return p.MatchString(name) })
}

// complete returns the rules with what was left out.
func (r Rules) complete() Rules {
	if r.Automatic == nil {
		r.Automatic = DefaultAutomatic()
	}
	r.Labels = r.Labels.complete()
	return r
}

// complete returns the labels with their usual names.
func (l Labels) complete() Labels {
	l.CodeReview = cmp.Or(l.CodeReview, codeReview)
	l.Verified = cmp.Or(l.Verified, verified)
	l.Workflow = cmp.Or(l.Workflow, workflow)
	l.Full = cmp.Or(l.Full, 2)
	return l
}
