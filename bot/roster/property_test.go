package roster

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"torchbearer/bot"
)

// drawPrincipal is anybody, of names that are likely to be taken for others.
func drawPrincipal(t *rapid.T, network string) bot.Principal {
	names := []string{"maria", "MARIA", "Maria-Work", "zoe", "zed", "Bob", "kim[", "kim{", "\u212aim[", "ines", "mallory", "", "zokafor", "opendev:7"}
	return bot.Principal{
		Network: network,
		Nick:    rapid.SampledFrom(names).Draw(t, "nick"), Account: rapid.SampledFrom(names).Draw(t, "account"),
		Strength: rapid.SampledFrom([]bot.Strength{bot.Unproven, bot.Registered, bot.Account}).Draw(t, "strength"),
		Bot:      rapid.Bool().Draw(t, "bot"),
	}
}

// Whoever is in the rooms, under whatever nick: roles follow from proven accounts
// alone, and nobody is taken for a person while the network says that it is
// somebody else.
func TestNicksGiveNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.learn(t, known())
		here := map[bot.Room][]bot.Principal{}
		for _, room := range []bot.Room{glance, libera, nova} {
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				here[room] = append(here[room], drawPrincipal(t, room.Network))
			}
			w.rooms.put(room, here[room]...)
		}
		owns := func(p bot.Principal, id string) bool {
			return p.Strength != bot.Unproven && slices.ContainsFunc(w.options.People[id].Accounts[p.Network], func(a string) bool {
				return bot.FoldAccount(a) == bot.FoldAccount(p.Account)
			})
		}
		for _, members := range here {
			for _, m := range members {
				isSomebody := slices.ContainsFunc([]string{"maria", "zoe", "bob", "kim", "kim2"}, func(id string) bool { return owns(m, id) })
				for _, team := range []string{"glance", "nova", "", bot.NoTeam} {
					if roles := w.Roles(team, m); (roles != bot.Anyone) != isSomebody {
						t.Fatalf("%+v in %q is %q", m, team, roles)
					}
				}
			}
		}
		for _, id := range []string{"maria", "zoe", "bob", "kim", "kim2", "opendev:7"} {
			r := w.reach(t, mustTime(t, "2026-12-01T18:00:00Z"), "glance", bot.Target{Person: id}, 3)
			if r.Room == (bot.Room{}) {
				for _, room := range []bot.Room{glance, libera} {
					if i := slices.IndexFunc(here[room], func(m bot.Principal) bool { return !m.Bot && owns(m, id) }); i >= 0 {
						t.Fatalf("%s is in %s as %+v, and is not found", id, room, here[room][i])
					}
				}
				continue
			}
			if !slices.ContainsFunc(here[r.Room], func(m bot.Principal) bool {
				other := slices.ContainsFunc([]string{"maria", "zoe", "bob", "kim", "kim2"}, func(p string) bool { return p != id && owns(m, p) })
				return m.Nick == r.Nick && !m.Bot && !other
			}) {
				t.Fatalf("%s is told something in %s as %q, where are %+v", id, r.Room, r.Nick, here[r.Room])
			}
		}
	})
}
