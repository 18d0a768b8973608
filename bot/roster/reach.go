package roster

import (
	"cmp"
	"slices"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

// Reach says where and when the target's person would be told something of a
// team's.
//
// What holds them back is, in this order: that they have opted out (nothing
// else is said then), that they are away or asleep, that they have been asked
// as often as a day of theirs allows, that they are nowhere. At is when all of it
// but the last is over; the cap is the reason if it is what makes them wait
// longest. Room and Nick say where they are, also while they sleep.
//
// Somebody is where the network proves one of their accounts, be it on another
// network; next, in the target's room; next, where they were last seen. What
// bridges show of them is not them.
func (r *Roster) Reach(tx bot.ReadTx, now time.Time, team string, to bot.Target, daily int) bot.Reach {
	p, ok := r.person(to.Person)
	if !ok {
		return bot.Reach{Wait: people.Gone}
	}
	at, wait, err := r.when(tx, now, p, daily)
	if err != nil {
		// Whoever can't be asked whether they may be asked is not asked.
		r.log.Error("can't read whether a person may be asked", "id", p.ID, "err", err)
		return bot.Reach{Wait: people.Gone}
	}
	if wait == people.OptedOut {
		return bot.Reach{Wait: wait}
	}
	reach := bot.Reach{Wait: wait}
	if wait != people.No {
		reach.At = at
	}
	place, there := r.where(p, team, to.Room)
	switch {
	case there && to.Direct:
		reach.Room = bot.Room{Network: place.room.Network, Name: bearer(place.who)}
		reach.Nick, reach.User = place.who.Nick, place.who.User
	case there:
		reach.Room, reach.Nick, reach.User = place.room, place.who.Nick, place.who.User
	case wait == people.No:
		reach.Wait = people.Gone
	}
	return reach
}

// when returns the first instant at which a person may be asked, wherever they
// are, and why not now.
func (r *Roster) when(tx bot.ReadTx, now time.Time, p bot.Person, daily int) (time.Time, people.Wait, error) {
	c, err := consent(tx, p.ID)
	if err != nil {
		return time.Time{}, people.No, err
	}
	at, wait := c.Next(now, p.Quiet, p.Zone)
	if daily <= 0 || wait == people.OptedOut {
		return at, wait, nil
	}
	for {
		n, err := asked(tx, p.ID, people.Day(at, p.Zone))
		if err != nil {
			return time.Time{}, people.No, err
		}
		if n < daily {
			return at, wait, nil
		}
		at, _ = c.Next(people.Tomorrow(at, p.Zone), p.Quiet, p.Zone)
		wait = people.Capped
	}
}

// place is where somebody is, as whom.
type place struct {
	room   bot.Room
	who    bot.Principal
	proven bool // by account
	wanted bool // it is the room that was asked for
	seen   time.Time
}

// where returns the best place to tell a person something.
func (r *Roster) where(p bot.Person, team string, wanted bot.Room) (place, bool) {
	var places []place
	add := func(room bot.Room) {
		members := r.members(room)
		// Where the network says of some who they are, it would of this one.
		tells := len(p.Accounts[room.Network]) > 0 &&
			slices.ContainsFunc(members, func(m bot.Principal) bool { return m.Strength == bot.Account })
		for _, m := range members {
			if is, proven := r.is(m, p); is && (proven || !tells && !r.puppets(room, p)) {
				places = append(places, place{
					room: room, who: m, proven: proven, wanted: room == wanted, seen: r.sightings.last(room, m),
				})
			}
		}
	}
	rooms := r.roomsOf(team)
	for _, room := range rooms {
		add(room)
	}
	if wanted != (bot.Room{}) && !slices.Contains(rooms, wanted) {
		add(wanted)
	}
	if len(places) == 0 {
		return place{}, false
	}
	// The sort is stable: of equals it is the team's first room.
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(first(a.proven, b.proven), first(a.wanted, b.wanted), b.seen.Compare(a.seen))
	})
	return places[0], true
}

// puppets reports whether somebody of a person's name in a room must be taken for
// what a bridge shows there of the person, whom the configuration knows in another
// room of the mirror, and not here.
func (r *Roster) puppets(room bot.Room, p bot.Person) bool {
	return len(p.Accounts[room.Network]) == 0 && slices.ContainsFunc(r.sisters[room], func(sister bot.Room) bool {
		return len(p.Accounts[sister.Network]) > 0
	})
}

// first orders what holds before what does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// is reports whether a member of a room is a person, or bears their name without
// the network proving that it is somebody else. Who has no account of the
// configuration on the network goes by their Gerrit username. A name that is only
// shown, beside an id, is nobody's.
func (r *Roster) is(m bot.Principal, p bot.Person) (is, proves bool) {
	if m.Bot {
		return false, false
	}
	names := p.Accounts[m.Network]
	if _, ok := proven(m); ok {
		who, known := r.Identify(m)
		switch {
		case known:
			return who.ID == p.ID, who.ID == p.ID
		case len(names) > 0:
			return false, false
		}
	}
	if m.User != "" {
		return false, false
	}
	if len(names) == 0 {
		names = []string{p.Gerrit}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return name != "" && bot.FoldAccount(name) == bot.FoldAccount(m.Nick)
	}), false
}
