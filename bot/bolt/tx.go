package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"

	"go.etcd.io/bbolt"
)

// maxKey is the longest key in bytes (bot.Tx).
const maxKey = 1024

// sumSize is the length of the sum in front of each stored value.
const sumSize = 4

var (
	errOver = errors.New("store transaction used after its end")
	errScan = errors.New("store written to during a scan")
)

// view implements bot.ReadTx. An error of the file's sticks to it and fails the
// transaction, since Scan has no other way to report one and no decision may be
// taken on half a scan.
type view struct {
	store  *Store
	bucket *bbolt.Bucket // nil once the transaction is over
	scans  int
	err    error
}

// guard reports a panic of bbolt's; see Store.caught.
func (v *view) guard() {
	v.store.caught(recover(), &v.err)
}

func (v *view) Get(key string) ([]byte, error) {
	if v.bucket == nil {
		return nil, errOver
	}
	k := []byte(key)
	value := v.open(k, v.lookup(k))
	return value, v.err
}

func (v *view) lookup(key []byte) []byte {
	defer v.guard()
	return v.bucket.Get(key)
}

// open checks a stored value against its sum and returns a copy of the rest.
func (v *view) open(key, stored []byte) []byte {
	defer v.guard()
	if stored == nil {
		return nil
	}
	if !sealed(key, stored) {
		v.err = fmt.Errorf("store %s: %w: record %q does not match its sum", v.store.file.Name(), ErrDamaged, key)
		return nil
	}
	return append(make([]byte, 0, len(stored)-sumSize), stored[sumSize:]...)
}

func (v *view) Scan(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if v.bucket == nil {
			return
		}
		v.scans++
		defer func() { v.scans-- }()
		p := []byte(prefix)
		c := v.bucket.Cursor()
		for k, stored := v.seek(c, p); k != nil && bytes.HasPrefix(k, p); k, stored = v.next(c) {
			key, value := string(k), v.open(k, stored)
			if v.err != nil || !yield(key, value) || v.bucket == nil {
				return
			}
		}
	}
}

func (v *view) seek(c *bbolt.Cursor, prefix []byte) (key, value []byte) {
	defer v.guard()
	return c.Seek(prefix)
}

func (v *view) next(c *bbolt.Cursor) (key, value []byte) {
	defer v.guard()
	return c.Next()
}

// update implements bot.Tx.
type update struct {
	view
	dirty bool // something differs from the snapshot
}

func (u *update) Put(key string, value []byte) error {
	if len(key) == 0 || len(key) > maxKey {
		return fmt.Errorf("put store record: the key has %d bytes, allowed are 1 to %d", len(key), maxKey)
	}
	return u.write(key, func(k, old []byte) error {
		stored := seal(k, value)
		if bytes.Equal(stored, old) {
			return nil
		}
		u.dirty = true
		return u.bucket.Put(k, stored)
	})
}

func (u *update) Delete(key string) error {
	return u.write(key, func(k, old []byte) error {
		if old == nil {
			return nil
		}
		u.dirty = true
		return u.bucket.Delete(k)
	})
}

func (u *update) write(key string, do func(k, old []byte) error) error {
	switch {
	case u.bucket == nil:
		return errOver
	case u.scans > 0:
		return errScan
	case u.err != nil:
		return u.err
	}
	func() {
		defer u.guard()
		k := []byte(key)
		if err := do(k, u.bucket.Get(k)); err != nil {
			u.err = fmt.Errorf("write store record %q: %w", key, err)
		}
	}()
	return u.err
}

// seal puts the sum in front of a value.
func seal(key, value []byte) []byte {
	stored := make([]byte, sumSize, sumSize+len(value))
	stored = append(stored, value...)
	binary.BigEndian.PutUint32(stored, sum(key, value))
	return stored
}

// sealed reports whether a stored value is what was put under key.
func sealed(key, stored []byte) bool {
	return len(stored) >= sumSize && binary.BigEndian.Uint32(stored) == sum(key, stored[sumSize:])
}

func sum(key, value []byte) uint32 {
	castagnoli := crc32.MakeTable(crc32.Castagnoli) // one shared table, not a new one
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}
