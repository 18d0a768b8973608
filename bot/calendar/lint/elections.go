package lint

import "strings"

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
