package follow

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// patience is how many readings have to fail before the operators are told of
// what may pass by itself: a server that is restarted is no news.
const patience = 2

// mostTeams is how many teams a report names.
const mostTeams = 4

// texts is what the operators are told of readings of the same time: of a source
// that several teams share once, at the first of theirs.
func (f *Follower) texts(readings []*reading) []string {
	first, teams := map[string]int{}, map[string][]string{}
	says := make([]string, len(readings))
	for i, r := range readings {
		said := f.report(r)
		if said == "" {
			continue
		}
		same := string(r.Form) + " " + r.Path + " " + said
		if _, ok := first[same]; !ok {
			first[same] = i
			says[i] = said
		}
		if !slices.Contains(teams[same], r.team.Name) {
			teams[same] = append(teams[same], r.team.Name)
		}
	}
	for same, i := range first {
		says[i] = "The calendar of " + list(teams[same]) + " " + says[i]
	}
	return says
}

// report is what the operators have to hear of a reading, behind whose calendar it is;
// or "". What it notes of that is for the state to come.
func (f *Follower) report(r *reading) string {
	text := "at " + r.Name + " "
	switch partly := r.err == nil; {
	case r.why == "" && r.next.Told:
		r.next.Told = false
		return text + "is well again."
	case r.why == "", r.next.Told, isBrief(r.err) && r.known && r.failed < patience, f.heard(r), !r.next.tell(r.at):
		return ""
	case partly:
		return text + "can be read only in part: " + r.why + "."
	case r.known:
		return text + fmt.Sprintf("is not taken over: %s. What was read on %s UTC counts until it is well again.", r.why, r.next.Read.Format("2006-01-02 15:04"))
	}
	if r.stand != nil {
		return text + fmt.Sprintf("can't be read: %s. What was read at %s counts until it is.", r.why, r.stand.place.Name)
	}
	return text + "can't be read: " + r.why + ". Its dates are not known."
}

// heard reports whether the operators know the same of the same source, of another
// team.
func (f *Follower) heard(r *reading) bool {
	return slices.ContainsFunc(f.places, func(p *place) bool {
		if p == r.place || p.Form != r.Form || p.Path != r.Path {
			return false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.state.Told && p.state.Fault == r.why
	})
}

func isUnsent(err error) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.unsent
}

func isBrief(err error) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.brief
}

// list names teams: "Glance, Nova and Zun".
func list(names []string) string {
	if len(names) > mostTeams {
		names = append(slices.Clone(names[:mostTeams-1]), fmt.Sprintf("%d more", len(names)-mostTeams+1))
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
