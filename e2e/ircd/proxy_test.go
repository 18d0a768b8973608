package ircd_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

func TestProxy(t *testing.T) {
	t.Parallel()
	srv := ircd.StartInspIRCd(t, ircd.Opts{})
	proxy := srv.NewProxy(t)
	witness := srv.Dial(t, "witness")
	witness.Join("#proxy")
	join := func(t *testing.T, nick string) *ircd.Client {
		t.Helper()
		c := asBot(t, srv, proxy.Addr, ircd.ClientOpts{Nick: nick})
		c.Join("#proxy")
		return c
	}

	t.Run("shows the certificate of the client to the server", func(t *testing.T) {
		asBot(t, srv, proxy.Addr, ircd.ClientOpts{Account: ircd.Account{Name: srv.Bot.Name}, Cert: srv.BotCert})
	})

	t.Run("loses lines of either way", func(t *testing.T) {
		c := join(t, "lossy")
		proxy.Drop(ircd.ToServer, regexp.MustCompile(`lost`))
		c.Say("#proxy", "lost on the way")
		c.Say("#proxy", "arrives")
		witness.Expect(`PRIVMSG #proxy :arrives`, soon)
		if has(witness, "PRIVMSG", "lost on the way") {
			t.Error("a dropped line arrived")
		}
		proxy.Drop(ircd.ToServer, nil)
		proxy.Drop(ircd.ToClient, regexp.MustCompile(`PRIVMSG #proxy :one`))
		witness.Say("#proxy", "one")
		witness.Say("#proxy", "two")
		c.Expect(`PRIVMSG #proxy :two`, soon)
		if has(c, "PRIVMSG", ":one") {
			t.Error("a dropped line came back")
		}
		proxy.Drop(ircd.ToClient, nil)
		if !slices.ContainsFunc(proxy.Lines(), func(l ircd.ProxiedLine) bool {
			return l.Dropped && l.Way == ircd.ToServer && l.Text == "PRIVMSG #proxy :lost on the way"
		}) {
			t.Error("the log lacks the dropped line")
		}
	})

	t.Run("freezes old connections and serves new ones", func(t *testing.T) {
		c := join(t, "halfopen")
		proxy.Freeze()
		c.Say("#proxy", "held back")
		join(t, "fresh").Say("#proxy", "through")
		witness.Expect(`:fresh!\S+ PRIVMSG #proxy :through`, soon)
		if has(witness, "PRIVMSG", "held back") {
			t.Error("a line passed a frozen connection")
		}
		proxy.Thaw()
		witness.Expect(`:halfopen!\S+ PRIVMSG #proxy :held back`, soon)
	})

	t.Run("keeps the end of one side from the other while frozen", func(t *testing.T) {
		c := join(t, "ghost")
		witness.Expect(`:ghost!\S+ JOIN`, soon)
		proxy.Freeze()
		c.Close()
		time.Sleep(300 * time.Millisecond)
		witness.Sync()
		if has(witness, "QUIT", ":ghost!") {
			t.Error("the server noticed through a frozen link")
		}
		proxy.Cut()
		witness.Expect(`:ghost!\S+ QUIT`, soon)
	})

	t.Run("cuts", func(t *testing.T) {
		c := join(t, "short")
		proxy.Cut()
		if err := c.Wait(soon); err != nil {
			t.Error(err)
		}
		join(t, "again")
	})
}
