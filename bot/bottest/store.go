// Package bottest holds what tests of the bot use: fakes that behave like the
// real thing, and the suites that hold both to the same contract.
//
//	store := bottest.NewStore()
//	store.AfterCommit = func(n int) {
//		if n == 2 {
//			store.Crash() // decided, and killed before anything was sent
//		}
//	}
//	run(store)
//	run(store.Reopen())
package bottest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"torchbearer/bot"
)

// ErrCrashed is what a store that was killed answers.
var ErrCrashed = errors.New("store: the process was killed")

// Store is a bot.Store in memory, which can be killed at any commit.
type Store struct {
	// BeforeCommit and AfterCommit are called with the number of a commit,
	// from 1, just before it is durable and just after, while Update still
	// runs. Crash inside them is a kill there: before, the commit is lost;
	// after, it is kept, but its caller never learns it. Set them before
	// the store is used.
	BeforeCommit, AfterCommit func(n int)

	write   sync.Mutex
	state   atomic.Pointer[state]
	commits atomic.Uint64
	crashed atomic.Bool
}

var _ bot.Store = (*Store)(nil)

// state is one snapshot; it never changes once it is in a Store.
type state struct {
	keys   []string // sorted
	values map[string][]byte
}

// NewStore returns an empty store.
func NewStore() *Store {
	s := &Store{}
	s.state.Store(&state{values: map[string][]byte{}})
	return s
}

// Crash kills the process that uses the store: what is committed stays, what is
// under way is lost, every call fails with ErrCrashed from here on.
func (s *Store) Crash() { s.crashed.Store(true) }

// Reopen crashes the store and returns a new one over what it had committed,
// without its hooks, counting from 0.
func (s *Store) Reopen() *Store {
	s.Crash()
	next := &Store{}
	next.state.Store(s.state.Load())
	return next
}

// Commits is the number of Updates that changed something.
func (s *Store) Commits() uint64 { return s.commits.Load() }

// View implements bot.Store.
func (s *Store) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	v := &view{store: s, state: s.state.Load()}
	defer func() { v.state = nil }()
	if err := fn(v); err != nil {
		return err
	}
	return s.ready(context.WithoutCancel(ctx))
}

// Update implements bot.Store.
func (s *Store) Update(ctx context.Context, fn func(bot.Tx) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	u := &update{view: view{store: s, state: s.state.Load()}}
	defer func() { u.state = nil }()
	if err := fn(u); err != nil {
		return err
	}
	killed := func() error { return s.ready(context.WithoutCancel(ctx)) }
	if err := killed(); err != nil || !u.dirty {
		return err
	}
	n := int(s.commits.Load()) + 1
	if s.BeforeCommit != nil {
		s.BeforeCommit(n)
	}
	if err := killed(); err != nil {
		return err
	}
	s.state.Store(u.state)
	s.commits.Add(1)
	if s.AfterCommit != nil {
		s.AfterCommit(n)
	}
	return killed()
}

func (s *Store) ready(ctx context.Context) error {
	if s.crashed.Load() {
		return ErrCrashed
	}
	return ctx.Err()
}

type view struct {
	store *Store
	state *state // nil once the transaction is over
	scans int
}

func (v *view) usable() error {
	if v.state == nil {
		return errors.New("store transaction used after its end")
	}
	return v.store.ready(context.Background())
}

func (v *view) Get(key string) ([]byte, error) {
	if err := v.usable(); err != nil {
		return nil, err
	}
	value, found := v.state.values[key]
	if !found {
		return nil, nil
	}
	return append([]byte{}, value...), nil
}

func (v *view) Scan(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if v.usable() != nil {
			return
		}
		v.scans++
		defer func() { v.scans-- }()
		st := v.state
		i, _ := slices.BinarySearch(st.keys, prefix)
		for ; i < len(st.keys) && strings.HasPrefix(st.keys[i], prefix); i++ {
			key := st.keys[i]
			if !yield(key, append([]byte{}, st.values[key]...)) || v.usable() != nil {
				return
			}
		}
	}
}

type update struct {
	view
	dirty bool // state is our own copy
}

func (u *update) writable() error {
	if u.scans > 0 {
		return errors.New("store written to during a scan")
	}
	return u.usable()
}

// own makes the snapshot one that may be changed.
func (u *update) own() {
	if !u.dirty {
		u.state = &state{keys: slices.Clone(u.state.keys), values: maps.Clone(u.state.values)}
		u.dirty = true
	}
}

func (u *update) Put(key string, value []byte) error {
	if len(key) == 0 || len(key) > 1024 {
		return fmt.Errorf("put store record: the key has %d bytes, allowed are 1 to 1024", len(key))
	}
	if err := u.writable(); err != nil {
		return err
	}
	old, found := u.state.values[key]
	if found && slices.Equal(old, value) {
		return nil
	}
	u.own()
	if !found {
		i, _ := slices.BinarySearch(u.state.keys, key)
		u.state.keys = slices.Insert(u.state.keys, i, key)
	}
	u.state.values[key] = append([]byte{}, value...)
	return nil
}

func (u *update) Delete(key string) error {
	if err := u.writable(); err != nil {
		return err
	}
	if _, found := u.state.values[key]; !found {
		return nil
	}
	u.own()
	i, _ := slices.BinarySearch(u.state.keys, key)
	u.state.keys = slices.Delete(u.state.keys, i, i+1)
	delete(u.state.values, key)
	return nil
}
