//go:build goolm

package matrix

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/bottest"
)

// cryptoSubject is a crypto.Store under test. again is a restart: what was written is
// read from the store from here on. memory is the library's own: where it does
// not do what its interface says, a case looks away.
type cryptoSubject struct {
	crypto.Store
	ctx    context.Context
	again  func()
	memory bool
}

// TestCryptoStoreContract holds our store and the library's to one contract.
func TestCryptoStoreContract(t *testing.T) {
	cases := []struct {
		name string
		run  func(*testing.T, *cryptoSubject)
	}{
		{"account", accountContract},
		{"Olm sessions", olmContract},
		{"Olm sessions go on", olmGoesOnContract},
		{"Olm hashes", hashContract},
		{"inbound sessions", inboundContract},
		{"withheld sessions", withheldContract},
		{"redaction", redactContract},
		{"expiry", expiryContract},
		{"iterators", iteratorContract},
		{"outbound sessions", outboundContract},
		{"shared sessions", sharedContract},
		{"message index", indexContract},
		{"devices", devicesContract},
		{"tracked users", trackedContract},
		{"cross-signing keys", crossContract},
		{"signatures", signatureContract},
		{"secrets", secretContract},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Run("library", func(t *testing.T) {
				tc.run(t, &cryptoSubject{Store: crypto.NewMemoryStore(nil), ctx: t.Context(), again: func() {}, memory: true})
			})
			t.Run("restarted", func(t *testing.T) {
				store := bottest.NewStore()
				s := &cryptoSubject{Store: openTestStore(t, store), ctx: t.Context()}
				s.again = func() {
					store = store.Reopen()
					s.Store = openTestStore(t, store)
				}
				tc.run(t, s)
			})
			t.Run("in a batch", func(t *testing.T) {
				store := openTestStore(t, bottest.NewStore())
				cryptoOK(t, store.together(t.Context(), func(ctx context.Context) error {
					tc.run(t, &cryptoSubject{Store: store, ctx: ctx, again: func() { store.account = nil }})
					return nil
				}))
			})
		})
	}
}

func newAccount(t testing.TB) *crypto.OlmAccount {
	t.Helper()
	a := crypto.NewOlmAccount()
	cryptoOK(t, a.Internal.GenOneTimeKeys(1))
	return a
}

// newOlmSession is a session of ours with a peer, which has not heard of it yet.
func newOlmSession(t testing.TB) (*crypto.OlmSession, *crypto.OlmAccount) {
	t.Helper()
	ours, theirs := newAccount(t), newAccount(t)
	return olmSessionWith(t, ours, theirs), theirs
}

func olmSessionWith(t testing.TB, ours, theirs *crypto.OlmAccount) *crypto.OlmSession {
	t.Helper()
	for _, key := range cryptoMust(theirs.Internal.OneTimeKeys())(t) {
		internal := cryptoMust(ours.Internal.NewOutboundSession(theirs.IdentityKey(), key))(t)
		return &crypto.OlmSession{Internal: internal}
	}
	t.Fatal("no one-time key")
	return nil
}

func newInbound(t testing.TB, room id.RoomID, sender id.SenderKey) *crypto.InboundGroupSession {
	t.Helper()
	out := cryptoMust(crypto.NewOutboundGroupSession(room, nil, nil))(t)
	in := cryptoMust(crypto.NewInboundGroupSession(sender, "signing", room, out.Internal.Key(), time.Hour, 100, nil, false))(t)
	return in
}

func accountContract(t *testing.T, s *cryptoSubject) {
	if got := cryptoMust(s.GetAccount(s.ctx))(t); got != nil {
		t.Fatalf("a new store has the account %v", got)
	}
	account := newAccount(t)
	account.Shared, account.KeyBackupVersion = true, "7"
	for range 2 {
		cryptoOK(t, s.PutAccount(s.ctx, account))
		s.again()
		got := cryptoMust(s.GetAccount(s.ctx))(t)
		if got.IdentityKey() != account.IdentityKey() || got.SigningKey() != account.SigningKey() || !got.Shared || got.KeyBackupVersion != "7" {
			t.Errorf("got %+v, want %+v", got, account)
		}
		if diff := cmp.Diff(cryptoMust(account.Internal.OneTimeKeys())(t), cryptoMust(got.Internal.OneTimeKeys())(t)); diff != "" {
			t.Errorf("one-time keys (-want +got):\n%s", diff)
		}
		if twice := cryptoMust(s.GetAccount(s.ctx))(t); twice != got {
			t.Error("the account exists twice")
		}
		account = got
		account.Internal.MarkKeysAsPublished()
	}
	cryptoOK(t, s.Flush(s.ctx))
}

func olmContract(t *testing.T, s *cryptoSubject) {
	const nobody = id.SenderKey("nobody/+")
	if s.HasSession(s.ctx, nobody) {
		t.Error("HasSession without one")
	}
	if got := cryptoMust(s.GetSessions(s.ctx, nobody))(t); len(got) != 0 {
		t.Errorf("GetSessions without one: %v", got)
	}
	if got := cryptoMust(s.GetLatestSession(s.ctx, nobody))(t); got != nil {
		t.Errorf("GetLatestSession without one: %v", got)
	}
	if got := cryptoMust(s.GetNewestSessionCreationTS(s.ctx, nobody))(t); !got.IsZero() {
		t.Errorf("GetNewestSessionCreationTS without one: %v", got)
	}
	unknown, peer := newOlmSession(t)
	key := peer.IdentityKey()
	cryptoOK(t, s.DeleteSession(s.ctx, key, unknown))
	cryptoOK(t, s.UpdateSession(s.ctx, key, unknown))
	if s.HasSession(s.ctx, key) {
		t.Error("UpdateSession added one")
	}

	day := time.Date(2026, 11, 22, 12, 0, 0, 1, time.UTC)
	old, _ := newOlmSession(t)
	old.CreationTime, old.LastEncryptedTime, old.LastDecryptedTime = day.Add(time.Hour), day, day
	latest, _ := newOlmSession(t)
	latest.CreationTime, latest.LastEncryptedTime, latest.LastDecryptedTime = day, day, day.Add(time.Minute)
	for _, session := range []*crypto.OlmSession{latest, old} {
		cryptoOK(t, s.AddSession(s.ctx, key, session))
	}
	s.again()
	if !s.HasSession(s.ctx, key) || s.HasSession(s.ctx, nobody) {
		t.Error("HasSession is wrong")
	}
	list := cryptoMust(s.GetSessions(s.ctx, key))(t)
	if len(list) != 2 || list[0].ID() != latest.ID() || list[1].ID() != old.ID() {
		t.Fatalf("GetSessions: %v, want the one that decrypted last, then the other", list)
	}
	if diff := cmp.Diff(latest.ExpirationMixin, list[0].ExpirationMixin); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	if !s.memory { // the library's gives the other one
		if got := cryptoMust(s.GetLatestSession(s.ctx, key))(t); got != list[0] {
			t.Errorf("GetLatestSession: %v, want the same as GetSessions' first", got)
		}
		if got := cryptoMust(s.GetNewestSessionCreationTS(s.ctx, key))(t); !got.Equal(day.Add(time.Hour)) {
			t.Errorf("GetNewestSessionCreationTS: %v", got)
		}
	}
	cryptoOK(t, s.DeleteSession(s.ctx, key, list[0]))
	cryptoOK(t, s.UpdateSession(s.ctx, key, list[0])) // by who still holds it
	s.again()
	if left := cryptoMust(s.GetSessions(s.ctx, key))(t); len(left) != 1 || left[0].ID() != old.ID() {
		t.Errorf("after a deletion: %v", left)
	}
	if got := cryptoMust(s.GetLatestSession(s.ctx, key))(t); got == nil || got.ID() != old.ID() {
		t.Errorf("GetLatestSession after a deletion: %v", got)
	}
}

// Messages go both ways over a session that is read from the store each time.
func olmGoesOnContract(t *testing.T, s *cryptoSubject) {
	ours, theirs := newAccount(t), newAccount(t)
	key := theirs.IdentityKey()
	cryptoOK(t, s.AddSession(s.ctx, key, olmSessionWith(t, ours, theirs)))
	var peer *crypto.OlmSession
	for i := range 6 {
		s.again()
		session := cryptoMust(s.GetLatestSession(s.ctx, key))(t)
		kind, text, err := session.Encrypt([]byte("ping"))
		cryptoOK(t, err)
		cryptoOK(t, s.UpdateSession(s.ctx, key, session))
		if peer == nil {
			peer = cryptoMust(theirs.NewInboundSessionFrom(ours.IdentityKey(), string(text)))(t)
		}
		if got := cryptoMust(peer.Decrypt(string(text), kind))(t); string(got) != "ping" {
			t.Errorf("message %d: %q", i, got)
		}
		if i%2 == 0 {
			continue
		}
		kind, text, err = peer.Encrypt([]byte("pong"))
		cryptoOK(t, err)
		s.again()
		session = cryptoMust(s.GetSessions(s.ctx, key))(t)[0]
		if got := cryptoMust(session.Decrypt(string(text), kind))(t); string(got) != "pong" {
			t.Errorf("answer %d: %q", i, got)
		}
		cryptoOK(t, s.UpdateSession(s.ctx, key, session))
	}
}

func hashContract(t *testing.T, s *cryptoSubject) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); !got.IsZero() {
		t.Errorf("an unknown hash was handled at %v", got)
	}
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{1}, at))
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{1}, at.Add(time.Hour)))
	cryptoOK(t, s.PutOlmHash(s.ctx, [32]byte{2}, at.Add(time.Hour)))
	s.again()
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); got.IsZero() || (!s.memory && !got.Equal(at)) {
		t.Errorf("handled at %v, want %v", got, at)
	}
	cryptoOK(t, s.DeleteOldOlmHashes(s.ctx, at.Add(time.Minute)))
	s.again()
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{1}))(t); !got.IsZero() && !s.memory {
		t.Error("an old hash stayed")
	}
	if got := cryptoMust(s.GetOlmHash(s.ctx, [32]byte{2}))(t); got.IsZero() {
		t.Error("a new hash went with the old")
	}
}
