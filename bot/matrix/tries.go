package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// forgetTry is when an attempt is of no interest any more: no message waits for
// so long.
const forgetTry = 40 * 24 * time.Hour

// together is how long the first attempt waits for others, so that sixty rooms
// told in the same second cost one transaction.
const together = 2 * time.Millisecond

// tryKey names a message to one room.
type tryKey struct {
	outbox string
	room   id.RoomID
}

// try is the first attempt of a message that is not settled.
type try struct {
	At time.Time `json:"at"` // UTC

	doubt bool // an attempt may have arrived
}

// tries are the messages that are not settled. A first attempt is stored before
// it is made, those of one moment in one transaction; that a message is settled
// is stored with the next sync token.
type tries struct {
	store bot.Store
	space space
	write sync.Mutex // held by who stores

	mu    sync.Mutex
	open  map[tryKey]try
	done  map[tryKey]bool // settled, and still in the store
	batch *tryBatch
}

type tryBatch struct {
	keys map[tryKey]try
	done chan struct{}
	err  error // valid when done is closed
}

func newTries(store bot.Store, at space) *tries {
	return &tries{store: store, space: at, open: map[tryKey]try{}, done: map[tryKey]bool{}}
}

// load reads the attempts of an earlier life, all of them in doubt. One that can't
// be read is as if it were not there: its message is sent under the same
// transaction id.
func (s *tries) load(tx bot.ReadTx, log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range tx.Scan(s.space.key("try") + "/") {
		outbox, room, _ := strings.Cut(strings.TrimPrefix(key, s.space.key("try")+"/"), "/")
		outbox, err := url.PathUnescape(outbox)
		if err != nil {
			continue
		}
		if room, err = url.PathUnescape(room); err != nil {
			continue
		}
		var t try
		if err := json.Unmarshal(value, &t); err != nil {
			log.Error("attempt can't be read", "key", key, "err", err)
			continue
		}
		t.doubt = true
		s.open[tryKey{outbox, id.RoomID(room)}] = t
	}
}

// begin notes that a message is about to be sent. It reports whether an earlier
// attempt may have arrived, and when the first was.
func (s *tries) begin(ctx context.Context, k tryKey, now time.Time) (doubt bool, since time.Time, err error) {
	s.mu.Lock()
	known, ok := s.open[k]
	if ok {
		known.doubt, doubt = true, known.doubt
		s.open[k] = known
		s.mu.Unlock()
		return doubt, known.At, nil
	}
	first := try{At: now.UTC().Round(0)}
	batch, leads := s.batch, s.batch == nil
	if leads {
		batch = &tryBatch{keys: map[tryKey]try{}, done: make(chan struct{})}
		s.batch = batch
	}
	batch.keys[k] = first
	delete(s.done, k)
	s.mu.Unlock()
	if leads {
		time.Sleep(together)
		s.commit(ctx, batch)
	}
	<-batch.done
	if batch.err != nil {
		return false, first.At, batch.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	first.doubt = true
	s.open[k] = first
	return false, first.At, nil
}

// commit stores the attempts that came together.
func (s *tries) commit(ctx context.Context, batch *tryBatch) {
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.Lock()
	s.batch = nil
	s.mu.Unlock()
	batch.err = s.store.Update(context.WithoutCancel(ctx), func(tx bot.Tx) error {
		for k, t := range batch.keys {
			value, err := json.Marshal(t)
			if err != nil {
				return err
			}
			if err := put(tx, s.key(k), value); err != nil {
				return err
			}
		}
		return nil
	})
	close(batch.done)
}

func (s *tries) key(k tryKey) string { return s.space.key("try", k.outbox, k.room.String()) }

// nothing notes that an attempt sent nothing.
func (s *tries) nothing(k tryKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.open[k]; ok {
		t.doubt = false
		s.open[k] = t
	}
}

// settled notes that a message has arrived.
func (s *tries) settled(k tryKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, k)
	s.done[k] = true
}

// untidy reports whether sweep has something to do.
func (s *tries) untidy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.done) > 0
}

// sweep deletes what is settled, and what nobody will ask for.
func (s *tries) sweep(tx bot.Tx) (swept []tryKey, err error) {
	s.mu.Lock()
	for k, t := range s.open {
		if time.Since(t.At) > forgetTry {
			delete(s.open, k)
			s.done[k] = true
		}
	}
	swept = slices.Collect(maps.Keys(s.done))
	s.mu.Unlock()
	for _, k := range swept {
		if key := s.key(k); len(key) <= maxKey {
			if err := tx.Delete(key); err != nil {
				return nil, fmt.Errorf("delete settled attempt: %w", err)
			}
		}
	}
	return swept, nil
}

// swept notes that a sweep was stored.
func (s *tries) swept(keys []tryKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		delete(s.done, k)
	}
}
