package irc_test

import (
	"testing"
	"testing/synctest"

	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// A bridge's puppet is nobody: what it says is not heard, nor is it in the room.
// Whoever only looks like one is heard.
func TestPuppetsAreIgnored(t *testing.T) {
	puppets := func(c *irc.Config) { c.Ignore = []string{"*[m]", "mx_*_puppet", "Robot"} }
	inWorld(t, bottest.IRCOptions{Caps: bottest.IRCv3()}, puppets, func(w *world) {
		for _, nick := range []string{"zoe[m]", "ZOE{M}", "mx_zoe_puppet", "robot", "mx_a_b_puppet"} {
			w.srv.Join("#glance", nick)
			w.srv.Say(nick, "#glance", "!freeze")
			w.srv.Say(nick, "glancebot", "freeze")
		}
		synctest.Wait()
		if len(w.heard) > 0 || len(w.seen) > 0 || len(w.irc.Members(glance)) > 0 {
			t.Errorf("heard %v, seen %q, members %v; want nobody", w.heard, w.seen, w.irc.Members(glance))
		}
		people := []string{"zoe[m]x", "zoe", "mx__puppe", "robots", "mx_puppet"}
		for _, nick := range people {
			w.srv.Join("#glance", nick)
			w.srv.Say(nick, "#glance", "!freeze")
		}
		synctest.Wait()
		if len(w.heard) != len(people) || len(w.irc.Members(glance)) != len(people) {
			t.Errorf("heard %d, members %d; want %d people", len(w.heard), len(w.irc.Members(glance)), len(people))
		}
	})
}
