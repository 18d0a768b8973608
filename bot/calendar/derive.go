package calendar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Readings derives the events: one for each label and week in the order of the
// grid, more where the prose names several days of that week. Pages of other
// series define labels that this one only places: the release of the series
// before stands in the first week of the next.
//
// The date that counts is the prose's, where it has one that is the event's own:
//   - a day in the label's week, or else the first elsewhere that is no aside;
//   - a span of instants counts where it opens;
//   - a range of days or a "week of" is its Thursday, "the end of the week" its
//     Friday;
//   - nothing: the Thursday of the week.
//
// A day whose year is another than the week's is a slip of the pen. Where all
// the dated labels of a week, three or more, lie in one other week, the undated
// ones are there too: the whole row was moved.
func (s Schedule) Readings(kinds cycle.Kinds, others ...Page) []Reading {
	d := deriver{schedule: s, kinds: kinds, pages: append([]Page{s.Page}, others...)}
	d.sections = map[string]found{}
	for _, p := range d.pages {
		for i := range p.Sections {
			for _, l := range p.Sections[i].Labels {
				key := strings.ToLower(l.Raw)
				if _, known := d.sections[key]; !known {
					d.sections[key] = found{p.Sections, i}
				}
			}
		}
	}
	places := map[string][]place{}
	var order []string
	for w := range s.Grid.Weeks {
		for l, label := range s.Grid.Weeks[w].Labels {
			key := strings.ToLower(label.Raw)
			if places[key] == nil {
				order = append(order, key)
			}
			places[key] = append(places[key], place{w, l})
		}
	}
	for _, key := range order {
		d.label(key, places[key])
	}
	d.moveRows()
	slices.SortStableFunc(d.out, func(a, b derived) int {
		if a.at.week != b.at.week {
			return a.at.week - b.at.week
		}
		return a.at.label - b.at.label
	})
	out := make([]Reading, len(d.out))
	for i := range d.out {
		out[i] = d.out[i].Reading
	}
	return out
}

type deriver struct {
	schedule Schedule
	kinds    cycle.Kinds
	pages    []Page
	sections map[string]found
	out      []derived
}

// found is a section on its page.
type found struct {
	all []Section
	i   int
}

// place is a label's place in the grid: the indices of week and label.
type place struct{ week, label int }

type derived struct {
	Reading
	at place
}

// prose returns the mentions of a section. A label on a title that has nothing
// below it but a lower title without a label belongs to that one's text.
func (f found) prose() []Mention {
	s := f.all[f.i]
	if s.Body.Raw == "" && f.i+1 < len(f.all) {
		if next := f.all[f.i+1]; len(next.Labels) == 0 && next.Level > s.Level {
			return next.Mentions
		}
	}
	return s.Mentions
}

// label derives the readings of one label from all its places.
func (d *deriver) label(key string, places []place) {
	f, known := d.sections[key]
	var mentions []Mention
	if known {
		mentions = f.prose()
	}
	weeks := make([]Week, len(places))
	for i, p := range places {
		weeks[i] = d.schedule.Grid.Weeks[p.week]
	}
	for i, dates := range choose(weeks, mentions, d.schedule.Page.Thursday.Raw != "") {
		at := weeks[i].Labels[places[i].label]
		for _, c := range dates {
			r := Reading{
				Series: d.schedule.Series, Label: at.Raw, Placement: at, Pos: at.Pos, Week: weeks[i],
				Day: c.day, At: c.at, Until: c.until, Basis: c.basis, Literal: c.literal, Mention: c.mention,
				Repeat: i > 0 && c.mention == nil,
			}
			if known {
				r.Section = &f.all[f.i]
				r.Title = r.Section.Title.Raw
			}
			d.name(&r)
			d.out = append(d.out, derived{r, places[i]})
		}
	}
}

// moveRows moves the undated labels of a week whose dated ones all lie in one
// other week.
func (d *deriver) moveRows() {
	byWeek := map[int][]int{}
	for i, r := range d.out {
		byWeek[r.at.week] = append(byWeek[r.at.week], i)
	}
	for _, row := range byWeek {
		var to civil.Date
		dated, agree := 0, true
		for _, i := range row {
			r := d.out[i]
			if r.Mention == nil || r.Mention.Kind != ADate || r.Mention.From.IsZero() || !r.Literal.IsZero() {
				continue
			}
			monday := r.Day.Monday()
			dated++
			agree = agree && (to.IsZero() || to == monday)
			to = monday
		}
		if dated < 3 || !agree || d.out[row[0]].Week.holds(to) {
			continue
		}
		for _, i := range row {
			if r := &d.out[i]; r.Mention == nil || r.Mention.From.IsZero() {
				r.Day = to.AddDays((int(r.Day.Weekday()) + 6) % 7)
			}
		}
	}
}

// name finds the kind and the team of a reading.
func (d *deriver) name(r *Reading) {
	words := strings.FieldsFunc(strings.ToLower(r.Label), func(c rune) bool { return c == '-' || c == '.' || c == ':' || c == '+' })
	team := ""
	if len(words) > 1 {
		team = words[1]
	}
	kind, ok := d.kinds.Of(r.Title, r.Label)
	if ok && kind.Name == "release" && len(words) > 2 {
		// "u-final" is the release, "u-py-drop-final" only the last part of
		// something: there the title has to say so.
		kind, ok = d.kinds.Of(r.Title)
	}
	if ok {
		r.Kind = kind.Name
	} else if _, err := strconv.Atoi(team); err == nil && len(words) == 2 {
		r.Kind = "milestone" // h-2, where no page says so
	} else {
		r.Kind = slug(words, r.Placement.Cross)
	}
	switch {
	case strings.HasPrefix(r.Kind, "election-"):
		r.Team = cycle.Elections
	case r.Placement.Cross || team == "":
		r.Team = cycle.CrossProject
	default:
		r.Team = team
		if r.Section != nil && len(r.Section.Groups) > 0 {
			// "key" is Keystone, "glance_store" Glance.
			group := strings.ToLower(r.Section.Groups[len(r.Section.Groups)-1])
			if isLabel(group) && (strings.HasPrefix(group, team) || strings.HasPrefix(team, group)) {
				r.Team = group
			}
		}
	}
}

// slug makes a kind of a label that no kind fits: what is left of it without the
// series' letter and the team.
func slug(words []string, cross bool) string {
	skip := 2
	if cross {
		skip = 1
	}
	if len(words) > skip {
		words = words[skip:]
	}
	var b strings.Builder
	for _, c := range strings.Join(words, "-") {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
			b.WriteRune(c)
		}
	}
	if b.Len() == 0 {
		return "event"
	}
	return b.String()
}

// choice is a date for a label in a week.
type choice struct {
	day       civil.Date
	at, until time.Time
	basis     cycle.Basis
	literal   civil.Date
	mention   *Mention
}
