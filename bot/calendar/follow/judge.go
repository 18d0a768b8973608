package follow

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"time"

	"torchbearer/bot/calendar"
)

// partly says what of a place could not be read, or "".
func (p *parsed) partly() string {
	if p == nil {
		return ""
	}
	var first *calendar.Problem
	n := 0
	for i, problem := range p.problems {
		if problem.Kind == calendar.Unreadable || problem.Kind == calendar.NotUTF8 {
			if n++; first == nil {
				first = &p.problems[i]
			}
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return line(p.words(*first))
	}
	return line(fmt.Sprintf("%s, and %d more", p.words(*first), n-1))
}

// words are a problem's, without the name of the place, which stands before them
// already.
func (p *parsed) words(problem calendar.Problem) string {
	all := problem.String()
	for _, name := range []string{strings.TrimRight(p.place.Name, "/"), path.Clean(p.place.Name)} {
		switch rest, here := strings.CutPrefix(all, name); {
		case !here:
		case strings.HasPrefix(rest, "/"), strings.HasPrefix(rest, ": "):
			return strings.TrimLeft(rest, "/: ")
		case strings.HasPrefix(rest, ":"):
			return "line " + rest[1:]
		}
	}
	return all
}

// unreadable counts what was skipped; a character that is lost is no such thing.
func (p *parsed) unreadable() int {
	n := 0
	for _, problem := range p.problems {
		if problem.Kind == calendar.Unreadable {
			n++
		}
	}
	return n
}

// believe says why something that was read does not count in the place of what
// was read before; before is nil for nothing. A schedule that is half written, or
// a page of a server that says sorry, would have half of the team's reminders
// withdrawn. That it has lost what has passed by at is no harm.
func believe(before content, held *parsed, now content, got *parsed, at time.Time) error {
	if before != nil && held != nil {
		for _, name := range got.place.Form.files() {
			_, had := before[name]
			if _, has := now[name]; had && !has {
				return faultf("%s is gone", called(got.place, name))
			}
		}
	}
	if len(got.events) == 0 && got.weeks() == 0 {
		if why := got.partly(); why != "" {
			return faultf("%s", why)
		}
		return faultf("there are no dates in it")
	}
	if before == nil || held == nil {
		return nil
	}
	for _, name := range got.place.Form.files() {
		old, had := before[name]
		f := now[name]
		switch {
		case !had:
		case len(bytes.TrimSpace(f.Data)) == 0:
			return faultf("%s is empty", called(got.place, name))
		case len(f.Data) < len(old.Data) && bytes.HasPrefix(old.Data, f.Data),
			ends(old.Data) && !ends(f.Data):
			return faultf("%s breaks off", called(got.place, name))
		}
	}
	if got.unreadable() > held.unreadable() {
		return faultf("%s", got.partly())
	}
	if got.sameCycle(held) {
		if held.closed() && !got.closed() {
			return faultf("the week of the release is gone")
		}
		if 2*got.defined() < held.defined() {
			return faultf("it describes %d of its dates, %d before", got.defined(), held.defined())
		}
		if 2*len(got.events) < len(held.events) && 2*got.ahead(at) < held.ahead(at) {
			return faultf("it has %d dates left of %d", len(got.events), len(held.events))
		}
	}
	return nil
}

// ends reports whether a text ends where a line does.
func ends(data []byte) bool { return bytes.HasSuffix(data, []byte("\n")) }

// called is what people call a file of a place.
func called(p Place, name string) string {
	if p.Form == OpenStack {
		return name
	}
	return path.Base(p.Name)
}

// weeks counts the weeks of a schedule.
func (p *parsed) weeks() int {
	if p.schedule == nil {
		return 0
	}
	return len(p.schedule.Grid.Weeks)
}

// sameCycle reports whether two readings are of the same cycle: what the next one
// has says nothing of this one. A page that is no schedule any more does not say of
// what series it was; its grid does, by its labels.
func (p *parsed) sameCycle(other *parsed) bool {
	switch {
	case p.election != nil && other.election != nil:
		return p.election.Release.Raw == other.election.Release.Raw
	case p.schedule == nil || other.schedule == nil:
		return p.schedule == other.schedule
	case p.schedule.Series == other.schedule.Series:
		return true
	}
	had := map[string]bool{}
	for _, e := range other.events {
		had[e.ID] = true
	}
	n := 0
	for _, e := range p.events {
		if had[e.ID] {
			n++
		}
	}
	return n > 1 && 2*n > len(p.events)
}

// ahead counts the dates after an instant.
func (p *parsed) ahead(at time.Time) int {
	n := 0
	for _, e := range p.events {
		if e.At.After(at) {
			n++
		}
	}
	return n
}

// closed reports whether a schedule has the week of its release.
func (p *parsed) closed() bool {
	if p.schedule == nil {
		return false
	}
	for _, w := range p.schedule.Grid.Weeks {
		if n, ok := w.Number(); ok && n == 0 {
			return true
		}
	}
	return false
}

// defined counts the dates that a page describes.
func (p *parsed) defined() int {
	n := 0
	for _, r := range p.readings {
		if r.Section != nil {
			n++
		}
	}
	return n
}
