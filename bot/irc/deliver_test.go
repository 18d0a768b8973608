package irc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
	"torchbearer/bot/msg"
)

func unpaced(c *irc.Config) { c.Pace = 0 }

// hold keeps back what the server would do with some lines.
func hold(o bottest.IRCOptions, prefix string) bottest.IRCOptions {
	o.Hook = func(_ *bottest.IRCConn, command string, params []string) bool {
		return strings.HasPrefix(command+" "+strings.Join(params, " "), prefix)
	}
	return o
}

// networks are the three ways to acknowledge.
func networks() map[string]bottest.IRCOptions {
	acks := bottest.IRCOptions{Caps: []string{"labeled-response", "batch"}}
	return map[string]bottest.IRCOptions{
		"PING": {}, "labels, ACK": acks, "labels, echo": {Caps: bottest.IRCv3()},
		"echo without labels": {Caps: []string{"echo-message"}},
	}
}

func TestDeliver(t *testing.T) {
	for name, o := range networks() {
		t.Run(name, func(t *testing.T) {
			inWorld(t, o, unpaced, func(w *world) {
				if got := outcome(w.deliver(glance, "one", "two", "three")); got != "ok" {
					t.Errorf("delivery: %s", got)
				}
				w.srv.User("maria")
				if got := outcome(w.deliver(bot.Room{Network: "net", Name: "maria"}, "psst")); got != "ok" {
					t.Errorf("to a person: %s", got)
				}
				if got := outcome(w.deliver(bot.Room{Network: "net", Name: "nobody"}, "psst")); got != "not delivered: nobody is not on the network (401)" {
					t.Errorf("to nobody: %s", got)
				}
				w.srv.Mute("#glance", true)
				result := w.deliver(glance, "one", "two")
				err := <-result
				var refusal *bot.Refusal
				if !errors.As(err, &refusal) || refusal.Why != "muted in #glance (404)" || refusal.After != 30*time.Second || refusal.Final {
					t.Errorf("muted: %v", err)
				}
				w.srv.Mute("#glance", false)
				if got := outcome(w.deliver(glance, "four")); got != "ok" {
					t.Errorf("no longer muted: %s", got)
				}
				if diff := cmp.Diff([]string{"one", "two", "three", "four"}, w.srv.Said("#glance")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Nothing is sent to rooms that can't be reached.
func TestNotReady(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		for _, r := range []bot.Room{{Network: "net", Name: "#other"}, {Network: "other", Name: "#glance"}, {Network: "net", Name: "a b"}, {Network: "net", Name: ""}} {
			if w.irc.Ready(r) {
				t.Errorf("ready for %s", r)
			}
			if got := outcome(w.deliver(r, "hello")); got != bot.ErrNotReady.Error() {
				t.Errorf("%s: %s", r, got)
			}
		}
		w.srv.Kick("#glance", "maria", "")
		w.wantReady(false)
		if got := outcome(w.deliver(glance, "hello")); got != bot.ErrNotReady.Error() {
			t.Errorf("kicked: %s", got)
		}
		w.sleep(70 * time.Second)
		w.wantReady(true)
		for _, payload := range []string{"", "{}", "[]", `[""]`, `["\u0001"]`, `["a` + strings.Repeat(`","a`, 50) + `"]`} {
			var refusal *bot.Refusal
			if err := w.irc.Deliver(w.Context(), "id", glance, []byte(payload)); !errors.As(err, &refusal) || !refusal.Final {
				t.Errorf("payload %.20q: %v", payload, err)
			}
		}
	})
}

// The connection is lost: before anything was written the message can safely be
// sent again, afterwards nobody knows.
func TestConnectionLost(t *testing.T) {
	t.Run("nothing sent", func(t *testing.T) {
		inWorld(t, bottest.IRCOptions{}, func(c *irc.Config) { c.Burst, c.Pace = 1, time.Minute }, func(w *world) {
			w.srv.Freeze(true)
			result := w.deliver(glance, "waits for the bucket")
			if got := outcome(result); got != "waiting" {
				w.Fatal(got)
			}
			w.srv.Drop()
			if err := <-result; !errors.Is(err, bot.ErrNotReady) {
				t.Errorf("got %v", err)
			}
			if got := w.srv.Said("#glance"); len(got) > 0 {
				t.Errorf("said %q", got)
			}
		})
	})
	t.Run("sent", func(t *testing.T) {
		for name, o := range networks() {
			inWorld(t, hold(o, "P"), unpaced, func(w *world) { // PRIVMSG and PING
				result := w.deliver(glance, "on its way")
				w.srv.Drop()
				if err := <-result; err == nil || errors.Is(err, bot.ErrNotReady) {
					t.Errorf("%s: got %v", name, err)
				}
			})
		}
	})
	t.Run("no answer", func(t *testing.T) {
		for name, o := range networks() {
			inWorld(t, hold(o, "P"), unpaced, func(w *world) {
				began := time.Now()
				err := <-w.deliver(glance, "on its way")
				if took := time.Since(began); err == nil || errors.Is(err, bot.ErrNotReady) || took != 30*time.Second {
					t.Errorf("%s: got %v after %s", name, err, took)
				}
			})
		}
	})
}

// A delivery that is given up takes back what has not left yet, and says
// whether that is all of it.
func TestGivenUp(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, func(c *irc.Config) { c.Burst, c.Pace = 2, time.Minute }, func(w *world) {
		ctx, cancel := context.WithCancel(w.Context())
		begun := w.deliverIn(ctx, glance, "one", "two", "three") // one token is left
		waiting := w.deliverIn(ctx, glance, "not at all")
		cancel()
		if err := <-begun; err == nil || errors.Is(err, bot.ErrNotReady) || !errors.Is(err, context.Canceled) {
			t.Errorf("begun: %v", err)
		}
		if err := <-waiting; !errors.Is(err, bot.ErrNotReady) || !errors.Is(err, context.Canceled) {
			t.Errorf("waiting: %v", err)
		}
		w.sleep(time.Hour)
		if diff := cmp.Diff([]string{"one"}, w.srv.Said("#glance")); diff != "" {
			t.Error(diff)
		}
	})
}

// The bot leaves: what is on its way gets a moment to be acknowledged.
func TestLeaveWhileDelivering(t *testing.T) {
	o := bottest.IRCOptions{}
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command == "PING" {
			time.AfterFunc(300*time.Millisecond, func() { c.Send(":irc.test PONG irc.test :%s", params[0]) })
			return true
		}
		return false
	}
	inWorld(t, o, nil, func(w *world) {
		result := w.deliver(glance, "last words")
		w.stop()
		if got := outcome(result); got != "ok" {
			t.Errorf("delivery: %s", got)
		}
	})
}

// Rendered lines fit the bot's mask; when that grows before they are sent, they
// are split again. On the wire no line is ever cut.
func TestFitsTheMask(t *testing.T) {
	text := strings.Repeat("Prüfung der Änderung ", 40) + "https://review.opendev.org/912345"
	for _, o := range networks() {
		inWorld(t, o, unpaced, func(w *world) {
			payload, err := w.irc.Render(glance, say("%s", text), time.Now())
			if err != nil {
				w.Fatal(err)
			}
			var lines []string
			if err := json.Unmarshal(payload, &lines); err != nil || len(lines) != 3 {
				w.Fatalf("lines %q, %v", lines, err)
			}
			if n := len(":glancebot!~torchbearer@bot.example PRIVMSG #glance :"+lines[0]) + 2; n < 490 || n > 512 {
				t.Errorf("first line of %d bytes as relayed", n)
			}
			w.srv.Raw(":irc.test 396 glancebot " + strings.Repeat("x", 60) + ".users.example :is now your displayed host")
			w.srv.Raw(":glancebot!u@h CHGHOST ~torchbearer " + strings.Repeat("x", 60) + ".users.example")
			synctest.Wait()
			if got := outcome(w.deliver(glance, lines...)); got != "ok" {
				t.Error(got)
			}
			said := w.srv.Said("#glance")
			if len(said) <= len(lines) {
				t.Errorf("%d lines said, %d rendered", len(said), len(lines))
			}
			if got, want := strings.Join(said, " "), strings.Join(lines, " "); got != want {
				t.Errorf("said %q\nwant %q", got, want)
			}
			for _, line := range said {
				if n := len(":glancebot!~torchbearer@"+strings.Repeat("x", 60)+".users.example PRIVMSG #glance :"+line) + 2; n > 512 {
					t.Errorf("%d bytes as relayed", n)
				}
			}
		})
	}
}

// A network that cuts what we say is found out by its echo (T4).
func TestGarbledEcho(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.srv.Do(func(c *bottest.IRCConn) { c.Host = strings.Repeat("x", 400) })
		for range 3 {
			if got := outcome(w.deliver(glance, strings.Repeat("word ", 40))); got != "ok" {
				t.Error(got)
			}
			w.sleep(10 * time.Second)
		}
		if got := strings.Count(w.logged(), "the network changes what the bot says"); got != 1 {
			t.Errorf("logged %d times", got)
		}
	})
}

// Lines leave in bursts and then at the network's pace; answers go before
// announcements, PONG before everything, and the lines of one message stand
// together in their room (T7, T8).
func TestRanks(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) { // burst 5, one each 2 s; JOIN took one
		w.sleep(time.Minute)
		began := time.Now()
		_, times := w.srv.Received()
		before := len(times)
		first := w.deliver(glance, "a1", "a2", "a3", "a4", "a5", "a6", "a7")
		second := w.deliver(glance, "b1", "b2")
		w.srv.Say("maria", "glancebot", "help")
		w.srv.Say("maria", "#glance", "help")
		for i, in := range w.take() {
			w.irc.Reply(in, say("answer%d", i), time.Now())
		}
		w.srv.Raw("PING :are you there")
		w.sleep(50 * time.Second)
		var got []string
		lines, times := w.srv.Received()
		for i := range lines[before:] {
			_, text, _ := strings.Cut(lines[before+i], " :")
			got = append(got, fmt.Sprintf("%s %s", times[before+i].Sub(began), text))
		}
		want := []string{
			"0s a1", "0s a2", "0s a3", "0s a4", "0s a5", "0s are you there",
			"2s answer0",                                 // to maria; the room's waits for the message under way there
			"4s a6", "6s a7", "8s said-1", "10s answer1", // an error would be the answer's
			"12s said-2", "14s b1", "16s b2", "16s said-3",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if outcome(first) != "ok" || outcome(second) != "ok" {
			t.Error("not acknowledged")
		}
	})
}

// A server that stops reading doesn't stop the bot: replies are dropped, oldest
// first, and nothing grows without bound.
func TestRepliesAreBounded(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Say("maria", "#glance", "x")
		in := w.last()
		for i := range 1000 {
			w.irc.Reply(in, say("answer %d", i), time.Now())
		}
		w.sleep(time.Minute)
		said := w.srv.Said("#glance")
		if len(said) > 25 {
			t.Errorf("%d answers, half a minute old and more", len(said))
		}
		if last := said[len(said)-1]; !strings.HasPrefix(last, "answer 9") {
			t.Errorf("the last is %q", last)
		}
		if !strings.Contains(w.logged(), "reply dropped") {
			t.Error("nothing in the log")
		}
	})
}

// An empty message has nothing to render.
func TestRenderNothing(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		if b, err := w.irc.Render(glance, msg.Message{}, time.Now()); err == nil {
			t.Errorf("rendered %q", b)
		}
	})
}

// A network that promises labels and gives none is asked with PING from the
// second message on, so that nothing is said for ever.
func TestLabelsPromised(t *testing.T) {
	o := modern()
	o.Hook = func(c *bottest.IRCConn, command string, _ []string) bool {
		if command == "PRIVMSG" {
			c.Send(":glancebot!~torchbearer@bot.example PRIVMSG #glance :echo without a label")
			return true
		}
		return false
	}
	inWorld(t, o, sasl, func(w *world) {
		if err := <-w.deliver(glance, "one"); err == nil {
			t.Error("confirmed by nothing")
		}
		if err := <-w.deliver(glance, "one"); err != nil {
			t.Error(err)
		}
	})
}

// The error that an answer earns is not taken for the announcement's behind it.
func TestRefusedAnswer(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, func(c *irc.Config) { c.Burst, c.Pace = 1, time.Minute }, func(w *world) {
		w.srv.Mute("#glance", true)
		w.srv.Say("maria", "#glance", "help")
		w.sleep(40 * time.Second)
		w.irc.Reply(w.last(), say("answer"), time.Now())
		result := w.deliver(glance, "announcement")
		w.sleep(30 * time.Second)
		if got := w.lines("PRIVMSG #glance :answer"); len(got) != 1 {
			t.Fatalf("sent %q", got)
		}
		w.srv.Mute("#glance", false)
		w.sleep(2 * time.Minute)
		if got := outcome(result); got != "ok" {
			t.Errorf("delivery: %s", got)
		}
	})
}

// Until the bot has seen its own mask it reckons with a long one.
func TestMaskUnknown(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, func(c *irc.Config) { unpaced(c); c.Rooms = nil }, func(w *world) {
		host := strings.Repeat("h", 63)
		w.srv.Do(func(c *bottest.IRCConn) { c.Host = host })
		w.srv.User("maria")
		maria := bot.Room{Network: "net", Name: "maria"}
		payload, err := w.irc.Render(maria, say("%s", strings.Repeat("word ", 300)), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.irc.Deliver(w.Context(), "id", maria, payload); err != nil {
			t.Error(err)
		}
		var want []string
		if err := json.Unmarshal(payload, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, w.srv.Said("maria")); diff != "" {
			t.Errorf("cut on the way: %s", diff)
		}
	})
}
