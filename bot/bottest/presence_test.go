package bottest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// inRoom describes who the bot sees in a room.
func inRoom(s *bottest.Session, r bot.Room) string {
	var all []string
	for _, p := range s.Members(r) {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s (%s) %s", p.Nick, p.Strength, p.Account)))
	}
	return strings.Join(all, ", ")
}

// Who is in a room: whoever has come or spoken there, and not left; with the user
// id on a network that has one.
func TestPresence(t *testing.T) {
	other := bot.Room{Network: "net", Name: "#b"}
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		on(t, kind, func(t *testing.T, n *bottest.Network, s *bottest.Session, e *ear) {
			is := func(nick, user string) string {
				if kind == bottest.Rich {
					return nick + " (account) " + user
				}
				return nick + " (nick only)"
			}
			mm, renamed := is("maria", "@mm:example.org"), is("maria_", "@mm:example.org")
			zoe, bob := is("zoe", "@zoe:elsewhere.example"), is("bob", "@bob:elsewhere.example")
			maria := bottest.Speaker{Nick: "maria", Account: "mm"}
			for _, step := range []struct {
				name string
				do   func()
				want string
			}{
				{"nobody", func() {}, ""},
				{"comes", func() { n.Join(channel, maria) }, mm},
				{"comes again, and elsewhere", func() { n.Join(channel, maria); n.Join(other, maria) }, mm},
				{"without services", func() { n.Services(false) }, mm},
				{"speaks", func() { n.Services(true); n.Say(channel, bottest.Speaker{Nick: "zoe"}, "hello") }, mm + ", " + zoe},
				{"the bot itself", func() { n.Join(channel, bottest.Speaker{Nick: "glancebot"}) }, mm + ", " + zoe},
				{"to the bot alone", func() { n.Say(bot.Room{Network: "net", Name: "nina"}, bottest.Speaker{Nick: "nina"}, "hello") }, mm + ", " + zoe},
				{"leaves", func() { n.Part(channel, "zoe") }, mm},
				{"kicked", func() { n.Kick(channel) }, ""},
				{"comes unseen", func() { n.Join(channel, bottest.Speaker{Nick: "bob"}) }, ""},
				{"back", func() { n.Rejoin(channel) }, mm + ", " + bob},
				{"another name", func() { n.Rename("maria", "maria_") }, bob + ", " + renamed},
				{"gone", func() { n.Quit("maria_") }, bob},
				{"disconnected", n.Down, ""},
			} {
				step.do()
				if got := inRoom(s, channel); !sameMembers(got, step.want) {
					t.Errorf("%s: got %s, want %s", step.name, got, step.want)
				}
			}
			if got := inRoom(s, other); got != "" {
				t.Errorf("the other room: %s", got)
			}
			want := []string{"#a maria", "#a maria", "#b maria", "#a zoe", "#a glancebot"}
			if diff := cmp.Diff(want, e.seen); diff != "" {
				t.Errorf("seen (-want +got):\n%s", diff)
			}
		})
	}
}

func sameMembers(got, want string) bool {
	count := map[string]int{}
	for _, s := range strings.Split(got, ", ") {
		count[s]++
	}
	for _, s := range strings.Split(want, ", ") {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// A message to somebody alone arrives while they are on the network, in a room or
// after a word to the bot; otherwise it is refused for now.
func TestDirect(t *testing.T) {
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		on(t, kind, func(t *testing.T, n *bottest.Network, s *bottest.Session, _ *ear) {
			zoe := bot.Room{Network: "net", Name: "zoe"}
			payload, err := s.Render(zoe, msg.New(msg.Announce, msg.Para{msg.Text("psst")}), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			id := 0
			tell := func(what string, there bool) {
				t.Helper()
				id++
				err := s.Deliver(t.Context(), fmt.Sprint(id), zoe, payload)
				_, seen := n.Take(zoe)
				var refusal *bot.Refusal
				switch {
				case there && (err != nil || !seen):
					t.Errorf("%s: %v, seen %v", what, err, seen)
				case !there && (!errors.As(err, &refusal) || refusal.Final || seen || refusal.Why != "zoe is not on the network (401)"):
					t.Errorf("%s: %v, seen %v; want a refusal that is not final", what, err, seen)
				}
			}
			tell("never seen", false)
			n.Join(channel, bottest.Speaker{Nick: "zoe"})
			tell("in a room", true)
			n.Part(channel, "zoe")
			tell("left it", false)
			n.Say(zoe, bottest.Speaker{Nick: "zoe"}, "hello")
			tell("spoke to the bot", true)
			n.Rename("zoe", "zoe_")
			tell("called otherwise", false)
			if kind == bottest.Rich {
				zoe.Name = "@zoe:elsewhere.example"
				tell("called otherwise, by the id", true)
			}
			n.Rename("zoe_", "zoe")
			tell("and back", true)
			zoe.Name = "zoe"
			n.Quit("zoe")
			tell("gone", false)
		})
	}
}
