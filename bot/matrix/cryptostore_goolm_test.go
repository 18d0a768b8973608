//go:build goolm

package matrix

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

const testSecret = "thirty-two bytes of a random kind"

func openTestStore(t testing.TB, store bot.Store) *cryptoStore {
	t.Helper()
	s, err := openCryptoStore(t.Context(), store, "main", []byte(testSecret), time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cryptoRecords are what lies in a store.
func cryptoRecords(t testing.TB, store bot.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := store.View(context.Background(), func(tx bot.ReadTx) error {
		for key, value := range tx.Scan("") {
			all[key] = string(value)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// copyOfStore is a store with the same records, as a backup has them.
func copyOfStore(t testing.TB, store bot.Store, more ...string) *bottest.Store {
	t.Helper()
	to := bottest.NewStore()
	err := to.Update(context.Background(), func(tx bot.Tx) error {
		for key, value := range cryptoRecords(t, store) {
			if err := tx.Put(key, []byte(value)); err != nil {
				return err
			}
		}
		for _, key := range more {
			if err := tx.Put(key, []byte("yes")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func cryptoMust[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func cryptoOK(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCryptoStoreAnotherSecret(t *testing.T) {
	ctx := t.Context()
	store := bottest.NewStore()
	cryptoOK(t, openTestStore(t, store).PutAccount(ctx, crypto.NewOlmAccount()))
	without := copyOfStore(t, store)
	cryptoOK(t, without.Update(ctx, func(tx bot.Tx) error { return tx.Delete("matrix/main/crypto/check") }))

	for _, tc := range []struct {
		name   string
		store  *bottest.Store
		secret string
		want   string
	}{
		{"another", store, "some other secret of enough bytes", errStoreKey.Error()},
		{"a short one", store, "hunter2", "has 7 bytes"},
		{"none", store, "", "has 0 bytes"},
		{"a short one for a new store", bottest.NewStore(), "hunter2", "has 7 bytes"},
		{"the proof is gone", without, testSecret, "proof of the secret is not"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := cryptoRecords(t, tc.store)
			_, err := openCryptoStore(ctx, tc.store, "main", []byte(tc.secret), time.Now, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if diff := cmp.Diff(before, cryptoRecords(t, tc.store)); diff != "" {
				t.Errorf("the store changed:\n%s", diff)
			}
		})
	}
	if account := cryptoMust(openTestStore(t, store).GetAccount(ctx))(t); account == nil {
		t.Error("the account is gone")
	}
}

// What the file shows to who has no secret.
func TestCryptoStoreIsSealed(t *testing.T) {
	ctx := t.Context()
	store := bottest.NewStore()
	s := openTestStore(t, store)
	account := crypto.NewOlmAccount()
	cryptoOK(t, s.PutAccount(ctx, account))
	cryptoOK(t, s.PutSecret(ctx, id.SecretXSMaster, "seed-of-the-master-key"))
	cryptoOK(t, s.PutDevice(ctx, "@zoe:example.org", &id.Device{DeviceID: "D", Name: "telephone"}))
	pickle := cryptoMust(account.Internal.Pickle(s.keys.pickle))(t)
	for key, value := range cryptoRecords(t, store) {
		for _, secret := range []string{testSecret, "seed-of", "telephone", account.IdentityKey().String(), string(pickle), string(s.keys.pickle)} {
			if strings.Contains(value, secret) {
				t.Errorf("%s shows %q", key, secret)
			}
		}
	}
	// A record that was moved or damaged does not open.
	cryptoOK(t, store.Update(ctx, func(tx bot.Tx) error {
		from := []byte(cryptoRecords(t, store)[s.prefix+"secret/"+string(id.SecretXSMaster)])
		damaged := bytes.Clone(from)
		damaged[len(damaged)-1] ^= 1
		return errors.Join(tx.Put(s.prefix+"secret/moved", from), tx.Put(s.prefix+"secret/"+string(id.SecretXSMaster), damaged))
	}))
	for _, name := range []id.Secret{"moved", id.SecretXSMaster} {
		if got, err := openTestStore(t, store).GetSecret(ctx, name); err == nil || got != "" {
			t.Errorf("secret %q: got %q, error %v", name, got, err)
		}
	}
}

// Identifiers of strangers become keys that differ, fit and don't nest.
func TestCryptoStoreKeys(t *testing.T) {
	part := rapid.OneOf(rapid.String(), rapid.StringMatching(`[~/%@:!a-z+]{0,8}`), rapid.StringN(100, 300, 2000),
		rapid.Map(rapid.StringMatching(`[a-c]`), cryptoKeyPart), rapid.Map(rapid.StringN(200, 300, -1), cryptoKeyPart))
	rapid.Check(t, func(t *rapid.T) {
		a, b := part.Draw(t, "a"), part.Draw(t, "b")
		if (cryptoKeyPart(a) == cryptoKeyPart(b)) != (a == b) {
			t.Fatalf("%q and %q have the keys %q and %q", a, b, cryptoKeyPart(a), cryptoKeyPart(b))
		}
		key := "matrix/" + cryptoKeyPart(a) + "/crypto/" + cryptoKey("signature", a, b, a, b)
		if len(key) > 1024 || strings.Count(key, "/") != 7 {
			t.Fatalf("key of %d bytes: %q", len(key), key)
		}
	})
}

// Memory does not grow with the sessions that there are, and one that is in use
// exists once.
func TestCryptoStoreLendsSessions(t *testing.T) {
	ctx := t.Context()
	s := openTestStore(t, bottest.NewStore())
	const n = 200
	for range n {
		session, peer := newOlmSession(t)
		cryptoOK(t, s.AddSession(ctx, peer.IdentityKey(), session))
	}
	session, peer := newOlmSession(t)
	cryptoOK(t, s.AddSession(ctx, peer.IdentityKey(), session))
	runtime.GC()
	s.state.RLock()
	live := 0
	for _, lent := range s.sessions {
		if lent.Value() != nil {
			live++
		}
	}
	s.state.RUnlock()
	if live > n/10 {
		t.Errorf("%d of %d sessions are in memory, want the one in use", live, n+1)
	}
	latest := cryptoMust(s.GetLatestSession(ctx, peer.IdentityKey()))(t)
	list := cryptoMust(s.GetSessions(ctx, peer.IdentityKey()))(t)
	if latest != session || len(list) != 1 || list[0] != session {
		t.Error("a session in use was read a second time")
	}
	runtime.KeepAlive(session)
}
