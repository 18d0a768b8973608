// Package members tests against real servers what cannot be seen from outside the
// bot alone: whom its IRC transport takes to be in a room, and how a word to one
// person ends. InspIRCd names accounts; ircd-hybrid, made to be like OFTC, none.
//
//	TORCHBEARER_E2E=required go test ./e2e/members
package members

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/irc"
	"torchbearer/e2e/ircd"
)

const within = 30 * time.Second

var room = bot.Room{Network: "net", Name: "#glance"}

// ear keeps who was seen.
type ear struct {
	mu   sync.Mutex
	seen []string
}

func (e *ear) Incoming(bot.Incoming) {}
func (e *ear) Changed(string)        {}

func (e *ear) Seen(r bot.Room, who bot.Principal, _ time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, r.Name+" "+described(who))
}

func (e *ear) list() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.seen, ", ")
}

// described is a principal in words: "zoe=zoe bot".
func described(p bot.Principal) string {
	s := p.Nick
	if p.Strength == bot.Account {
		s += "=" + p.Account
	}
	if p.Bot {
		s += " bot"
	}
	return s
}

// story is a transport on a real server.
type story struct {
	*testing.T
	*ear
	irc *irc.Transport
}

// becomes waits until something is as wanted.
func (s *story) becomes(what string, got func() string, want string) {
	s.Helper()
	for deadline := time.Now().Add(within); got() != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%s: got %s\nwant %s", what, got(), want)
		}
	}
}

func (s *story) members() string {
	var all []string
	for _, p := range s.irc.Members(room) {
		all = append(all, described(p))
	}
	return strings.Join(all, ", ")
}

// tell says something to one person, and returns what became of it.
func (s *story) tell(nick, text string) string {
	s.Helper()
	payload, err := json.Marshal([]string{text})
	if err != nil {
		s.Fatal(err)
	}
	err = s.irc.Deliver(s.Context(), "id", bot.Room{Network: "net", Name: nick}, payload)
	var refusal *bot.Refusal
	switch {
	case err == nil:
		return "delivered"
	case errors.As(err, &refusal) && !refusal.Final:
		return refusal.Why
	default:
		return "failed: " + err.Error()
	}
}

func TestMembers(t *testing.T) {
	account := ircd.Account{Name: "zoe", Password: "zoe-of-the-tests"}
	opts := ircd.Opts{Users: []ircd.Account{account}}
	for name, tt := range map[string]struct {
		start    func(testing.TB, ircd.Opts) *ircd.Server
		login    string
		accounts bool
	}{
		"InspIRCd":    {ircd.StartInspIRCd, irc.SASLPlain, true},
		"ircd-hybrid": {ircd.StartHybrid, irc.NickServ, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := tt.start(t, opts)
			shown := func(s string) string { // what the network tells of it
				if tt.accounts {
					return s
				}
				return strings.NewReplacer("=zoe", "", " bot", "").Replace(s)
			}
			zoe := ircd.Dial(t, server.PlainAddr, ircd.ClientOpts{Nick: "zoe", Account: account})
			nina, meet, bob := server.Dial(t, "nina"), server.Dial(t, "meet"), server.Dial(t, "bob")
			meet.Send("MODE meet +B")
			for _, c := range []*ircd.Client{zoe, nina, meet} { // zoe is an operator there
				c.Join(room.Name)
				c.Sync()
			}
			s := &story{T: t, ear: new(ear), irc: irc.New(irc.Options{
				Config: irc.Config{
					Network: "net", Address: server.Addr, TLS: true, CA: server.CA, Nick: server.Bot.Name,
					Login: tt.login, Account: server.Bot.Name, Password: server.Bot.Password,
					Burst: 5, Pace: 500 * time.Millisecond, Rooms: []bot.Room{room},
				},
				Log: slog.New(slog.DiscardHandler),
			})}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- s.irc.Run(ctx, s.ear) }()
			defer func() {
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}()

			s.becomes("who is there", s.members, shown("meet bot, nina, zoe=zoe"))
			bob.Join(room.Name)
			s.becomes("one comes", s.members, shown("bob, meet bot, nina, zoe=zoe"))
			zoe.Send("PART " + room.Name)
			s.becomes("one leaves", s.members, shown("bob, meet bot, nina"))
			zoe.Join(room.Name)
			s.becomes("comes back, with the account", s.members, shown("bob, meet bot, nina, zoe=zoe"))
			meet.Quit()
			s.becomes("one has gone", s.members, shown("bob, nina, zoe=zoe"))
			zoe.Send("PRIVMSG NickServ :LOGOUT")
			s.becomes("one logs out", s.members, "bob, nina, zoe")
			zoe.Send("PRIVMSG NickServ :IDENTIFY " + account.Password)
			s.becomes("and in again", s.members, shown("bob, nina, zoe=zoe"))
			zoe.Send("NICK zoe_")
			s.becomes("another nick", s.members, "bob, nina, zoe_")
			zoe.Say(room.Name, "hello")
			if tt.accounts {
				s.becomes("who speaks is known again", s.members, "bob, nina, zoe_=zoe")
			}
			s.becomes("seen", s.list, shown("#glance bob, #glance zoe=zoe, #glance zoe_=zoe"))

			if got := s.tell("nina", "a word"); got != "delivered" {
				t.Errorf("to nina: %s", got)
			}
			nina.Expect(`^(@\S+ )?:`+server.Bot.Name+`!\S+ PRIVMSG nina :a word$`, within)
			if got, want := s.tell("nobody", "a word"), "nobody is not on the network (401)"; got != want {
				t.Errorf("to nobody: got %s, want %s", got, want)
			}
			nina.Send("MODE nina +g")
			nina.Expect(`MODE nina :?\+g`, within)
			if got, want := s.tell("nina", "a word"), "nina takes messages of accepted people only (716)"; got != want {
				t.Errorf("to nina, who has closed the door: got %s, want %s", got, want)
			}
			nina.Send("ACCEPT " + server.Bot.Name)
			nina.Sync()
			if got := s.tell("nina", "another"); got != "delivered" {
				t.Errorf("to nina, who has opened it: %s", got)
			}
		})
	}
}
