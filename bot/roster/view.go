package roster

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// View returns the people of one moment, as a plugin of a team sees them.
func (r *Roster) View(tx bot.ReadTx, now time.Time, team string) bot.People {
	return &view{roster: r, tx: tx, now: now, team: team}
}

// view implements bot.People.
type view struct {
	roster *Roster
	tx     bot.ReadTx
	now    time.Time
	team   string
}

var _ bot.People = (*view)(nil)

func (v *view) Person(id string) (bot.Person, bool) { return v.roster.person(id) }

func (v *view) Of(a review.Account) bot.Person {
	return v.roster.of(v.roster.teams[v.team].Gerrit.Name, a)
}

func (v *view) Account(id string) (int, bool) { return v.roster.account(v.team, id) }

// Consent of somebody whose record can't be read is never to be asked.
func (v *view) Consent(id string) people.Consent {
	c, err := consent(v.tx, id)
	if err != nil {
		v.roster.log.Error("can't read what a person consents to", "id", id, "err", err)
		return people.Consent{OptedOut: true}
	}
	return c
}

func (v *view) Reach(to bot.Target, daily int) bot.Reach {
	return v.roster.Reach(v.tx, v.now, v.team, to, daily)
}

// person returns somebody by id: of a section, or "<server>:<account number>".
func (r *Roster) person(id string) (bot.Person, bool) {
	if p, ok := r.people[id]; ok {
		return p, true
	}
	name, number, ok := cutID(id)
	if !ok {
		return bot.Person{}, false
	}
	a, ok := r.facts.Load().server(name).numbered[number]
	if !ok && r.mirror != nil {
		a, ok = r.mirror.Numbered(name, number)
	}
	if !ok {
		return bot.Person{}, false
	}
	return r.of(name, a), true
}

// of returns who an account is. The number decides; the username only where
// nobody has told whose number it is.
func (r *Roster) of(name string, a review.Account) bot.Person {
	s := r.facts.Load().server(name)
	if id, ok := s.person[a.ID]; ok {
		return r.people[id]
	}
	if id, ok := r.gerrit[bot.FoldAccount(a.Username)]; ok && a.Username != "" {
		if _, elsewhere := s.account[id]; !elsewhere {
			return r.people[id]
		}
	}
	return bot.Person{ID: name + ":" + strconv.Itoa(a.ID), Name: a.Called(), Gerrit: a.Username, Zone: time.UTC}
}

// account returns a person's account on a team's review server; without a team,
// on the first server by name where there is one.
func (r *Roster) account(team, id string) (int, bool) {
	f, t := r.facts.Load(), r.teams[team]
	servers := []string{t.Gerrit.Name}
	if t.ID == "" {
		servers = slices.Sorted(maps.Keys(f.servers))
	}
	for _, name := range servers {
		if a, ok := f.server(name).account[id]; ok {
			return a.ID, true
		}
		if of, number, ok := cutID(id); ok && of == name {
			return number, true
		}
	}
	return 0, false
}

// cutID reads "<server>:<account number>".
func cutID(id string) (server string, number int, ok bool) {
	server, digits, ok := strings.Cut(id, ":")
	if !ok || server == "" {
		return "", 0, false
	}
	number, err := strconv.Atoi(digits)
	return server, number, err == nil && number > 0
}
