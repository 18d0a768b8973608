//go:build goolm

package encrypted

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
)

const (
	botID = "@glancebot:test.example"
	zoeID = "@zoe:test.example"
)

var room = bot.Room{Network: "main", Name: "#secret:test.example"}

// counting is a store that counts its transactions.
type counting struct {
	bot.Store
	commits atomic.Int64
}

func (c *counting) Update(ctx context.Context, fn func(bot.Tx) error) error {
	c.commits.Add(1)
	return c.Store.Update(ctx, fn)
}

// deaf is a bot.Receiver.
type deaf struct{}

func (deaf) Incoming(bot.Incoming)                   {}
func (deaf) Changed(string)                          {}
func (deaf) Seen(bot.Room, bot.Principal, time.Time) {}

// audienceOf puts so many devices, two of each user, into a room.
func audienceOf(b *testing.B, srv *bottest.MatrixServer, at string, devices int) {
	b.Helper()
	for n := range devices {
		user, name := fmt.Sprintf("@user%d:test.example", n/2), fmt.Sprintf("OTHER%d", n)
		if n%2 == 0 {
			srv.User(user)
			srv.Join(at, user)
		}
		upload(b, srv, user, name)
	}
}

// upload gives a device keys that nobody will use (spec: client-server API, POST
// /keys/upload; appendices, signing JSON).
func upload(b *testing.B, srv *bottest.MatrixServer, user, device string) {
	b.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	signed := func(object map[string]any) map[string]any {
		raw, err := json.Marshal(object) // maps are sorted: canonical enough
		if err != nil {
			b.Fatal(err)
		}
		object["signatures"] = map[string]any{user: map[string]any{"ed25519:" + device: unpadded(ed25519.Sign(private, raw))}}
		return object
	}
	curve := func() string {
		key, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		return unpadded(key.PublicKey().Bytes())
	}
	oneTime := map[string]any{}
	for n := range 3 {
		oneTime[fmt.Sprintf("signed_curve25519:AAAA%d", n)] = signed(map[string]any{"key": curve()})
	}
	body, err := json.Marshal(map[string]any{"one_time_keys": oneTime, "device_keys": signed(map[string]any{
		"algorithms": []string{"m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"}, "user_id": user, "device_id": device,
		"keys": map[string]any{"ed25519:" + device: unpadded(public), "curve25519:" + device: curve()},
	})})
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/_matrix/client/v3/keys/upload", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+srv.Token(user, device))
	resp, err := srv.Transport().RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
}

func unpadded(raw []byte) string { return base64.RawStdEncoding.EncodeToString(raw) }

// The cost of a message into an encrypted room, from Deliver to acknowledged, with
// the bot's store: the next message of a session, and the first, whose key goes to
// every device.
func BenchmarkEncryptedSend(b *testing.B) {
	for _, devices := range []int{2, 200} {
		for _, first := range []bool{false, true} {
			name := fmt.Sprintf("devices=%d/next", devices)
			if first {
				name = fmt.Sprintf("devices=%d/first", devices)
			}
			b.Run(name, func(b *testing.B) { encryptedSend(b, devices, first) })
		}
	}
}

func encryptedSend(b *testing.B, devices int, first bool) {
	disk, err := bolt.Open(filepath.Join(b.TempDir(), "bot.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer disk.Close()
	store := &counting{Store: disk}
	srv := bottest.NewMatrix(bottest.MatrixOptions{})
	defer srv.Close()
	srv.User(botID, zoeID)
	at := srv.Room(zoeID, room.Name)
	messages := 10000 // of one session
	if first {
		messages = 1
	}
	srv.State(at, zoeID, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": messages})
	audienceOf(b, srv, at, devices)
	o := matrix.Options{Config: matrix.Config{
		Network: "main", Homeserver: srv.URL, User: botID, Password: bottest.MatrixPassword(botID),
		Encryption: true, Key: []byte("thirty-two bytes of the tests..."), Rooms: []bot.Room{room}, Pace: -1,
	}, Store: store, Client: srv.Transport(), Log: slog.New(slog.DiscardHandler)}
	err = matrix.Login(b.Context(), o, matrix.Person{
		Say: func(string) {}, Ask: func(context.Context, string, bool) (string, error) { return "", nil }, Recovery: func(string) error { return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	t := matrix.New(o)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- t.Run(ctx, deaf{}) }()
	defer func() {
		cancel()
		<-ended
	}()
	for !t.Ready(room) {
		time.Sleep(10 * time.Millisecond)
	}
	say := func(n int) {
		payload := []byte(`{"msgtype":"m.text","body":"Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC."}`)
		if err := t.Deliver(b.Context(), fmt.Sprint("bench-", n), room, payload); err != nil {
			b.Fatal(err)
		}
	}
	say(0) // Olm sessions
	time.Sleep(100 * time.Millisecond)
	before, n := store.commits.Load(), 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		say(n)
	}
	b.ReportMetric(float64(store.commits.Load()-before)/float64(n), "commits/op")
}
