package lint

import "torchbearer/bot/calendar"

// leads are the events with which others stand in one week, by their nature: the
// third milestone marks feature freeze, RC1 ends the changes of strings. The
// leader is a milestone by its number, or a kind.
//
// Source: openstack/releases, every state known of the series from Mitaka to
// 2027.1: none has them apart, but where a date of its own shows the mistake.
func leads() map[string]string {
	return map[string]string{
		"membership-freeze":     "milestone 2",
		"feature-freeze":        "milestone 3",
		"client-library-freeze": "milestone 3",
		"soft-string-freeze":    "milestone 3",
		"requirements-freeze":   "milestone 3",
		"hard-string-freeze":    "rc1",
	}
}

// together finds events that stand apart from the one they belong to. The leader
// is at fault where two of its followers or more stand together elsewhere and
// none with it; a follower otherwise, as the leader is what has a date. One that
// is said to be wrong already tells nothing about others.
func (c *checker) together(said map[string]bool) {
	leaders := map[string]calendar.Reading{}
	twice := map[string]bool{}
	followers := map[string][]calendar.Reading{}
	lead := leads()
	for _, r := range c.readings {
		if prefix(r.Label) != c.letter || !r.Placement.Cross || r.Day.IsZero() || r.Week.Monday.IsZero() || r.Disagreement() != calendar.Agree {
			continue
		}
		name := r.Kind
		if name == "milestone" {
			name += " " + afterLetter(r.Label)
		}
		if of := lead[r.Kind]; of != "" && len(followers[of]) < maxOthers {
			followers[of] = append(followers[of], r)
		}
		_, known := leaders[name]
		twice[name] = twice[name] || known
		leaders[name] = r
	}
	for _, of := range []string{"milestone 2", "milestone 3", "rc1"} {
		l, known := leaders[of]
		if !known || twice[of] || said[l.Label] {
			continue
		}
		var apart []calendar.Reading
		elsewhere := map[string]bool{}
		for _, f := range followers[of] {
			if f.Week.Monday != l.Week.Monday && !twice[f.Kind] && !said[f.Label] {
				apart = append(apart, f)
				elsewhere[f.Week.Monday.String()] = true
			}
		}
		if len(apart) > 1 && len(apart) == len(followers[of]) && len(elsewhere) == 1 {
			apart, l = []calendar.Reading{l}, apart[0]
		}
		for _, a := range apart {
			said[a.Label] = true
			c.add(a.Pos, EventOrder, Warning, a.Label, c.inWeek(l.Week.Monday), "stands in %s, %s in %s: they are in the same week in every cycle", weekOf(a.Week), clip(l.Label), weekOf(l.Week))
		}
	}
}
