package matrix_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/nio"
)

// troubled waits until status says something, and asserts that nothing is said in
// a room meanwhile.
func (b *daemon) troubled(want ...string) {
	b.Helper()
	b.until("status says "+strings.Join(want, ", "), within, func() bool {
		s := b.status()
		return !s.Healthy && !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(s.text, w) })
	})
}

// A bot that has a token in place of a password encrypts too; when the token ends,
// status says so, and a new one is a new device, which the recovery key makes
// trusted.
func TestToken(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	room := w.room("glance", encryption())
	zoe := w.client("zoe", room)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	w.token = w.bot.Token()
	key := w.encrypt()
	b := w.start().ready()
	w.ask(zoe, room, "!freeze")
	w.bot.Call("POST", "/_matrix/client/v3/logout", map[string]any{})
	b.troubled("token")
	b.terminate()

	w.token = w.srv.Login(w.bot).Token()
	b = w.start()
	b.troubled("torchbearer login")
	b.terminate()
	if res := w.loginWith(key + "\n"); res.code != 0 {
		t.Fatalf("login: exit status %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	w.start().ready()
	w.ask(zoe, room, "!freeze")
}

// With a password, a device that somebody has logged out is replaced by "login".
func TestDeviceGone(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	room := w.room("glance", encryption())
	zoe := w.client("zoe", room)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	key := w.encrypt()
	b := w.start().ready()
	w.ask(zoe, room, "!freeze")
	w.bot.Call("POST", "/_matrix/client/v3/logout/all", map[string]any{})
	b.troubled("torchbearer login")
	b.terminate()
	w.bot = w.srv.Login(w.bot)
	if res := w.loginWith(key + "\n"); res.code != 0 {
		t.Fatalf("login: exit status %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	b = w.start().ready()
	w.ask(zoe, room, "!freeze")
	if got := b.status().Networks[0].Trust; got != "cross-signed" {
		t.Errorf("trust %q", got)
	}
}

// With another key for the store, nothing is said and status says why; with the
// right one again, all is as it was.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	room := w.room("glance", encryption())
	zoe := w.client("zoe", room)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	w.encrypt()
	b := w.start().ready()
	w.ask(zoe, room, "!freeze")
	b.terminate()
	said := len(zoe.Said(room, w.bot.ID))
	right := w.key
	w.key = strings.Repeat("another-", 4)
	b = w.start()
	zoe.Say(room, "!freeze")
	// A key that is wrong may be an error of the configuration, too.
	running := true
	for deadline := time.Now().Add(within); running; time.Sleep(pollEvery) {
		select {
		case <-b.ended:
			running = false
			continue
		default:
		}
		if s := w.status(); len(s.Networks) > 0 && !s.Healthy && strings.Contains(s.text, "key") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not in %v: status says why: %s", within, w.status().text)
		}
	}
	if running {
		time.Sleep(5 * time.Second) // in which it might answer
		b.terminate()
	}
	if !strings.Contains(b.log.String(), "key") {
		t.Errorf("the log does not say why:\n%s", b.log)
	}
	if got := len(zoe.Said(room, w.bot.ID)); got != said {
		t.Errorf("said %d things", got-said)
	}
	w.key = right
	w.start().ready()
	w.ask(zoe, room, "!freeze")
}
