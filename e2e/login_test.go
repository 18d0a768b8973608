package e2e_test

import (
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// Somebody else has the bot's nick: it comes under another, never claims to be
// logged in by that, and gets its own back from services.
func TestNickTaken(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		name := s.server.Bot.Name
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		squatter := s.server.Dial(t, name)
		squatter.Join(room)
		b := s.start(t)
		b.until("the other nick is shown", readyWithin, func() bool {
			n := b.status().net()
			return strings.Contains(n.Login+n.Detail, "waiting for the nick "+name)
		})
		began := time.Now()
		b.until("the bot has its nick and its room", time.Minute, func() bool {
			st := b.status()
			return st.code == 0 && st.net().Detail == "" && strings.Contains(st.net().Login, "account "+name)
		})
		t.Logf("its own nick after %v", time.Since(began).Round(100*time.Millisecond))
		zoe.Say(name, "help")
		zoe.Expect(`^:`+name+`!\S+ PRIVMSG zoe :Commands here`, answerWithin)
	})
}

// While services are away nobody can vouch for the bot, so it stays out of its
// rooms, and comes in when they are back.
func TestServicesAway(t *testing.T) {
	want := map[string]string{
		"sasl-plain": "the network offers no SASL login now; its services may be away",
		"nickserv":   "not logged in: NickServ is away",
	}
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		s.server.StopServices()
		b := s.start(t)
		b.until("status says why", readyWithin, func() bool {
			st := b.status()
			return st.code == 1 && strings.Contains(st.text, want[s.login])
		})
		time.Sleep(10 * time.Second) // two or three attempts on the modern network
		s.stayedOut(t, zoe)
		s.server.StartServices()
		t.Logf("in %v after services came back", b.ready(2*time.Minute).Round(100*time.Millisecond))
	})
}

// stayedOut looks for the bot's joins.
func (s *setup) stayedOut(t *testing.T, c *ircd.Client) {
	t.Helper()
	c.Sync()
	for _, l := range c.Lines() {
		if l.Command == "JOIN" && strings.HasPrefix(l.Nick(), s.server.Bot.Name) {
			t.Errorf("joined without a login: %s", l.Raw)
		}
	}
}

// With a wrong password the bot keeps out, says what is wrong, and does not
// hammer the network.
func TestWrongPassword(t *testing.T) {
	want := map[string]string{
		"sasl-plain": "the network refused the SASL login (904): ",
		"nickserv":   "not logged in: NickServ was asked, the network shows no login; NickServ said: Password incorrect",
	}
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		s.password = "not-the-password"
		b := s.start(t)
		b.until("status says why", readyWithin, func() bool {
			st := b.status()
			return st.code == 1 && strings.Contains(st.text, want[s.login])
		})
		time.Sleep(10 * time.Second)
		s.stayedOut(t, zoe)
		if text := b.log.String() + b.status().text; strings.Contains(text, "not-the-password") {
			t.Errorf("the password is shown:\n%s", text)
		}
	})
}
