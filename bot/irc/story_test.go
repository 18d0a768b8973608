package irc_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
)

// On a modern network the bot logs in before it is let in, joins, answers, and
// has its announcements confirmed by their echoes.
func TestModernNetwork(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.wantReady(true)
		if st := w.irc.Status(); !st.Connected || st.Login != "account glancebot (SASL PLAIN)" {
			t.Errorf("status %+v", st)
		}
		w.answer = true
		w.srv.User("maria").Account = "mm"
		w.srv.Say("maria", "#Glance", "\x02!freeze\x02 now")
		got := w.last()
		want := bot.Incoming{
			Room: glance, Text: "!freeze now", ID: "maria-1", At: time.Now().UTC(),
			From: bot.Principal{Network: "net", Nick: "maria", Origin: "u@maria.example", Account: "mm", Strength: bot.Account},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got := w.srv.Said("#glance"); !has(got, "· !freeze now") {
			t.Errorf("said %q", got)
		}
		if got := outcome(w.deliver(glance, "Spec freeze in 7 days", "second line")); got != "ok" {
			t.Errorf("delivery: %s", got)
		}
		if got := w.lines("PING"); len(got) > 0 {
			t.Errorf("a PING where echoes suffice: %q", got)
		}
	})
}

// On a network of OFTC's kind NickServ is asked, and the server's +r is the proof;
// a PING after the announcement stands for the echo.
func TestOFTCLikeNetwork(t *testing.T) {
	inWorld(t, oftc(), nickServ, func(w *world) {
		w.wantReady(true)
		if got := w.irc.Status().Login; got != "account glancebot (NickServ, seen by mode +r)" {
			t.Errorf("login %q", got)
		}
		if got := outcome(w.deliver(glance, "one", "two")); got != "ok" {
			t.Errorf("delivery: %s", got)
		}
		if diff := cmp.Diff([]string{"one", "two"}, w.srv.Said("#glance")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"PING :said-1"}, w.lines("PING")); diff != "" {
			t.Error(diff)
		}
	})
}

// The bot leaves with a word, and at once.
func TestLeave(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		began := time.Now()
		w.stop()
		if got := time.Since(began); got > time.Second {
			t.Errorf("leaving took %s", got)
		}
		if got := w.lines("QUIT"); len(got) != 1 {
			t.Errorf("goodbye %q", got)
		}
		if got := outcome(w.deliverIn(context.Background(), glance, "late")); got != bot.ErrNotReady.Error() {
			t.Errorf("delivery after the end: %s", got)
		}
		w.run()
		w.wantReady(true)
	})
}
