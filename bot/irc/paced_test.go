package irc_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// Forty rooms are told at the network's pace. What can't leave soon comes back as
// not ready, to be put into words again: no room hears what was true long ago.
func TestFortyRoomsHearFreshWords(t *testing.T) {
	var rooms []bot.Room
	for i := range 40 {
		rooms = append(rooms, bot.Room{Network: "net", Name: fmt.Sprintf("#r%d", i)})
	}
	for name, o := range networks() {
		inWorld(t, o, func(c *irc.Config) { c.Rooms = rooms }, func(w *world) {
			w.sleep(3 * time.Minute)
			began := time.Now()
			var all sync.WaitGroup
			for _, r := range rooms {
				all.Go(func() {
					for {
						err := <-w.begin(w.Context(), r, time.Now().Format(time.TimeOnly))
						if err == nil {
							return
						}
						if !errors.Is(err, bot.ErrNotReady) {
							w.Errorf("%s, %s: %v", name, r.Name, err)
							return
						}
						time.Sleep(time.Second)
					}
				})
			}
			all.Wait()
			lines, times := w.srv.Received()
			said := 0
			for i, line := range lines {
				_, text, ok := strings.Cut(line, "PRIVMSG #r")
				if !ok {
					continue
				}
				said++
				_, text, _ = strings.Cut(text, " :")
				if got := times[i].Format(time.DateOnly) + " " + text; times[i].Sub(parsed(t, got)) > 16*time.Second {
					t.Errorf("%s: %q arrived %s", name, line, times[i].Format(time.TimeOnly))
				}
			}
			if said != len(rooms) {
				t.Errorf("%s: %d lines for %d rooms", name, said, len(rooms))
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("%s: took %s", name, took)
			}
		})
	}
}

func parsed(t *testing.T, stamp string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateTime, stamp)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// insist delivers as the outbox does: what was not ready is tried again.
func (w *world) insist(r bot.Room, lines ...string) <-chan error {
	result := make(chan error, 1)
	go func() {
		for {
			err := <-w.begin(w.Context(), r, lines...)
			if !errors.Is(err, bot.ErrNotReady) {
				result <- err
				return
			}
			time.Sleep(time.Second)
		}
	}()
	return result
}

// While many announcements wait for the bucket, one PING serves several.
func TestBarriersAreShared(t *testing.T) {
	var rooms []bot.Room
	for i := range 60 {
		rooms = append(rooms, bot.Room{Network: "net", Name: fmt.Sprintf("#r%d", i)})
	}
	inWorld(t, bottest.IRCOptions{}, func(c *irc.Config) { c.Rooms = rooms }, func(w *world) {
		w.sleep(3 * time.Minute)
		began := time.Now()
		var results []<-chan error
		for _, r := range rooms {
			results = append(results, w.insist(r, "Spec freeze in 7 days"))
		}
		for i, result := range results {
			if err := <-result; err != nil {
				w.Fatalf("room %d: %v", i, err)
			}
		}
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("60 rooms took %s", took)
		}
		if got := len(w.lines("PING :said")); got > 25 {
			t.Errorf("%d PINGs for 60 messages", got)
		}
	})
}

// On the whole way: while three people ask as much as they may, a reminder
// arrives and a room is entered.
func TestBusyRoom(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Say("maria", "#glance", "help")
		in := w.last()
		stop := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() {
			for {
				for _, nick := range []string{"maria", "zoe", "nina"} {
					in.From.Nick, in.From.Origin, in.From.Account = nick, nick, nick
					w.irc.Reply(in, say("%s", strings.Repeat("word ", 120)), time.Now())
				}
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Second):
				}
			}
		})
		w.sleep(5 * time.Minute)
		began := time.Now()
		if err := <-w.deliver(glance, "Spec freeze in 7 days"); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the reminder took %s", took)
		}
		before := len(w.lines("JOIN"))
		w.srv.Kick("#glance", "maria", "")
		w.sleep(90 * time.Second)
		if got := len(w.lines("JOIN")) - before; got != 1 {
			t.Errorf("%d attempts to get back in", got)
		}
		close(stop)
		asking.Wait()
	})
}

// Errors name no line. What an answer has earned is not taken for an
// announcement's in the same room, whichever was said first; what an
// announcement has earned is.
func TestWhoseError(t *testing.T) {
	const muted = ":irc.test 404 glancebot #glance :Cannot send to channel"
	pong := func(n int) string { return fmt.Sprintf(":irc.test PONG irc.test :said-%d", n) }
	for name, c := range map[string]struct {
		answerFirst bool
		server      []string
		want        string
	}{
		"the answer before":        {true, []string{muted, pong(1), pong(2)}, "ok"},
		"the announcement after":   {true, []string{pong(1), muted, pong(2)}, "not delivered: muted in #glance (404)"},
		"both":                     {true, []string{muted, pong(1), muted, pong(2)}, "not delivered: muted in #glance (404)"},
		"the answer after":         {false, []string{pong(1), muted}, "ok"},
		"the announcement before":  {false, []string{muted, pong(1)}, "not delivered: muted in #glance (404)"},
		"nobody's, nothing proven": {true, []string{muted, pong(1)}, "waiting"},
	} {
		inWorld(t, hold(bottest.IRCOptions{}, "P"), unpaced, func(w *world) {
			w.srv.Say("maria", "#glance", "help")
			in := w.last()
			var result <-chan error
			if c.answerFirst {
				w.irc.Reply(in, say("answer"), time.Now())
				synctest.Wait()
				result = w.deliver(glance, "announcement")
			} else {
				result = w.deliver(glance, "announcement")
				w.irc.Reply(in, say("answer"), time.Now())
				synctest.Wait()
			}
			for _, line := range c.server {
				w.srv.Raw(line)
				synctest.Wait()
			}
			if got := outcome(result); got != c.want {
				t.Errorf("%s: got %s, want %s; sent %q", name, got, c.want, w.lines("P"))
			}
		})
	}
}
