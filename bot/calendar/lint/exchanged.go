package lint

import "torchbearer/bot/calendar"

// exchanged finds two labels that stand each before the other's title. One alone
// may be an abbreviation: "feature-freeze" of a "Feature Proposal Freeze".
func (c *checker) exchanged() {
	type odd struct {
		label, title calendar.Text
		is, says     string // the kinds of the label and of the title
	}
	var odds []odd
	for _, s := range c.Schedule.Page.Sections {
		if len(s.Labels) == 0 || s.Title.Raw == "" || len(odds) == maxOthers {
			continue
		}
		l := s.Labels[len(s.Labels)-1]
		is, says := c.kindOfLabel(l.Raw), ""
		if k, ok := c.Kinds.Of(s.Title.Raw); ok {
			says = k.Name
		}
		if is != "" && says != "" && is != says {
			odds = append(odds, odd{l, s.Title, is, says})
		}
	}
	for _, a := range odds {
		for _, b := range odds {
			if a.is == b.says && a.says == b.is && prefix(a.label.Raw) == prefix(b.label.Raw) {
				c.crossed[a.label.Raw] = true
				c.add(a.label.Pos, Swapped, Warning, a.label.Raw, "before "+quoted(b.title.Raw), "stands before the title %s, and %s before %s", quoted(a.title.Raw), clip(b.label.Raw), quoted(b.title.Raw))
				break
			}
		}
	}
}

// kindOfLabel is the kind that a label says by itself; empty where it says none.
func (c *checker) kindOfLabel(label string) string {
	if prefix(label) != 0 && len(label) == 3 && label[2] >= '1' && label[2] <= '9' {
		return "milestone"
	}
	k, _ := c.Kinds.Of(label)
	return k.Name
}
