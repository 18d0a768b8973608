package bottest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// ear hears what a network hands on.
type ear struct {
	heard []bot.Incoming
	seen  []string
}

func (e *ear) Incoming(in bot.Incoming) { e.heard = append(e.heard, in) }
func (e *ear) Changed(string)           {}

func (e *ear) Seen(r bot.Room, who bot.Principal, _ time.Time) {
	e.seen = append(e.seen, r.Name+" "+who.Nick)
}

// on runs a test with a bot on a network.
func on(t *testing.T, kind bottest.Kind, test func(*testing.T, *bottest.Network, *bottest.Session, *ear)) {
	t.Run(string(kind), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := bottest.NewNetwork(kind, "net", "glancebot", time.Now)
			s, e := n.Connect(), &ear{}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- s.Run(ctx, e) }()
			synctest.Wait()
			test(t, n, s, e)
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
}

var channel = bot.Room{Network: "net", Name: "#a"}

// attempt delivers one message and returns how often the room has seen it since.
func attempt(t *testing.T, n *bottest.Network, s *bottest.Session, id string) (seen int, err error) {
	t.Helper()
	payload, renderErr := s.Render(channel, msg.New(msg.Announce, msg.Para{msg.Text("hello")}), time.Now())
	if renderErr != nil {
		t.Fatal(renderErr)
	}
	err = s.Deliver(t.Context(), id, channel, payload)
	for _, ok := n.Take(channel); ok; _, ok = n.Take(channel) {
		seen++
	}
	return seen, err
}

func TestDeliver(t *testing.T) {
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		on(t, kind, func(t *testing.T, n *bottest.Network, s *bottest.Session, _ *ear) {
			again := map[bottest.Kind]int{bottest.Plain: 1, bottest.Rich: 0}[kind]
			for _, step := range []struct {
				name string
				set  func()
				id   string
				seen int
				ok   bool
			}{
				{"once", func() {}, "1", 1, true},
				{"again", func() {}, "1", again, true},
				{"lost acknowledgement", func() { n.Fail(bottest.AckLost) }, "2", 1, false},
				{"and again", func() { n.Fail(bottest.NoFault) }, "2", again, true},
				{"dropped", func() { n.Fail(bottest.Dropped) }, "3", 0, false},
				{"and not dropped", func() { n.Fail(bottest.NoFault) }, "3", 1, true},
				{"muted", func() { n.Mute(channel) }, "4", 0, false},
				{"unmuted", func() { n.Unmute(channel) }, "4", 1, true},
				{"kicked", func() { n.Kick(channel) }, "5", 0, false},
				{"back", func() { n.Rejoin(channel) }, "5", 1, true},
				{"down", n.Down, "6", 0, false},
				{"up", n.Up, "6", 1, true},
				{"killed", s.Kill, "7", 0, false},
			} {
				step.set()
				seen, err := attempt(t, n, s, step.id)
				if seen != step.seen || (err == nil) != step.ok {
					t.Errorf("%s: seen %d times, %v; want %d, acknowledged %v", step.name, seen, err, step.seen, step.ok)
				}
				var refusal *bot.Refusal
				if step.name == "muted" && !errors.As(err, &refusal) {
					t.Errorf("muted: %v, want a refusal", err)
				}
				if nothing := step.name == "kicked" || step.name == "down" || step.name == "killed"; nothing != errors.Is(err, bot.ErrNotReady) || nothing == s.Ready(channel) {
					t.Errorf("%s: %v, ready %v", step.name, err, s.Ready(channel))
				}
			}
		})
	}
}

// A connection that breaks while an acknowledgement is on its way loses it.
func TestSlowAcknowledgement(t *testing.T) {
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		on(t, kind, func(t *testing.T, n *bottest.Network, s *bottest.Session, _ *ear) {
			n.Slow(time.Minute)
			began := time.Now()
			if _, err := attempt(t, n, s, "1"); err != nil || time.Since(began) != time.Minute {
				t.Errorf("acknowledged after %s, %v; want a minute", time.Since(began), err)
			}
			time.AfterFunc(time.Second, n.Down)
			if seen, err := attempt(t, n, s, "2"); err == nil || seen != 1 {
				t.Errorf("seen %d times, %v; want once, and no acknowledgement", seen, err)
			}
		})
	}
}

// Who somebody is: with the line on a rich network; when asked on a plain one,
// and not while its services are gone.
func TestWhoSpeaks(t *testing.T) {
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		on(t, kind, func(t *testing.T, n *bottest.Network, s *bottest.Session, e *ear) {
			n.Say(channel, bottest.Speaker{Nick: "maria", Account: "mm"}, "glancebot: freeze")
			n.Say(bot.Room{Network: "net", Name: "alice"}, bottest.Speaker{Nick: "alice"}, "!freeze")
			n.Services(false)
			n.Say(channel, bottest.Speaker{Nick: "maria", Account: "mm"}, "!freeze")
			if len(e.heard) != 3 {
				t.Fatalf("heard %d lines, want 3", len(e.heard))
			}
			maria, alice, later := e.heard[0], e.heard[1], e.heard[2]
			if want := (kind == bottest.Rich); (maria.From.Account == "@mm:example.org") != want || (maria.From.User == "@mm:example.org") != want || !maria.Addressed || maria.Text != "freeze" || maria.Direct {
				t.Errorf("maria's line: %+v", maria)
			}
			if !alice.Direct || alice.Addressed || alice.From.Nick != "alice" || (alice.From.Account == "") != (kind == bottest.Plain) {
				t.Errorf("alice's line: %+v", alice)
			}
			if kind == bottest.Rich {
				if alice.From.Account != "@alice:elsewhere.example" || alice.Room.Name != alice.From.User {
					t.Errorf("alice's line: %+v", alice)
				}
				if p, err := s.Identify(t.Context(), later.From); err != nil || p != later.From || p.Account != maria.From.Account {
					t.Errorf("there are no services to be gone: %+v, %v", p, err)
				}
				return
			}
			if p, err := s.Identify(t.Context(), maria.From); err != nil || later.From.Account != "" || p.Strength != bot.Unproven {
				t.Errorf("without services: %+v, then %+v, %v", later.From, p, err)
			}
			n.Services(true)
			if p, err := s.Identify(t.Context(), later.From); err != nil || p.Account != "mm" || p.Strength != bot.Account {
				t.Errorf("asked: %+v, %v", p, err)
			}
		})
	}
}
