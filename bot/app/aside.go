package app

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"torchbearer/bot"
)

// aside is a store for trying a network with: what may not be lost is kept, all
// else is written aside and forgotten. A login stays a login, and a key that was
// received is not sent again; but what was said meanwhile has been heard by nobody,
// and waits for the bot.
type aside struct {
	bot.Store
	keep func(key string) bool

	mu  sync.Mutex
	put map[string][]byte // nil: deleted
}

// asideOf keeps the logins of Matrix networks and their keys.
func asideOf(store bot.Store) *aside {
	return &aside{Store: store, put: map[string][]byte{}, keep: func(key string) bool {
		parts := strings.SplitN(key, "/", 4)
		return len(parts) >= 3 && parts[0] == "matrix" && (parts[2] == "login" || parts[2] == "crypto")
	}}
}

// View implements bot.Store.
func (s *aside) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	return s.Store.View(ctx, func(tx bot.ReadTx) error { return fn(&asideRead{tx, s.written()}) })
}

// Update implements bot.Store.
func (s *aside) Update(ctx context.Context, fn func(bot.Tx) error) error {
	var tx *asideTx
	err := s.Store.Update(ctx, func(under bot.Tx) error {
		tx = &asideTx{asideRead{under, s.written()}, under, s.keep}
		return fn(tx)
	})
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.put = tx.put
	}
	return err
}

// written is a copy of what was written aside so far.
func (s *aside) written() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.put)
}

type asideRead struct {
	bot.ReadTx
	put map[string][]byte
}

// Get implements bot.ReadTx.
func (r *asideRead) Get(key string) ([]byte, error) {
	if value, ok := r.put[key]; ok {
		return bytes.Clone(value), nil
	}
	return r.ReadTx.Get(key)
}

// Scan implements bot.ReadTx.
func (r *asideRead) Scan(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		all := maps.Collect(r.ReadTx.Scan(prefix))
		for key, value := range r.put {
			if strings.HasPrefix(key, prefix) {
				all[key] = bytes.Clone(value)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if all[key] != nil && !yield(key, all[key]) {
				return
			}
		}
	}
}

type asideTx struct {
	asideRead
	under bot.Tx
	keep  func(key string) bool
}

// Put implements bot.Tx.
func (t *asideTx) Put(key string, value []byte) error {
	if t.keep(key) {
		return t.under.Put(key, value)
	}
	t.put[key] = append([]byte{}, value...) // never nil
	return nil
}

// Delete implements bot.Tx.
func (t *asideTx) Delete(key string) error {
	if t.keep(key) {
		return t.under.Delete(key)
	}
	t.put[key] = nil
	return nil
}
