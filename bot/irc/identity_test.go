package irc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// identify asks and describes the answer.
func (w *world) identify(p bot.Principal) string {
	w.Helper()
	got, err := w.irc.Identify(w.Context(), p)
	if err != nil {
		w.Error(err)
	}
	return strings.TrimSpace(got.Strength.String() + " " + got.Account)
}

// speak lets somebody say something and returns who the bot takes them for.
func (w *world) speak(nick string) bot.Principal {
	w.Helper()
	w.srv.Say(nick, "#glance", "!hello")
	return w.last().From
}

// With account-tag each message says who sent it, and what it says of one
// message is never believed of the next (T11).
func TestAccountTag(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		maria := w.srv.User("maria")
		for _, tt := range []struct{ account, want string }{{"mm", "account mm"}, {"", "nick only"}, {"other", "account other"}, {"*", "nick only"}, {"", "nick only"}} {
			maria.Account = tt.account
			if got := w.identify(w.speak("maria")); got != tt.want {
				t.Errorf("account %q: %s, want %s", tt.account, got, tt.want)
			}
		}
		if got := w.lines("WHOIS"); len(got) > 0 {
			t.Errorf("asked %q, though messages tell", got)
		}
	})
	// A tag that was never negotiated is no proof.
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Raw("@account=maria :thief!u@h PRIVMSG #glance :!mine")
		if p := w.last().From; p.Strength != bot.Unproven || p.Account != "" {
			t.Errorf("believed %+v", p)
		}
	})
}

// Without it the network is asked: 330 names the account, 307 the nick.
func TestWhois(t *testing.T) {
	for _, tt := range []struct {
		name    string
		server  bottest.IRCOptions
		account string
		want    string
	}{
		{"307", bottest.IRCOptions{}, "maria", "registered nick maria"},
		{"330", oftc(), "mm", "account mm"},
		{"nothing", oftc(), "", "nick only"},
	} {
		tt.server.Accounts = nil
		inWorld(t, tt.server, nil, func(w *world) {
			w.srv.User("maria").Account = tt.account
			p := w.speak("maria")
			if p.Strength != bot.Unproven {
				t.Errorf("%s: %+v before asking", tt.name, p)
			}
			for range 5 {
				if got := w.identify(p); got != tt.want {
					t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
				}
				w.sleep(time.Second)
			}
			if got := len(w.lines("WHOIS")); got != 1 {
				t.Errorf("%s: asked %d times in 5 s", tt.name, got)
			}
			w.sleep(10 * time.Second)
			w.identify(p)
			if got := len(w.lines("WHOIS")); got != 2 {
				t.Errorf("%s: asked %d times in 15 s", tt.name, got)
			}
		})
	}
}

// A stolen nick gains nothing: whatever happens to the nick voids the proof, in
// the cache and while the question is under way.
func TestStolenNick(t *testing.T) {
	events := map[string]func(w *world){
		"QUIT":        func(w *world) { w.srv.Raw(":maria!u@maria.example QUIT :*.net *.split") },
		"NICK away":   func(w *world) { w.srv.Raw(":maria!u@maria.example NICK other") },
		"NICK to":     func(w *world) { w.srv.Raw(":thief!u@thief.example NICK Maria") },
		"PART":        func(w *world) { w.srv.Raw(":maria!u@maria.example PART #glance") },
		"KICK":        func(w *world) { w.srv.Raw(":op!u@h KICK #glance maria :out") },
		"ACCOUNT":     func(w *world) { w.srv.Raw(":maria!u@maria.example ACCOUNT *") },
		"CHGHOST":     func(w *world) { w.srv.Raw(":maria!u@maria.example CHGHOST u elsewhere") },
		"new host":    func(w *world) { w.srv.Raw(":maria!u@thief.example PRIVMSG #glance :hello") },
		"reconnected": func(w *world) { w.srv.Drop(); w.sleep(10 * time.Second) },
	}
	for name, happen := range events {
		inWorld(t, bottest.IRCOptions{}, unpaced, func(w *world) {
			w.srv.User("maria").Account = "maria"
			p := w.speak("maria")
			if got := w.identify(p); got != "registered nick maria" {
				w.Fatalf("%s: %s before", name, got)
			}
			happen(w)
			synctest.Wait()
			if got := w.identify(p); got != "nick only" {
				t.Errorf("%s: %s afterwards, from the cache", name, got)
			}
		})
		o := bottest.IRCOptions{}
		o.Hook = func(c *bottest.IRCConn, command string, _ []string) bool {
			if command != "WHOIS" {
				return false
			}
			time.AfterFunc(time.Second, func() { // when the nick is no longer who it was
				c.Numeric("311", "maria u maria.example * :Maria")
				c.Numeric("307", "maria :is a registered nick")
				c.Numeric("318", "maria :End of /WHOIS list.")
			})
			return true
		}
		inWorld(t, o, unpaced, func(w *world) {
			p := w.speak("maria")
			if got := w.identify(p); got != "registered nick maria" {
				w.Fatalf("%s: %s without an event", name, got)
			}
			w.sleep(time.Minute)
			p = w.speak("maria")
			answer := make(chan string)
			go func() { answer <- w.identify(p) }()
			synctest.Wait()
			happen(w)
			if got := <-answer; got != "nick only" {
				t.Errorf("%s: %s, though it happened during the question", name, got)
			}
		})
	}
}

// The answer must be about whoever spoke: somebody else with the nick by now
// proves nothing for them, unseen as the change was.
func TestSomebodyElse(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Raw(":maria!u@thief.example PRIVMSG glancebot :!mine")
		p := w.last().From
		u := w.srv.User("maria")
		u.Account = "maria"
		if got := w.identify(p); got != "nick only" {
			t.Errorf("got %s", got)
		}
		w.srv.Say("maria", "glancebot", "!mine") // the owner of the nick comes
		w.take()
		if got := w.identify(p); got != "nick only" {
			t.Errorf("from the owner's words: %s", got)
		}
		if got := w.identify(bot.Principal{Network: "net", Nick: "never", Origin: "u@h"}); got != "nick only" {
			t.Errorf("somebody who never spoke: %s", got)
		}
		if got := w.identify(bot.Principal{Network: "net", Nick: "a b\r\nQUIT"}); got != "nick only" {
			t.Errorf("no nick: %s", got)
		}
	})
}

// A network that doesn't answer costs 3 s and grants nothing; a crowd that must
// be asked about is not asked about all at once.
func TestWhoisUnanswered(t *testing.T) {
	inWorld(t, hold(bottest.IRCOptions{}, "WHOIS"), unpaced, func(w *world) {
		p := w.speak("maria")
		began := time.Now()
		if got := w.identify(p); got != "nick only" || time.Since(began) != 3*time.Second {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if _, err := w.irc.Identify(ctx, p); err != nil || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		w.sleep(time.Minute)
		before := len(w.lines("WHOIS"))
		done := make(chan bool)
		for i := range 100 {
			p := w.speak(fmt.Sprintf("nick%d", i))
			go func() { w.identify(p); done <- true }()
		}
		for range 100 {
			<-done
		}
		if got := len(w.lines("WHOIS")) - before; got > 8 {
			t.Errorf("%d questions at once", got)
		}
	})
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		p := w.speak("maria")
		w.srv.Drop()
		synctest.Wait()
		if got := w.identify(p); got != "nick only" {
			t.Errorf("disconnected: %s", got)
		}
	})
}

// WHOIS also tells bots.
func TestWhoisBot(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		u := w.srv.User("robot")
		u.Account, u.Bot = "robot", true
		got, err := w.irc.Identify(w.Context(), w.speak("robot"))
		if err != nil || !got.Bot {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
