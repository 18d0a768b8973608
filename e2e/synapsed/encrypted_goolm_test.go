//go:build goolm

package synapsed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
)

// secret protects the keys in the stores of these tests.
var secret = []byte("thirty-two bytes of the tests...")

// person is who runs Login.
type person struct {
	answers []string // to what is asked, in order
	said    []string
	keys    []string // recovery keys that were shown
}

func (p *person) person() matrix.Person {
	return matrix.Person{
		Say: func(text string) { p.said = append(p.said, text) },
		Ask: func(_ context.Context, text string, _ bool) (string, error) {
			p.said = append(p.said, text)
			if len(p.answers) == 0 {
				return "", errors.New("nobody is there")
			}
			answer := p.answers[0]
			p.answers = p.answers[1:]
			return answer, nil
		},
		Recovery: func(key string) error { p.keys = append(p.keys, key); return nil },
	}
}

// newEncrypted is a world with an encrypted room, whose bot has logged in once.
func newEncrypted(t *testing.T) (*world, *person) {
	w := newWorld(t, "12")
	w.zoe.State(w.room, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
	w.conf = func(c *matrix.Config) { c.Encryption, c.Key = true, secret }
	p := new(person)
	if err := w.logIn(p); err != nil {
		t.Fatalf("login: %v\n%s", err, strings.Join(p.said, "\n"))
	}
	return w, p
}

// logIn runs Login for the world's bot.
func (w *world) logIn(p *person) error {
	conf := matrix.Config{Network: "main", Homeserver: w.srv.URL, User: w.bot.ID, Password: w.bot.Password}
	w.conf(&conf)
	return matrix.Login(w.Context(), matrix.Options{Config: conf, Store: w.store, Log: slog.New(slog.NewTextHandler(w, nil))}, p.person())
}

// second is another bot on the same server, in the same room.
func (w *world) second(name string) *world {
	other := &world{T: w.T, srv: w.srv, zoe: w.zoe, room: w.room, store: bottest.NewStore(), rooms: w.rooms, conf: w.conf}
	other.bot = w.srv.Account(name)
	w.Cleanup(func() {
		if other.stop != nil {
			other.stop()
		}
		if w.Failed() {
			w.Logf("--- %s\n%s", name, other.logged())
		}
	})
	if err := other.logIn(new(person)); err != nil {
		w.Fatalf("login of %s: %v", name, err)
	}
	return other
}

// hears waits until the bot has heard a text, and returns it.
func (w *world) hears(text string) (heard bot.Incoming) {
	w.Helper()
	w.until(text, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, in := range w.heard {
			if in.Text == text {
				heard = in
				return true
			}
		}
		return false
	})
	return heard
}

// says says something as a person would.
func (w *world) says(id, text string) {
	w.Helper()
	payload := fmt.Appendf(nil, `{"msgtype":"m.text","body":%q,"m.mentions":{}}`, text)
	for {
		err := w.Deliver(w.Context(), id, glance, payload)
		var refusal *bot.Refusal
		if errors.As(err, &refusal) && refusal.After > 0 && refusal.After < within {
			time.Sleep(refusal.After) // the server's limit
			continue
		}
		if err != nil {
			w.Fatalf("say %q: %v", text, err)
		}
		return
	}
}

// Two bots talk in an encrypted room, over a restart of both and of the server;
// one gets a new device meanwhile. Nothing is said in clear.
func TestEncryptedTalk(t *testing.T) {
	w, p := newEncrypted(t)
	if len(p.keys) != 1 || len(strings.Fields(p.keys[0])) < 12 {
		t.Errorf("recovery keys shown: %q", p.keys)
	}
	if strings.Contains(w.logged(), p.keys[0]) {
		t.Error("the recovery key is in the log")
	}
	z := w.second("zoebot")
	w.start()
	z.start()
	w.ready()
	z.ready()
	z.says("z1", "!freeze")
	if in := w.hears("!freeze"); in.From.Account != z.bot.ID || in.From.Strength != bot.Account {
		t.Errorf("heard from %+v", in.From)
	}
	w.says("w1", "hello zoe")
	z.hears("hello zoe")
	for _, st := range []bot.NetworkStatus{w.Status(), z.Status()} {
		if st.Trust != "cross-signed" {
			t.Errorf("trust is %q", st.Trust)
		}
	}
	w.stop()
	z.stop()
	w.srv.Down()
	w.srv.Up()
	z.start()
	z.ready()
	z.says("z2", "!said while the other was away")
	w.start()
	w.ready()
	w.hears("!said while the other was away")
	w.says("w2", "back")
	z.hears("back")

	// A login of the other device, and its keys, are gone: it gets another.
	z.stop()
	z.store = bottest.NewStore()
	again := &person{answers: []string{"", "reset"}}
	if err := z.logIn(again); err != nil {
		t.Fatalf("login anew: %v\n%s", err, strings.Join(again.said, "\n"))
	}
	if len(again.keys) != 1 {
		t.Errorf("a new identity shows %d recovery keys", len(again.keys))
	}
	z.start()
	z.ready()
	w.says("w3", "who is there")
	z.hears("who is there")
	z.says("z3", "!a new device")
	w.hears("!a new device")
	w.untilSilent()
	for _, user := range []string{w.bot.ID, z.bot.ID} {
		for _, e := range w.zoe.Said(w.room, user) {
			if e.Type != "m.room.encrypted" {
				t.Errorf("%s said in clear: %v", user, e.Content)
			}
		}
	}
}

// untilSilent waits until the answers are out.
func (w *world) untilSilent() {
	w.Helper()
	w.until("the answers", func() bool {
		before := len(w.zoe.Said(w.room, w.bot.ID))
		time.Sleep(time.Second)
		return len(w.zoe.Said(w.room, w.bot.ID)) == before
	})
}

// Login again changes nothing; a lost store asks for the recovery key, which
// verifies the new device; a stolen device is told of.
func TestLoginAgain(t *testing.T) {
	w, p := newEncrypted(t)
	again := new(person)
	if err := w.logIn(again); err != nil || len(again.keys) != 0 {
		t.Errorf("second login: %v, showed %q", err, again.keys)
	}
	if n := w.devices(); n != 2 { // the first is of the account's registration
		t.Errorf("%d devices", n)
	}
	kept := w.store
	w.store = bottest.NewStore()
	lost := &person{answers: []string{"EsTc not a key", p.keys[0]}}
	if err := w.logIn(lost); err != nil || len(lost.keys) != 0 {
		t.Errorf("login with a lost store: %v, showed %q\n%s", err, lost.keys, strings.Join(lost.said, "\n"))
	}
	w.start()
	w.ready()
	if trust := w.Status().Trust; trust != "cross-signed" {
		t.Errorf("trust of the new device is %q", trust)
	}
	w.stop()

	// The old device is logged out by its owner, and says so.
	w.store = kept
	w.start()
	w.ready()
	for _, id := range w.deviceIDs() {
		if strings.Contains(w.Status().Login, id) {
			w.removeDevice(id)
		}
	}
	w.until("the way out", func() bool { return strings.Contains(w.Status().Detail, "torchbearer login") })
	w.stop()
	w.start()
	w.until("the way out", func() bool {
		return strings.Contains(w.Status().Detail, "and the device with it: run torchbearer login")
	})
	w.stop()
	if err := w.logIn(new(person)); err != nil { // the store has the identity's keys
		t.Errorf("login after the device was removed: %v", err)
	}
	w.start()
	w.ready()
	if trust := w.Status().Trust; trust != "cross-signed" {
		t.Errorf("trust of the third device is %q", trust)
	}
	w.says("1", "all is well")
}

func (w *world) deviceIDs() (ids []string) {
	w.Helper()
	list, _ := w.bot.Call("GET", "/_matrix/client/v3/devices", nil)["devices"].([]any)
	for _, d := range list {
		id, _ := d.(map[string]any)["device_id"].(string)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// removeDevice logs a device out, as its owner does from another.
func (w *world) removeDevice(id string) {
	w.Helper()
	path := "/_matrix/client/v3/devices/" + id
	_, err := w.bot.Try(http.MethodDelete, path, map[string]any{})
	if err == nil {
		return
	}
	_, text, _ := strings.Cut(err.Error(), `"session":"`)
	session, _, _ := strings.Cut(text, `"`)
	w.bot.Call(http.MethodDelete, path, map[string]any{"auth": map[string]any{
		"type": "m.login.password", "session": session, "password": w.bot.Password,
		"identifier": map[string]any{"type": "m.id.user", "user": w.bot.ID},
	}})
}

// A new device can't be made with a token alone where the server wants the
// password for a new identity; what can be done without is.
func TestLoginByToken(t *testing.T) {
	w := newWorld(t, "12")
	login := w.bot.Call("POST", "/_matrix/client/v3/login", map[string]any{
		"type": "m.login.password", "password": w.bot.Password, "identifier": map[string]any{"type": "m.id.user", "user": w.bot.ID},
	})
	token, _ := login["access_token"].(string)
	w.conf = func(c *matrix.Config) {
		c.Encryption, c.Key = true, secret
		c.Token, c.Password = token, ""
	}
	p := new(person)
	if err := w.logIn(p); err != nil || len(p.keys) != 1 {
		t.Fatalf("login: %v\n%s", err, strings.Join(p.said, "\n"))
	}
	w.store = bottest.NewStore()
	if err := w.logIn(&person{}); err == nil || !strings.Contains(err.Error(), "access token of a new login") {
		t.Errorf("login with the token of a device whose keys are lost: %v", err)
	}
}
