// Package roster knows who is who: who a line in chat comes from, what they may
// act as, who an account of a review server is, where somebody can be told
// something and when. It joins the people of the configuration with the groups
// of review servers, with who is in which room, and with what people have said
// about being asked.
//
//	r := roster.New(roster.Options{People: cfg.People, Teams: teams, Members: members, Store: store, Log: log})
//	err := store.View(ctx, r.Load)
//	go r.Run(ctx, servers)
//	roles := r.Roles("glance", principal)
//
// A nick alone is nobody: it never gives a role, only a place where a person of
// that name can be told something. A display name is not even that: where the
// network knows people by an id (bot.Principal.User), the id is who they are.
package roster

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Options are what a roster is made of.
type Options struct {
	People    map[string]bot.Person // by id
	Operators []string              // ids
	Teams     []bot.Team

	// Members lists who is in a room, as bot.Transport does; nil: nobody is.
	Members func(bot.Room) []bot.Principal

	// Mirror knows the accounts that changes name; nil: only those of groups
	// are known.
	Mirror Mirror

	// Store keeps what Run has read; nil: it is kept in memory only.
	Store bot.Store

	// Before is the roster before a reload: whom it has seen where, and what
	// it knows of review servers, is known at once. Nil: none.
	Before *Roster

	Log *slog.Logger
}

// Mirror knows accounts of review servers from the changes they took part in. Its
// methods don't wait for a server.
type Mirror interface {
	Named(server, username string) (review.Account, bool)
	Numbered(server string, number int) (review.Account, bool)
}

// Roster knows who is who, for one configuration. Its methods may be called from
// several goroutines at once.
type Roster struct {
	people   map[string]bot.Person
	teams    map[string]bot.Team
	rooms    []bot.Room              // of all teams
	sisters  map[bot.Room][]bot.Room // the rooms of its mirror
	accounts map[string]string
	gerrit   map[string]string // Gerrit username, folded, to person's id
	grants   map[part]bot.Role // by people of the configuration alone; team "": in every team

	members func(bot.Room) []bot.Principal
	mirror  Mirror
	store   bot.Store
	log     *slog.Logger

	sightings *sightings
	learning  sync.Mutex // held while facts are replaced
	facts     atomic.Pointer[facts]
}

// part is somebody in a team.
type part struct{ person, team string }

// New makes a roster. It knows no groups before Load, Learn or Run.
func New(o Options) *Roster {
	r := &Roster{
		people: o.People, teams: map[string]bot.Team{}, sisters: map[bot.Room][]bot.Room{},
		accounts: map[string]string{}, gerrit: map[string]string{}, grants: map[part]bot.Role{},
		members: o.Members, mirror: o.Mirror, store: o.Store, log: o.Log, sightings: newSightings(),
	}
	if r.members == nil {
		r.members = func(bot.Room) []bot.Principal { return nil }
	}
	for id, p := range o.People {
		r.grants[part{person: id}] |= bot.Known
		for network, accounts := range p.Accounts {
			for _, account := range accounts {
				r.accounts[accountKey(network, account)] = id
			}
		}
		if p.Gerrit != "" {
			r.gerrit[bot.FoldAccount(p.Gerrit)] = id
		}
	}
	for _, id := range o.Operators {
		r.grants[part{person: id}] |= bot.Operator
	}
	for _, t := range o.Teams {
		r.teams[t.ID] = t
		for _, room := range t.Rooms {
			if !slices.Contains(r.rooms, room) {
				r.rooms = append(r.rooms, room)
			}
		}
		for _, mirror := range t.Mirrors {
			for _, room := range mirror {
				r.sisters[room] = append(r.sisters[room], mirror...)
			}
		}
		for _, id := range t.PTL {
			r.grants[part{id, t.ID}] |= bot.PTL
		}
		for _, crew := range crews(t) {
			for _, id := range crew.People {
				r.grants[part{id, t.ID}] |= bot.Core
			}
		}
	}
	known := map[string]Learnt{}
	if o.Before != nil {
		r.sightings = o.Before.sightings
		known = o.Before.facts.Load().learnt()
	}
	r.facts.Store(r.derive(known))
	return r
}

// crews lists all crews of a team: whoever is in one is a core of one of its
// projects.
func crews(t bot.Team) []bot.Crew {
	all := []bot.Crew{t.Crew}
	for _, crew := range t.Crews {
		all = append(all, crew)
	}
	return all
}

// roomsOf lists the rooms of a team; of no team, those of all.
func (r *Roster) roomsOf(team string) []bot.Room {
	if t, ok := r.teams[team]; ok {
		return t.Rooms
	}
	return r.rooms
}
