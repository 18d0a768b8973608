package matrix_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

var megolm = map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}

// tryAll tries every way to speak in glance's room, and fails the test if a
// clear event arrives there.
func (w *world) tryAll() {
	w.Helper()
	before := len(w.said(w.room))
	asked := w.srv.Say(w.room, zoe, "!freeze")
	synctest.Wait()
	for _, id := range []string{"leak-1", "leak-2"} {
		if err := w.deliver(id, "leaked"); err == nil {
			w.Errorf("delivered into a room that is encrypted, or may be")
		}
	}
	w.Reply(bot.Incoming{Room: glance, ID: asked}, msg.New(msg.Answer, msg.Para{msg.Text("leaked")}), time.Now())
	time.Sleep(time.Minute)
	if said := w.said(w.room); len(said) != before {
		w.Errorf("said in clear: %q\n%s", said[before:], w.logged())
	}
}

// No clear event reaches an encrypted room, whatever the bot has forgotten.
func TestNothingClearIntoEncryptedRooms(t *testing.T) {
	// lost loses what was stored of the room, and keeps the sync token: the
	// state store of others does that.
	lost := func(w *world, prefixes ...string) {
		w.end()
		err := w.store.Update(w.Context(), func(tx bot.Tx) error {
			var keys []string
			for _, p := range prefixes {
				for key := range tx.Scan("matrix/main/" + p) {
					keys = append(keys, key)
				}
			}
			for _, key := range keys {
				if err := tx.Delete(key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
		w.start()
	}
	encrypt := func(w *world) { w.srv.State(w.room, zoe, "m.room.encryption", "", megolm) }
	for _, tc := range []struct {
		name  string
		story func(w *world)
	}{
		{"encrypted from the beginning", func(w *world) { encrypt(w); w.start() }},
		{"encrypted later", func(w *world) { w.start(); w.ready(); encrypt(w) }},
		{"encrypted while the bot was away", func(w *world) { w.start(); w.end(); encrypt(w); w.start() }},
		{"encrypted while the bot was killed", func(w *world) { w.start(); w.ready(); w.kill(); encrypt(w); w.start() }},
		{"encrypted unseen, behind a gap", func(w *world) {
			w.start()
			w.end()
			encrypt(w)
			for range 200 {
				w.srv.Say(w.room, zoe, "hello")
			}
			w.start()
		}},
		{"killed right after it heard of it", func(w *world) { w.start(); encrypt(w); synctest.Wait(); w.kill(); w.start() }},
		{"restarted", func(w *world) { encrypt(w); w.start(); time.Sleep(time.Minute); w.end(); w.start() }},
		{"room state lost", func(w *world) { encrypt(w); w.start(); time.Sleep(time.Minute); lost(w, "room/", "member/") }},
		{"sync token lost", func(w *world) { encrypt(w); w.start(); time.Sleep(time.Minute); lost(w, "sync") }},
		{"all lost", func(w *world) { encrypt(w); w.start(); time.Sleep(time.Minute); lost(w, "") }},
		{"encryption nobody knows", func(w *world) {
			w.start()
			w.ready()
			w.srv.State(w.room, zoe, "m.room.encryption", "", map[string]any{"algorithm": "org.example.rot13"})
		}},
		{"encryption without words", func(w *world) {
			w.start()
			w.ready()
			w.srv.State(w.room, zoe, "m.room.encryption", "", map[string]any{})
		}},
		{"encryption taken back", func(w *world) {
			encrypt(w)
			w.srv.State(w.room, zoe, "m.room.encryption", "", map[string]any{})
			w.start()
		}},
		{"moved into an encrypted room", func(w *world) {
			w.start()
			w.ready()
			w.room = w.srv.Upgrade(w.room, zoe, "12")
			encrypt(w)
			time.Sleep(time.Hour)
		}},
		{"removed, and let in again", func(w *world) {
			encrypt(w)
			w.start()
			w.srv.State(w.room, zoe, "m.room.member", me, map[string]any{"membership": "leave"})
			time.Sleep(time.Hour)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.echo = false
				tc.story(w)
				synctest.Wait()
				w.tryAll()
				var refusal *bot.Refusal
				if err := w.deliver("refused", "leaked"); !errors.As(err, &refusal) || !strings.Contains(refusal.Why, "-tags goolm") {
					t.Errorf("delivery: %v, want a refusal that says how to build", err)
				}
				if why := w.why(); !strings.Contains(why, "encrypted") {
					t.Errorf("status says %q", why)
				}
			})
		})
	}
}

// A room whose state can't be read is not spoken in, and is once it can.
func TestNothingIntoUnknownRooms(t *testing.T) {
	var broken shared[bool]
	broken.set(true)
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if broken.get() && strings.HasSuffix(r.URL.Path, "/state") {
			http.Error(rw, "[]", http.StatusOK)
			return true
		}
		return false
	}}, func(w *world) {
		w.echo = false
		w.start()
		w.tryAll()
		if err := w.deliver("1", "leaked"); !errors.Is(err, bot.ErrNotReady) {
			t.Errorf("delivery: %v, want %v", err, bot.ErrNotReady)
		}
		w.want("why", w.why(), "the server's answer is not a room's state")
		broken.set(false)
		time.Sleep(15 * time.Minute)
		w.ready()
	})
}

// While sync is behind nothing is sent: nobody knows what has happened.
func TestNothingWhileSyncIsBehind(t *testing.T) {
	var broken shared[bool]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if broken.get() && strings.HasSuffix(r.URL.Path, "/sync") {
			http.Error(rw, "{}", http.StatusServiceUnavailable)
			return true
		}
		return false
	}}, func(w *world) {
		w.start()
		w.ready()
		broken.set(true)
		w.srv.Say(w.room, zoe, "the last that the bot hears")
		time.Sleep(2 * time.Minute)
		w.srv.State(w.room, zoe, "m.room.encryption", "", megolm)
		w.echo = false
		if w.Ready(glance) {
			t.Error("ready while nobody knows what happened")
		}
		w.tryAll()
	})
}

// A server may answer a sync from its cache. So the bot doesn't take itself for
// caught up before it was told, later, that there is nothing new.
func TestNothingAfterAnAnswerFromACache(t *testing.T) {
	for _, tokenLost := range []bool{false, true} {
		var cached shared[string]
		inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
			answer := cached.get()
			if answer == "" || !strings.HasSuffix(r.URL.Path, "/sync") {
				return false
			}
			if answer == "slow" {
				time.Sleep(time.Minute)
				return false
			}
			cached.set("slow")
			_, _ = rw.Write([]byte(answer))
			return true
		}}, func(w *world) {
			w.start()
			w.ready()
			w.end()
			if tokenLost {
				err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Delete("matrix/main/sync") })
				if err != nil {
					t.Fatal(err)
				}
			}
			cached.set(`{"next_batch":"s1","rooms":{"join":{"` + w.room + `":{}}}}`)
			if tokenLost {
				cached.set(`{"next_batch":"s1"}`)
			}
			w.srv.State(w.room, zoe, "m.room.encryption", "", megolm)
			w.start()
			time.Sleep(10 * time.Second)
			if w.Ready(glance) {
				t.Errorf("token lost %v: ready after an old answer", tokenLost)
			}
			time.Sleep(5 * time.Minute)
			cached.set("")
			time.Sleep(5 * time.Minute)
			w.tryAll()
		})
	}
}

// What is in a server's cache may hold nothing, of a time when nothing had
// happened yet. So the bot asks nothing, catching up, that it may have asked in a
// life that ended before its token was stored.
func TestNothingAfterAnEmptyAnswerFromACache(t *testing.T) {
	asked := map[string]bool{}
	var slow shared[bool]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		query := r.URL.Query()
		since, wait := query.Get("since"), query.Get("timeout")
		switch {
		case !strings.HasSuffix(r.URL.Path, "/sync") || since == "":
			return false
		case wait != "" && wait != "0":
			if slow.get() {
				time.Sleep(10 * time.Second)
			}
			return false
		case !asked[r.URL.RawQuery]:
			asked[r.URL.RawQuery] = true
			return false
		}
		_, _ = rw.Write([]byte(`{"next_batch":"` + since + `"}`))
		return true
	}}, func(w *world) {
		w.start()
		var token []byte
		w.ready()
		err := w.store.View(w.Context(), func(tx bot.ReadTx) (err error) {
			token, err = tx.Get("matrix/main/sync")
			return err
		})
		if err != nil || len(token) == 0 {
			t.Fatalf("token %q, %v", token, err)
		}
		w.end()
		err = w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put("matrix/main/sync", token) })
		if err != nil {
			t.Fatal(err)
		}
		w.srv.State(w.room, zoe, "m.room.encryption", "", megolm)
		slow.set(true)
		w.start()
		w.tryAll()
	})
}
