package irc_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

var toMaria = bot.Room{Network: "net", Name: "maria"}

// A person can be told something alone once the bot is logged in, by a nick that
// means one person.
func TestDirectReady(t *testing.T) {
	for name, o := range map[string]bottest.IRCOptions{"whose services are there": oftc(), "whose services are away": {Caps: []string{"multi-prefix"}}} {
		inWorld(t, o, nickServ, func(w *world) {
			for nick, valid := range map[string]bool{
				"maria": true, "[maria]": true, "m|away": true,
				"": false, "#room": false, "$$*": false, "$*.example": false, "maria@services": false, "maria!u": false,
				"a,b": false, "a b": false, ":maria": false, "*": false, "ma\rria": false, "&local": false,
			} {
				r := bot.Room{Network: "net", Name: nick}
				want := valid && o.Accounts != nil
				if got := w.irc.Ready(r); got != want {
					t.Errorf("%q, on a network %s: ready %t, want %t", nick, name, got, want)
				}
				if want {
					continue
				}
				if got := outcome(w.deliver(r, "psst")); got != bot.ErrNotReady.Error() {
					t.Errorf("%q, on a network %s: %s", nick, name, got)
				}
			}
			if got := w.lines("PRIVMSG "); len(got) > 0 && !strings.HasPrefix(got[0], "PRIVMSG NickServ ") {
				t.Errorf("said %q", got)
			}
		})
	}
}

// A word to one person is refused in many ways, and in none for ever: people come
// back, log in and let the bot speak to them.
func TestDirectRefused(t *testing.T) {
	for _, tt := range []struct {
		answer string // to PRIVMSG, after the nick
		want   string
	}{
		{"401 glancebot maria :No such nick", "maria is not on the network (401)"},
		{"477 glancebot maria :You need to be identified", "maria takes messages of registered nicks only (477)"},
		{"486 glancebot maria :You must identify", "maria takes messages of registered nicks only (486)"},
		{"531 glancebot maria :You are not permitted to send private messages to this user", "You are not permitted to send private messages to this user (531)"},
		{"716 glancebot maria :is in +g mode (server-side ignore).", "maria takes messages of accepted people only (716)"},
	} {
		for way, o := range networks() {
			refuse := true
			o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
				if command != "PRIVMSG" || !refuse {
					return false
				}
				label := ""
				if way == "labels, ACK" || way == "labels, echo" {
					label = "@label=s1 "
				}
				c.Send("%s:irc.test %s", label, tt.answer)
				if strings.HasPrefix(tt.answer, "716") {
					c.Send(":irc.test 717 glancebot maria :has been informed that you messaged them.")
				}
				return true
			}
			inWorld(t, o, unpaced, func(w *world) {
				w.srv.User("maria")
				err := <-w.deliver(toMaria, "psst")
				var refusal *bot.Refusal
				if !errors.As(err, &refusal) || refusal.Why != tt.want || refusal.Final || refusal.After != 30*time.Second {
					t.Errorf("%s, %s: %v", tt.want, way, err)
				}
				w.srv.Do(func(*bottest.IRCConn) { refuse = false })
				if got := outcome(w.deliver(toMaria, "psst")); got != "ok" {
					t.Errorf("%s, %s, later: %s", tt.want, way, got)
				}
				w.wantReady(true) // the room is another matter
			})
		}
	}
}

// That the person has been told of the refusal (717) is no second one, however late
// it comes.
func TestToldOfRefusal(t *testing.T) {
	silent := false
	o := bottest.IRCOptions{Hook: func(c *bottest.IRCConn, command string, _ []string) bool {
		if command == "PRIVMSG" && !silent {
			c.Send(":irc.test 716 glancebot maria :is in +g mode (server-side ignore).")
			return true
		}
		return silent && command == "PING"
	}}
	inWorld(t, o, unpaced, func(w *world) {
		w.srv.User("maria")
		if got := outcome(w.deliver(toMaria, "psst")); !strings.Contains(got, "(716)") {
			t.Errorf("the first: %s", got)
		}
		w.srv.Do(func(*bottest.IRCConn) { silent = true })
		result := w.deliver(toMaria, "psst")
		w.srv.Raw(":irc.test 717 glancebot maria :has been informed that you messaged them.")
		if got := outcome(result); got != "waiting" {
			t.Errorf("the second: %s", got)
		}
		w.srv.Raw(":irc.test PONG irc.test :said-2")
		if got := outcome(result); got != "ok" {
			t.Errorf("the second, confirmed: %s", got)
		}
	})
}

// What a message is for changes nothing about how it is said: errors come for
// PRIVMSG alone.
func TestKindsAreSaidAlike(t *testing.T) {
	for _, kind := range []msg.Kind{msg.Announce, msg.Ask, msg.Answer, "of a later version"} {
		inWorld(t, modern(), nil, func(w *world) {
			m := msg.New(kind, msg.Para{msg.To("zoe", "zoe"), msg.Text(": nina asks.")})
			payload, err := w.irc.Render(glance, m, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.irc.Deliver(w.Context(), "id", glance, payload); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			if diff := cmp.Diff([]string{"zoe: nina asks."}, w.srv.Said("#glance")); diff != "" {
				t.Errorf("%s: %s", kind, diff)
			}
			if got := w.lines("NOTICE"); len(got) > 0 {
				t.Errorf("%s: %q", kind, got)
			}
		})
	}
}
