package matrix_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

var zoes = bot.Room{Network: "main", Name: zoe}

// tell says something to zoe alone, trying as the outbox does, and returns what
// became of it.
func (w *world) tell(id, s string) (err error) {
	w.Helper()
	for range 300 {
		err = bot.ErrNotReady
		if w.Ready(zoes) {
			err = w.Deliver(w.Context(), id, zoes, w.text(msg.Announce, s))
		}
		if !errors.Is(err, bot.ErrNotReady) {
			return err
		}
		time.Sleep(time.Second)
	}
	return err
}

// talks are the rooms that the bot has made, with what it has said there.
func (w *world) talks() (list []string) {
	synctest.Wait()
	for _, room := range w.srv.Rooms(me) {
		list = append(list, fmt.Sprintf("%s %s", w.srv.Membership(room, zoe), strings.Join(w.srv.Said(room, me), ", ")))
	}
	return list
}

// To tell somebody something alone, the bot opens a talk, once.
func TestTalk(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.srv.AccountData(me, "m.direct", map[string]any{eve: []string{"!old:test.example"}})
		w.start()
		w.ready()
		for _, id := range []string{"1", "2"} {
			if err := w.tell(id, "hello "+id); err != nil {
				t.Fatal(err)
			}
		}
		w.want("talks", w.talks(), []string{"invite hello 1, hello 2"})
		talk := w.srv.Rooms(me)[0]
		want := map[string]any{eve: []any{"!old:test.example"}, zoe: []any{talk}}
		if diff := cmp.Diff(want, w.srv.Account(me, "m.direct")); diff != "" {
			t.Errorf("m.direct (-want +got)\n%s", diff)
		}
		w.want("rooms encrypted", len(w.srv.Events(talk, "m.room.encryption")), 0)
		w.srv.Join(talk, zoe)
		w.srv.Say(talk, zoe, "freeze")
		synctest.Wait()
		if in := w.heard[len(w.heard)-1]; in.Room != zoes || !in.Direct {
			t.Errorf("heard %+v", in)
		}
		w.end()
		w.start()
		if err := w.tell("3", "hello 3"); err != nil {
			t.Fatal(err)
		}
		w.want("talks", w.talks(), []string{"join hello 1, hello 2, re: freeze, hello 3"})
	})
}

// A talk that there is, is used.
func TestTalkThatThereIs(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		talk := w.srv.Room(zoe, "")
		w.srv.Invite(talk, zoe, me, true)
		time.Sleep(time.Minute)
		if err := w.tell("1", "hello"); err != nil {
			t.Fatal(err)
		}
		w.want("said", w.said(talk), []string{"hello"})
		w.want("made", len(w.srv.Rooms(me)), 0)
	})
}

// Whenever the bot is killed, or an answer is lost, there is one room.
func TestOneTalk(t *testing.T) {
	var slow shared[bool]
	hook := func(rw http.ResponseWriter, r *http.Request) bool {
		if slow.get() && strings.HasSuffix(r.URL.Path, "/state") {
			http.Error(rw, "{}", http.StatusBadGateway)
			return true
		}
		return false
	}
	for _, tc := range []struct {
		name string
		lost bool // the server's answer
		then func(w *world)
	}{
		{"an answer lost", true, func(*world) {}},
		{"an answer lost, and killed", true, func(w *world) { w.kill(); w.start() }},
		{"killed", false, func(w *world) { w.kill(); w.start() }},
		{"killed, and all that was kept is lost", false, func(w *world) {
			w.end()
			w.store = bottest.NewStore()
			w.start()
		}},
		{"all that was kept is lost, and the server slow to tell of rooms", false, func(w *world) {
			w.end()
			w.store = bottest.NewStore()
			w.srv.State(w.srv.Rooms(me)[0], me, "m.room.topic", "", map[string]any{}) // so that the first sync tells of nobody else
			slow.set(true)
			w.start()
			w.want("ready", w.Ready(zoes), false)
			slow.set(false)
		}},
		{"killed, and an hour later", true, func(w *world) { w.kill(); time.Sleep(time.Hour); w.start() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{Hook: hook, Created: func(string) bool { return tc.lost }}, func(w *world) {
				w.start()
				w.ready()
				if err := w.Deliver(w.Context(), "1", zoes, w.text(msg.Announce, "hello")); !errors.Is(err, bot.ErrNotReady) {
					t.Errorf("first attempt: %v", err)
				}
				tc.then(w)
				if err := w.tell("1", "hello"); err != nil {
					t.Fatalf("%v\n%s", err, w.logged())
				}
				w.want("talks", w.talks(), []string{"invite hello"})
			})
		})
	}
}

// A request that never arrived is made again, a refused one too, later.
func TestTalkRefused(t *testing.T) {
	var fault shared[int]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		code := fault.get()
		if code == 0 || !strings.HasSuffix(r.URL.Path, "/createRoom") {
			return false
		}
		rw.WriteHeader(code)
		_, _ = rw.Write([]byte(`{"errcode":"M_LIMIT_EXCEEDED","error":"no","retry_after_ms":30000}`))
		return true
	}}, func(w *world) {
		w.start()
		w.ready()
		var refusal *bot.Refusal
		fault.set(http.StatusForbidden)
		if err := w.tell("1", "hello"); !errors.As(err, &refusal) || refusal.Final || refusal.After < time.Minute {
			t.Errorf("refused: %v", err)
		}
		fault.set(http.StatusTooManyRequests)
		if err := w.tell("1", "hello"); !errors.As(err, &refusal) || refusal.After != 30*time.Second {
			t.Errorf("limited: %v", err)
		}
		fault.set(http.StatusBadGateway)
		if err := w.Deliver(w.Context(), "1", zoes, w.text(msg.Announce, "hello")); !errors.Is(err, bot.ErrNotReady) || w.Ready(zoes) {
			t.Errorf("in doubt: %v, ready %v", err, w.Ready(zoes))
		}
		fault.set(0)
		if err := w.tell("1", "hello"); err != nil {
			t.Fatal(err)
		}
		w.want("talks", w.talks(), []string{"invite hello"})
	})
}

// Who leaves the talk, or does not want it, is left alone for a day, and the bot
// leaves too.
func TestTalkThatHasEnded(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		if err := w.tell("1", "hello"); err != nil {
			t.Fatal(err)
		}
		talk := w.srv.Rooms(me)[0]
		w.srv.Leave(talk, zoe)
		time.Sleep(2 * time.Minute)
		w.want("the bot", w.srv.Membership(talk, me), "leave")
		w.end()
		w.start()
		w.ready()
		var refusal *bot.Refusal
		if err := w.tell("2", "hello again"); !errors.As(err, &refusal) || refusal.Final || refusal.After < 23*time.Hour {
			t.Fatalf("said to who has left: %v", err)
		}
		time.Sleep(refusal.After)
		if err := w.tell("2", "hello again"); err != nil {
			t.Fatal(err)
		}
		w.want("talks", w.talks(), []string{"leave hello", "invite hello again"})
	})
}

// Nobody talks to what is nobody.
func TestNoTalk(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		for _, user := range []string{"@", "@zoe", "@:test.example", me, "@oftc_zoe:test.example"} {
			r := bot.Room{Network: "main", Name: user}
			if err := w.Deliver(w.Context(), "1", r, w.text(msg.Announce, "x")); w.Ready(r) || !errors.Is(err, bot.ErrNotReady) {
				t.Errorf("%s: ready %v, %v", user, w.Ready(r), err)
			}
		}
		w.want("made", len(w.srv.Rooms(me)), 0)
	})
}
