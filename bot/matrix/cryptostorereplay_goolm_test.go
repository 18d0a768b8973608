//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
)

// A server shows an old message as a new one, also to a bot that was restarted,
// also after more messages than are remembered; and what is remembered stays
// small.
func TestCryptoStoreReplay(t *testing.T) {
	ctx := t.Context()
	store := bottest.NewStore()
	s := openTestStore(t, store)
	const n = 1000
	validate := func(event string, index uint) bool {
		t.Helper()
		return cryptoMust(s.ValidateMessageIndex(ctx, "session", id.EventID(event), index, 1))(t)
	}
	for i := range uint(n) {
		if !validate(fmt.Sprint("$", i), i) {
			t.Fatalf("message %d is refused", i)
		}
	}
	store = store.Reopen()
	s = openTestStore(t, store)
	for _, tc := range []struct {
		event string
		index uint
		want  bool
	}{
		{"$999", 999, true},
		{"$replay", 999, false},
		{"$replay", 800, false},
		{"$800", 800, true},
		{"$replay", 3, false},
		{"$new", 1000, true},
		{"$far", 1 << 32, false},
	} {
		if got := validate(tc.event, tc.index); got != tc.want {
			t.Errorf("%s at %d: %v, want %v", tc.event, tc.index, got, tc.want)
		}
	}
	size := 0
	for key, value := range cryptoRecords(t, store) {
		if strings.Contains(key, "/index/") {
			size += len(value)
		}
	}
	if size > 20<<10 {
		t.Errorf("%d messages are remembered in %d bytes", n, size)
	}
}

// Whatever comes in whatever order, nothing that the library's store refuses is
// accepted, and what it accepts is, too, within the messages that are kept.
func TestCryptoStoreIndexModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := bottest.NewStore()
		s, err := openCryptoStore(context.Background(), store, "main", []byte(testSecret), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		model, highest := crypto.NewMemoryStore(nil), uint(0)
		messages := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) uint {
			return rapid.UintRange(0, 3*keptIndices).Draw(t, "index")
		}), 1, 400).Draw(t, "messages")
		for i, index := range messages {
			event := id.EventID(fmt.Sprint("$", index))
			if i%5 == 0 {
				event = id.EventID(fmt.Sprint("$replay", i))
			}
			want, _ := model.ValidateMessageIndex(context.Background(), "session", event, index, 1)
			got, err := s.ValidateMessageIndex(context.Background(), "session", event, index, 1)
			highest = max(highest, index)
			switch {
			case err != nil:
				t.Fatal(err)
			case got && !want:
				t.Fatalf("%s at %d is accepted", event, index)
			case want && !got && index+keptIndices > highest:
				t.Fatalf("%s at %d is refused, the highest being %d", event, index, highest)
			}
		}
	})
}

// With a session goes all that is known about it.
func TestCryptoStoreForgets(t *testing.T) {
	ctx := t.Context()
	store := bottest.NewStore()
	s := openTestStore(t, store)
	before := len(cryptoRecords(t, store))
	for i, redact := range []func(*crypto.InboundGroupSession) error{
		func(in *crypto.InboundGroupSession) error { return s.RedactGroupSession(ctx, in.RoomID, in.ID(), "") },
		func(in *crypto.InboundGroupSession) error {
			_, err := s.RedactGroupSessions(ctx, in.RoomID, "", "")
			return err
		},
		func(*crypto.InboundGroupSession) error { _, err := s.RedactExpiredGroupSessions(ctx); return err },
	} {
		in := newInbound(t, "!a:x", "sender")
		in.ReceivedAt = in.ReceivedAt.AddDate(0, 0, -30)
		cryptoOK(t, s.PutGroupSession(ctx, in))
		cryptoOK(t, s.MarkOutboundGroupSessionShared(ctx, "@zoe:x", "key", in.ID()))
		cryptoMust(s.ValidateMessageIndex(ctx, in.ID(), "$1", 0, 1))(t)
		cryptoOK(t, redact(in))
		if got := len(cryptoRecords(t, store)); got != before {
			t.Errorf("%d: %d records are left, want %d", i, got, before)
		}
	}
}

// Word that a key is withheld comes from anybody; it does not stay for good.
func TestCryptoStoreForgetsWithheld(t *testing.T) {
	s := openTestStore(t, bottest.NewStore())
	clock := s.now()
	cryptoOK(t, s.PutWithheldGroupSession(t.Context(), event.RoomKeyWithheldEventContent{RoomID: "!a:x", SessionID: "one", Code: event.RoomKeyWithheldUnverified}))
	for _, tc := range []struct {
		days int
		want bool
	}{{13, true}, {15, false}} {
		s.now = func() time.Time { return clock.AddDate(0, 0, tc.days) }
		cryptoMust(s.RedactExpiredGroupSessions(t.Context()))(t)
		if got := cryptoMust(s.GetWithheldGroupSession(t.Context(), "!a:x", "one"))(t); (got != nil) != tc.want {
			t.Errorf("after %d days: %v", tc.days, got)
		}
	}
}

// A backup of the store is laid over it: it is older than what was sent. No key
// encrypts a second message, and everybody goes on reading.
func TestCryptoStoreRollback(t *testing.T) {
	for _, tc := range []struct {
		name   string
		marker []string // what restoring left in the store
		echo   bool     // the server tells of own messages since then
	}{
		{"noticed by an own message", nil, true},
		{"said by who restored it", []string{"matrix/main/crypto/restored"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newKeyServer()
			alice, bob := newParty(t, server, "@alice:x"), newParty(t, server, "@bob:x")
			all := func() {
				alice.say()
				alice.sync()
				bob.sync()
			}
			all()
			backup, token := copyOfStore(t, alice.store, tc.marker...), alice.next
			all()
			if !tc.echo { // with a session that the backup lacks, so an Olm message is sent, too
				cryptoOK(t, alice.process.keys.RemoveOutboundGroupSession(t.Context(), "!room:x"))
				all()
			}

			alice.store = backup
			if tc.echo {
				alice.next = token
			}
			alice.start()
			if !alice.process.keys.restored.Load() {
				t.Error("not noticed")
			}
			all()
			bob.say()
			bob.sync()
			all()
			if err := errors.Join(alice.wrong, bob.wrong); err != nil {
				t.Error(err)
			}
			if got, want := len(bob.read), len(server.said); got != want {
				t.Errorf("%d of %d messages were read", got, want)
			}
			if _, left := cryptoRecords(t, alice.store)["matrix/main/crypto/restored"]; left {
				t.Error("the next start distrusts again")
			}
			alice.start()
			if alice.process.keys.restored.Load() {
				t.Error("distrusted a second time")
			}
		})
	}
}

// Two copies of one session both encrypt: the second is refused, not sent.
func TestCryptoStoreIndexUsed(t *testing.T) {
	ctx := t.Context()
	s := openTestStore(t, bottest.NewStore())
	session := cryptoMust(crypto.NewOutboundGroupSession("!a:x", nil, nil))(t)
	session.Shared = true
	cryptoOK(t, s.AddOutboundGroupSession(ctx, session))
	one, two := cryptoMust(s.GetOutboundGroupSession(ctx, "!a:x"))(t), cryptoMust(s.GetOutboundGroupSession(ctx, "!a:x"))(t)
	cryptoMust(one.Encrypt([]byte("one")))(t)
	cryptoMust(two.Encrypt([]byte("two")))(t)
	cryptoOK(t, s.UpdateOutboundGroupSession(ctx, one))
	cryptoOK(t, s.UpdateOutboundGroupSession(ctx, one))
	if err := s.UpdateOutboundGroupSession(ctx, two); !errors.Is(err, errIndexUsed) {
		t.Errorf("the second: %v, want %v", err, errIndexUsed)
	}
}

// A record that waits is read instead of the one that it replaces, once.
func TestCryptoStoreReadsWhatWaits(t *testing.T) {
	s := openTestStore(t, bottest.NewStore())
	cryptoOK(t, s.PutSignature(t.Context(), "@a:x", "A", "@b:x", "B", "old"))
	cryptoOK(t, s.PutSignature(t.Context(), "@a:x", "A", "@b:x", "C", "old"))
	cryptoOK(t, s.together(t.Context(), func(ctx context.Context) error {
		cryptoOK(t, s.PutSignature(ctx, "@a:x", "A", "@b:x", "B", "new"))
		n := 0
		err := s.each(ctx, "signature/", func(string, func(any) error) error { n++; return nil })
		if got := cryptoMust(s.GetSignaturesForKeyBy(ctx, "@a:x", "A", "@b:x"))(t); n != 2 || got["B"] != "new" || got["C"] != "old" {
			t.Errorf("%d records, %v", n, got)
		}
		if got := cryptoMust(s.DropSignaturesByKey(ctx, "@b:x", "C"))(t); got != 1 {
			t.Errorf("%d dropped", got)
		}
		if got := cryptoMust(s.DropSignaturesByKey(ctx, "@b:x", "C"))(t); got != 0 {
			t.Errorf("%d dropped the second time", got)
		}
		return err
	}))
}

// What a full disk refused is stored with the next write.
func TestCryptoStoreStoresLater(t *testing.T) {
	disk := &strictStore{Store: bottest.NewStore(), failing: nil}
	s := openTestStore(t, disk)
	disk.failing = errors.New("disk full")
	if err := s.PutSecret(t.Context(), "a", "1"); !errors.Is(err, disk.failing) {
		t.Errorf("error %v", err)
	}
	disk.failing = nil
	cryptoOK(t, s.PutSecret(t.Context(), "b", "2"))
	if got := cryptoMust(openTestStore(t, disk.Store).GetSecret(t.Context(), "a"))(t); got != "1" {
		t.Errorf("after a restart: %q, want 1", got)
	}
}

// A context that is over does nothing.
func TestCryptoStoreContext(t *testing.T) {
	s := openTestStore(t, bottest.NewStore())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := s.GetSecret(ctx, "a")
	_, devices := s.GetDevices(ctx, "@a:x")
	_, account := s.GetAccount(ctx)
	_, sessions := s.GetSessions(ctx, "key")
	_, index := s.ValidateMessageIndex(ctx, "session", "$1", 0, 1)
	_, list := s.GetAllGroupSessions(ctx).AsList()
	for i, err := range []error{get, devices, account, sessions, index, list, s.PutSecret(ctx, "a", "1"), s.PutAccount(ctx, newAccount(t))} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d: %v, want %v", i, err, context.Canceled)
		}
	}
}

// Sync, sends and the library's own goroutines use it at once.
func TestCryptoStoreConcurrently(t *testing.T) {
	store := bottest.NewStore()
	s := openTestStore(t, store)
	var wg sync.WaitGroup
	for i := range 4 {
		session, peer := newOlmSession(t)
		cryptoOK(t, s.AddSession(t.Context(), peer.IdentityKey(), session))
		wg.Go(func() {
			for n := range 20 {
				err := s.together(t.Context(), func(ctx context.Context) error {
					mine := cryptoMust(s.GetLatestSession(ctx, peer.IdentityKey()))(t)
					_, _, err := mine.Encrypt([]byte("x"))
					user := id.UserID(fmt.Sprint("@", i, ":x"))
					return errors.Join(err, s.UpdateSession(ctx, peer.IdentityKey(), mine), s.PutDevice(ctx, user, &id.Device{DeviceID: id.DeviceID(fmt.Sprint(n))}))
				})
				_, valid := s.ValidateMessageIndex(t.Context(), "session", id.EventID(fmt.Sprint("$", i, n)), uint(20*i+n), 1)
				if err := errors.Join(err, valid, s.Flush(t.Context())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	again := openTestStore(t, store.Reopen())
	for i := range 4 {
		r := cryptoMust(again.devices(t.Context(), id.UserID(fmt.Sprint("@", i, ":x"))))(t)
		if len(r.Devices) != 20 {
			t.Errorf("user %d: %d devices, want 20", i, len(r.Devices))
		}
	}
	var r messageIndex
	if _, err := again.get(t.Context(), "index/session", &r); err != nil || len(r.Seen) != 80 {
		t.Errorf("%d messages are remembered, want 80; error %v", len(r.Seen), err)
	}
}
