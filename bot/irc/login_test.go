package irc_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// without returns IRCv3's capabilities with another value for SASL, or none.
func without(sasl string) bottest.IRCOptions {
	o := modern()
	o.Caps = append([]string(nil), o.Caps[1:]...)
	if sasl != "" {
		o.Caps = append(o.Caps, sasl)
	}
	return o
}

// A network that refuses one capability refuses the request that holds it; the
// login doesn't suffer (T10).
func TestCapabilityRefused(t *testing.T) {
	o := modern()
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command == "CAP" && params[0] == "REQ" && strings.Contains(params[1], "chghost") {
			c.Send(":irc.test CAP * NAK :%s", params[1])
			return true
		}
		return false
	}
	inWorld(t, o, sasl, func(w *world) {
		w.wantReady(true)
		if got := w.irc.Status().Login; got != "account glancebot (SASL PLAIN)" {
			t.Errorf("login %q", got)
		}
		if got := outcome(w.deliver(glance, "hello")); got != "ok" || len(w.lines("@label=")) != 1 {
			t.Errorf("delivery %s; the other capabilities were not asked for again: %q", got, w.lines("CAP"))
		}
	})
}

// What goes wrong with a login keeps the bot out of its rooms, says why, and is
// tried again: soon where services may be away, after 10 minutes where the
// credentials are wrong (T10).
func TestLoginFails(t *testing.T) {
	numeric := func(numeric, words string) func(c *bottest.IRCConn, command string, params []string) bool {
		return func(c *bottest.IRCConn, command string, params []string) bool {
			if command == "AUTHENTICATE" && len(params[0]) > 5 {
				if params[0] == "PLAIN" {
					return false
				}
				c.Numeric(numeric, words)
				return true
			}
			return false
		}
	}
	with := func(hook func(c *bottest.IRCConn, command string, params []string) bool) bottest.IRCOptions {
		o := modern()
		o.Hook = hook
		return o
	}
	for _, tt := range []struct {
		name        string
		server      bottest.IRCOptions
		change      func(*irc.Config)
		why         string
		early, late time.Duration // of the next attempt
	}{
		{"wrong password", modern(), func(c *irc.Config) { sasl(c); c.Password = "not secret" }, "the network refused the SASL login (904): SASL authentication failed", 10 * time.Minute, 11 * time.Minute},
		{"no certificate known", modern(), func(c *irc.Config) { c.Login = irc.SASLExternal }, "the network refused the SASL login (904): SASL authentication failed", 10 * time.Minute, 11 * time.Minute},
		{"account locked", with(numeric("902", ":You must use a nick assigned to you")), sasl, "the network refused the SASL login (902): You must use a nick assigned to you", 10 * time.Minute, 11 * time.Minute},
		{"too long", with(numeric("905", ":SASL message too long")), sasl, "the network refused the SASL login (905): SASL message too long", 10 * time.Minute, 11 * time.Minute},
		{"other mechanisms", with(numeric("908", "SCRAM-SHA-256 :are available SASL mechanisms")), sasl, "the network refused the SASL login (908): are available SASL mechanisms", 10 * time.Minute, 11 * time.Minute},
		{"aborted", with(numeric("906", ":SASL authentication aborted")), sasl, "the SASL login was aborted", time.Second, 2 * time.Second},
		{"mechanism not offered", without("sasl=EXTERNAL,SCRAM-SHA-256"), sasl, "the network offers no SASL PLAIN, only EXTERNAL,SCRAM-SHA-256", 10 * time.Minute, 11 * time.Minute},
		{"not offered", without(""), sasl, "the network offers no SASL login now; its services may be away", time.Second, 2 * time.Second},
		{"no capabilities at all", bottest.IRCOptions{}, sasl, "the network let the bot in without SASL login; its services may be away", time.Second, 2 * time.Second},
		{"refused", with(func(c *bottest.IRCConn, command string, params []string) bool {
			if command == "CAP" && params[0] == "REQ" {
				c.Send(":irc.test CAP * NAK :%s", params[1])
				return true
			}
			return false
		}), sasl, "the network refused the SASL capability", time.Second, 2 * time.Second},
		{"let in without", with(func(c *bottest.IRCConn, command string, _ []string) bool {
			if command == "AUTHENTICATE" {
				c.Numeric("001", ":Welcome anyway")
				return true
			}
			return false
		}), sasl, "the network let the bot in without SASL login; its services may be away", time.Second, 2 * time.Second},
		{
			"never an answer", with(func(_ *bottest.IRCConn, command string, _ []string) bool { return command == "AUTHENTICATE" }),
			sasl, "the server did not let the bot in within 60 s", 61 * time.Second, 62 * time.Second,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.server, tt.change, func(w *world) {
				for len(w.srv.Dials()) < 2 {
					if time.Since(w.srv.Dials()[0]) > time.Hour {
						w.Fatal("no second attempt in an hour")
					}
					w.sleep(time.Second)
					if len(w.srv.Dials()) < 2 && w.connected() {
						w.Fatal("connected without login")
					}
					if got := w.detail(); len(w.srv.Dials()) < 2 && got != "logging in" && !strings.HasPrefix(got, tt.why+", trying again") {
						w.Fatalf("detail %q, want %q", got, tt.why)
					}
				}
				if got := w.srv.Dials()[1].Sub(w.srv.Dials()[0]); got < tt.early || got > tt.late {
					t.Errorf("second attempt after %s, want %s to %s", got, tt.early, tt.late)
				}
				if got := w.lines("JOIN"); len(got) > 0 {
					t.Errorf("joined without login: %q", got)
				}
			})
		})
	}
}

// A response is cut into chunks of 400, and a full one is followed by another
// (T10; girc loses a byte of each).
func TestSASLChunks(t *testing.T) {
	for _, n := range []int{10, 275, 276, 277, 278, 300, 575, 576, 579, 1000} {
		password := strings.Repeat("secret", 200)[:n]
		o := modern()
		o.Accounts = map[string]string{"glancebot": password}
		inWorld(t, o, func(c *irc.Config) { sasl(c); c.Password = password }, func(w *world) {
			w.wantReady(true)
			var payload string
			lines := w.lines("AUTHENTICATE ")[1:]
			for i, l := range lines {
				chunk := strings.TrimPrefix(l, "AUTHENTICATE ")
				if last := i == len(lines)-1; last == (len(chunk) == 400) || chunk == "" {
					t.Errorf("password of %d bytes: chunk %d of %d has %d bytes", n, i+1, len(lines), len(chunk))
				}
				payload += strings.TrimSuffix(chunk, "+")
			}
			want := base64.StdEncoding.EncodeToString([]byte("glancebot\x00glancebot\x00" + password))
			if payload != want {
				t.Errorf("password of %d bytes: sent %q", n, payload)
			}
		})
	}
}

func TestSASLExternal(t *testing.T) {
	o := modern()
	o.Cert = "glancebot"
	inWorld(t, o, func(c *irc.Config) { c.Login = irc.SASLExternal }, func(w *world) {
		w.wantReady(true)
		if diff := cmp.Diff([]string{"AUTHENTICATE EXTERNAL", "AUTHENTICATE +"}, w.lines("AUTHENTICATE")); diff != "" {
			t.Error(diff)
		}
		if got := w.irc.Status().Login; got != "account glancebot (SASL EXTERNAL)" {
			t.Errorf("login %q", got)
		}
	})
}

// Services that are away are asked again, more and more slowly; the bot waits
// outside its rooms and says why.
func TestNickServAway(t *testing.T) {
	inWorld(t, oftc(), func(c *irc.Config) { nickServ(c); c.Nick = "glancebot" }, func(w *world) {
		w.stop()
		w.srv.Services(false)
		w.run()
		w.sleep(time.Second)
		before := len(w.lines("PRIVMSG NickServ"))
		if got := w.irc.Status().Login; got != "not logged in: NickServ is away" {
			t.Errorf("login %q", got)
		}
		w.sleep(8 * time.Minute)
		if got := len(w.lines("PRIVMSG NickServ")) - before; got != 3 {
			t.Errorf("asked %d times more in 8 minutes, want 3 (after 1, 2 and 4)", got)
		}
		w.wantReady(false)
		w.srv.Services(true)
		w.sleep(8 * time.Minute)
		w.wantReady(true)
	})
}

// What NickServ says is no proof, nor is what anybody else with its nick says.
func TestWordsAreNoProof(t *testing.T) {
	o := oftc()
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command == "PRIVMSG" && params[0] == "NickServ" {
			c.Send(":NickServ!evil@example NOTICE %s :You are now identified for glancebot.", c.Nick)
			c.Send(":NickServ!evil@example MODE #other +r")
			c.Numeric("330", "somebody glancebot :is logged in as")
			return true
		}
		return false
	}
	inWorld(t, o, nickServ, func(w *world) {
		w.sleep(10 * time.Minute)
		w.wantReady(false)
		st := w.irc.Status()
		if want := "not logged in: NickServ was asked, the network shows no login; NickServ said: You are now identified for glancebot."; st.Login != want {
			t.Errorf("login %q, want %q", st.Login, want)
		}
		if st.Retry.IsZero() {
			t.Error("no next attempt, want one that check and status can name")
		}
	})
}

// Whose account NickServ has seen is what the network says, not what is
// configured: a password alone logs in the owner of the nick.
func TestLoginSaysWhatWasSeen(t *testing.T) {
	inWorld(t, oftc(), func(c *irc.Config) { nickServ(c); c.Account, c.Password = "eve", "" }, func(w *world) {
		w.srv.Raw(":NickServ!s@services MODE glancebot :+r")
		w.wantReady(true)
		if got, want := w.irc.Status().Login, "account glancebot (NickServ, seen by mode +r)"; got != want {
			t.Errorf("login %q, want %q", got, want)
		}
	})
}

// Each of the three proofs is enough, with a certificate alone too.
func TestProofs(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{":NickServ!s@services MODE glancebot :+ir", "mode +r"},
		{":irc.test 900 glancebot glancebot!u@h glancebot :You are now logged in", "900"},
		{":irc.test 307 glancebot glancebot :has identified for this nick", "WHOIS 307"},
		{":irc.test 330 glancebot GlanceBot glancebot :is logged in as", "WHOIS 330"},
		{":irc.test 330 glancebot glancebot somebody :is logged in as", ""},
		{":NickServ!s@services MODE glancebot :+i-r", ""},
		{":NickServ!s@services MODE somebody :+r", ""},
	} {
		inWorld(t, oftc(), func(c *irc.Config) { nickServ(c); c.Password = "" }, func(w *world) {
			w.wantReady(false)
			w.srv.Raw(tt.line)
			w.wantReady(tt.want != "")
			if got := w.irc.Status().Login; tt.want != "" && got != "account glancebot (NickServ, seen by "+tt.want+")" {
				t.Errorf("%s: login %q", tt.line, got)
			}
			if got := w.lines("PRIVMSG NickServ"); len(got) > 0 {
				t.Errorf("said %q without a password", got)
			}
		})
	}
}

// A login that lapses is made anew; the rooms stay.
func TestLoginLapses(t *testing.T) {
	inWorld(t, oftc(), nickServ, func(w *world) {
		w.srv.Services(false)
		w.srv.Raw(":glancebot MODE glancebot :-r")
		if w.connected() {
			t.Error("connected as configured, without login")
		}
		w.wantReady(true)
		w.srv.Services(true)
		w.sleep(2 * time.Minute)
		if !w.connected() {
			t.Errorf("not logged in again: %+v", w.irc.Status())
		}
	})
	inWorld(t, modern(), sasl, func(w *world) {
		w.srv.Raw(":irc.test 901 glancebot glancebot!u@h :You are now logged out")
		w.wantReady(false)
		w.sleep(10 * time.Second)
		w.wantReady(true)
	})
}

// A server may ask for anything at any time; the bot answers what it should
// answer and nothing twice (T16).
func TestUnaskedLogin(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		before := len(w.lines("AUTHENTICATE"))
		for _, line := range []string{"AUTHENTICATE", "AUTHENTICATE +", "AUTHENTICATE PLAIN", ":x 903 glancebot :ok", ":x 904 glancebot :no", ":x 908", ":x 900"} {
			w.srv.Raw(line)
		}
		w.srv.Raw(":x CAP glancebot NEW :sasl account-notify sts=port=6697")
		w.wantReady(true)
		if got := len(w.lines("AUTHENTICATE")); got != before {
			t.Error("the response was sent again")
		}
		for _, line := range w.lines("CAP REQ") {
			if strings.Contains(line, "sts") {
				t.Errorf("asked for STS: %s", line)
			}
		}
	})
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Raw("AUTHENTICATE +")
		w.srv.Raw("AUTHENTICATE")
		w.wantReady(true)
	})
}

// Where the account is not called as the nick and the password alone doesn't do,
// the account is named too, in either order.
func TestIdentifyWords(t *testing.T) {
	o := oftc()
	o.Accounts = map[string]string{"somebody": "secret"}
	inWorld(t, o, func(c *irc.Config) { nickServ(c); c.Account = "glance-team" }, func(w *world) {
		w.sleep(14 * time.Minute)
		want := []string{
			"PRIVMSG NickServ :IDENTIFY secret", "PRIVMSG NickServ :IDENTIFY glance-team secret",
			"PRIVMSG NickServ :IDENTIFY secret glance-team", "PRIVMSG NickServ :IDENTIFY secret",
		}
		if diff := cmp.Diff(want, w.lines("PRIVMSG NickServ")); diff != "" {
			t.Error(diff)
		}
	})
	inWorld(t, o, nickServ, func(w *world) {
		w.sleep(14 * time.Minute)
		for _, line := range w.lines("PRIVMSG NickServ") {
			if line != "PRIVMSG NickServ :IDENTIFY secret" {
				t.Errorf("said %q", line)
			}
		}
	})
}

// A service that repeats the password puts it into no status and no log.
func TestServiceThatRepeatsThePassword(t *testing.T) {
	o := oftc()
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command != "PRIVMSG" || params[0] != "NickServ" {
			return false
		}
		c.Send(":NickServ!services@services.test NOTICE %s :Wrong: %s", c.Nick, params[1])
		return true
	}
	inWorld(t, o, nickServ, func(w *world) {
		w.sleep(2 * time.Minute)
		if got := w.irc.Status().Login; strings.Contains(got, "secret") || !strings.Contains(got, "the network shows no login") {
			t.Errorf("login %q", got)
		}
	})
}
