package matrix_test

import (
	"regexp"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// both gives the team a channel on IRC too, and returns clients of those of its
// people who are there.
func (w *world) both(t *testing.T, people ...string) map[string]*ircd.Client {
	t.Helper()
	var users []ircd.Account
	for _, name := range people {
		users = append(users, ircd.Account{Name: name, Password: "pw-of-" + name})
	}
	w.irc = ircd.StartInspIRCd(t, ircd.Opts{Users: users, NoLimits: true})
	clients := map[string]*ircd.Client{}
	for i, name := range people {
		clients[name] = ircd.Dial(t, w.irc.PlainAddr, ircd.ClientOpts{Nick: name, Account: users[i]})
		clients[name].Join("#glance")
	}
	return clients
}

// heard counts what the bot has said on IRC that matches.
func (w *world) heard(c *ircd.Client, want string) (n int) {
	w.Helper()
	c.Sync()
	re := regexp.MustCompile(want)
	for _, l := range c.Lines() {
		if l.Command == "PRIVMSG" && l.Nick() == w.irc.Bot.Name && re.MatchString(l.Text()) {
			n++
		}
	}
	return n
}

// said matches what the bot says in the channel.
func (w *world) said(text string) string {
	return `^:` + regexp.QuoteMeta(w.irc.Bot.Name) + `\S* PRIVMSG #glance :` + text
}

// A team on both networks: announcements reach both, unless a bridge joins them.
// Then they are posted to the first alone.
func TestBothNetworks(t *testing.T) {
	t.Parallel()
	for _, mirrored := range []bool{false, true} {
		t.Run(map[bool]string{false: "apart", true: "mirrored"}[mirrored], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shared(t))
			w.mirrored = mirrored
			room := w.room("glance", nil)
			zoe := w.both(t, "zoe")["zoe"]
			b := w.start().ready()
			b.plan("Docs day")
			zoe.Expect(w.said(`Docs day is here`), within)
			want := 0
			if !mirrored {
				w.hears(w.person("maria"), room, `^Docs day is here`)
				want = 1
			}
			b.until("nothing waits", within, b.idle)
			if got := w.times(w.person("maria"), room, `^Docs day is here`); got != want {
				t.Errorf("said %d times on Matrix, want %d", got, want)
			}
			if got := w.heard(zoe, `^Docs day is here`); got != 1 {
				t.Errorf("said %d times on IRC", got)
			}
		})
	}
}

// Somebody who is on both networks is pinged once, where the ask came from;
// somebody who is on one of them is pinged there, wherever that was.
func TestPingOnBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	w.review()
	room := w.room("glance", nil, "zoe", "bob", "nina")
	on := w.both(t, "zoe", "nina")
	b := w.start().ready()
	b.until("the queue is read", within, func() bool { s := b.status(); return len(s.Reviews) == 1 && s.Reviews[0].Complete })
	nina := w.person("nina")
	nina.Say(room, "!ask zoe 912345")
	ping := w.hears(nina, room, `asks for your review of 912345`)
	if got := ping.Mentions(); len(got) != 1 || got[0] != w.person("zoe").ID {
		t.Errorf("mentions %q", got)
	}
	// Bob is not on IRC.
	on["nina"].Say("#glance", "!ask bob 912345")
	w.hears(nina, room, `^bob.*asks for your review of 912345`)
	b.until("nothing waits", within, b.idle)
	time.Sleep(time.Second)
	if n := w.times(nina, room, `asks for your review of 912345`); n != 2 {
		t.Errorf("%d pings on Matrix", n)
	}
	if n := w.heard(on["nina"], `asks for your review of 912345`); n != 0 {
		t.Errorf("%d pings on IRC", n)
	}
}
