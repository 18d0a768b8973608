package roster

import (
	"maps"
	"slices"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Learnt is what a review server has said about accounts.
type Learnt struct {
	// Groups are members by the group's name, those of groups in it included.
	// A group that is not in it has never been read.
	Groups map[string][]review.Account `json:"groups,omitempty"`
	// Accounts are by username, as the configuration has it.
	Accounts map[string]review.Account `json:"accounts,omitempty"`
}

// facts are what follows from the configuration and all that has been learnt.
// They are never changed, only replaced.
type facts struct {
	servers map[string]*server
	cores   map[part]bool // by groups
	casts   map[project]review.Cast
}

// project is one project of a team.
type project struct{ team, name string }

// server is the accounts of one review server.
type server struct {
	Learnt
	account  map[string]review.Account // by person's id
	person   map[int]string            // by account
	named    map[string]review.Account // everybody known, by folded username
	numbered map[int]review.Account    // everybody known
}

func (f *facts) learnt() map[string]Learnt {
	all := map[string]Learnt{}
	for name, s := range f.servers {
		all[name] = s.Learnt
	}
	return all
}

// server returns what is known of a server, never nil.
func (f *facts) server(name string) *server {
	if s := f.servers[name]; s != nil {
		return s
	}
	return &server{}
}

// derive works out what follows from what is known of each server.
func (r *Roster) derive(known map[string]Learnt) *facts {
	f := &facts{servers: map[string]*server{}, cores: map[part]bool{}, casts: map[project]review.Cast{}}
	for name, l := range known {
		f.servers[name] = r.accountsOf(l)
	}
	for _, t := range r.teams {
		s := f.server(t.Gerrit.Name)
		for _, crew := range crews(t) {
			for _, group := range crew.Groups {
				for _, a := range s.Groups[group] {
					if id, ok := s.person[a.ID]; ok {
						f.cores[part{id, t.ID}] = true
					}
				}
			}
		}
		for _, name := range t.All() {
			f.casts[project{t.ID, name}] = f.cast(t, name)
		}
	}
	return f
}

// accountsOf joins accounts with people. A person's account is what the server
// answered for the username; where it has not, a group's member of that username.
func (r *Roster) accountsOf(l Learnt) *server {
	s := &server{
		Learnt: l, account: map[string]review.Account{}, person: map[int]string{},
		named: map[string]review.Account{}, numbered: map[int]review.Account{},
	}
	add := func(a review.Account, username string) {
		if a.ID == 0 {
			return
		}
		if _, ok := s.numbered[a.ID]; !ok {
			s.numbered[a.ID] = a
		}
		username = bot.FoldAccount(username)
		if _, ok := s.named[username]; !ok && username != "" {
			s.named[username] = a
		}
	}
	for _, username := range slices.Sorted(maps.Keys(l.Accounts)) {
		add(l.Accounts[username], username)
	}
	for _, group := range slices.Sorted(maps.Keys(l.Groups)) {
		for _, a := range l.Groups[group] {
			add(a, a.Username)
		}
	}
	for _, username := range slices.Sorted(maps.Keys(r.gerrit)) {
		a, ok := s.named[username]
		if _, taken := s.person[a.ID]; ok && !taken {
			id := r.gerrit[username]
			s.account[id], s.person[a.ID] = a, id
		}
	}
	return s
}

// cast says who plays which part in a project. A person whose account is not
// known is missing from it. The cores are unknown while one of their groups has
// not been read, and where nobody at all is known to be one: a group that seems
// empty may be made of groups that the bot can't see.
func (f *facts) cast(t bot.Team, project string) review.Cast {
	s, c := f.server(t.Gerrit.Name), review.Cast{Spec: slices.Contains(t.Specs, project)}
	for _, id := range t.PTL {
		if a, ok := s.account[id]; ok {
			c.PTL = append(c.PTL, a.ID)
		}
	}
	crew := t.CrewOf(project)
	var cores []int
	for _, id := range crew.People {
		if a, ok := s.account[id]; ok {
			cores = append(cores, a.ID)
		}
	}
	for _, group := range crew.Groups {
		members, read := s.Groups[group]
		if !read {
			return c
		}
		for _, a := range members {
			cores = append(cores, a.ID)
		}
	}
	if len(cores) > 0 {
		c.Cores = review.KnownCores(cores...)
	}
	return c
}

// Cast says who plays which part in one of a team's projects.
func (r *Roster) Cast(team, name string) review.Cast {
	f := r.facts.Load()
	if c, ok := f.casts[project{team, name}]; ok {
		return c
	}
	t, ok := r.teams[team]
	if !ok {
		return review.Cast{}
	}
	return f.cast(t, name)
}
