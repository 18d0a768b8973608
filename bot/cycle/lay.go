package cycle

import (
	"slices"
	"strings"
	"unicode"
)

// For keeps the events that concern a team: those of everybody, of the elections,
// and the team's own by its name in the source.
func For(team string, official []Event) []Event {
	return slices.DeleteFunc(slices.Clone(official), func(e Event) bool {
		return e.Team != "" && e.Team != CrossProject && e.Team != Elections && !strings.EqualFold(e.Team, team)
	})
}

// How far from an official date a team's own may lie and still be the same event,
// in days: a third of a cycle for what comes once, a week for what comes again, as
// review days do.
const (
	nearOnce  = 60
	nearAgain = 7
)

// Lay lays a team's own events over official ones. An own event replaces the
// official one of the same id; or else the one of the same kind (and number:
// milestone 2 is not milestone 3) that lies nearest and near enough, the team's
// before everybody's; and carries its date in Official. An own event that replaces none
// stands beside them. An own one with the id of an official one that it does not
// replace wins the id.
//
// What own events are called, when they are and what they remind of is theirs;
// only an address that they lack is taken from the official one.
func Lay(official, own []Event) []Event {
	gone := make([]bool, len(official))
	out := make([]Event, 0, len(official)+len(own))
	for _, e := range own {
		if i := replaced(official, gone, e); i >= 0 {
			o := official[i]
			gone[i] = true
			e.Official = &Official{ID: o.ID, Name: o.Name, Day: o.Day, At: o.At, Exact: o.Exact, URL: o.URL, Source: o.Source}
			if e.URL == "" {
				e.URL = o.URL
			}
		}
		out = append(out, e)
	}
	for i, o := range official {
		taken := slices.ContainsFunc(own, func(e Event) bool { return e.ID == o.ID })
		if !gone[i] && !taken {
			out = append(out, o)
		}
	}
	return out
}

// replaced finds the official event that an own one stands for, or -1.
func replaced(official []Event, gone []bool, own Event) int {
	best := -1
	for i, o := range official {
		if gone[i] {
			continue
		}
		if o.ID == own.ID {
			return i
		}
		if !alike(o, own) || distance(o, own) > near(official, o) {
			continue
		}
		if best < 0 || closer(o, official[best], own) {
			best = i
		}
	}
	return best
}

func alike(a, b Event) bool { return a.Kind == b.Kind && number(a) == number(b) }

// near is how far an own event may lie from an official one.
func near(official []Event, o Event) int {
	again := func(e Event) bool {
		return e.ID != o.ID && e.Team == o.Team && alike(e, o) && distance(e, o) <= 2*nearOnce
	}
	if slices.ContainsFunc(official, again) {
		return nearAgain
	}
	return nearOnce
}

// closer prefers a team's event to everybody's, then the nearer.
func closer(a, b, own Event) bool {
	if general(a) != general(b) {
		return !general(a)
	}
	return distance(a, own) < distance(b, own)
}

func general(e Event) bool { return e.Team == CrossProject || e.Team == "" }

func distance(a, b Event) int {
	n := a.Day.Sub(b.Day)
	return max(n, -n)
}

// number is the last number of an event of a kind that comes with numbers: "2"
// of "h-2", "milestone-2", "Hibiscus-2 milestone" and "Milestone 2 (2027.1)". Other
// kinds have none.
func number(e Event) string {
	if e.Kind != "milestone" {
		return ""
	}
	texts := []string{e.ID, e.Name}
	if e.Source.Basis == AtInstant {
		texts = texts[1:] // the id is made of a UID, whose digits mean nothing
	}
	const most = 2 // digits: "2027" and "2027.1" are a release's
	for _, text := range texts {
		words := tokens(text)
		for i := len(words) - 1; i >= 0; i-- {
			if unicode.IsDigit([]rune(words[i])[0]) && len(words[i]) <= most {
				return words[i]
			}
		}
	}
	return ""
}
