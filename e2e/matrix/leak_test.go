package matrix_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/nio"
	"torchbearer/e2e/synapsed"
)

// A room that is encrypted while the bot runs, and one while it is down: nothing
// clear comes after that, be it an answer or what was due meanwhile.
func TestEncryptedLater(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	for _, down := range []bool{false, true} {
		t.Run(map[bool]string{false: "running", true: "down"}[down], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, shared(t))
			room := w.room("glance", nil)
			maria := w.person("maria")
			w.encrypt()
			w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
			b := w.start().ready()
			w.ask(maria, room, "!freeze")
			zoe := w.client("zoe", room)
			due := b.plan("Docs day")
			w.hears(maria, room, `^New in the calendar: Docs day`) // in clear, while it still is
			if down {
				b.kill()
			}
			maria.State(room, "m.room.encryption", "", map[string]any{"algorithm": algorithm})
			if down {
				time.Sleep(time.Until(due))
				b = w.start().ready()
			}
			b.until("zoe's client knows", within, func() bool { return zoe.Encrypted(room) })
			w.ask(zoe, room, "!freeze")
			inClear := maria.Say(room, "!freeze") // as old clients do
			w.expect(zoe, room, "an answer", func(e synapsed.Event) bool { return e.ReplyTo() == inClear })
			w.hears(zoe, room, `^Docs day is here`)
			w.sealedSince(room)
		})
	}
}

// sealedSince asserts that the bot has said something since a room was encrypted,
// and nothing of it in clear. What had left before the server took the encryption
// comes before it.
func (w *world) sealedSince(room string) {
	w.Helper()
	since, after := false, 0
	for _, e := range w.person("maria").Timeline(room) {
		switch {
		case e.Type == "m.room.encryption":
			since = true
		case !since || e.Sender != w.bot.ID:
		case e.Type == "m.room.message":
			w.Errorf("said in clear: %q", e.Body())
		case e.Type == "m.room.encrypted":
			after++
		}
	}
	if !since || after == 0 {
		w.Errorf("encrypted %v, %d things said since", since, after)
	}
}

// A bot that is not to encrypt says nothing where it would have to, and says so.
func TestNoEncryption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	open, sealed := w.room("glance", nil), w.room("nova", nil)
	maria := w.person("maria")
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start().ready()
	maria.State(sealed, "m.room.encryption", "", map[string]any{"algorithm": algorithm})
	b.until("the bot notices", within, func() bool { return !b.status().Healthy })
	b.plan("Docs day")
	maria.Say(sealed, "!freeze")
	w.hears(maria, open, `^Docs day is here`)
	b.kill()
	b = w.start()
	w.ask(maria, open, "!freeze")
	if said := maria.Said(sealed, w.bot.ID); len(said) > 0 {
		t.Errorf("said %+v", said)
	}
	for _, r := range b.status().Networks[0].Rooms {
		if r.Room == network+"/"+w.alias("nova") && (r.Ready || r.Why == "") {
			t.Errorf("status says %+v", r)
		}
	}
}

// Without its keys the bot says nothing, and status says what to do: run login,
// which takes the recovery key.
func TestLostKeys(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	room := w.room("glance", encryption())
	zoe := w.client("zoe", room)
	key := w.encrypt()
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start().ready()
	w.ask(zoe, room, "!freeze")
	b.terminate()

	said := len(zoe.Said(room, w.bot.ID))
	if err := os.Remove(w.store()); err != nil {
		t.Fatal(err)
	}
	b = w.start()
	b.until("status says what to do", within, func() bool {
		s := b.status()
		return !s.Healthy && len(s.Networks) == 1 && strings.Contains(s.text, "torchbearer login")
	})
	zoe.Say(room, "!freeze")
	b.terminate()
	if got := len(zoe.Said(room, w.bot.ID)); got != said {
		t.Errorf("said %d things without its keys", got-said)
	}

	res := w.loginWith(key + "\n")
	if res.code != 0 || strings.Contains(res.stdout, key) {
		t.Fatalf("login: exit status %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	b = w.start().ready()
	if got := b.status().Networks[0].Trust; got != "cross-signed" {
		t.Errorf("trust %q", got)
	}
	w.ask(zoe, room, "!freeze")
	if all := w.trusted(); !slices.Contains(all, true) {
		t.Errorf("devices with keys are signed: %v", all)
	}
}
