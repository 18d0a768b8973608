package backlog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

var (
	alone  = bot.Room{Network: "net", Name: "#glance"}
	shared = bot.Room{Network: "net", Name: "#shared"}
	now    = time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC) // a Tuesday
)

const (
	glance = "openstack/glance"
	store  = "openstack/glance_store"
	client = "openstack/python-glanceclient"
	specs  = "openstack/glance-specs"
)

// team has three projects and one of specs.
func team() bot.Team {
	return bot.Team{
		ID: "glance", Name: "Glance", Zone: time.UTC, PTL: []string{"maria"}, Rooms: []bot.Room{alone, shared}, Shared: []bot.Room{shared},
		Gerrit:   bot.ReviewServer{Name: "opendev", URL: "https://review.example.org"},
		Projects: []string{glance, store, client}, Specs: []string{specs}, CI: []string{"zuul"},
	}
}

func with(t bot.Team) *plugin { return &plugin{team: t, at: civil.Clock{Hour: 6}} }

// The people: nina owns every change; zoe and bob are cores, dave is none, maria
// is the PTL. carl has no section, erin no account that the bot knows.
const nina, zoe, bob, dave, maria, carl = 1, 2, 3, 5, 6, 7

// view is a moment at which the mirror holds the changes.
func view(changes ...review.Change) *bottest.View {
	cast := review.Cast{Cores: review.KnownCores(zoe, bob), PTL: []int{maria}}
	spec := cast
	spec.Spec = true
	v := &bottest.View{
		At: now, Queue: changes, Read: bot.ReviewState{Known: true, ReadAt: now.Add(-3 * time.Minute)},
		Casts:    map[string]review.Cast{glance: cast, store: cast, client: cast, specs: spec},
		Accounts: map[string]int{"nina": nina, "zoe": zoe, "bob": bob, "dave": dave, "maria": maria},
	}
	for _, id := range []string{"nina", "zoe", "bob", "erin", "dave", "maria"} {
		v.Persons = append(v.Persons, bot.Person{ID: id, Name: id, Zone: time.UTC})
	}
	return v
}

// change is one that CI passed and nobody has looked at for so many days.
func change(number int, project string, days int, more ...func(*review.Change)) review.Change {
	at := now.Add(-time.Duration(days) * 24 * time.Hour)
	c := review.Change{
		Server: "opendev", Number: number, Project: project, Subject: "Cache policy checks", Owner: review.Account{ID: nina, Username: "nina"},
		Created: at, Updated: at, AuthorUpdate: at, PatchSet: review.PatchSet{Number: 1, Kind: review.Rework, At: at},
		Mergeable: review.Yes, CI: review.CI{Vote: 1, Report: at.Add(time.Hour)},
	}
	for _, m := range more {
		m(&c)
	}
	return c
}

func subjected(s string) func(*review.Change) { return func(c *review.Change) { c.Subject = s } }

// voted is a vote an hour after the author's update.
func voted(by int, label string, value int) func(*review.Change) {
	return func(c *review.Change) {
		at := c.AuthorUpdate.Add(time.Hour)
		c.Votes = append(c.Votes, review.Vote{Label: label, Value: value, By: by, Cast: at})
		if by != c.Owner.ID {
			c.Reviewed, c.FirstReview, c.LastReview = true, at, at
			c.Acts = append(c.Acts, review.Act{By: by, At: at, PatchSet: 1, Votes: []review.Given{{Label: label, Value: value}}, Review: true})
		}
	}
}

func plus(by, value int) func(*review.Change) { return voted(by, "Code-Review", value) }

// do uses a command, and returns its answer or what it refuses with.
func do(t testing.TB, p *plugin, v *bottest.View, name string, c bot.Call) string {
	t.Helper()
	if c.Room == (bot.Room{}) {
		c.Room = alone
	}
	for _, command := range p.commands() {
		if command.Name != name {
			continue
		}
		eff, err := command.Do(context.Background(), v, c)
		if u, ok := errors.AsType[*bot.UserError](err); ok {
			return u.Text
		}
		if err != nil || eff.Reply == nil || !eff.Empty() || eff.Reply.Kind != msg.Answer {
			t.Fatalf("!%s: %+v, %v: want an answer and nothing else", name, eff, err)
		}
		return plain(*eff.Reply, v.At)
	}
	t.Fatalf("no command %s", name)
	return ""
}

func plain(m msg.Message, at time.Time) string {
	return strings.ReplaceAll(msg.Plain(m, at), "\n", " ")
}

// night is what a room hears on the night of a day, and what is stored.
func night(t testing.TB, p *plugin, v *bottest.View, day string, room bot.Room) string {
	t.Helper()
	d, err := civil.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	at := d.At(p.at, p.team.Zone)
	eff, err := p.night(context.Background(), v, bot.Occurrence{Key: bot.Key("night/" + day), At: at, Until: at.Add(stale), Data: d})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Apply(eff); err != nil {
		t.Fatal(err)
	}
	if len(eff.Unsay) != 1 || eff.Unsay[0] != "night" {
		t.Errorf("unsays %v, want what still waits of earlier nights", eff.Unsay)
	}
	text := ""
	for _, s := range eff.Say {
		if s.Message.Kind != msg.Announce || !s.Expires.Equal(at.Add(stale+1)) || s.Key != bot.Key("night/"+day) {
			t.Errorf("says %+v", s)
		}
		if s.To.Room == room {
			text += plain(s.Message, v.At)
		}
	}
	return text
}
