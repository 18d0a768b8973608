package matrix

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// envelope is an encrypter that hides nothing and shows where it was.
type envelope struct {
	broken error
	late   bool // no key has come
	began  int
	synced int
	inside atomic.Bool // of a Sync
}

type sealed struct {
	Algorithm string `json:"algorithm"`
	Cipher    string `json:"ciphertext"`
}

func (e *envelope) Start(context.Context) error { e.began++; return nil }

func (e *envelope) Run(ctx context.Context) { <-ctx.Done() }

func (e *envelope) Sync(ctx context.Context, _ *mautrix.RespSync, _ string, take func(context.Context)) error {
	e.synced++
	e.inside.Store(true)
	defer e.inside.Store(false)
	take(ctx)
	return nil
}

func (e *envelope) Encrypt(_ context.Context, _ id.RoomID, kind event.Type, content json.RawMessage) (json.RawMessage, error) {
	if e.broken != nil {
		return nil, e.broken
	}
	inner, err := json.Marshal(map[string]any{"type": kind.Type, "content": content})
	if err != nil {
		return nil, err
	}
	return json.Marshal(sealed{"test", base64.StdEncoding.EncodeToString(inner)})
}

func (e *envelope) Decrypt(_ context.Context, in *event.Event) (*event.Event, error) {
	if e.late {
		return nil, errLater
	}
	var s sealed
	if err := json.Unmarshal(in.Content.VeryRaw, &s); err != nil {
		return nil, err
	}
	inner, err := base64.StdEncoding.DecodeString(s.Cipher)
	if err != nil {
		return nil, err
	}
	clear := *in
	err = json.Unmarshal(inner, &clear)
	clear.ID, clear.Sender, clear.RoomID = in.ID, in.Sender, in.RoomID
	return &clear, err
}

// heard is a bot.Receiver that answers.
type heard struct {
	t     *Transport
	texts []string
}

func (h *heard) Changed(string) {}

func (h *heard) Seen(bot.Room, bot.Principal, time.Time) {}

func (h *heard) Incoming(in bot.Incoming) {
	h.texts = append(h.texts, in.Text)
	h.t.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("re: " + in.Text)}), time.Now())
}

// In an encrypted room everything goes through the encrypter, both ways: an
// answer, an announcement, a message in doubt that is looked for by its key; and
// what can't be encrypted is not said.
func TestEncrypter(t *testing.T) {
	const me, zoe = "@glancebot:test.example", "@zoe:test.example"
	glance := bot.Room{Network: "main", Name: "#glance:test.example"}
	lost := false
	synctest.Test(t, func(t *testing.T) {
		srv := bottest.NewMatrix(bottest.MatrixOptions{Accepted: func(bottest.MatrixEvent) bool { return lost }})
		defer srv.Close()
		srv.User(me, zoe)
		room := srv.Room(zoe, glance.Name)
		srv.State(room, zoe, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
		crypt := new(envelope)
		b := New(Options{
			Config: Config{Network: "main", Homeserver: srv.URL, User: me, Password: bottest.MatrixPassword(me), Encryption: true, Rooms: []bot.Room{glance}},
			Store:  bottest.NewStore(), Client: srv.Transport(), Log: slog.New(slog.DiscardHandler),
		})
		b.encryption = func(o cryptoOptions) (encrypter, error) {
			if o.store == nil || o.network != "main" || o.client == nil || o.states == nil || o.now == nil || o.log == nil || o.key != nil {
				t.Errorf("made of %+v", o)
			}
			return crypt, nil
		}
		if err := b.keepLogin(t.Context(), loginRecord{User: me, Device: "BOT", Ready: true}); err != nil {
			t.Fatal(err)
		}
		in := &heard{t: b}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx, in) }()
		synctest.Wait()
		if !b.Ready(glance) || !b.Status().Rooms[0].Ready {
			t.Fatalf("not ready: %+v", b.Status())
		}
		question, err := crypt.Encrypt(t.Context(), "", event.EventMessage, []byte(`{"msgtype":"m.text","body":"!freeze"}`))
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := json.Unmarshal(question, &content); err != nil {
			t.Fatal(err)
		}
		srv.Send(room, zoe, "m.room.encrypted", content)
		synctest.Wait()
		payload, err := b.Render(glance, msg.New(msg.Announce, msg.Para{msg.Text("Spec freeze.")}), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		lost = true
		if err := b.Deliver(t.Context(), "1", glance, payload); err == nil {
			t.Error("delivered in doubt")
		}
		lost = false
		srv.Stop()
		srv.Start(true) // it forgets the transaction ids
		time.Sleep(time.Minute)
		if err := b.Deliver(t.Context(), "1", glance, payload); err != nil {
			t.Error(err)
		}
		crypt.broken = errors.New("no session")
		var refusal *bot.Refusal
		if err := b.Deliver(t.Context(), "2", glance, payload); !errors.As(err, &refusal) || !strings.Contains(refusal.Why, "no session") {
			t.Errorf("unencrypted message: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		var bodies []string
		for _, e := range srv.Events(room, "m.room.encrypted", "m.room.message") {
			if e.Sender != me {
				continue
			}
			if e.Type != "m.room.encrypted" {
				t.Errorf("said in clear: %s", e.Content)
				continue
			}
			clear, err := crypt.Decrypt(t.Context(), &event.Event{Content: event.Content{VeryRaw: e.Content}})
			if err != nil {
				t.Fatal(err)
			}
			body, _ := clear.Content.Raw["body"].(string)
			bodies = append(bodies, body)
		}
		if want := []string{"re: !freeze", "Spec freeze."}; !slices.Equal(bodies, want) {
			t.Errorf("said %q, want %q", bodies, want)
		}
		if !slices.Equal(in.texts, []string{"!freeze"}) || crypt.began == 0 || crypt.synced < 2 {
			t.Errorf("heard %q; %d starts, %d syncs", in.texts, crypt.began, crypt.synced)
		}
	})
}
