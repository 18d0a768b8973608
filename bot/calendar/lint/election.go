package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// part is a piece of an election's configuration under the kind of the event
// that it is in a schedule.
type part struct {
	release string
	kind    string
	name    string
	file    string
	line    int
	at      time.Time
}

// parts lists what a configuration says about when, each instant as the kind of
// event that schedules have for it.
func parts(e calendar.Election, kinds cycle.Kinds) []part {
	var out []part
	release := strings.ToLower(strings.TrimSpace(e.Release.Raw))
	add := func(kind, name string, pos calendar.Pos, at time.Time) {
		if !at.IsZero() {
			out = append(out, part{release, kind, name, pos.File, pos.Line, at})
		}
	}
	add("election-email-deadline", "email deadline", e.Email.Pos, e.Email.At)
	for _, en := range e.Entries {
		name := strings.Join(cycle.Words(en.Name.Raw), " ")
		kind, ok := kinds.Of(name)
		if !ok || !strings.HasPrefix(kind.Name, "election-") {
			continue
		}
		// In the oldest form an end is an entry of its own.
		ends := strings.HasSuffix(name, " ends") || strings.HasSuffix(name, " end")
		if kind.Name == "election-close" || !ends {
			add(kind.Name, name, en.Start.Pos, en.Start.At)
		}
		if kind.Name == "election-voting" {
			add("election-close", name, en.End.Pos, en.End.At)
		}
	}
	return out
}

// elections compares the schedule's elections with their configurations. A label
// has to stand in the week in which its part begins, and a date of its prose has
// to be that day.
func (c *checker) elections() {
	all := map[string][]part{}
	for _, e := range c.Elections {
		for _, p := range parts(e, c.Kinds) {
			all[p.kind] = append(all[p.kind], p)
		}
	}
	said := map[string]bool{}
	for _, r := range c.readings {
		if r.Team != cycle.Elections || said[r.Label] || r.Week.Monday.IsZero() {
			continue
		}
		said[r.Label] = true
		var nearest part
		agrees := false
		for _, p := range all[r.Kind] {
			off := abs(civil.DateOf(p.at, time.UTC).Sub(r.Day))
			if off > sameSpan || !c.sameElection(r, p.release) || !sameBody(r, p.name) {
				continue
			}
			agrees = agrees || c.agrees(r, p)
			if nearest.at.IsZero() || off < abs(civil.DateOf(nearest.at, time.UTC).Sub(r.Day)) {
				nearest = p
			}
		}
		if agrees || nearest.at.IsZero() {
			continue
		}
		d := civil.DateOf(nearest.at, time.UTC)
		if r.Mention != nil && r.Mention.Kind == calendar.ADate && d == r.Day {
			continue // the prose is right, and that its week is wrong is another finding
		}
		stands := "stands in " + strings.Join(c.weeksOf(r.Label), ", ")
		if r.Mention != nil && r.Mention.Kind == calendar.ADate {
			stands = "its text says " + day(r.Day)
		}
		probably := fmt.Sprintf("%s, %s %s UTC", c.inWeek(d.Monday()), day(d), nearest.at.UTC().Format("15:04"))
		c.add(r.Pos, Election, Warning, r.Label, probably, "%s, but the election's configuration has %s (%s:%d)", stands, day(d), nearest.file, nearest.line)
	}
}

// sameSpan is how many days a schedule may be wrong about an election; what is
// further away is another election.
const sameSpan = 21

// sameElection compares a label with the configuration's release: "rocky" with
// the label's letter, "2027.1" with the label's title. A configuration without
// one is taken by its dates.
func (c *checker) sameElection(r calendar.Reading, release string) bool {
	switch {
	case release == "":
		return true
	case release[0] >= 'a' && release[0] <= 'z':
		return prefix(r.Label) == release[0]
	}
	text := r.Title
	if r.Section != nil {
		text += "\n" + r.Section.Body.Raw
	}
	return strings.Contains(text, release) || !strings.ContainsAny(r.Title, "0123456789") && prefix(r.Label) != c.letter
}

// sameBody reports whether label and configuration speak of the same vote: the
// TC's, the PTLs', or one of them of both.
func sameBody(r calendar.Reading, name string) bool {
	for _, body := range []string{"tc", "ptl"} {
		other := map[string]string{"tc": "ptl", "ptl": "tc"}[body]
		label := cycle.Words(r.Label + " " + r.Title)
		if slices.Contains(label, body) && !slices.Contains(label, other) && slices.Contains(cycle.Words(name), other) {
			return false
		}
	}
	return true
}

func (c *checker) agrees(r calendar.Reading, p part) bool {
	d := civil.DateOf(p.at, time.UTC)
	for _, o := range c.byLabel[r.Label] {
		if o.Mention != nil && o.Mention.Kind == calendar.ADate && !o.Mention.From.IsZero() {
			if o.Day == d {
				return true
			}
			continue
		}
		if o.Week.Has(d) || o.Week.Monday == d.Monday() {
			return true
		}
	}
	return false
}

// weeksOf lists the weeks in which a label stands.
func (c *checker) weeksOf(label string) []string {
	var out []string
	for _, r := range c.byLabel[label] {
		if name := weekOf(r.Week); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// CheckElection returns what is wrong with an election's configuration by
// itself: an end before its begin, questions to candidates while there may be
// more of them.
func CheckElection(e calendar.Election, kinds cycle.Kinds) []Finding {
	c := &checker{}
	c.problems(e.Problems)
	slips := c.otherYears(e)
	next := map[string]string{"election-nominations": "election-campaigning", "election-campaigning": "election-voting"}
	for _, a := range e.Entries {
		if a.Start.At.IsZero() || a.End.At.IsZero() || slips[a.Start.Pos] || slips[a.End.Pos] {
			continue
		}
		if a.End.At.Before(a.Start.At) {
			c.add(a.End.Pos, ElectionOrder, Error, clip(a.Name.Raw), "", "ends before it starts")
			continue
		}
		kind, _ := kinds.Of(a.Name.Raw)
		for _, b := range e.Entries {
			if k, _ := kinds.Of(b.Name.Raw); next[kind.Name] == "" || k.Name != next[kind.Name] || b.Start.At.IsZero() || slips[b.Start.Pos] || !sameVote(a.Name.Raw, b.Name.Raw) {
				continue
			}
			if b.Start.At.Before(a.End.At) {
				c.add(b.Start.Pos, ElectionOrder, Warning, clip(b.Name.Raw), a.End.At.Format("2006-01-02 15:04 UTC"),
					"starts at %s, before %s ends at %s", b.Start.At.Format("2006-01-02 15:04"), clip(a.Name.Raw), a.End.At.Format("2006-01-02 15:04 UTC"))
			}
		}
	}
	return Sort(c.out)
}

// otherYears finds starts and ends that only their year keeps from those of the
// election, and returns where they stand. An election takes a month or two; a
// part of which both lie a year away is one of another election's.
func (c *checker) otherYears(e calendar.Election) map[calendar.Pos]bool {
	const away = 182 * 24 * time.Hour
	var all []time.Time
	for _, en := range e.Entries {
		for _, m := range []calendar.Moment{en.Start, en.End} {
			if !m.At.IsZero() {
				all = append(all, m.At)
			}
		}
	}
	slips := map[calendar.Pos]bool{}
	if len(all) < 3 {
		return slips // of two nobody can tell which is wrong
	}
	slices.SortFunc(all, time.Time.Compare)
	middle := all[len(all)/2]
	off := func(at time.Time) time.Duration { return at.Sub(middle).Abs() }
	for _, en := range e.Entries {
		for _, m := range [][2]calendar.Moment{{en.Start, en.End}, {en.End, en.Start}} {
			is, other := m[0].At, m[1].At
			if is.IsZero() || other.IsZero() || off(is) < away || off(other) > away {
				continue
			}
			for _, years := range []int{-1, 1} {
				if right := is.AddDate(years, 0, 0); off(right) < away/2 {
					slips[m[0].Pos] = true
					c.add(m[0].Pos, WrongYear, Error, clip(en.Name.Raw), right.Format("2006-01-02 15:04 UTC"), "the instant lies in another year than the election's others")
				}
			}
		}
	}
	return slips
}

// sameVote reports whether two parts begin with the same word: "TC", "PTL".
func sameVote(a, b string) bool {
	x, y := cycle.Words(a), cycle.Words(b)
	return len(x) > 0 && len(y) > 0 && x[0] == y[0]
}

// electionsHere are the series' letters of whose elections the page describes a
// part: each of its other parts belongs on this page too.
func (c *checker) electionsHere() map[byte]bool {
	out := map[byte]bool{}
	for _, s := range c.Schedule.Page.Sections {
		for _, l := range s.Labels {
			if c.ofElection(l.Raw) {
				out[prefix(l.Raw)] = true
			}
		}
	}
	return out
}

func (c *checker) ofElection(label string) bool {
	return strings.HasPrefix(c.kindOfLabel(label), "election-")
}
