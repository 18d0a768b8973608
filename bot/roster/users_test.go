package roster

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

var (
	matrix = bot.Room{Network: "main", Name: "#glance:example.org"}
	aside  = bot.Room{Network: "main", Name: "#aside:example.org"}
)

// user is somebody on Matrix, under the name that they show.
func user(called, id string) bot.Principal {
	return bot.Principal{Network: "main", Nick: called, Account: id, Strength: bot.Account, User: id}
}

// newMixed is the world with Matrix: the team has two rooms there, of which a
// bridge joins one with its room on oftc. Zoe is on both, maria on oftc alone, eve
// on Matrix alone.
func newMixed(t failer) *world {
	return newWorld(t, func(o *Options) {
		zoe := o.People["zoe"]
		zoe.Matrix, zoe.Quiet = "@zoe:example.org", nil
		zoe.Accounts = map[string][]string{"oftc": {"zoe"}, "main": {"@zoe:example.org"}}
		o.People["zoe"] = zoe
		o.People["eve"] = bot.Person{
			ID: "eve", Name: "Eve", Gerrit: "evie", Matrix: "@eve:example.org",
			Accounts: map[string][]string{"main": {"@eve:example.org"}}, Zone: zoe.Zone,
		}
		o.Teams[0].Rooms = []bot.Room{glance, matrix, aside, libera}
		o.Teams[0].Mirrors = [][]bot.Room{{glance, matrix}}
	})
}

// Who is on both networks is told once: where it is proven that it is them; in the
// room of the command; where they were last seen.
func TestReachOnBothNetworks(t *testing.T) {
	noon := mustTime(t, "2026-12-01T18:00:00Z")
	target := func(id string, room bot.Room) bot.Target { return bot.Target{Person: id, Room: room} }
	on := func(room bot.Room, called, id string) bot.Reach { return bot.Reach{Room: room, Nick: called, User: id} }
	gone := bot.Reach{Wait: people.Gone}
	type who map[bot.Room][]bot.Principal
	zoe := user("Zoe O.", "@zoe:example.org")
	tests := []struct {
		story string
		there who
		seen  []bot.Principal // in glance and matrix, oldest first
		to    bot.Target
		want  bot.Reach
	}{
		{"on Matrix alone", who{matrix: {zoe}}, nil, target("zoe", glance), on(matrix, "Zoe O.", "@zoe:example.org")},
		{"on IRC alone", who{glance: {logged("oftc", "zoe_", "zoe")}}, nil, target("zoe", matrix), on(glance, "zoe_", "")},
		{"on both, last seen on Matrix", who{glance: {logged("oftc", "zoe", "zoe")}, matrix: {zoe}}, []bot.Principal{nick("oftc", "zoe"), zoe}, target("zoe", bot.Room{}), on(matrix, "Zoe O.", "@zoe:example.org")},
		{"on both, last seen on IRC", who{glance: {logged("oftc", "zoe", "zoe")}, matrix: {zoe}}, []bot.Principal{zoe, nick("oftc", "zoe")}, target("zoe", bot.Room{}), on(glance, "zoe", "")},
		{"on both, asked on IRC", who{glance: {logged("oftc", "zoe", "zoe")}, matrix: {zoe}}, []bot.Principal{zoe}, target("zoe", glance), on(glance, "zoe", "")},
		{"on both, the nick unproven", who{glance: {nick("oftc", "zoe")}, matrix: {zoe}}, []bot.Principal{zoe, nick("oftc", "zoe")}, target("zoe", glance), on(matrix, "Zoe O.", "@zoe:example.org")},
		{"in two rooms of Matrix, last seen in the second", who{matrix: {zoe}, aside: {zoe}}, nil, target("zoe", aside), on(aside, "Zoe O.", "@zoe:example.org")},
		{"another name since she was seen", who{glance: {logged("oftc", "zoe", "zoe")}, matrix: {zoe}}, []bot.Principal{nick("oftc", "zoe"), user("Zed", "@zoe:example.org")}, target("zoe", bot.Room{}), on(matrix, "Zoe O.", "@zoe:example.org")},
		{"somebody of her name was seen, not she", who{glance: {logged("oftc", "zoe", "zoe")}, matrix: {zoe}}, []bot.Principal{nick("oftc", "zoe"), user("Zoe O.", "@mallory:evil.example")}, target("zoe", bot.Room{}), on(glance, "zoe", "")},

		{"a display name is nobody", who{matrix: {user("zoe", "@mallory:evil.example"), user("@zoe:example.org", "@m2:evil.example")}}, nil, target("zoe", matrix), gone},
		{"nor is one like a Gerrit username", who{matrix: {user("Bob", "@mallory:evil.example")}}, nil, target("bob", matrix), gone},
		{"the case of an id counts", who{matrix: {user("Zoe", "@Zoe:example.org")}}, nil, target("zoe", matrix), gone},
		{"maria's puppet on Matrix", who{matrix: {user("maria", "@oftc_maria:example.org")}}, nil, target("maria", matrix), gone},
		{"zoe's puppet on IRC", who{glance: {nick("oftc", "zoe")}, matrix: {zoe}}, []bot.Principal{zoe, nick("oftc", "zoe")}, target("zoe", glance), on(matrix, "Zoe O.", "@zoe:example.org")},
		{"eve's puppet on IRC, under her Gerrit username", who{glance: {nick("oftc", "evie")}}, nil, target("eve", glance), gone},
		{"eve, where no bridge is", who{libera: {nick("libera", "evie")}}, nil, target("eve", libera), on(libera, "evie", "")},
		{"bob, whom nothing is known of on Matrix", who{glance: {nick("oftc", "bob")}}, nil, target("bob", glance), on(glance, "bob", "")},

		{"alone", who{matrix: {zoe}}, nil, bot.Target{Person: "zoe", Direct: true}, bot.Reach{Room: bot.Room{Network: "main", Name: "@zoe:example.org"}, Nick: "Zoe O.", User: "@zoe:example.org"}},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			w := newMixed(t)
			for room, members := range tt.there {
				w.rooms.put(room, members...)
			}
			for i, p := range tt.seen {
				room := glance
				if p.Network == "main" {
					room = matrix
				}
				w.Seen(room, p, noon.Add(time.Duration(i-10)*time.Minute))
			}
			if diff := cmp.Diff(tt.want, w.reach(t, noon, "glance", tt.to, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// People are named by what is theirs: not by the name that somebody shows.
func TestFindOnMatrix(t *testing.T) {
	w := newMixed(t)
	w.rooms.put(matrix, user("Eve", "@zoe:example.org"), user("Maria M.", "@mallory:evil.example"), user("Somebody", "@eve:example.org"))
	for _, tt := range []struct{ word, want string }{
		{"@zoe:example.org", "zoe"},
		{"@zoe:example.org:", "zoe"},
		{"@ZOE:example.org", ""},
		{"@eve:example.org", "eve"},
		{"@mallory:evil.example", ""},
		{"zoe", "zoe"},
		{"evie", "eve"},
		{"somebody", ""},
		{"mallory", ""},
	} {
		for _, room := range []bot.Room{matrix, glance} {
			p, err := w.Find("glance", room, tt.word)
			if p.ID != tt.want || err == nil != (tt.want != "") {
				t.Errorf("%s in %s is %q, %v; want %q", tt.word, room, p.ID, err, tt.want)
			}
		}
	}
}

// The first part of a user id names somebody in the room; where two have the same,
// neither is guessed.
func TestFindByLocalPart(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Teams[0].Rooms = []bot.Room{matrix}
		for id, user := range map[string]string{"zoe": "@zz:example.org", "kim": "@kk:example.org", "kim2": "@kk:other.example"} {
			p := o.People[id]
			p.Accounts = map[string][]string{"main": {user}}
			o.People[id] = p
		}
	})
	w.rooms.put(matrix, user("x", "@zz:example.org"), user("zz", "@kk:example.org"), user("z", "@kk:other.example"))
	if p, err := w.Find("glance", matrix, "zz"); p.ID != "zoe" {
		t.Errorf("zz is %q, %v; want zoe", p.ID, err)
	}
	if p, err := w.Find("glance", matrix, "kk"); err == nil || !strings.Contains(err.Error(), `"kim" or "kim2"`) {
		t.Errorf("kk is %q, %v; want a question", p.ID, err)
	}
}

// Whatever names strangers show on Matrix, they have no role, are not known, and
// nobody is told anything as them.
func TestDisplayNamesGiveNothing(t *testing.T) {
	names := []string{"zoe", "Zoe Okafor", "@zoe:example.org", "eve", "evie", "Bob", "maria", "\u202ezoe", ""}
	rapid.Check(t, func(t *rapid.T) {
		w := newMixed(t)
		w.learn(t, known())
		var strangers []bot.Principal
		for range rapid.IntRange(1, 5).Draw(t, "strangers") {
			id := rapid.SampledFrom([]string{"@zoe:evil.example", "@Zoe:example.org", "@eve:example.org.evil.example", "@oftc_maria:example.org"}).Draw(t, "id")
			strangers = append(strangers, user(rapid.SampledFrom(names).Draw(t, "name"), id))
		}
		w.rooms.put(matrix, strangers...)
		w.rooms.put(aside, strangers...)
		for _, p := range strangers {
			w.Seen(matrix, p, mustTime(t, "2026-12-01T17:00:00Z"))
			if roles := w.Roles("glance", p); roles != bot.Anyone || w.Known(p) {
				t.Fatalf("%+v is %s, known: %t", p, roles, w.Known(p))
			}
		}
		for _, id := range slices.Sorted(maps.Keys(w.options.People)) {
			if got := w.reach(t, mustTime(t, "2026-12-01T18:00:00Z"), "glance", bot.Target{Person: id, Room: matrix}, 0); got.Room != (bot.Room{}) {
				t.Fatalf("%s is told something as %+v", id, got)
			}
		}
	})
}
