package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix/event"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// enveloped is a bot whose encryption is an envelope, in an encrypted room.
type enveloped struct {
	*testing.T
	*Transport
	srv   *bottest.MatrixServer
	crypt *envelope
	room  string
	at    bot.Room
	heard []bot.Incoming
}

func (w *enveloped) Changed(string) {}

func (w *enveloped) Seen(bot.Room, bot.Principal, time.Time) {}

func (w *enveloped) Incoming(in bot.Incoming) { w.heard = append(w.heard, in) }

const (
	sealedBot = "@glancebot:test.example"
	sealedZoe = "@zoe:test.example"
)

func inEnvelopes(t *testing.T, story func(w *enveloped)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &enveloped{T: t, crypt: new(envelope), at: bot.Room{Network: "main", Name: "#glance:test.example"}}
		w.srv = bottest.NewMatrix(bottest.MatrixOptions{Hook: func(_ http.ResponseWriter, r *http.Request) bool {
			if w.crypt.inside.Load() && (strings.Contains(r.URL.Path, "/event/") || strings.HasSuffix(r.URL.Path, "/messages")) {
				t.Errorf("keys wait for %s to be stored", r.URL.Path)
			}
			return false
		}})
		defer w.srv.Close()
		w.srv.User(sealedBot, sealedZoe)
		w.room = w.srv.Room(sealedZoe, w.at.Name)
		w.srv.State(w.room, sealedZoe, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
		w.Transport = New(Options{
			Config: Config{Network: "main", Homeserver: w.srv.URL, User: sealedBot, Password: bottest.MatrixPassword(sealedBot), Encryption: true, Rooms: []bot.Room{w.at}},
			Store:  bottest.NewStore(), Client: w.srv.Transport(), Log: slog.New(slog.DiscardHandler),
		})
		w.encryption = func(cryptoOptions) (encrypter, error) { return w.crypt, nil }
		if err := w.keepLogin(t.Context(), loginRecord{User: sealedBot, Device: "BOT", Ready: true}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Transport.Run(ctx, w) }()
		synctest.Wait()
		if !w.Ready(w.at) {
			t.Fatalf("not ready: %+v", w.Status())
		}
		story(w)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// say sends an encrypted event of somebody's, with a relation in clear.
func (w *enveloped) say(user, kind string, content, relates map[string]any) string {
	w.Helper()
	inner, err := json.Marshal(content)
	if err != nil {
		w.Fatal(err)
	}
	raw, err := w.crypt.Encrypt(w.Context(), "", event.Type{Type: kind}, inner)
	if err != nil {
		w.Fatal(err)
	}
	var outer map[string]any
	if err := json.Unmarshal(raw, &outer); err != nil {
		w.Fatal(err)
	}
	if relates != nil {
		outer["m.relates_to"] = relates
	}
	id := w.srv.Send(w.room, user, "m.room.encrypted", outer)
	synctest.Wait()
	return id
}

// sent are the contents of what the bot has said, outer and inner.
func (w *enveloped) said() (outer, inner []map[string]any) {
	synctest.Wait()
	for _, e := range w.srv.Events(w.room) {
		if e.Sender != sealedBot || e.StateKey != nil {
			continue
		}
		clear, err := w.crypt.Decrypt(w.Context(), &event.Event{Content: event.Content{VeryRaw: e.Content}})
		if err != nil || e.Type != "m.room.encrypted" {
			w.Fatalf("said %s %s: %v", e.Type, e.Content, err)
		}
		outer, inner = append(outer, e.Map()), append(inner, clear.Content.Raw)
	}
	return outer, inner
}

func (w *enveloped) text(s string) []byte {
	payload, err := w.Render(w.at, msg.New(msg.Announce, msg.Para{msg.Text(s)}), time.Now())
	if err != nil {
		w.Fatal(err)
	}
	return payload
}

// In an encrypted room an edit is encrypted, but for what it replaces: servers
// have to see that.
func TestEncryptedEdit(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		if err := w.Deliver(w.Context(), "1", w.at, w.text("7 days")); err != nil {
			t.Fatal(err)
		}
		if err := w.Edit(w.Context(), "edit-1", "1", w.at, w.text("6 days")); err != nil {
			t.Fatal(err)
		}
		outer, inner := w.said()
		events := w.srv.Events(w.room, "m.room.encrypted")
		relation := map[string]any{"rel_type": "m.replace", "event_id": events[0].ID}
		if diff := cmp.Diff(relation, outer[1]["m.relates_to"]); diff != "" || outer[0]["m.relates_to"] != nil {
			t.Errorf("relations in clear: %v, %v", outer[0], outer[1])
		}
		for _, o := range outer {
			for key := range o {
				if !slices.Contains([]string{"algorithm", "ciphertext", "m.relates_to"}, key) {
					t.Errorf("%s in clear", key)
				}
			}
		}
		anew, _ := inner[1]["m.new_content"].(map[string]any)
		if anew["body"] != "6 days" || anew["org.torchbearer.key"] != "1" || inner[1]["org.torchbearer.key"] != "edit-1" {
			t.Errorf("edit is %v", inner[1])
		}
	})
}

// Reactions come in clear or encrypted, to events that are encrypted; one that the
// bot does not remember is decrypted, and has to be its own.
func TestEncryptedReactions(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		if err := w.Deliver(w.Context(), "1", w.at, w.text("7 days")); err != nil {
			t.Fatal(err)
		}
		said := w.srv.Events(w.room, "m.room.encrypted")[0].ID
		hidden := map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": said, "key": "💤"}}
		w.srv.React(w.room, sealedZoe, said, "✋")
		w.say(sealedZoe, "m.reaction", hidden, nil)
		forgotten := w.say(sealedBot, "m.room.message", map[string]any{"msgtype": "m.text", "body": "x", "org.torchbearer.key": "2"}, nil)
		w.srv.React(w.room, sealedZoe, forgotten, "❎")
		fake := w.say(sealedZoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "x", "org.torchbearer.key": "1"}, nil)
		w.srv.React(w.room, sealedZoe, fake, "❎")
		synctest.Wait()
		var got []string
		for _, in := range w.heard {
			if in.React != nil {
				got = append(got, fmt.Sprint(in.React.Sign, " ", in.React.Of))
			}
		}
		if diff := cmp.Diff([]string{"✋ 1", "💤 1", "❎ 2"}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// An edit runs no command, wherever it says that it is one.
func TestEncryptedEditOfACommand(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		text := map[string]any{"msgtype": "m.text", "body": "!freeze"}
		replaces := map[string]any{"rel_type": "m.replace", "event_id": "$x"}
		w.say(sealedZoe, "m.room.message", text, replaces)
		w.say(sealedZoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "!freeze", "m.relates_to": replaces}, nil)
		w.say(sealedZoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "!freeze", "m.relates_to": map[string]any{}}, replaces)
		if len(w.heard) > 0 {
			t.Errorf("heard %+v", w.heard)
		}
		w.say(sealedZoe, "m.room.message", text, nil)
		if len(w.heard) != 1 {
			t.Errorf("heard %+v", w.heard)
		}
	})
}

// A command stands in a thread, or answers, by what is in clear beside it; what
// stands inside may be left out.
func TestEncryptedThread(t *testing.T) {
	thread := map[string]any{"rel_type": "m.thread", "event_id": "$root"}
	for _, inside := range []bool{true, false} {
		inEnvelopes(t, func(w *enveloped) {
			content := map[string]any{"msgtype": "m.text", "body": "!freeze"}
			if inside {
				content["m.relates_to"] = thread
			}
			question := w.say(sealedZoe, "m.room.message", content, thread)
			w.say(sealedZoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "> !when\n\n!calendar"}, map[string]any{"m.in_reply_to": map[string]any{"event_id": "$root"}})
			if len(w.heard) != 2 || w.heard[1].Text != "!calendar" {
				t.Fatalf("heard %+v", w.heard)
			}
			w.Reply(w.heard[0], msg.New(msg.Answer, msg.Para{msg.Text("Thursday.")}), time.Now())
			outer, _ := w.said()
			want := map[string]any{
				"rel_type": "m.thread", "event_id": "$root", "is_falling_back": true,
				"m.in_reply_to": map[string]any{"event_id": question},
			}
			if diff := cmp.Diff(want, outer[0]["m.relates_to"]); diff != "" {
				t.Errorf("inside, too: %v (-want +got)\n%s", inside, diff)
			}
		})
	}
}

// A bot that can encrypts the talks it opens.
func TestEncryptedTalk(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		zoe := bot.Room{Network: "main", Name: sealedZoe}
		for range 3 {
			if w.Ready(zoe) {
				_ = w.Deliver(w.Context(), "1", zoe, w.text("hello"))
			}
			time.Sleep(time.Second)
		}
		w.room = w.srv.Rooms(sealedBot)[0]
		if e := w.srv.Events(w.room, "m.room.encryption"); len(e) != 1 || e[0].Map()["algorithm"] != "m.megolm.v1.aes-sha2" {
			t.Errorf("encryption: %v", e)
		}
		if _, inner := w.said(); len(inner) != 1 || inner[0]["body"] != "hello" {
			t.Errorf("said %v", inner)
		}
	})
}

// What is said in clear in an encrypted room may be by anybody, with the server's
// help: it is answered, encrypted, and grants nothing.
func TestInClearWhereItIsEncrypted(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		text := map[string]any{"msgtype": "m.text", "body": "!freeze"}
		w.srv.Send(w.room, sealedZoe, "m.room.message", text)
		w.say(sealedZoe, "m.room.message", text, nil)
		want := []bot.Principal{
			{Network: "main", Nick: "zoe", Origin: sealedZoe, User: sealedZoe},
			{Network: "main", Nick: "zoe", Origin: sealedZoe, User: sealedZoe, Account: sealedZoe, Strength: bot.Account},
		}
		var got []bot.Principal
		for _, in := range w.heard {
			got = append(got, in.From)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("heard from (-want +got)\n%s", diff)
		}
		w.Reply(w.heard[0], msg.New(msg.Answer, msg.Para{msg.Text("Thursday.")}), time.Now())
		if _, inner := w.said(); len(inner) != 1 || inner[0]["body"] != "Thursday." {
			t.Errorf("said %v", inner)
		}
	})
}

// What a gap hides, and what a reaction is to, is read from the server before an
// answer is handled (inEnvelopes watches over that).
func TestNothingIsAskedWhileKeysWait(t *testing.T) {
	inEnvelopes(t, func(w *enveloped) {
		if err := w.Deliver(w.Context(), "1", w.at, w.text("7 days")); err != nil {
			t.Fatal(err)
		}
		w.sent.mu.Lock()
		clear(w.sent.fresh) // as if the bot had been killed
		w.sent.mu.Unlock()
		w.srv.Stop()
		w.say(sealedZoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "!first"}, nil)
		for range 60 {
			w.srv.Say(w.room, sealedZoe, "chat")
		}
		w.srv.React(w.room, sealedZoe, w.srv.Events(w.room, "m.room.encrypted")[0].ID, "✋")
		w.srv.Start(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.heard); n != 62 || w.heard[0].Text != "!first" || w.heard[61].React == nil || w.heard[61].React.Of != "1" {
			t.Errorf("heard %d: %+v", n, w.heard)
		}
	})
}

// Who keeps sending what nobody can decrypt does not keep the sync token from being
// stored, nor others' messages from waiting for their keys.
func TestLateForEver(t *testing.T) {
	for _, every := range []time.Duration{5 * time.Second, lateWithin + time.Second/10} {
		inEnvelopes(t, func(w *enveloped) {
			token := func() (stored string) {
				err := w.store.View(w.Context(), func(tx bot.ReadTx) error {
					value, err := tx.Get(w.space.key("sync"))
					stored = string(value)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return stored
			}
			text := map[string]any{"msgtype": "m.text", "body": "x"}
			time.Sleep(2*commitEvery + time.Second)
			synctest.Wait()
			before, began, after := token(), time.Now(), time.Duration(0)
			w.crypt.late = true
			for after == 0 && time.Since(began) < 5*lateToken {
				w.say(sealedZoe, "m.room.message", text, nil)
				time.Sleep(every)
				synctest.Wait()
				if token() != before {
					after = time.Since(began)
				}
			}
			if after <= lateWithin || after > 2*lateToken {
				t.Errorf("one each %v: the token was stored after %v", every, after)
			}
			w.srv.Join(w.room, "@eve:test.example")
			time.Sleep(2 * lateWithin)
			for range maxLateOf + 5 {
				w.say(sealedZoe, "m.room.message", text, nil)
			}
			w.say("@eve:test.example", "m.room.message", text, nil)
			w.mu.Lock()
			waiting := len(w.late)
			w.mu.Unlock()
			if waiting != maxLateOf+1 {
				t.Errorf("%d messages wait", waiting)
			}
			w.crypt.late = false
			w.keysArrived()
			synctest.Wait()
			if n := len(w.heard); n != maxLateOf+1 {
				t.Errorf("heard %d", n)
			}
		})
	}
}
