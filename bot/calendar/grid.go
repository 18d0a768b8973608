package calendar

import "github.com/goccy/go-yaml/ast"

// ParseGrid reads schedule.yaml: the keys start-week, release-week and cycle, a
// list of weeks with start, end, name, x-project and project-specific. It never
// fails: what can't be read is a problem, and the rest is kept, repeated weeks
// and both lists of a doubled key too.
//
// Source: openstack/releases, doc/source/<series>/schedule.yaml.
func ParseGrid(file string, data []byte) (Grid, []Problem) {
	g := Grid{File: file}
	problems := walkYAML(file, data, func(r *reader, n ast.Node) {
		// A part of a broken file can be a piece of the list of weeks.
		if seq, ok := n.(*ast.SequenceNode); ok {
			g.Weeks = append(g.Weeks, r.weeks(seq)...)
			return
		}
		for _, e := range r.entries(n) {
			switch e.key {
			case "start-week":
				g.StartWeek = r.day(e)
			case "release-week":
				g.ReleaseWeek = r.day(e)
			case "cycle":
				g.Weeks = append(g.Weeks, r.weeks(e.value)...)
			default:
				r.unknown(e)
			}
		}
	})
	g.settle()
	return g, orNone(file, len(g.Weeks), "weeks", problems)
}

func (r *reader) unknown(e entry) {
	r.problems = append(r.problems, Problem{e.at, UnknownKey, e.key, "the key " + quote(e.key) + " is none of this format"})
}

func (r *reader) day(e entry) Day {
	t, ok := r.text(e.value)
	if !ok {
		return Day{}
	}
	d := parseDay(t)
	if d.Date.IsZero() {
		r.problem(e.value, BadValue, e.key, "%s is %s, which is no date: want year-month-day", e.key, quote(t.Raw))
	}
	return d
}

func (r *reader) weeks(n ast.Node) []Week {
	var out []Week
	for entries := range r.records(n) {
		w := Week{Pos: entries[0].at}
		for _, e := range entries {
			switch e.key {
			case "start":
				w.Start = r.day(e)
			case "end":
				w.End = r.day(e)
			case "name":
				w.Name, _ = r.text(e.value)
			case "x-project", "project-specific":
				w.Labels = append(w.Labels, r.labels(e.value, e.key == "x-project")...)
			default:
				r.unknown(e)
			}
		}
		out = append(out, w)
	}
	return out
}

func (r *reader) labels(n ast.Node, cross bool) []Placement {
	var out []Placement
	for _, item := range r.items(n) {
		t, ok := r.text(item)
		switch {
		case !ok:
		case !isLabel(t.Raw):
			r.problem(item, BadValue, t.Raw, "%s is no label: want letters, digits, hyphens, at most %d", quote(t.Raw), maxLabel)
		default:
			out = append(out, Placement{t, cross})
		}
	}
	return out
}
