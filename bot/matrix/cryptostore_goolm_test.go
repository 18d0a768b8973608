//go:build goolm

package matrix

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
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

// What one sync response brought is stored in one transaction, and read back
// before it is.
func TestCryptoStoreTogether(t *testing.T) {
	store := bottest.NewStore()
	s := openTestStore(t, store)
	before := store.Commits()
	var late context.Context
	broken := errors.New("broken")
	err := s.together(t.Context(), func(ctx context.Context) error {
		late = ctx
		cryptoOK(t, s.PutSecret(ctx, "a", "1"))
		cryptoOK(t, s.PutSecret(ctx, "b", "2"))
		cryptoOK(t, s.together(ctx, func(ctx context.Context) error { return s.DeleteSecret(ctx, "b") }))
		if got := cryptoMust(s.GetSecret(ctx, "a"))(t); got != "1" {
			t.Errorf("inside: got %q, want 1", got)
		}
		if got := store.Commits() - before; got != 0 {
			t.Errorf("inside: %d commits, want 0", got)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want fn's own", err)
	}
	if got := store.Commits() - before; got != 1 {
		t.Errorf("%d commits, want 1", got)
	}
	cryptoOK(t, s.PutSecret(late, "c", "3")) // by a goroutine that the library left behind
	again := openTestStore(t, store.Reopen())
	for name, want := range map[id.Secret]string{"a": "1", "b": "", "c": "3"} {
		if got := cryptoMust(again.GetSecret(t.Context(), name))(t); got != want {
			t.Errorf("after a restart %s is %q, want %q", name, got, want)
		}
	}
}

// What others do meanwhile does not split a batch: a write, a request, another
// batch.
func TestCryptoStoreTogetherWhole(t *testing.T) {
	store := bottest.NewStore()
	s := openTestStore(t, store)
	stored := func(name id.Secret, want string) {
		t.Helper()
		if got := cryptoMust(openTestStore(t, store).GetSecret(t.Context(), name))(t); got != want {
			t.Errorf("%s is stored as %q, want %q", name, got, want)
		}
	}
	cryptoOK(t, s.together(t.Context(), func(ctx context.Context) error {
		cryptoOK(t, s.PutSecret(ctx, "half", "1"))
		cryptoOK(t, s.PutSecret(t.Context(), "direct", "2"))
		cryptoOK(t, s.together(t.Context(), func(ctx context.Context) error { return s.PutSecret(ctx, "other", "3") }))
		cryptoOK(t, s.Flush(t.Context()))
		stored("half", "")
		stored("direct", "2")
		stored("other", "3")
		cryptoOK(t, s.PutSecret(t.Context(), "half", "4"))
		stored("half", "4")
		return nil
	}))
	stored("half", "4")
}

// A panic of the library's ends the batch all the same.
func TestCryptoStoreTogetherPanic(t *testing.T) {
	store := bottest.NewStore()
	s := openTestStore(t, store)
	func() {
		defer func() { _ = recover() }()
		_ = s.together(t.Context(), func(ctx context.Context) error {
			cryptoOK(t, s.PutSecret(ctx, "a", "1"))
			panic("hostile event")
		})
	}()
	cryptoOK(t, s.PutSecret(t.Context(), "b", "2"))
	again := openTestStore(t, store.Reopen())
	if a, b := cryptoMust(again.GetSecret(t.Context(), "a"))(t), cryptoMust(again.GetSecret(t.Context(), "b"))(t); a != "1" || b != "2" {
		t.Errorf("after a restart: %q and %q, want 1 and 2", a, b)
	}
}

// A batch larger than a transaction is split, and no transaction is too large.
func TestCryptoStoreTogetherLarge(t *testing.T) {
	strict := &strictStore{Store: bottest.NewStore()}
	s := openTestStore(t, strict)
	big := map[id.DeviceID]*id.Device{"D": {DeviceID: "D", Name: strings.Repeat("n", 100<<10)}}
	cryptoOK(t, s.together(t.Context(), func(ctx context.Context) error {
		for i := range 12 {
			cryptoOK(t, s.PutDevices(ctx, id.UserID(strings.Repeat("u", i+1)), big))
		}
		for i := range 2500 {
			cryptoOK(t, s.PutSecret(ctx, id.Secret(strings.Repeat("s", i%50)+string(rune('0'+i/50))), "x"))
		}
		return nil
	}))
	if strict.updates < 4 || strict.tooLarge {
		t.Errorf("%d transactions, too large: %v", strict.updates, strict.tooLarge)
	}
	if got := cryptoMust(s.GetDevices(t.Context(), "uuuuuuuuuuuu"))(t); len(got) != 1 {
		t.Errorf("the last devices: %v", got)
	}
	huge := map[id.DeviceID]*id.Device{"D": {DeviceID: "D", Name: strings.Repeat("n", 1<<20)}}
	if err := s.PutDevices(t.Context(), "@huge:x", huge); err == nil {
		t.Error("a record of 1 MiB was taken")
	}
}

// strictStore refuses nothing but remembers a transaction beyond the promise.
type strictStore struct {
	bot.Store
	updates  int
	tooLarge bool
	failing  error
}

func (s *strictStore) Update(ctx context.Context, fn func(bot.Tx) error) error {
	if s.failing != nil {
		return s.failing
	}
	s.updates++
	return s.Store.Update(ctx, func(tx bot.Tx) error {
		counting := &countingTx{Tx: tx}
		defer func() { s.tooLarge = s.tooLarge || counting.writes > 4096 || counting.bytes > 1<<20 }()
		return fn(counting)
	})
}

type countingTx struct {
	bot.Tx
	writes, bytes int
}

func (c *countingTx) Put(key string, value []byte) error {
	c.writes++
	c.bytes += len(key) + len(value)
	return c.Tx.Put(key, value)
}

// A disk that is full: nothing leaves that the store does not have, though the
// library would send it.
func TestCryptoStoreGuard(t *testing.T) {
	disk := &strictStore{Store: bottest.NewStore()}
	s := openTestStore(t, disk)
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sent = append(sent, r.URL.Path) }))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: s.guard(http.DefaultTransport)}
	request := func(ctx context.Context, method, path string) error {
		r := cryptoMust(http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader("{}")))(t)
		resp, err := client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	const send, query = "/v3/sendToDevice/m.room.encrypted/1", "/v3/keys/query"

	full := errors.New("disk full")
	disk.failing = full
	if err := s.PutSecret(t.Context(), "a", "1"); !errors.Is(err, full) {
		t.Errorf("put: %v, want %v", err, full)
	}
	if err := request(t.Context(), http.MethodPut, send); !errors.Is(err, full) {
		t.Errorf("send with a full disk: %v, want %v", err, full)
	}
	if err := request(t.Context(), http.MethodGet, "/v3/sync"); !errors.Is(err, full) {
		t.Errorf("sync with a full disk: %v, want %v", err, full)
	}
	cryptoOK(t, request(t.Context(), http.MethodPost, query))
	disk.failing = nil
	cryptoOK(t, request(t.Context(), http.MethodPut, send))
	if diff := cmp.Diff([]string{query, send}, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if got := cryptoMust(openTestStore(t, disk.Store).GetSecret(t.Context(), "a"))(t); got != "1" {
		t.Errorf("what failed before was not stored with the next request: %q", got)
	}
	cryptoOK(t, s.together(t.Context(), func(ctx context.Context) error {
		cryptoOK(t, s.PutSecret(ctx, "b", "2"))
		cryptoOK(t, request(ctx, http.MethodPost, query))
		if got := cryptoMust(openTestStore(t, disk.Store).GetSecret(ctx, "b"))(t); got != "" {
			t.Error("a question stored half a batch")
		}
		cryptoOK(t, request(ctx, http.MethodPut, send))
		if got := cryptoMust(openTestStore(t, disk.Store).GetSecret(ctx, "b"))(t); got != "2" {
			t.Error("sent before it was stored")
		}
		return nil
	}))
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
