//go:build goolm

package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"torchbearer/bot"
)

// What one transaction of the crypto store holds at most; a bot.Store takes
// 4,096 writes and 1 MiB.
const (
	maxCryptoWrites = 2000
	maxCryptoBytes  = 512 << 10
)

// maxCryptoRecord is what one record holds at most: a server that invents more is
// refused.
const maxCryptoRecord = 384 << 10

type batchKey struct{}

// cryptoBatch is one call of together, guarded by cryptoStore.state.
type cryptoBatch struct {
	over   bool
	unread error // the first error of the store's own
}

// cryptoWaiting is a record that is newer than the store.
type cryptoWaiting struct {
	sealed []byte       // nil deletes
	batch  *cryptoBatch // that it is stored with; nil: it should have been
}

// together runs fn and stores what it wrote through the context that it gets,
// in one transaction, also if fn fails: ratchets do not turn back. When it
// returns nil that is durable, and the store could be read throughout: the
// library logs such an error, drops the message and says nothing. Otherwise the
// server has to send again what fn handled. A transaction is split only when it is too large
// for one; what belongs to a message comes first, device lists last.
//
// Two things store parts of it earlier: a request of its own that passes guard,
// and another goroutine that writes the same record.
func (s *cryptoStore) together(ctx context.Context, fn func(context.Context) error) (err error) {
	if s.batch(ctx) != nil {
		return fn(ctx)
	}
	b := &cryptoBatch{}
	defer func() { // after a panic too: the library's syncer goes on
		s.state.Lock()
		b.over = true
		err = errors.Join(err, b.unread)
		s.state.Unlock()
		err = errors.Join(err, s.Flush(context.WithoutCancel(ctx)))
	}()
	return fn(context.WithValue(ctx, batchKey{}, b))
}

// batch is what writes through ctx are collected for, nil if they are not. The
// library keeps contexts in goroutines that outlive the call.
func (s *cryptoStore) batch(ctx context.Context) *cryptoBatch {
	b, _ := ctx.Value(batchKey{}).(*cryptoBatch)
	s.state.RLock()
	defer s.state.RUnlock()
	if b == nil || b.over {
		return nil
	}
	return b
}

// view reads the store, and tells the batch of ctx if it can't.
func (s *cryptoStore) view(ctx context.Context, fn func(bot.ReadTx) error) error {
	err := s.store.View(ctx, fn)
	if b := s.batch(ctx); err != nil && b != nil {
		s.state.Lock()
		b.unread = cmp.Or(b.unread, err)
		s.state.Unlock()
	}
	return err
}

// Flush stores all that waits, but for batches under way that ctx does not
// belong to: those must not be split.
func (s *cryptoStore) Flush(ctx context.Context) error {
	s.write.Lock()
	defer s.write.Unlock()
	return s.commit(ctx, s.due(s.batch(ctx)))
}

// due are the records that wait for nobody but b.
func (s *cryptoStore) due(b *cryptoBatch) map[string][]byte {
	s.state.RLock()
	defer s.state.RUnlock()
	due := map[string][]byte{}
	for key, w := range s.pending {
		if w.batch == nil || w.batch == b || w.batch.over {
			due[key] = w.sealed
		}
	}
	return due
}

// guard lets a request pass only when everything that it may depend on is
// stored. The library ignores the error of a store that could not keep a ratchet
// (encryptOlmEvent), so this is the place that can't be missed.
func (s *cryptoStore) guard(next http.RoundTripper) http.RoundTripper {
	return cryptoGuard{s, next}
}

type cryptoGuard struct {
	store *cryptoStore
	next  http.RoundTripper
}

func (g cryptoGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	// What only asks comes in the middle of handling a message, which it must
	// not split. A sync does not: it tells the server what to forget.
	path := r.URL.Path
	asks := r.Method == http.MethodGet && !strings.HasSuffix(path, "/sync") ||
		strings.HasSuffix(path, "/keys/query") || strings.HasSuffix(path, "/keys/claim")
	if !asks {
		if err := g.store.Flush(r.Context()); err != nil {
			if r.Body != nil {
				_ = r.Body.Close() // a RoundTripper owes it
			}
			return nil, fmt.Errorf("store keys before sending: %w", err)
		}
	}
	return g.next.RoundTrip(r)
}

// cryptoWriter collects the changes of one operation.
type cryptoWriter struct {
	s       *cryptoStore
	changes map[string][]byte // by whole key; nil deletes
}

func (w *cryptoWriter) put(key string, record any) error {
	key = w.s.prefix + key
	sealed, err := w.s.keys.lock(key, record)
	if err != nil {
		return err
	}
	if len(sealed) > maxCryptoRecord {
		return fmt.Errorf("put crypto record %q: it has %d bytes, allowed are %d", key, len(sealed), maxCryptoRecord)
	}
	w.changes[key] = sealed
	return nil
}

func (w *cryptoWriter) drop(key string) { w.changes[w.s.prefix+key] = nil }

// dropAll removes what lies below a prefix.
func (w *cryptoWriter) dropAll(ctx context.Context, prefix string) error {
	return w.s.each(ctx, prefix, func(key string, _ func(any) error) error {
		w.drop(key)
		return nil
	})
}

// change runs fn, which reads the store and says what becomes of it, and stores
// that, at once or with the batch. No other change comes between. If storing
// fails the change stays in memory: what it holds may have been used, and is
// stored with the next.
func (s *cryptoStore) change(ctx context.Context, fn func(*cryptoWriter) error) error {
	s.write.Lock()
	defer s.write.Unlock()
	w := &cryptoWriter{s: s, changes: map[string][]byte{}}
	if err := fn(w); err != nil {
		return err
	}
	b := s.batch(ctx)
	s.state.Lock()
	for key, sealed := range w.changes {
		s.pending[key] = cryptoWaiting{sealed, b}
	}
	s.state.Unlock()
	if b != nil {
		return nil
	}
	return s.commit(ctx, s.due(nil))
}

// commit stores changes, which are in pending, and takes them out of it. The
// caller holds write.
func (s *cryptoStore) commit(ctx context.Context, changes map[string][]byte) error {
	keys := slices.Sorted(maps.Keys(changes))
	slices.SortStableFunc(keys, func(a, b string) int { return s.rank(a) - s.rank(b) })
	for len(keys) > 0 {
		n, size := 0, 0
		for n < len(keys) && n < maxCryptoWrites && (n == 0 || size+len(changes[keys[n]]) <= maxCryptoBytes) {
			size += len(keys[n]) + len(changes[keys[n]])
			n++
		}
		err := s.store.Update(ctx, func(tx bot.Tx) error {
			for _, key := range keys[:n] {
				var err error
				if value := changes[key]; value == nil {
					err = tx.Delete(key)
				} else {
					err = tx.Put(key, value)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("store crypto records: %w", err)
		}
		s.state.Lock()
		for _, key := range keys[:n] {
			delete(s.pending, key)
		}
		s.state.Unlock()
		keys = keys[n:]
	}
	return nil
}

// rank orders a transaction that is too large: what can be asked for again is
// last.
func (s *cryptoStore) rank(key string) int {
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(key, s.prefix), "/"); kind {
	case "devices", "cross", "signature", "shared":
		return 1
	}
	return 0
}

// get reads one record, found or not.
func (s *cryptoStore) get(ctx context.Context, key string, record any) (found bool, err error) {
	key = s.prefix + key
	s.state.RLock()
	newer, waits := s.pending[key]
	s.state.RUnlock()
	sealed := newer.sealed
	if !waits { // looked at first: what is stored meanwhile is only newer
		err := s.view(ctx, func(tx bot.ReadTx) (err error) {
			sealed, err = tx.Get(key)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("read crypto record: %w", err)
		}
	}
	if sealed == nil {
		return false, nil
	}
	return true, s.keys.unlock(key, sealed, record)
}

// each calls fn with the records below a prefix, in the order of their keys as
// far as they are stored. The keys are without the store's prefix; open reads
// the record. fn must not use the store.
func (s *cryptoStore) each(ctx context.Context, prefix string, fn func(key string, open func(any) error) error) error {
	prefix = s.prefix + prefix
	newer := map[string][]byte{}
	s.state.RLock()
	for key, w := range s.pending {
		if strings.HasPrefix(key, prefix) {
			newer[key] = w.sealed
		}
	}
	s.state.RUnlock()
	call := func(key string, sealed []byte) error {
		return fn(strings.TrimPrefix(key, s.prefix), func(record any) error { return s.keys.unlock(key, sealed, record) })
	}
	var broken error // a record; the store itself was read
	err := s.view(ctx, func(tx bot.ReadTx) error {
		for key, sealed := range tx.Scan(prefix) {
			if _, waits := newer[key]; waits {
				continue
			}
			if broken = call(key, sealed); broken != nil {
				break
			}
		}
		return nil
	})
	if err := cmp.Or(err, broken); err != nil {
		return fmt.Errorf("read crypto records: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(newer)) {
		if sealed := newer[key]; sealed != nil {
			if err := call(key, sealed); err != nil {
				return fmt.Errorf("read crypto records: %w", err)
			}
		}
	}
	return nil
}
