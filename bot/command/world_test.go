package command_test

import (
	"iter"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/command"
	"torchbearer/bot/cycle"
	"torchbearer/bot/review"
)

// view is a moment of a desk: a calendar, a mirror, and people known by what
// they are called.
type view struct{ d *desk }

func (v view) Reviews() bot.Reviews          { return mirror{v.d} }
func (v view) People() bot.People            { return directory{} }
func (v view) Now() time.Time                { return v.d.now }
func (v view) Get(string, any) (bool, error) { return false, nil }
func (v view) Calendar() cycle.Calendar {
	today := civil.DateOf(v.d.now, time.UTC)
	cal := cycle.New(time.UTC, append([]cycle.Event{
		{ID: "spec-freeze", Kind: "spec-freeze", Name: "Spec freeze", At: v.d.now.Add(time.Hour), Day: today},
		{ID: "release", Kind: "release", Name: "Release", At: v.d.now.Add(2 * time.Hour), Day: today},
	}, v.d.official...)).WithOthers(v.d.others)
	cal.Unread = v.d.unread
	return cal
}

// mirror is what a desk has of the team's changes; commands read no more of it.
type mirror struct{ *desk }

func (m mirror) Changes(review.Filter) iter.Seq[review.Change] {
	return func(yield func(review.Change) bool) {
		for _, ch := range m.changes {
			if !yield(ch) {
				return
			}
		}
	}
}

func (m mirror) Change(number int) (review.Change, bool) {
	for _, ch := range m.changes {
		if ch.Number == number {
			return ch, true
		}
	}
	return review.Change{}, false
}

func (m mirror) Row(ch review.Change) review.Row { return review.Row{Change: ch} }
func (m mirror) Cast(string) review.Cast         { return review.Cast{} }
func (m mirror) State() bot.ReviewState          { return bot.ReviewState{Known: true} }

// directory knows everybody by name.
type directory struct{ bot.People }

func (directory) Person(id string) (bot.Person, bool) {
	p := bot.Person{ID: id, Name: id}
	if id == "maria" {
		p.Zone, _ = civil.LoadZone("America/New_York")
	}
	return p, id == "maria" || id == "bob" || id == "zoe"
}

// identify knows whose account is called as they are.
func identify(p bot.Principal) (string, bool) {
	_, ok := directory{}.Person(p.Account)
	return p.Account, ok
}

func find(team string, r bot.Room, word string) (bot.Person, error) {
	p, ok := directory{}.Person(strings.ToLower(word))
	if !ok {
		return p, bot.Userf("I know nobody called \"%s\" in %s of %s.", word, r.Name, team)
	}
	return p, nil
}

// shown is what a command was given for an argument.
func shown(a bot.Arg, c bot.Call) string {
	if d, ok := c.Days(a.Name); ok {
		return " " + a.Name + "=" + d.Said + ":" + d.First.String()
	}
	switch a.Kind {
	case bot.ArgEvent:
		if e, ok := c.Event(a.Name); ok {
			return " event=" + e.ID
		}
	case bot.ArgPerson:
		if p, ok := c.Person(a.Name); ok {
			return " " + a.Name + "=" + p.ID
		}
	case bot.ArgChange:
		if ch, ok := c.Change(a.Name); ok {
			return " " + a.Name + "=" + ch.Subject
		}
	default:
		if w := c.Word(a.Name); w != "" {
			return " " + a.Name + "=" + w
		}
	}
	return ""
}

const (
	pickedID = "I8f0c1e2d3b4a59687766554433221100ffeeddcc"
	aloneID  = "I0123456789abcdef0123456789abcdef01234567"
	lostID   = "Iffffffffffffffffffffffffffffffffffffffff"
)

// asking is a desk with a review server and the commands of its queue; !away is
// the whole bot's.
func asking() *desk {
	d := newDesk(command.Limit{})
	d.changes = []review.Change{
		{Number: 912345, ID: aloneID, Project: "openstack/glance", Branch: "master", Subject: "cache"},
		{Number: 912346, ID: pickedID, Project: "openstack/glance", Branch: "master", Subject: "fix", Status: review.Merged},
		{Number: 912347, ID: pickedID, Project: "openstack/glance", Branch: "stable/2026.1", Subject: "fix picked"},
	}
	core := bot.Arg{Name: "core", Kind: bot.ArgPerson}
	change := bot.Arg{Name: "change", Kind: bot.ArgChange, Fresh: true}
	note := bot.Arg{Name: "note", Kind: bot.ArgRest, Optional: true}
	person := bot.Arg{Name: "person", Kind: bot.ArgPerson, Optional: true}
	known := change
	known.Fresh = false
	ask := says("ask", bot.Anyone, core, change, note)
	ask.AnyOrder = true
	pass := says("pass", bot.Anyone, known, person)
	pass.AnyOrder = true
	queue := []command.Plugin{{Name: "queue", Commands: []bot.Command{
		ask, pass, says("turn", bot.Anyone, known), says("next", bot.Anyone, person), says("push", bot.Known, change),
	}}}
	o := d.h.Options
	glance := bot.Team{
		ID: "glance", Name: "Glance", Rooms: []bot.Room{glanceRoom, sharedRoom},
		Gerrit:   bot.ReviewServer{Name: "opendev", URL: "https://review.opendev.org"},
		Projects: []string{"openstack/glance"}, Specs: []string{"openstack/glance-specs"},
	}
	nova := bot.Team{ID: "nova", Name: "Nova", Rooms: []bot.Room{novaRoom, sharedRoom}}
	o.Teams = []command.Team{
		{Team: glance, Plugins: queue},
		{Team: nova, Plugins: queue},
		{Team: bot.Team{ID: bot.NoTeam}, Plugins: []command.Plugin{{Name: "people", Commands: []bot.Command{
			says("away", bot.Known, bot.Arg{Name: "until", Kind: bot.ArgWord}),
		}}}},
	}
	o.Identify, o.Person = identify, find
	o.Roles = func(_ string, p bot.Principal) bot.Role {
		if _, ok := identify(p); ok && p.Strength >= bot.Registered {
			return bot.Known
		}
		return bot.Anyone
	}
	d.h = command.New(o)
	return d
}
