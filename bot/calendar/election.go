package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Election is an election's configuration: exact instants, UTC.
type Election struct {
	File    string
	Release Text // "2027.1", "stein"; zero in the oldest form
	// Email is by when addresses have to be right. Zero At: not given.
	Email    Moment
	Entries  []ElectionEntry // in the order of the file
	Problems []Problem
}

// ElectionEntry is a part of an election, or in the oldest form its begin or end.
type ElectionEntry struct {
	Pos
	Name       Text // "TC Nominations"; hostile
	Start, End Moment
}

// Moment is an instant as it is written, UTC without saying so. At is zero where
// it can't be read.
type Moment struct {
	Text
	At time.Time
}

// ParseElection reads configuration.yaml of openstack/election in its three
// forms: a timeline of names with start and end, the list "timelines" of dates
// with names, and that list alone. It never fails.
//
// Source: opendev.org/openstack/election, configuration.yaml and events.yaml.
func ParseElection(file string, data []byte) Election {
	e := Election{File: file}
	problems := walkYAML(file, data, func(r *reader, n ast.Node) {
		if seq, ok := n.(*ast.SequenceNode); ok {
			e.Entries = append(e.Entries, r.timeline(seq)...)
			return
		}
		for _, en := range r.entries(n) {
			switch en.key {
			case "release":
				e.Release, _ = r.text(en.value)
			case "timeframe":
				for _, f := range r.entries(en.value) {
					if f.key == "email_deadline" {
						e.Email = r.moment(f)
					}
				}
			case "timeline", "timelines":
				e.Entries = append(e.Entries, r.timeline(en.value)...)
			}
		}
	})
	e.Problems = orNone(file, len(e.Entries), "timeline", problems)
	return e
}

func (r *reader) timeline(n ast.Node) []ElectionEntry {
	var out []ElectionEntry
	for entries := range r.records(n) {
		e := ElectionEntry{Pos: entries[0].at}
		for _, en := range entries {
			switch en.key {
			case "name":
				e.Name, _ = r.text(en.value)
			case "start", "date":
				e.Start = r.moment(en)
			case "end":
				e.End = r.moment(en)
			default:
				r.unknown(en)
			}
		}
		out = append(out, e)
	}
	return out
}

func (r *reader) moment(e entry) Moment {
	t, ok := r.text(e.value)
	if !ok {
		return Moment{}
	}
	at, exact := instant(t.Raw)
	switch {
	case at.IsZero():
		r.problem(e.value, BadValue, e.key, "%s is %s, which is no instant: want 2026-08-05T23:45", e.key, quote(t.Raw))
	case !exact:
		r.problem(e.value, BadValue, e.key, "%s is %s: want two digits for month, day, hours and minutes: %s", e.key, quote(t.Raw), at.Format("2006-01-02T15:04"))
	}
	return Moment{t, at}
}

// instant reads "2018-02-07T23:45", and with exact false the same with one digit
// for a month, a day or an hour.
func instant(s string) (at time.Time, exact bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), "Z")
	day, clock, ok := strings.Cut(s, "T")
	if !ok {
		day, clock, ok = strings.Cut(s, " ")
	}
	ymd, hm := strings.Split(day, "-"), strings.Split(clock, ":")
	if !ok || len(ymd) != 3 || len(hm) < 2 || len(hm) > 3 || len(ymd[0]) != 4 {
		return time.Time{}, false
	}
	exact = true
	var n []int
	for i, part := range append(ymd, hm...) {
		v, err := strconv.Atoi(part)
		if err != nil || len(part) > 4 || part[0] == '+' || part[0] == '-' || i > 0 && len(part) > 2 {
			return time.Time{}, false
		}
		exact = exact && (i == 0 || len(part) == 2)
		n = append(n, v)
	}
	d := checked(n[0], time.Month(n[1]), n[2])
	if d.IsZero() || n[3] > 23 || n[4] > 59 {
		return time.Time{}, false
	}
	return d.At(civil.Clock{Hour: n[3], Minute: n[4]}, time.UTC).UTC(), exact
}

// Events returns what the configuration sets, in its order: each entry with an
// instant, the addresses' deadline first.
func (e Election) Events(kinds cycle.Kinds) []cycle.Event {
	var out []cycle.Event
	seen := map[string]int{}
	add := func(name, label string, pos Pos, start, end Moment) {
		if start.At.IsZero() {
			return
		}
		kind := "election"
		if k, ok := kinds.Of(name); ok {
			kind = k.Name
		}
		if seen[label]++; seen[label] > 1 {
			label = fmt.Sprintf("%s.%d", label, seen[label])
		}
		ev := cycle.Event{
			ID: label, Kind: kind, Name: name, Team: cycle.Elections,
			Day: civil.DateOf(start.At, time.UTC), At: start.At, Exact: true,
			Source: cycle.Source{File: pos.File, Line: pos.Line, Series: e.Release.Raw, Label: label, Basis: cycle.AtInstant},
		}
		if end.At.After(start.At) {
			ev.Until = end.At
		}
		out = append(out, ev)
	}
	add("Email deadline", "election-email-deadline", e.Email.Pos, e.Email, Moment{})
	for _, en := range e.Entries {
		add(en.Name.Raw, "election-"+dashed(en.Name.Raw), en.Pos, en.Start, en.End)
	}
	return out
}

// dashed makes a name of hostile text: lower-case letters and digits with single
// hyphens.
func dashed(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	out := strings.Join(words, "-")
	if out == "" {
		return "event"
	}
	return strings.Trim(out[:min(len(out), maxLabel)], "-")
}
