package lint

import (
	"slices"
	"strings"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/near"
)

// placed is every label that a week names, in lower case.
func (c *checker) placed() map[string]bool {
	out := map[string]bool{}
	for _, w := range c.Schedule.Grid.Weeks {
		for _, l := range w.Labels {
			out[strings.ToLower(l.Raw)] = true
		}
	}
	return out
}

// labels compares the labels of the weeks with those of the page.
func (c *checker) labels() {
	c.doubledPlaces()
	c.onceOnly()
	c.lettered()
	if c.Schedule.Page.File == "" || len(c.Schedule.Grid.Weeks) == 0 {
		return
	}
	events := c.announcements()
	orphans := c.orphans(events)
	twins := orphans[:min(len(orphans), maxOthers)]
	elections := c.electionsHere()
	taken := map[string]bool{}
	for _, u := range c.undefined() {
		if o, ok := twin(u, twins, taken); ok {
			taken[o.label.Raw] = true
			c.add(u.Pos, UndefinedLabel, Warning, u.Raw, o.label.Raw, "no page describes this label")
			continue
		}
		if prefix(u.Raw) == c.letter || elections[prefix(u.Raw)] && c.ofElection(u.Raw) {
			c.add(u.Pos, UndefinedLabel, Warning, u.Raw, "", "no page describes this label")
		}
	}
	for _, o := range orphans {
		if taken[o.label.Raw] {
			continue
		}
		c.add(o.label.Pos, OrphanLabel, Warning, o.label.Raw, o.probably, "the page describes it, but no week names it%s", o.why)
	}
	for i := range c.Schedule.Page.Sections {
		c.section(i, events)
	}
	c.exchanged()
}

// doubledPlaces finds labels that stand twice in one week.
func (c *checker) doubledPlaces() {
	for _, w := range c.Schedule.Grid.Weeks {
		here := map[string]int{}
		for _, l := range w.Labels {
			key := strings.ToLower(l.Raw)
			if line, twice := here[key]; twice {
				c.add(l.Pos, DoubledPlace, Warning, l.Raw, "", "stands twice in the week of %s, the first time in line %d", w.Start.Date, line)
				continue
			}
			here[key] = l.Line
		}
	}
}

// lettered finds labels that do not say of which series they are, in a calendar whose
// others do.
func (c *checker) lettered() {
	with, all := 0, 0
	for _, w := range c.Schedule.Grid.Weeks {
		for _, l := range w.Labels {
			all++
			if prefix(l.Raw) != 0 {
				with++
			}
		}
	}
	if c.letter == 0 || with*10 < all*8 || all < 3 {
		return // a calendar of another sort: its labels need no letter
	}
	for _, w := range c.Schedule.Grid.Weeks {
		for _, l := range w.Labels {
			if prefix(l.Raw) == 0 {
				c.add(l.Pos, NoSeries, Warning, l.Raw, string(c.letter)+"-"+strings.TrimLeft(l.Raw, "-"), "does not say which series it is of: the other labels begin with a letter")
			}
		}
	}
}

// onceOnly finds events that happen once, by their nature, in a second week.
func (c *checker) onceOnly() {
	for _, r := range c.readings {
		first := c.byLabel[r.Label][0]
		if !r.Placement.Cross || r.Week.Monday == first.Week.Monday || r.Week.Monday.IsZero() {
			continue
		}
		switch r.Kind {
		case "release", "milestone", "rc1", "final-rc", "feature-freeze":
			c.add(r.Pos, DoubledPlace, Warning, r.Label, "", "happens once, but stands in two weeks: here in %s, in line %d in %s", weekOf(r.Week), first.Pos.Line, weekOf(first.Week))
		}
	}
}

// undefined lists the labels of weeks that no page describes. The first weeks
// and those after the release may name events of other series, which other
// pages describe: those are mistakes only where they have a twin on this one, or
// are a part of an election that stands on it.
func (c *checker) undefined() []undefined {
	defined := map[string]bool{}
	for _, p := range append([]calendar.Page{c.Schedule.Page}, c.Pages...) {
		for _, s := range p.Sections {
			for _, l := range s.Labels {
				defined[strings.ToLower(l.Raw)] = true
			}
		}
	}
	var out []undefined
	said := map[string]bool{}
	for _, w := range c.Schedule.Grid.Weeks {
		for _, l := range w.Labels {
			key := strings.ToLower(l.Raw)
			if defined[key] || said[key] || c.letter == 0 || prefix(l.Raw) == 0 {
				continue
			}
			said[key] = true
			out = append(out, undefined{l, w.Monday})
		}
	}
	return out
}

// undefined is a label of a week that no page describes.
type undefined struct {
	calendar.Placement
	monday civil.Date // of the first week that names it
}

// orphan is a label of the page that no week names.
type orphan struct {
	label    calendar.Text
	monday   civil.Date // of the week of its text's date; zero where it has none
	why      string
	probably string
}

// orphans lists labels of events: of a section with text, beginning with a
// series' letter. A title above others may have a label to link to.
func (c *checker) orphans(events []announcement) []orphan {
	placed := c.placed()
	var out []orphan
	sections := c.Schedule.Page.Sections
	for i, s := range sections {
		if len(s.Labels) == 0 || slices.ContainsFunc(s.Labels, func(l calendar.Text) bool { return placed[strings.ToLower(l.Raw)] }) {
			continue
		}
		above := i+1 < len(sections) && sections[i+1].Level > s.Level && s.Title.Raw != ""
		l := s.Labels[len(s.Labels)-1]
		if prefix(l.Raw) == 0 || c.letter == 0 || above && s.Body.Raw == "" {
			continue
		}
		o := orphan{label: l}
		for _, m := range s.Mentions {
			if m.Aside || m.From.IsZero() || m.Kind != calendar.ADate && m.Kind != calendar.ARange && m.Kind != calendar.AWeek {
				continue
			}
			o.monday = m.From.Monday()
			o.probably = c.inWeek(o.monday)
			if last := c.lastWeek(); m.From.After(last.AddDays(6)) {
				o.why = ", and its date, " + m.From.String() + ", lies after the last week"
			}
			break
		}
		if o.probably == "" {
			o.probably = c.beside(s, l)
		}
		if told := counts(s, events, l.Raw); o.probably == "" && len(told) > 0 {
			o.probably = c.inWeek(told[0].from())
		}
		out = append(out, o)
	}
	return out
}

// beside guesses the week of an event without a date: of a project's own step
// its usual one, otherwise that of the event that such ones are always next to,
// and where there is none the usual one again.
func (c *checker) beside(s calendar.Section, l calendar.Text) string {
	kind, ok := c.Kinds.Of(s.Title.Raw, l.Raw)
	if !ok || prefix(l.Raw) != c.letter {
		return ""
	}
	usual := ""
	own := calendar.Reading{Label: l.Raw, Kind: kind.Name}
	if n := len(s.Groups); n > 1 {
		own.Team = strings.ToLower(s.Groups[n-1])
	} else {
		own.Placement.Cross = true
	}
	if st, ok := c.stepOf(own); ok && st.week != 0 && !c.monday.IsZero() {
		usual = c.inWeek(c.monday.AddDays(7 * st.week))
	}
	if usual != "" && !own.Placement.Cross {
		return usual
	}
	for _, r := range c.readings {
		st, ok := c.stepOf(r)
		if ok && st.with == kind.Name && r.Disagreement() == calendar.Agree && !r.Day.IsZero() {
			return c.inWeek(r.Day.Monday())
		}
	}
	return usual
}

func (c *checker) lastWeek() (last civil.Date) {
	for _, w := range c.Schedule.Grid.Weeks {
		if w.Monday.After(last) {
			last = w.Monday
		}
	}
	return last
}

// twin finds the orphan whose label is a slip away. Short labels, and those that
// count, differ by one letter and mean it, unless the orphan's own date lies in
// the very week. A label of another series is no slip of this one's.
func twin(u undefined, orphans []orphan, taken map[string]bool) (orphan, bool) {
	const long = 6
	var known []string
	for _, o := range orphans {
		same := len(u.Raw) >= long && len(o.label.Raw) >= long && digits(o.label.Raw) == digits(u.Raw)
		dated := !o.monday.IsZero() && o.monday == u.monday
		if !taken[o.label.Raw] && (same || dated) && prefix(o.label.Raw) == prefix(u.Raw) {
			known = append(known, o.label.Raw)
		}
	}
	best, ok := near.Best(u.Raw, known)
	if !ok {
		return orphan{}, false
	}
	return orphans[slices.IndexFunc(orphans, func(o orphan) bool { return o.label.Raw == best })], true
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
