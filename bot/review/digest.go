package review

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Digest keeps of a change what the definitions need. It is pure, and the order
// of the raw change's lists does not matter: what happened in one second is
// taken by patch set, an upload before what was said of it, the owner's words
// before others'.
//
// The history is replayed from the messages. Where they are silent it is taken
// in the author's favour: a new patch set clears Workflow, a vote whose removal
// can't be attributed is gone, a change that turns out not to be in the backlog
// any more left it at its last update.
func Digest(raw Raw, rules Rules) Change {
	rules = rules.complete()
	r := replay{raw: raw, rules: rules, open: true, veto: map[int]bool{}, workflow: map[int]bool{}, ci: map[int]int{}, voting: map[string]bool{}}
	r.start()
	events := r.events()
	for i, e := range events {
		r.apply(e)
		if i+1 == len(events) || !events[i+1].at.Equal(e.at) {
			r.mark(e.at)
		}
	}

	c := Change{
		Server: raw.Server, Number: raw.Number, Project: raw.Project, Branch: raw.Branch,
		Subject: shorten(raw.Subject, 160), ID: raw.ID, Topic: shorten(raw.Topic, 80),
		Owner: named(raw.Owner), Uploader: named(r.uploader),
		Status: raw.Status, Private: raw.Private, WIP: raw.WIP, Mergeable: raw.Mergeable,
		Created: second(raw.Created), Updated: second(raw.Updated), Closed: r.closedAt(),
		PatchSet: r.patchSet, AuthorUpdate: r.authorUpdate,
		FirstReview: r.firstReview, LastReview: r.lastReview, Reviewed: r.reviewed,
		Queued: r.queued,
	}
	if rules.Labels.Full != 2 {
		c.Full = rules.Labels.Full
	}
	c.CI = r.ciState()
	c.Votes = r.votes()
	c.Acts = thin(r.acts)
	c.People = r.people(c)
	if r.inBacklog && !c.Backlog() && c.Updated.After(c.Queued) {
		c.Queued = c.Updated
	}
	return c
}

// ciState joins what CI said with its votes in force.
func (r *replay) ciState() CI {
	ci := CI{None: len(r.rules.CI) == 0, Report: r.report, Recheck: r.recheck, Conflict: r.conflict, Rerun: r.rerun}
	for _, v := range r.raw.Votes {
		if v.Label != r.rules.Labels.Verified || v.Value == 0 || !r.rules.ci(v.By) {
			continue
		}
		if ci.Vote == 0 || v.Value < ci.Vote {
			ci.Vote = v.Value
		}
		if ci.Report.IsZero() { // copied from an older patch set
			ci.Report = r.anyReport
		}
		if ci.Report.IsZero() {
			ci.Report = second(v.At)
		}
	}
	return ci
}

// votes dates the votes in force by the acts that cast them.
func (r *replay) votes() []Vote {
	var votes []Vote
	for _, v := range r.raw.Votes {
		if !labelName.MatchString(v.Label) {
			continue // no server allows it, and the mirror's form could not hold it
		}
		holds := v.Label == r.rules.Labels.Workflow || v.Label == r.rules.Labels.CodeReview && v.Value <= -2
		if v.Value == 0 || r.rules.automatic(v.By) && !holds {
			continue
		}
		vote := Vote{Label: r.usual(v.Label), Value: v.Value, By: v.By.ID, Cast: second(v.At)}
		vote.Answered = vote.Cast.Before(r.authorUpdate)
		for _, a := range slices.Backward(r.acts) {
			if a.By == vote.By && slices.Contains(a.Votes, Given{vote.Label, vote.Value}) {
				vote.Cast, vote.Answered = a.At, a.Answered
				break
			}
		}
		votes = append(votes, vote)
	}
	byDay := func(a, b Vote) int {
		return cmp.Or(a.Cast.Compare(b.Cast), cmp.Compare(a.By, b.By), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	}
	slices.SortFunc(votes, byDay)
	votes = slices.Compact(votes)
	if len(votes) > mostVotes {
		// Whoever brings so many accounts can't push out the votes that count.
		slices.SortStableFunc(votes, func(a, b Vote) int {
			return cmp.Compare(a.strength(r.rules.Labels.Full), b.strength(r.rules.Labels.Full))
		})
		votes = votes[:mostVotes]
		slices.SortFunc(votes, byDay)
	}
	return votes
}

// The most votes a Change keeps.
const mostVotes = 40

// strength orders votes by what they can do to a change; less can do more.
func (v Vote) strength(full int) int {
	switch {
	case v.Label == workflow, v.Label == codeReview && (v.Value <= -2 || v.Value >= full):
		return 0
	case v.Value < 0:
		return 1
	default:
		return 2
	}
}

// usual gives a project's own label its usual name, so that nothing after
// Digest needs to know it.
func (r *replay) usual(label string) string {
	switch label {
	case r.rules.Labels.CodeReview:
		return codeReview
	case r.rules.Labels.Verified:
		return verified
	case r.rules.Labels.Workflow:
		return workflow
	default:
		return label
	}
}

// people names the accounts that the change's acts and votes refer to.
func (r *replay) people(c Change) []Account {
	wanted := map[int]bool{}
	for _, a := range c.Acts {
		wanted[a.By] = true
	}
	for _, v := range c.Votes {
		wanted[v.By] = true
	}
	delete(wanted, c.Owner.ID)
	delete(wanted, c.Uploader.ID)
	found := map[int]Account{}
	see := func(a Account) {
		// The fullest form of an account wins, whichever comes first.
		if old, ok := found[a.ID]; wanted[a.ID] && (!ok || cmp.Or(cmp.Compare(a.Username, old.Username), cmp.Compare(a.Name, old.Name)) > 0) {
			found[a.ID] = a
		}
	}
	for _, m := range r.raw.Messages {
		see(m.Author)
	}
	for _, v := range r.raw.Votes {
		see(v.By)
	}
	var people []Account
	for _, a := range found {
		a = named(a)
		if a.Username != "" {
			a.Name = ""
		}
		people = append(people, a)
	}
	slices.SortFunc(people, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	return people
}

// The most acts a Change keeps: more people than have ever spoken between two
// author updates in the recorded communities.
const mostActs = 28

// thin keeps, of each person, the newest act and the newest review, and since
// the last author update the newest vote and the newest comment.
func thin(acts []Act) []Act {
	type kind struct {
		by   int
		what string
	}
	seen := map[kind]bool{}
	var keep []Act
	for _, a := range slices.Backward(acts) {
		if len(keep) == mostActs {
			break
		}
		kinds := []kind{{a.By, "act"}}
		if a.Review {
			kinds = append(kinds, kind{a.By, "review"})
		}
		if !a.Answered {
			if len(a.Votes) > 0 {
				kinds = append(kinds, kind{a.By, "vote"})
			}
			if a.Comment {
				kinds = append(kinds, kind{a.By, "comment"})
			}
		}
		wanted := false
		for _, k := range kinds {
			wanted = wanted || !seen[k]
			seen[k] = true
		}
		if wanted {
			keep = append(keep, a)
		}
	}
	slices.Reverse(keep)
	return keep
}

// named shortens an account to what a Change keeps.
func named(a Account) Account {
	user := shorten(a.Username, 48)
	if strings.ContainsFunc(user, unicode.IsSpace) {
		user = "" // no server allows it
	}
	return Account{ID: a.ID, Username: user, Name: strings.TrimRight(shorten(a.Name, 48), " ")}
}

// shorten cuts a text to n bytes, not inside a character. Bytes that are no
// UTF-8 are dropped, as JSON could not give them back.
func shorten(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func second(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}
