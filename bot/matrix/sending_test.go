package matrix_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// Answers overtake announcements, and all of it keeps to the server's pace.
func TestAnswersBeforeAnnouncements(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{Burst: 10, Pace: 5 * time.Second}, func(w *world) {
		var rooms []bot.Room
		for range 12 {
			r := bot.Room{Network: "main", Name: w.srv.Room(zoe, "")}
			rooms = append(rooms, r)
			w.conf.Rooms = append(w.conf.Rooms, r)
		}
		w.start()
		time.Sleep(3 * time.Minute) // the joins count, too
		began := time.Now()
		var all sync.WaitGroup
		for i, r := range rooms {
			all.Go(func() {
				for {
					err := w.Deliver(w.Context(), fmt.Sprint("ob-", i), r, w.text(msg.Announce, "Spec freeze."))
					if err == nil {
						return
					}
					if !errors.Is(err, bot.ErrNotReady) {
						t.Errorf("%s: %v", r, err)
						return
					}
					time.Sleep(time.Second) // as the outbox does
				}
			})
		}
		time.Sleep(time.Second)
		w.srv.Say(w.room, zoe, "!freeze")
		time.Sleep(5 * time.Second)
		w.want("answered first", w.said(w.room), []string{"re: !freeze"})
		all.Wait()
		if took := time.Since(began); took > 25*time.Second {
			t.Errorf("took %s", took)
		}
		for _, r := range rooms {
			w.want(r.Name, w.said(r.Name), []string{"Spec freeze."})
		}
		if strings.Contains(w.logged(), "429") || strings.Contains(w.logged(), "asks to wait") {
			t.Errorf("limited all the same:\n%s", w.logged())
		}
	})
}

// Whichever way the server asks to wait, its word is heeded, and the message
// arrives once.
func TestLimited(t *testing.T) {
	for _, o := range []bottest.MatrixOptions{
		{Burst: 1, Pace: 20 * time.Second}, {Burst: 1, Pace: 20 * time.Second, NoRetryHeader: true}, {Burst: 1, Pace: 20 * time.Second, NoRetryBody: true},
	} {
		inWorld(t, o, func(w *world) {
			w.conf.Pace = -1
			w.start()
			w.ready()
			if err := w.deliver("1", "one"); err != nil {
				t.Fatal(err)
			}
			var refusal *bot.Refusal
			if err := w.deliver("2", "two"); !errors.As(err, &refusal) || refusal.After < 19*time.Second || refusal.After > 21*time.Second || refusal.Final {
				t.Fatalf("second message: %v, want a refusal for 20 s", err)
			}
			time.Sleep(refusal.After)
			if err := w.deliver("2", "two"); err != nil {
				t.Error(err)
			}
			asked := len(w.srv.Requests())
			w.srv.Say(w.room, zoe, "!three")
			time.Sleep(22 * time.Second)
			w.want("said", w.said(w.room), []string{"one", "two", "re: !three"})
			w.want("requests for the answer", len(w.srv.Requests())-asked, 2)
			w.want("searches for what was not sent", w.asked("/messages"), 0)
		})
	}
}

// A server that took a message and did not say so has it once: it knows the
// transaction id, or the message is found in the room.
func TestInDoubt(t *testing.T) {
	for _, tc := range []struct {
		name  string
		later time.Duration
		then  func(w *world)
	}{
		{"at once", time.Second, func(*world) {}},
		{"server has forgotten", time.Minute, func(w *world) { w.srv.Stop(); w.srv.Start(true); time.Sleep(time.Minute) }},
		{"a day later", 25 * time.Hour, func(w *world) { w.srv.Stop(); w.srv.Start(true); time.Sleep(time.Minute) }},
		{"bot killed", time.Second, func(w *world) { w.kill(); w.start() }},
		{"bot killed, server has forgotten", time.Second, func(w *world) {
			w.kill()
			w.srv.Stop()
			w.srv.Start(true)
			for i := range 300 {
				w.srv.Say(w.room, zoe, fmt.Sprint("chat ", i))
			}
			w.start()
		}},
		{"logged out", time.Second, func(w *world) { w.srv.Logout(); time.Sleep(time.Minute) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var broken shared[bool]
			broken.set(true)
			inWorld(t, bottest.MatrixOptions{Accepted: func(bottest.MatrixEvent) bool { return broken.get() }}, func(w *world) {
				w.echo = false
				w.start()
				w.ready()
				var refusal *bot.Refusal
				if err := w.deliver("1", "one"); err == nil || errors.Is(err, bot.ErrNotReady) || errors.As(err, &refusal) {
					t.Fatalf("delivered in doubt: %v", err)
				}
				broken.set(false)
				time.Sleep(tc.later)
				tc.then(w)
				w.ready()
				if err := w.deliver("1", "one, as it is now"); err != nil {
					t.Error(err)
				}
				w.want("said", w.said(w.room), []string{"one"})
				if err := w.deliver("2", "two"); err != nil {
					t.Error(err)
				}
				w.want("said", w.said(w.room), []string{"one", "two"})
			})
		})
	}
}

// A message that did not arrive is said again, though it was looked for.
func TestDidNotArrive(t *testing.T) {
	var broken shared[bool]
	broken.set(true)
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if broken.get() && strings.Contains(r.URL.Path, "/send/") {
			http.Error(rw, "{}", http.StatusBadGateway)
			return true
		}
		return false
	}}, func(w *world) {
		w.start()
		w.ready()
		if err := w.deliver("1", "one"); err == nil {
			t.Fatal("delivered")
		}
		broken.set(false)
		if err := w.deliver("1", "one"); err != nil {
			t.Error(err)
		}
		w.want("said", w.said(w.room), []string{"one"})
		w.want("looked for", w.asked("/messages"), 1)
		time.Sleep(time.Minute)
		err := w.store.View(w.Context(), func(tx bot.ReadTx) error {
			for key := range tx.Scan("matrix/main/try/") {
				t.Errorf("still in the store: %s", key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// First attempts of one moment are one transaction.
func TestFirstAttemptsTogether(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		for range 40 {
			w.conf.Rooms = append(w.conf.Rooms, bot.Room{Network: "main", Name: w.srv.Room(zoe, "")})
		}
		w.conf.Pace = -1
		w.start()
		w.ready()
		time.Sleep(time.Minute)
		before := w.store.Commits()
		var all sync.WaitGroup
		for i, r := range w.conf.Rooms {
			all.Go(func() {
				if err := w.Deliver(w.Context(), fmt.Sprint(i), r, w.text(msg.Announce, "Spec freeze.")); err != nil {
					t.Errorf("%s: %v", r, err)
				}
			})
		}
		all.Wait()
		if n := w.store.Commits() - before; n > 2 {
			t.Errorf("%d transactions for 41 messages", n)
		}
	})
}

// What the server refuses is said in plain words.
func TestRefusals(t *testing.T) {
	var answer shared[string]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if answer.get() == "" || !strings.Contains(r.URL.Path, "/send/") {
			return false
		}
		var code struct{ Status int }
		_ = json.Unmarshal([]byte(answer.get()), &code)
		rw.WriteHeader(code.Status)
		fmt.Fprint(rw, answer.get())
		return true
	}}, func(w *world) {
		w.start()
		w.ready()
		w.srv.State(w.room, zoe, "m.room.power_levels", "", map[string]any{"users": map[string]any{zoe: 100}, "events_default": 50})
		synctest.Wait()
		for _, tc := range []struct {
			answer, why string
			final       bool
		}{
			{"", "not allowed to speak in the room: that needs power level 50, the bot has 0", false},
			{`{"status":413,"errcode":"M_TOO_LARGE","error":"too large"}`, "the message is too large for the server", true},
			{`{"status":403,"errcode":"M_USER_SUSPENDED","error":"x"}`, "the bot's account is suspended: ask the server's administrators", false},
			{`{"status":400,"errcode":"M_BAD_JSON","error":"odd\u202e\n!x"}`, "the server refuses the message: odd !x (M_BAD_JSON)", false},
		} {
			answer.set(tc.answer)
			var refusal *bot.Refusal
			if err := w.deliver("1", "one"); !errors.As(err, &refusal) || refusal.Why != tc.why || refusal.Final != tc.final {
				t.Errorf("got %v, want %q", err, tc.why)
			}
		}
		if err := w.Deliver(w.Context(), "x", glance, []byte("{")); !errors.As(err, new(*bot.Refusal)) {
			t.Errorf("unreadable payload: %v", err)
		}
		if err := w.Deliver(w.Context(), "x", bot.Room{Network: "main", Name: "#other:test.example"}, w.text(msg.Announce, "x")); !errors.Is(err, bot.ErrNotReady) {
			t.Errorf("foreign room: %v", err)
		}
		w.want("said", len(w.said(w.room)), 0)
	})
}

// An answer that can't be given is tried again, and dropped when it is to nobody.
func TestAnswersAreTriedAgain(t *testing.T) {
	var broken shared[bool]
	broken.set(true)
	inWorld(t, bottest.MatrixOptions{Accepted: func(bottest.MatrixEvent) bool { return broken.get() }}, func(w *world) {
		w.start()
		w.ready()
		w.srv.Say(w.room, zoe, "!one")
		time.Sleep(5 * time.Second)
		broken.set(false)
		time.Sleep(10 * time.Second)
		w.want("said", w.said(w.room), []string{"re: !one"})
		w.srv.State(w.room, zoe, "m.room.encryption", "", megolm)
		w.srv.Say(w.room, zoe, "!two")
		time.Sleep(time.Minute)
		w.want("said", w.said(w.room), []string{"re: !one"})
	})
}

// Many questions don't keep an announcement for ever.
func TestAnnouncementAmongAnswers(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		other := bot.Room{Network: "main", Name: w.srv.Room(zoe, "")}
		w.conf.Rooms = append(w.conf.Rooms, other)
		w.conf.Burst = 1
		w.start()
		time.Sleep(time.Minute)
		for i := range 6 {
			w.srv.Say(w.room, zoe, fmt.Sprint("!", i))
		}
		began := time.Now()
		if err := w.Deliver(w.Context(), "1", other, w.text(msg.Announce, "Spec freeze.")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 15*time.Second || took > 21*time.Second {
			t.Errorf("took %s, want the turn after four answers", took)
		}
	})
}
