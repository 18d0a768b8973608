package irc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// refuseNicks answers the first n NICKs of each connection with a numeric.
func refuseNicks(o bottest.IRCOptions, numeric string, n int) bottest.IRCOptions {
	tries := make(map[*bottest.IRCConn]int)
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command != "NICK" || tries[c] >= n {
			return false
		}
		tries[c]++
		c.Numeric(numeric, params[0]+" :Nope")
		return true
	}
	return o
}

// During the registration every refusal brings another nick, never the same
// again, and shorter ones in case that was it; after 20 the bot comes back later
// (T9).
func TestNickRefusedAtStart(t *testing.T) {
	for _, numeric := range []string{"432", "433", "436", "437"} {
		inWorld(t, refuseNicks(modern(), numeric, 5), sasl, func(w *world) {
			w.wantReady(true)
			want := []string{
				"NICK glancebot", "NICK glancebot_", "NICK glancebot__1", "NICK glancebot__2", "NICK glance__3", "NICK glance__4",
			}
			if diff := cmp.Diff(want, w.lines("NICK")); diff != "" {
				t.Errorf("%s: %s", numeric, diff)
			}
			if got := w.detail(); got != "called glance__4, waiting for the nick glancebot" {
				t.Errorf("%s: detail %q", numeric, got)
			}
		})
	}
	inWorld(t, refuseNicks(modern(), "433", 1000), sasl, func(w *world) {
		tried := make(map[string]bool)
		for _, line := range w.lines("NICK") {
			if tried[line] {
				t.Errorf("%s twice", line)
			}
			tried[line] = true
		}
		if len(tried) != 21 {
			t.Errorf("%d nicks tried", len(tried))
		}
		if got := w.detail(); !strings.HasPrefix(got, "no nick was free: Nope, trying again in ") {
			t.Errorf("detail %q", got)
		}
	})
}

// However long the nick, 20 refusals end in distinct nicks that any server takes.
func TestCandidates(t *testing.T) {
	o := refuseNicks(modern(), "433", 15)
	inWorld(t, o, func(c *irc.Config) { sasl(c); c.Nick = "averyverylongnickindeed123" }, func(w *world) {
		w.wantReady(true)
		last := w.lines("NICK")
		if got := last[len(last)-1]; got != "NICK avery__14" {
			t.Errorf("last %q", got)
		}
	})
}

// Somebody has the nick. Where we are known to services, they give it back.
func TestRegainByServices(t *testing.T) {
	inWorld(t, oftc(), nickServ, func(w *world) {
		w.stop()
		w.srv.User("glancebot")
		w.run()
		w.sleep(time.Second)
		w.wantReady(false)
		if got := w.irc.Status().Login; got != "not logged in: waiting for the nick glancebot" {
			t.Errorf("login %q", got)
		}
		if got := w.lines("PRIVMSG NickServ :IDENTIFY"); len(got) != 1 {
			t.Errorf("identified with another nick: %q", got)
		}
		w.sleep(30 * time.Second)
		w.wantReady(true)
		got := w.lines("PRIVMSG NickServ")[1:]
		want := []string{
			"PRIVMSG NickServ :REGAIN glancebot secret", "PRIVMSG NickServ :RECOVER glancebot secret",
			"PRIVMSG NickServ :IDENTIFY secret",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Without services the bot waits for its nick: the network says when it is free,
// or is asked each minute, or the holder is seen to leave.
func TestRegainWithoutServices(t *testing.T) {
	monitor := bottest.IRCOptions{ISupport: []string{"MONITOR=100", "CHANTYPES=#"}}
	for _, tt := range []struct {
		name   string
		server bottest.IRCOptions
		free   func(w *world)
		within time.Duration
	}{
		{"MONITOR", monitor, func(w *world) {
			if got := w.lines("MONITOR"); len(got) != 1 || got[0] != "MONITOR + glancebot" {
				w.Errorf("asked for %q", got)
			}
			w.srv.Quit("glancebot") // not seen in a channel
			w.srv.Raw(":irc.test 731 glancebot_ :glancebot!u@h")
		}, time.Second},
		{"ISON", bottest.IRCOptions{}, func(w *world) {
			w.srv.Freeze(true)
			w.srv.Quit("glancebot")
			w.srv.Freeze(false)
		}, time.Minute},
		{"QUIT", bottest.IRCOptions{}, func(w *world) { w.srv.Quit("glancebot") }, time.Second},
		{"NICK", bottest.IRCOptions{}, func(w *world) {
			w.srv.Freeze(true)
			w.srv.Quit("glancebot")
			w.srv.Freeze(false)
			w.srv.Raw(":GlanceBot!u@h NICK :other")
		}, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.server, nil, func(w *world) {
				w.stop()
				w.srv.User("glancebot")
				w.run()
				w.wantReady(true) // it works with the other name meanwhile
				w.sleep(20 * time.Minute)
				if got := w.detail(); got != "called glancebot_, waiting for the nick glancebot" {
					t.Errorf("detail %q", got)
				}
				tt.free(w)
				w.sleep(tt.within)
				if got := w.detail(); got != "" {
					t.Errorf("detail %q", got)
				}
				if watched := len(w.lines("MONITOR +")); watched != len(w.lines("MONITOR -")) {
					t.Errorf("MONITOR goes on: %q", w.lines("MONITOR"))
				}
				w.sleep(time.Hour)
				if got := w.lines("NICK"); len(got) > 6 {
					t.Errorf("%d NICKs: %q", len(got), got)
				}
			})
		})
	}
}

// A refused regain leaves the bot with the nick it has (T9).
func TestRegainRefused(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Do(func(c *bottest.IRCConn) { c.Rename("Guest123") })
		w.srv.User("glancebot")
		for range 5 {
			w.srv.Raw(":irc.test 433 Guest123 glancebot :Nickname is already in use")
			w.srv.Raw(":irc.test 432 Guest123 glancebot :Erroneous nickname")
		}
		w.sleep(time.Second)
		if got := w.detail(); got != "called Guest123, waiting for the nick glancebot" {
			t.Errorf("detail %q", got)
		}
		if got := w.lines("NICK"); len(got) != 1 {
			t.Errorf("tried %q", got)
		}
	})
}

// Services rename whoever doesn't identify in time. The bot takes its nick back
// and logs in again.
func TestRenamedByServices(t *testing.T) {
	inWorld(t, oftc(), nickServ, func(w *world) {
		w.srv.Do(func(c *bottest.IRCConn) { c.Rename("Guest123") })
		if w.connected() {
			t.Error("still logged in")
		}
		w.sleep(40 * time.Second)
		if st := w.irc.Status(); !st.Connected || st.Detail != "" {
			t.Errorf("status %+v", st)
		}
		w.wantReady(true)
	})
}

// The bot's own names are found as the network compares them (T19).
func TestCasemapping(t *testing.T) {
	for _, tt := range []struct {
		mapping, said string
		heard         bool
	}{
		{"rfc1459", "#A{|}^", true},
		{"rfc1459", "#a[|]~", true},
		{"strict-rfc1459", "#a{\\}~", true},
		{"strict-rfc1459", "#a{\\}^", false},
		{"ascii", "#A[\\]~", true},
		{"ascii", "#a{\\]~", false},
	} {
		o := bottest.IRCOptions{ISupport: []string{"CASEMAPPING=" + tt.mapping, "CHANTYPES=#"}}
		inWorld(t, o, func(c *irc.Config) { c.Rooms[0].Name = "#a[\\]~" }, func(w *world) {
			w.srv.Say("maria", tt.said, "hello")
			heard := w.take()
			if got := len(heard) == 1; got != tt.heard {
				t.Errorf("%s: %s heard = %t", tt.mapping, tt.said, got)
			}
			if len(heard) == 1 && heard[0].Room.Name != "#a[\\]~" {
				t.Errorf("%s: room %q", tt.mapping, heard[0].Room)
			}
		})
	}
}

// The bot marks itself where the network has a mode for it.
func TestBotMode(t *testing.T) {
	for _, tt := range []struct{ token, want string }{
		{"BOT=B", "[MODE glancebot +B]"}, {"BOT=b", "[MODE glancebot +b]"}, {"BOT=", "[]"}, {"BOT=Bx", "[]"}, {"BOT=+", "[]"}, {"NOBOT=B", "[]"},
	} {
		inWorld(t, bottest.IRCOptions{ISupport: []string{tt.token}}, nil, func(w *world) {
			if got := fmt.Sprint(w.lines("MODE")); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.token, got, tt.want)
			}
		})
	}
}
