package outbox_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/outbox"
	"torchbearer/bot/people"
)

var nights = &people.Quiet{From: civil.Clock{Hour: 22}, To: civil.Clock{Hour: 8}}

// A ping is said where its person is, who is called as they are called there.
func TestWhereAPingGoes(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rooms []bot.Room
		to    bot.Target
		want  string
	}{
		{"where it was asked", []bot.Room{roomB, roomA}, bot.Target{Room: roomA}, "#a zoe_: look, says nina"},
		{"where the person was last seen", []bot.Room{roomB, roomA}, bot.Target{}, "#b zoe_: look, says nina"},
		{"the person is elsewhere", []bot.Room{roomB}, bot.Target{Room: roomA}, "#b zoe_: look, says nina"},
		{"alone", []bot.Room{roomB}, bot.Target{Direct: true}, "zoe_ zoe_: look, says nina"},
		{"nowhere", nil, bot.Target{Room: roomA}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			net := &network{}
			tell(t, net, func(w *world) {
				w.enter("zoe", tc.rooms...)
				w.ping("k", "zoe", func(to *bot.Target, say *bot.Say) {
					*to = tc.to
					to.Person = "zoe"
					say.Message = msg.New(msg.Ask, msg.Para{msg.To("zoe", "Zoe"), msg.Text(": look, says "), msg.To("nina", "nina")})
				})
				w.want(tc.want)
			})
		})
	}
}

// A line in a busy room makes nobody look for messages, unless somebody is waited
// for.
func TestSomebodySpeaks(t *testing.T) {
	var looks atomic.Int64
	net := &network{ready: func(bot.Room) bool { looks.Add(1); return false }}
	tell(t, net, func(w *world) {
		spoken := func() int64 {
			before := looks.Load()
			w.box.Seen()
			synctest.Wait()
			return looks.Load() - before
		}
		w.say("k", roomA, "the room is not there yet")
		if got := spoken(); got != 0 {
			t.Errorf("looked %d times for what waits for a room", got)
		}
		w.ping("p", "zoe", nil)
		if got := spoken(); got == 0 {
			t.Error("did not look whether zoe is here")
		}
		w.do(func(tx bot.Tx) error { return w.box.Drop(tx, "glance/ask/p") })
		if got := spoken(); got != 0 {
			t.Errorf("looked %d times when nobody was waited for any more", got)
		}
	})
}

// It is one message to one person, whichever room it was meant for.
func TestAPersonIsToldOnce(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.ping("k", "zoe", func(to *bot.Target, _ *bot.Say) { to.Room = roomA })
		w.ping("k", "zoe", func(to *bot.Target, _ *bot.Say) { to.Room = roomB })
		w.ping("k", "bob", nil)
		w.pass(time.Hour)
		w.want("")
		w.enter("zoe", roomA, roomB) // nobody waits for a clock
		w.want("#a zoe_: k")
		w.enter("bob", roomB)
		w.want("#a zoe_: k; #b bob_: k")
		w.stop()
		w.start()
		w.ping("k", "zoe", nil)
		w.want("#a zoe_: k; #b bob_: k")
	})
}

// What waits for somebody's morning is in nobody's way, is no fault, and is seen.
func TestAPingWaitsForTheMorning(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.pass(30 * time.Second) // after midnight: no look at the full minute meets the morning
		w.people.set("zoe", somebody{nick: "zoe", rooms: []bot.Room{roomA}, quiet: nights})
		began := w.now()
		w.ping("k", "zoe", nil)
		w.say("glance/freeze/x", roomA, "freeze")
		w.want("#a freeze")
		if err := w.box.Settle(w.t.Context()); err != nil || !w.now().Equal(began) {
			t.Errorf("Settle = %v after %s, want at once", err, w.now().Sub(began))
		}
		rep, err := w.box.Report(w.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := outbox.Report{Waiting: []outbox.Waiting{{
			Key: "glance/ask/k", Person: "zoe", Room: roomA, Since: began, Expires: began.Add(24 * time.Hour),
			Wait: people.Asleep, At: began.Add(8*time.Hour - 30*time.Second), Text: "?: k",
		}}}
		if diff := cmp.Diff(want, rep); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
		w.pass(8*time.Hour - 31*time.Second)
		w.want("#a freeze")
		w.pass(time.Second)
		w.want("#a freeze; #a zoe: k")
	})
}

// A report of what has no room yet can be read back by who asks over a socket.
func TestReportOfNoRoom(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.ping("k", "zoe", nil)
		rep, err := w.box.Report(w.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		var got outbox.Report
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rep, got); diff != "" || got.Waiting[0].Wait != people.Gone {
			t.Errorf("wait %q; read back (-want +got):\n%s", got.Waiting[0].Wait, diff)
		}
	})
}

func TestNotBefore(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		later := func(_ *bot.Target, say *bot.Say) { say.NotBefore = w.now().Add(90*time.Minute + 30*time.Second) }
		w.ping("ping", "zoe", later)
		w.do(func(tx bot.Tx) error {
			say := saying("late", w.now().Add(3*time.Hour))
			say.NotBefore = w.now().Add(2*time.Hour + 30*time.Second)
			return w.box.Add(tx, w.now(), "glance/freeze/late", bot.Target{Room: roomA}, say)
		})
		w.say("now", roomA, "now")
		if err := w.box.Settle(w.t.Context()); err != nil {
			t.Error(err)
		}
		w.pass(90 * time.Minute)
		w.want("#a now")
		w.pass(30 * time.Second)
		w.want("#a now; #a zoe_: ping")
		w.pass(30 * time.Minute)
		w.want("#a now; #a zoe_: ping; #a late")
	})
}

// Who moves while a ping is under way is not told a second time elsewhere.
func TestMovedWhileSending(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { time.Sleep(time.Second); return nil }}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		w.ping("k", "zoe", nil)
		w.enter("zoe", roomB)
		w.pass(time.Hour)
		w.want("#a zoe_: k")
	})
}

// Killed between the mark and the acknowledgement, or told nothing of it: the
// ping is repeated where it went, if the person is there; otherwise it follows
// them, or waits.
func TestPingOfUnknownFate(t *testing.T) {
	for _, tc := range []struct {
		name  string
		rooms []bot.Room // meanwhile
		nick  string
		want  string
	}{
		{"still there, and last seen elsewhere", []bot.Room{roomB, roomA}, "zoe", "#a zoe: k; #a zoe: k"},
		{"still there, by another name", []bot.Room{roomA}, "zoe|lunch", "#a zoe: k; #a zoe|lunch: k"},
		{"gone elsewhere", []bot.Room{roomB}, "zoe", "#a zoe: k; #b zoe: k"},
		{"gone", nil, "zoe", "#a zoe: k"},
	} {
		for _, how := range []string{"killed", "no acknowledgement"} {
			t.Run(tc.name+", "+how, func(t *testing.T) {
				net := &network{}
				net.does = func(attempt int, _ bot.Room, _ string) error {
					if attempt == 1 {
						time.Sleep(time.Second)
						return errors.New("no acknowledgement")
					}
					return nil
				}
				tell(t, net, func(w *world) {
					w.people.set("zoe", somebody{nick: "zoe", rooms: []bot.Room{roomA, roomB}})
					w.ping("k", "zoe", nil)
					w.people.set("zoe", somebody{nick: tc.nick, rooms: tc.rooms})
					if how == "killed" {
						next := w.store.Reopen()
						w.stop()
						w.store = next
						w.start()
					}
					w.pass(time.Minute)
					w.want(tc.want)
					if len(tc.rooms) > 0 {
						return
					}
					if err := w.box.Settle(w.t.Context()); err != nil {
						t.Error(err)
					}
					w.enter("zoe", roomB)
					w.want(tc.want + "; #b zoe: k")
				})
			})
		}
	}
}

// Where the network took note of it and said no, the ping goes wherever its
// person is by then, and what was to be waited for in the first room is void.
func TestPingThatWasNotSaid(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&bot.Refusal{Why: "muted", After: 10 * time.Minute}, "#a zoe_: k; #b zoe_: k"},
		{bot.ErrNotReady, "#a zoe_: k; #b zoe_: k"},
	} {
		net := &network{does: func(_ int, r bot.Room, _ string) error {
			if r == roomA {
				return tc.err
			}
			return nil
		}}
		tell(t, net, func(w *world) {
			w.enter("zoe", roomA)
			w.ping("k", "zoe", nil)
			w.enter("zoe", roomB, roomA)
			w.want(tc.want)
			if got, want := w.outcomes(), []string{"k delivered #b "}; !slices.Equal(got, want) {
				t.Errorf("outcomes %q, want %q", got, want)
			}
		})
	}
}

// Where somebody is, what they are called and whether they may be asked is looked
// at once more in the very transaction that marks the ping.
func TestLookedAtLast(t *testing.T) {
	for _, tc := range []struct {
		name      string
		meanwhile somebody
		want      string
		outcome   string
	}{
		{"opted out", somebody{nick: "zoe", rooms: []bot.Room{roomA}, consent: people.Consent{OptedOut: true}}, "", "k refused  does not want to be asked"},
		{"renamed", somebody{nick: "zoe|lunch", rooms: []bot.Room{roomA}}, "#a zoe|lunch: k", "k delivered #a "},
		{"moved", somebody{nick: "zoe", rooms: []bot.Room{roomB}}, "#b zoe: k", "k delivered #b "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var w *world
			net := &network{ready: func(bot.Room) bool { // asked between the outbox's reading and its marking
				w.people.set("zoe", tc.meanwhile)
				return true
			}}
			tell(t, net, func(in *world) {
				w = in
				w.people.set("zoe", somebody{nick: "zoe", rooms: []bot.Room{roomA}})
				w.ping("k", "zoe", nil)
				w.want(tc.want)
				if got, want := w.outcomes(), []string{tc.outcome}; !slices.Equal(got, want) {
					t.Errorf("outcomes %q, want %q", got, want)
				}
			})
		})
	}
}

func TestAmendAPing(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.ping("k", "zoe", nil)
		w.do(func(tx bot.Tx) error {
			return w.box.Amend(tx, "glance/ask/k", bot.Target{Person: "zoe", Room: roomB}, pinging("zoe", "amended", w.now().Add(time.Hour)))
		})
		w.enter("zoe", roomA)
		w.want("#a zoe_: amended")
	})
}

// Without a register nobody can be told anything, and nothing is lost.
func TestNoRegister(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		w.stop()
		w.box = outbox.New(outbox.Options{Store: w.store, Senders: map[string]bot.Sender{"net": net}, Now: w.now, Log: slog.New(slog.DiscardHandler)})
		w.run()
		w.ping("k", "zoe", nil)
		w.pass(time.Hour)
		w.want("")
		w.stop()
		w.start()
		w.enter("zoe", roomA)
		w.want("#a zoe_: k")
	})
}

// A message that the version before this one stored is delivered, with its id.
func TestRecordOfTheLastVersion(t *testing.T) {
	net := &network{}
	tell(t, net, func(w *world) {
		const id = "2b0ff1a3bd47f1d9f0f5a1c8"
		w.do(func(tx bot.Tx) error {
			return errors.Join(
				tx.Put("outbox/open/0d1b2c3d4e5f6071", []byte(`{"id":"`+id+`","key":"glance/freeze/x","room":"net/#a",`+
					`"message":{"kind":"announce","blocks":[{"para":[{"text":"old"}]}]},`+
					`"created":"1999-12-31T23:00:00Z","expires":"2000-01-02T00:00:00Z","state":"sending",`+
					`"payload":"b2xk","rendered":"1999-12-31T23:59:59Z","attempts":1,"why":"no acknowledgement"}`)),
				tx.Put("outbox/id/"+id, []byte("0d1b2c3d4e5f6071")),
			)
		})
		w.want("#a old")
		if net.lines[0].ID != id {
			t.Errorf("said with id %s, want %s", net.lines[0].ID, id)
		}
		if waiting, failed := w.report(); len(waiting)+len(failed)+len(w.outcomes()) > 0 {
			t.Errorf("waiting %v, failed %v, outcomes %q; want nothing", waiting, failed, w.outcomes())
		}
		synctest.Wait()
	})
}
