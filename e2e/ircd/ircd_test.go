package ircd_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// soon is ample for anything that a server does at once.
const soon = 15 * time.Second

var zoeAccount = ircd.Account{Name: "zoe", Password: "zoe-of-the-tests"}

// asBot connects as the program under test would: TLS, from its own address.
func asBot(t *testing.T, srv *ircd.Server, addr string, opts ircd.ClientOpts) *ircd.Client {
	t.Helper()
	if opts.Nick == "" {
		opts.Nick = srv.Bot.Name
	}
	opts.CA, opts.From = srv.CA, "127.0.0.1"
	return ircd.Dial(t, addr, opts)
}

// has tells whether a line with this command and text came.
func has(c *ircd.Client, command, text string) bool {
	return slices.ContainsFunc(c.Lines(), func(l ircd.Line) bool {
		return l.Command == command && strings.Contains(l.Raw, text)
	})
}

func TestInspIRCd(t *testing.T) {
	t.Parallel()
	srv := ircd.StartInspIRCd(t, ircd.Opts{Users: []ircd.Account{zoeAccount}})

	t.Run("logs in by password and by certificate", func(t *testing.T) {
		plain := asBot(t, srv, srv.Addr, ircd.ClientOpts{Account: srv.Bot})
		if !has(plain, "900", " "+srv.Bot.Name+" :") {
			t.Error("SASL PLAIN: no 900 with the account")
		}
		plain.Quit()
		external := asBot(t, srv, srv.Addr, ircd.ClientOpts{
			Nick: "external", Account: ircd.Account{Name: srv.Bot.Name}, Cert: srv.BotCert,
		})
		if !has(external, "900", " "+srv.Bot.Name+" :") {
			t.Error("SASL EXTERNAL: no 900 with the account")
		}
	})

	t.Run("refuses a wrong password", func(t *testing.T) {
		mallory := srv.Dial(t, "mallory")
		mallory.Send("PRIVMSG NickServ :IDENTIFY zoe wrong")
		mallory.Expect(`NickServ!\S+ NOTICE mallory :.*(incorrect|Invalid)`, soon)
		if has(mallory, "900", "") {
			t.Error("logged in with a wrong password")
		}
	})

	t.Run("tags what people say with their account", func(t *testing.T) {
		zoe := ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "zoe", Account: zoeAccount})
		nina := srv.Dial(t, "nina")
		zoe.Join("#tags")
		nina.Join("#tags")
		zoe.Say("#tags", "it is me")
		nina.Say("#tags", "nobody knows me")
		if got, want := nina.Expect(`PRIVMSG #tags :it is me`, soon).Tags["account"], "zoe"; got != want {
			t.Errorf("account of zoe's line: got %q, want %q", got, want)
		}
		l := zoe.Expect(`PRIVMSG #tags :nobody knows me`, soon)
		if account, ok := l.Tags["account"]; ok {
			t.Errorf("account of a line by nobody: got %q, want none", account)
		}
		if l.Tags["time"] == "" {
			t.Error("no server-time")
		}
		// BOT=B in 005 names the mode; its bearer's lines carry the tag.
		nina.Send("MODE nina +B")
		nina.Expect(` MODE nina :?\+B`, soon)
		nina.Say("#tags", "beep")
		if _, ok := zoe.Expect(`PRIVMSG #tags :beep`, soon).Tags["inspircd.org/bot"]; !ok {
			t.Error("a bot's line has no bot tag")
		}
	})

	t.Run("echoes with the label, cut to the line length", func(t *testing.T) {
		c := asBot(t, srv, srv.Addr, ircd.ClientOpts{
			Nick: "echoed", Caps: []string{"message-tags", "batch", "echo-message", "labeled-response"},
		})
		c.Join("#echo")
		c.Send("@label=abc PRIVMSG #echo :" + strings.Repeat("x", 480))
		l := c.ExpectFunc("its echo", func(l ircd.Line) bool {
			return l.Command == "PRIVMSG" && l.Tags["label"] == "abc"
		}, soon)
		if got := len(l.Text()); got < 440 || got > 475 {
			t.Errorf("of 480 characters %d came back, want near 470", got)
		}
	})

	t.Run("says 404 in a moderated channel", func(t *testing.T) {
		assertModerated(t, srv)
	})

	t.Run("loses SASL with services and gets it back", func(t *testing.T) {
		srv.StopServices()
		without := srv.Dial(t, "without")
		if has(without, "CAP", "sasl") {
			t.Error("SASL offered without services")
		}
		srv.StartServices()
		with := ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "with", Account: zoeAccount})
		if !has(with, "903", "") {
			t.Error("no SASL after services came back")
		}
	})

	t.Run("hangs while frozen", func(t *testing.T) { assertFreezes(t, srv) })
	t.Run("stops and comes back on its ports", func(t *testing.T) { assertRestarts(t, srv) })
}

func TestHybrid(t *testing.T) {
	t.Parallel()
	srv := ircd.StartHybrid(t, ircd.Opts{Users: []ircd.Account{zoeAccount}})

	t.Run("offers what OFTC offers", func(t *testing.T) {
		c := asBot(t, srv, srv.Addr, ircd.ClientOpts{Nick: "poor"})
		if !has(c, "CAP", " LS :multi-prefix") {
			t.Error("multi-prefix is not the only capability")
		}
		for _, token := range []string{"WHOX", "MONITOR", "BOT"} {
			if has(c, "005", " "+token) {
				t.Errorf("005 has %s", token)
			}
		}
		for _, want := range []string{"NICKLEN=30", "MAXTARGETS=4"} {
			if !has(c, "005", " "+want+" ") {
				t.Errorf("005 lacks %s", want)
			}
		}
		c.Send("CAP REQ :multi-prefix account-tag")
		c.Expect(` NAK :multi-prefix account-tag$`, soon)
		c.Send("CAP REQ :multi-prefix")
		c.Expect(` ACK :multi-prefix`, soon)
	})

	t.Run("proves a login by 307 until the nick changes", func(t *testing.T) {
		watcher := srv.Dial(t, "watcher")
		c := asBot(t, srv, srv.Addr, ircd.ClientOpts{})
		if verified(watcher, c.Nick) {
			t.Error("307 before the login")
		}
		c.Send("PRIVMSG NickServ :IDENTIFY " + srv.Bot.Password + " " + srv.Bot.Name)
		c.Expect(` MODE `+c.Nick+` :\+r`, soon)
		if !verified(watcher, c.Nick) {
			t.Error("no 307 after IDENTIFY password nick")
		}
		c.Send("NICK " + c.Nick + "2")
		c.Expect(` NICK :`+c.Nick+`2`, soon)
		if verified(watcher, c.Nick+"2") {
			t.Error("307 after a change of nick")
		}
		c.Quit()
	})

	t.Run("logs in by certificate alone", func(t *testing.T) {
		c := asBot(t, srv, srv.Addr, ircd.ClientOpts{Cert: srv.BotCert})
		c.Expect(` MODE `+c.Nick+` :\+r`, soon)
		c.Quit()
	})

	t.Run("gives a taken nick back to its owner", func(t *testing.T) {
		ghost := asBot(t, srv, srv.Addr, ircd.ClientOpts{})
		c := asBot(t, srv, srv.Addr, ircd.ClientOpts{Nick: "waiting"})
		c.Send("PRIVMSG NickServ :REGAIN " + srv.Bot.Name + " " + srv.Bot.Password)
		c.Expect(` NICK :`+srv.Bot.Name, soon)
		if ghost.Nick != srv.Bot.Name {
			t.Fatal("the ghost never had the nick")
		}
		c.Quit()
	})

	t.Run("says 404 in a moderated channel", func(t *testing.T) { assertModerated(t, srv) })

	t.Run("has no NickServ without services", func(t *testing.T) {
		srv.StopServices()
		c := srv.Dial(t, "lost")
		c.Send("PRIVMSG NickServ :HELP")
		// 401 ERR_NOSUCHNICK.
		c.Expect(` 401 lost NickServ `, soon)
		srv.StartServices()
		ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "zoe", Account: zoeAccount})
	})

	t.Run("hangs while frozen", func(t *testing.T) { assertFreezes(t, srv) })
	t.Run("stops and comes back on its ports", func(t *testing.T) { assertRestarts(t, srv) })
}

// verified asks WHOIS whether the nick is identified: 307 before 318.
func verified(c *ircd.Client, nick string) bool {
	c.Send("WHOIS " + nick)
	if c.Expect(`^:\S+ (307|318) `, soon).Command == "318" {
		return false
	}
	c.Expect(`^:\S+ 318 `, soon)
	return true
}

// assertModerated shows why announcements are PRIVMSG: a refused one is
// answered, a refused NOTICE is not.
func assertModerated(t *testing.T, srv *ircd.Server) {
	t.Helper()
	op := srv.Dial(t, "founder")
	op.Join("#quiet")
	op.Send("MODE #quiet +m")
	op.Expect(` MODE #quiet :?\+m`, soon)
	muted := asBot(t, srv, srv.Addr, ircd.ClientOpts{Nick: "muted"})
	muted.Join("#quiet")
	muted.Send("NOTICE #quiet :unheard notice")
	muted.Sync()
	if has(muted, "404", "#quiet") {
		t.Log("this server answers a refused NOTICE") // InspIRCd does, OFTC's does not
		if srv.Proxy != nil {
			t.Error("404 for a NOTICE")
		}
	}
	muted.Say("#quiet", "unheard")
	// 404 ERR_CANNOTSENDTOCHAN.
	muted.Expect(` 404 muted #quiet :`, soon)
	op.Sync()
	if has(op, "PRIVMSG", "unheard") || has(op, "NOTICE", "unheard") {
		t.Error("a muted line was heard")
	}
}

// assertFreezes wants a connection that stays open, silent, and works again.
func assertFreezes(t *testing.T, srv *ircd.Server) {
	t.Helper()
	c := asBot(t, srv, srv.Addr, ircd.ClientOpts{Nick: "frozen"})
	c.Sync()
	srv.Freeze()
	before := len(c.Lines())
	c.Send("PING during")
	time.Sleep(500 * time.Millisecond)
	if got := len(c.Lines()); got != before {
		t.Errorf("a frozen server sent %d lines", got-before)
	}
	srv.Thaw()
	c.Expect(` PONG .*during`, soon)
}

// assertRestarts wants connections refused in between, and accounts kept.
func assertRestarts(t *testing.T, srv *ircd.Server) {
	t.Helper()
	c := asBot(t, srv, srv.Addr, ircd.ClientOpts{Nick: "before"})
	srv.Stop()
	if err := c.Wait(soon); err != nil {
		t.Error(err)
	}
	if srv.Reachable() {
		t.Error("a stopped server takes connections")
	}
	srv.Start()
	after := ircd.Dial(t, srv.PlainAddr, ircd.ClientOpts{Nick: "zoe", Account: zoeAccount})
	after.Join("#after")
}
