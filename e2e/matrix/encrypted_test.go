package matrix_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/nio"
	"torchbearer/e2e/synapsed"
)

// recoveryKey is what one looks like: base58, in groups of four (spec: secret
// storage, recovery keys).
var recoveryKey = regexp.MustCompile(`(?m)^ +(Es[1-9A-HJ-NP-Za-km-z]{2}( [1-9A-HJ-NP-Za-km-z]{4}){11})$`)

// login runs "torchbearer login" and returns what it said.
func (w *world) login() result { w.Helper(); return w.loginWith("") }

// loginWith is login with something typed in.
func (w *world) loginWith(typed string) result {
	w.Helper()
	w.write()
	return callWith(w, typed, "login", "-config", w.path(), network)
}

// encrypt has the bot encrypt: it is configured so and logged in, as whoever
// installs it does. It returns the recovery key.
func (w *world) encrypt() string {
	w.Helper()
	w.encrypted = true
	res := w.login()
	key := recoveryKey.FindStringSubmatch(res.stdout)
	if res.code != 0 || key == nil {
		w.Fatalf("login: exit status %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	return key[1]
}

// In an encrypted room a client of another implementation understands everything
// that the bot says, and the bot everything that it says; the server understands
// nothing of it.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	room := w.room("glance", encryption())
	zoe, nina := w.client("zoe", room), w.client("nina", room)
	w.review()
	w.encrypt()
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start().ready()
	b.until("the queue is read", within, func() bool { s := b.status(); return len(s.Reviews) == 1 && s.Reviews[0].Complete })
	w.commands(zoe, room)
	w.asks(room, zoe, nina)
	b.plan("Docs day")
	for _, c := range []*nio.Client{zoe, nina} {
		if step := w.hears(c, room, `^Docs day is here`); step.Kind() != "m.text" || step.Mentions() == nil {
			t.Errorf("announced by %+v", step)
		}
		for _, e := range c.Events(room) {
			if e.Sender == w.bot.ID && e.Type == "m.room.message" && !e.Decrypted {
				t.Errorf("said in clear: %+v", e)
			}
		}
	}
	if all := w.sealed(room); len(all) == 0 || slices.Contains(all, false) {
		t.Errorf("what the server could not read: %v", all)
	}
	// To the server an edit is one by its envelope.
	edits := 0
	for _, e := range w.person("maria").Said(room, w.bot.ID) {
		if e.Edited() != "" {
			edits++
		}
	}
	if edits == 0 {
		t.Error("no edit can be seen to be one")
	}
	// After a restart the same session goes on: a newcomer reads what is new.
	b.terminate()
	bob := w.client("bob", room)
	w.start().ready()
	w.ask(bob, room, "!freeze")
	w.ask(zoe, room, "!freeze")
}

// An encrypted talk of two.
func TestEncryptedDirect(t *testing.T) {
	t.Parallel()
	nio.Require(t)
	w := newWorld(t, shared(t))
	w.room("glance", nil)
	w.encrypt()
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start().ready()
	options := encryption()
	options["preset"], options["is_direct"], options["invite"] = "trusted_private_chat", true, []string{w.bot.ID}
	direct := w.person("zoe").CreateRoom(options)
	zoe := w.client("zoe", direct)
	b.until("the bot", within, func() bool {
		membership, _ := w.person("zoe").Membership(direct, w.bot.ID)
		return membership == "join"
	})
	zoe.Say(direct, "freeze")
	w.expect(zoe, direct, "an answer", func(e synapsed.Event) bool { return strings.HasPrefix(e.Body(), "Spec freeze: ") })
}

// The first login makes a device that others can trust, and shows the recovery
// key once: the second one changes nothing. One that begins anew, without the
// store, is trusted again by that key.
func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	w.room("glance", encryption())
	key := w.encrypt()
	if got := w.trusted(); !slices.Equal(got, []bool{true}) {
		t.Errorf("devices with keys are signed: %v", got)
	}
	again := w.login()
	if again.code != 0 || recoveryKey.MatchString(again.stdout) {
		t.Errorf("second login: exit status %d\n%s%s", again.code, again.stdout, again.stderr)
	}
	for name, res := range map[string]result{"status": call(t, "status", "-config", w.path())} {
		if strings.Contains(res.stdout+res.stderr, key) {
			t.Errorf("%s shows the recovery key", name)
		}
	}
	b := w.start().ready()
	if got := b.status().Networks[0].Trust; got != "cross-signed" {
		t.Errorf("trust %q", got)
	}
	if strings.Contains(b.log.String(), key) {
		t.Error("the log shows the recovery key")
	}
	b.terminate()
}

// trusted tells of each of the bot's devices that has keys whether it is signed by
// the bot's own identity.
func (w *world) trusted() (signed []bool) {
	w.Helper()
	answer := w.bot.Call("POST", "/_matrix/client/v3/keys/query", map[string]any{"device_keys": map[string]any{w.bot.ID: []string{}}})
	self := ""
	if keys, ok := path(answer, "self_signing_keys", w.bot.ID, "keys").(map[string]any); ok {
		for name := range keys {
			self = name
		}
	}
	devices, _ := path(answer, "device_keys", w.bot.ID).(map[string]any)
	for _, d := range devices {
		device, _ := d.(map[string]any)
		signed = append(signed, self != "" && path(device, "signatures", w.bot.ID, self) != nil)
	}
	return signed
}

// path follows names into an answer; nil where there is nothing.
func path(in map[string]any, names ...string) any {
	var at any = in
	for _, n := range names {
		m, _ := at.(map[string]any)
		at = m[n]
	}
	return at
}
