package follow

import (
	"slices"
	"strings"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// calendars are those of all teams. Where one of them has laid its own date over an
// official one of its, the others have that date too, with the official one beside
// it: the bot must not say in one room what it knows better in another. What a team
// has that nobody published stays its own.
func (f *Follower) calendars() map[string]cycle.Calendar {
	all := map[string]cycle.Calendar{}
	laid := map[published]cycle.Event{}
	for _, t := range f.Teams {
		all[t.ID] = f.compose(t)
		for _, e := range all[t.ID].Events {
			if e.Official == nil {
				continue
			}
			at := published{strings.ToLower(t.As), e.Official.Source.Series, e.Official.ID}
			if _, taken := laid[at]; !taken {
				laid[at] = e
			}
		}
	}
	for _, t := range f.Teams {
		others := slices.Clone(all[t.ID].Others)
		for i, o := range others {
			if e, ok := laid[published{strings.ToLower(o.Team), o.Source.Series, o.ID}]; ok {
				official := *e.Official
				official.Day, official.At, official.Exact = o.Day, o.At, o.Exact // in this team's zone
				e.ID, e.Team, e.Kind, e.Official = o.ID, o.Team, o.Kind, &official
				e.Day = civil.DateOf(e.At, t.Zone)
				others[i] = e
			}
		}
		all[t.ID] = all[t.ID].WithOthers(others)
	}
	return all
}

// published is an official date of a team, as a source has it.
type published struct{ team, series, id string }
