package bot

import (
	"context"
	"iter"
)

// Store keeps the bot's state: one ordered key space, read and written in
// transactions. It promises only what an embedded B+tree and a replicated
// key-value service can both keep: get, put, delete and prefix scan inside
// View and Update. One process writes at a time.
//
// Keys are slash-separated paths; see Key spaces in the machinery packages.
type Store interface {
	// View runs fn on a consistent snapshot. Views may run at the same time
	// as one another and as an Update.
	View(ctx context.Context, fn func(ReadTx) error) error

	// Update runs fn in the one write transaction. When fn returns nil the
	// writes are durable before Update returns; on an error nothing is
	// written. A nested Update deadlocks.
	//
	// fn runs once. As one process writes at a time there is nobody to begin
	// again for: a store that has to repeat a commit repeats the writes it
	// collected, so fn may change what it captured.
	//
	// What is decided in one second is one transaction: a few writes for each
	// message in each room, and 2,000 deletions where old records go. A store
	// takes at least 4,096 writes and 1 MiB in one; etcd, whose default is 128
	// (--max-txn-ops), has to be set so.
	Update(ctx context.Context, fn func(Tx) error) error
}

// ReadTx reads one snapshot. It is valid only during the call it was given to.
type ReadTx interface {
	// Get returns the value under key, nil when there is none. The slice
	// belongs to the caller.
	Get(key string) ([]byte, error)

	// Scan yields the pairs whose key begins with prefix, in byte order of
	// the keys. The slices belong to the caller. Writing to the transaction
	// during a scan is an error of the caller's.
	Scan(prefix string) iter.Seq2[string, []byte]
}

// Tx reads and writes.
type Tx interface {
	ReadTx

	// Put sets the value under key. Keys are 1 to 1,024 bytes.
	Put(key string, value []byte) error

	// Delete removes key; a key that is not there is no error.
	Delete(key string) error
}
