package matrix_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
)

// What was said while the bot was away is heard, once, unless it is old.
func TestWhatWasSaidMeanwhile(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.srv.Say(w.room, zoe, "!one")
		w.want("heard", w.take(), []string{"!one"})
		w.end()
		w.srv.Say(w.room, zoe, "!old")
		time.Sleep(11 * time.Minute)
		w.srv.Say(w.room, zoe, "!two")
		w.start()
		w.want("heard", w.take(), []string{"!two"})
		w.end()
		w.start()
		w.want("heard again", len(w.take()), 0)
		w.want("logins", w.asked("login"), 1)
		w.want("reads of state", w.asked("/state"), 1)
	})
}

// What was said before the bot's first start is nobody's command, though it was
// in the room.
func TestWhatWasSaidBefore(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.srv.Join(w.room, me)
		w.srv.Say(w.room, zoe, "!old")
		w.start()
		w.srv.Say(w.room, zoe, "!new")
		w.want("heard", w.take(), []string{"!new"})
	})
}

// A gap is filled, in order; one too large is admitted.
func TestGap(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.end()
		var want []string
		for i := range 300 {
			w.srv.Say(w.room, zoe, fmt.Sprint("!", i))
			want = append(want, fmt.Sprint("!", i))
		}
		w.echo = false
		w.start()
		w.want("heard", w.take(), want)
		if strings.Contains(w.logged(), "missed") {
			t.Errorf("log: %s", w.logged())
		}
		w.end()
		for i := range 700 {
			w.srv.Say(w.room, zoe, fmt.Sprint("!", i))
		}
		w.start()
		heard := w.take()
		if len(heard) != 550 || heard[0] != "!150" || heard[549] != "!699" {
			t.Errorf("heard %d, from %s", len(heard), heard[0])
		}
		if !strings.Contains(w.logged(), "commands may have been missed") {
			t.Errorf("log: %s", w.logged())
		}
	})
}

// A gap is filled though the server fails at first; not if it refuses, which is
// told once.
func TestGapBehindAFault(t *testing.T) {
	for _, tc := range []struct {
		status, faults int
		want           string
		asked          int
	}{
		{502, 1, "!first", 2},
		{429, 2, "!first", 3},
		{502, 9, "chat", 3},
		{403, 9, "chat", 1},
	} {
		var faults shared[int]
		inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
			left := faults.get()
			if left == 0 || !strings.HasSuffix(r.URL.Path, "/messages") {
				return false
			}
			faults.set(left - 1)
			rw.WriteHeader(tc.status)
			return true
		}}, func(w *world) {
			w.echo = false
			w.start()
			w.ready()
			w.end()
			w.srv.Say(w.room, zoe, "!first")
			for range 60 {
				w.srv.Say(w.room, zoe, "chat")
			}
			faults.set(tc.faults)
			w.start()
			time.Sleep(time.Minute)
			heard := w.take()
			w.want(fmt.Sprint("heard first, after ", tc.status), heard[0], tc.want)
			w.want(fmt.Sprint("asked, after ", tc.status), w.asked("/messages"), tc.asked)
			missed := 0
			if tc.want != "!first" {
				missed = 1
			}
			w.want("told", strings.Count(w.logged(), "commands may have been missed"), missed)
		})
	}
}

// A bot that is stopped while it reads what a gap hides reads it at its next start.
func TestStoppedInAGap(t *testing.T) {
	var slow shared[bool]
	inWorld(t, bottest.MatrixOptions{Hook: func(_ http.ResponseWriter, r *http.Request) bool {
		if slow.get() && strings.HasSuffix(r.URL.Path, "/messages") {
			<-r.Context().Done()
			return true
		}
		return false
	}}, func(w *world) {
		w.echo = false
		w.start()
		w.ready()
		w.end()
		w.srv.Say(w.room, zoe, "!first")
		for range 60 {
			w.srv.Say(w.room, zoe, "chat")
		}
		slow.set(true)
		w.start()
		w.end()
		w.want("heard", len(w.take()), 0)
		slow.set(false)
		w.start()
		heard := w.take()
		w.want("heard", len(heard), 61)
		w.want("heard first", heard[0], "!first")
	})
}

// A record of an attempt that can't be read costs nothing but itself.
func TestUnreadableAttempt(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put("matrix/main/try/1/%21a:b", []byte("{")) })
		if err != nil {
			t.Fatal(err)
		}
		w.start()
		w.ready()
		if !strings.Contains(w.logged(), "attempt can't be read") {
			t.Errorf("log: %s", w.logged())
		}
	})
}

// Killed at any moment, the bot loses no command, and the room sees one answer
// to each.
func TestKilled(t *testing.T) {
	for _, lived := range []time.Duration{0, time.Second, 4 * time.Second, 6 * time.Second, 11 * time.Second} {
		inWorld(t, bottest.MatrixOptions{}, func(w *world) {
			w.conf.Pace = -1
			w.start()
			w.ready()
			w.srv.Say(w.room, zoe, "!one")
			synctest.Wait()
			time.Sleep(lived)
			w.kill()
			w.srv.Say(w.room, zoe, "!two")
			w.start()
			w.ready()
			w.want(fmt.Sprint("said after ", lived), w.said(w.room), []string{"re: !one", "re: !two"})
			w.want("logins", w.asked("login"), 1)
		})
	}
}

// A command that was handed on a moment before the token was stored may not have
// run: it is heard again.
func TestKilledBeforeTheCommandRan(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		time.Sleep(4900 * time.Millisecond)
		w.srv.Say(w.room, zoe, "!one")
		w.want("heard", w.take(), []string{"!one"})
		time.Sleep(200 * time.Millisecond)
		w.kill()
		w.start()
		w.want("heard again", w.take(), []string{"!one"})
	})
}

// A command whose effects were stored with its RanKey does not run again.
func TestCommandThatRan(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		id := w.srv.Say(w.room, zoe, "!ask")
		w.want("heard", w.take(), []string{"!ask"})
		err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put(matrix.RanKey("main", id), []byte{1}) })
		if err != nil {
			t.Fatal(err)
		}
		w.kill()
		w.start()
		w.want("heard again", w.take(), []string(nil))
		time.Sleep(time.Minute)
		w.end()
		err = w.store.View(w.Context(), func(tx bot.ReadTx) error {
			for key := range tx.Scan("matrix/main/ran/") {
				t.Errorf("still in the store: %s", key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Where nothing happens nothing is stored, and what is remembered has a bound.
func TestStoreStaysSmall(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		time.Sleep(time.Minute)
		before := w.store.Commits()
		elsewhere := w.srv.Room(eve, "")
		for range 58 { // the token changes, and nothing else
			w.srv.Say(elsewhere, eve, "hello")
			time.Sleep(time.Minute)
		}
		w.want("commits of an idle hour", w.store.Commits()-before, 0)
		time.Sleep(time.Hour)
		w.want("commits of another", w.store.Commits()-before, 1)
		for i := range 2500 {
			w.srv.Say(w.room, zoe, fmt.Sprint("!", i))
			if i%40 == 0 {
				time.Sleep(time.Second)
			}
		}
		w.end()
		seen := 0
		err := w.store.View(w.Context(), func(tx bot.ReadTx) error {
			for range tx.Scan("matrix/main/seen/") {
				seen++
			}
			return nil
		})
		if err != nil || seen != 2000 {
			t.Errorf("%d ids in the store, %v; want 2000", seen, err)
		}
	})
}

// A command that took its time has its RanKey written after it counts as heard:
// that is forgotten with the rest.
func TestRanKeyOfASlowCommand(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		w.ready()
		id := w.srv.Say(w.room, zoe, "!slow")
		time.Sleep(time.Minute)
		if err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put(matrix.RanKey("main", id), []byte{1}) }); err != nil {
			t.Fatal(err)
		}
		for i := range 2100 {
			w.srv.Say(w.room, zoe, fmt.Sprint("!", i))
			if i%40 == 0 {
				time.Sleep(time.Second)
			}
		}
		w.end()
		err := w.store.View(w.Context(), func(tx bot.ReadTx) error {
			for key := range tx.Scan("matrix/main/ran/") {
				t.Errorf("still in the store: %s", key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A store that fails ends Run: nothing could be kept.
func TestStoreFails(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		w.store.Crash()
		w.srv.Say(w.room, zoe, "!one")
		time.Sleep(time.Minute)
		synctest.Wait()
		if w.err == nil {
			t.Error("goes on without a store")
		}
	})
}

// Whatever anybody sends to the bot's device, syncs go on.
func TestSyncGoesOnAfterPoison(t *testing.T) {
	for _, content := range []string{`5`, `[]`, `"x"`, `null`, `{"algorithm":[]}`} {
		inWorld(t, bottest.MatrixOptions{}, func(w *world) {
			w.start()
			w.ready()
			device := strings.TrimPrefix(w.Status().Login, me+", device ")
			w.srv.ToDevice(eve, me, device, "m.dummy", []byte(content))
			w.srv.Say(w.room, zoe, "!one")
			time.Sleep(time.Minute)
			w.want("heard after "+content, w.take(), []string{"!one"})
		})
	}
}
