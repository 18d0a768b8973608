//go:build goolm

package matrix

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

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

// The library swallows the errors of a store that it can't read, and the message
// is gone: who handles a sync has to know.
func TestCryptoStoreTogetherUnread(t *testing.T) {
	for _, tc := range []struct {
		name string
		fail func(*bottest.Store, context.CancelFunc)
		want error
	}{
		{"stopping", func(_ *bottest.Store, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"store gone", func(store *bottest.Store, _ context.CancelFunc) { store.Crash() }, bottest.ErrCrashed},
		{"nothing", func(*bottest.Store, context.CancelFunc) {}, nil},
	} {
		store := bottest.NewStore()
		s := openTestStore(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		err := s.together(ctx, func(ctx context.Context) error {
			tc.fail(store, cancel)
			_, _ = s.GetOlmHash(ctx, [32]byte{1})
			_ = s.HasSession(ctx, "key")
			return nil
		})
		cancel()
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
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
