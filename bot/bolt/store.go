// Package bolt keeps the bot's state in one bbolt file: a bot.Store whose
// every write is on the disk before Update returns, and which tells a damaged
// file from a sound one before it touches it.
//
//	store, err := bolt.Open("/var/lib/torchbearer/store.db", bolt.Options{})
//	if err != nil {
//		return err // names the file, the cause and what to do
//	}
//	defer store.Close()
//	err = store.Update(ctx, func(tx bot.Tx) error {
//		return tx.Put("decided/freeze/spec-freeze/2026-12-10/T-7d", record)
//	})
//
// The file holds one bucket, one ordered key space. Each record is stored
// behind a CRC-32C of its key and value, because bbolt sums only its two header
// pages: without it a flipped bit would be read as a decision.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"torchbearer/bot"
)

// What can be wrong with a file. The errors of this package wrap one of these
// where a caller may want to act on it; their text is for the operator.
var (
	ErrHeld    = errors.New("another process holds it")
	ErrDamaged = errors.New("damaged")
	ErrForeign = errors.New("not a torchbearer store")
	ErrNewer   = errors.New("written by a newer torchbearer")
)

// bucket holds all records. One bucket, so that keys are paths in one order,
// as bot.Store promises.
const bucket = "torchbearer"

// mapSize is address space, not memory. bbolt remaps when the file outgrows the
// mapping, and then waits for every open View: a backup over a slow line would
// stop the loop. It is 1 GiB, several times ten years of history, or 256 MiB
// where addresses have 32 bits.
const mapSize = 256 << 20 << (^uint(0) >> 63 * 2)

// growBy is how many bytes the file grows at a time. bbolt's own 16 MiB would
// be the size of every small store, since it applies from mapSize up.
const growBy = 1 << 20

// Options of Open. The zero value is what the bot runs with.
type Options struct {
	// LockWait is how long to wait for another process to let the file go;
	// zero: one second.
	LockWait time.Duration

	// Log gets a warning when the file is usable but not whole; nil: none.
	Log *slog.Logger

	noSync bool // tests of logic, not of durability
}

func (o Options) lockWait() time.Duration {
	if o.LockWait == 0 {
		return time.Second
	}
	return o.LockWait
}

// Store is an open store file. Its methods may be called from any goroutine;
// see bot.Store for View inside Update and the like.
type Store struct {
	db      *bbolt.DB
	file    *os.File // bbolt's own handle
	commits atomic.Uint64
	broken  atomic.Pointer[error] // why nothing works any more
	stuck   atomic.Bool           // bbolt died with its locks taken
}

var _ bot.Store = (*Store)(nil)

// Open opens the store at path, or creates it with mode 0600; an empty file is
// a new store. The whole file is examined first, without writing: every page is
// reached and every record matches its sum, or Open says what is wrong and
// leaves the bytes as they were. Older layouts are migrated.
//
// Errors wrap ErrHeld, ErrDamaged, ErrForeign, ErrNewer, or the system's.
func Open(path string, opts Options) (*Store, error) {
	s, err := open(path, opts, layouts())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

func open(path string, opts Options, steps []layout) (*Store, error) {
	fresh, err := examine(path, opts, len(steps))
	if err != nil {
		return nil, err
	}
	s := &Store{}
	if err := s.start(path, opts); err != nil {
		return nil, err
	}
	err = s.stillAt(path)
	if err == nil {
		err = migrate(s, steps)
	}
	if err == nil && fresh {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// examine looks at what is at path, under a shared lock, and reports whether a
// store has yet to be made there. known is the newest layout of this build.
func examine(path string, opts Options, known int) (fresh bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case info.IsDir():
		return false, fmt.Errorf("%w: it is a directory; [store] path names a file", ErrForeign)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: it is not a regular file", ErrForeign)
	case info.Size() == 0:
		return true, nil
	}
	release, err := lockShared(path, opts.lockWait())
	if err != nil {
		return false, err
	}
	defer release()
	sum, err := verifyFile(path)
	if err == nil && sum.layout > known {
		err = fmt.Errorf("%w; its layout is %d, this build knows up to %d: run the newer version, or restore a backup from before it (the file is left as it is)",
			ErrNewer, sum.layout, known)
	}
	switch {
	case errors.Is(err, ErrDamaged):
		err = fmt.Errorf("%w; the file is left as it is: keep it, and bring back a backup with 'torchbearer restore -config F BACKUP'", err)
	case errors.Is(err, ErrForeign):
		err = fmt.Errorf("%w; the file is left as it is: check [store] path, or bring back a backup with 'torchbearer restore -config F BACKUP'", err)
	}
	if err == nil && sum.torn && opts.Log != nil {
		opts.Log.Warn("store has one damaged header: the other one is used; if this was no power cut, the last change may be missing", "path", path)
	}
	return false, err
}

// lockShared keeps writers off the file at path until release. bbolt takes the
// lock before it looks at the content, and opened read-only it looks at the two
// header pages only, so this is safe on any content; a file it can't read has
// no writer either, and is left unlocked.
func lockShared(path string, wait time.Duration) (release func(), err error) {
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: wait, NoStatistics: true})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, held()
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return func() {}, nil
	}
	return func() { _ = db.Close() }, nil
}

func held() error {
	return fmt.Errorf("%w; is the bot running? 'torchbearer status -config F' talks to it", ErrHeld)
}

// start hands the file to bbolt.
//
// The free list is written with each commit (NoFreelistSync off): it costs one
// page of a write that waits for the disk anyway, while without it every start
// and every failed commit reads the whole tree. The hash map variant keeps
// commits cheap when the store is large and has many holes.
func (s *Store) start(path string, opts Options) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	o := &bbolt.Options{
		Timeout:      opts.lockWait(),
		FreelistType: bbolt.FreelistMapType,
		NoSync:       opts.noSync,
		NoStatistics: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			s.file = f
			return f, err
		},
	}
	if runtime.GOOS != "windows" { // there a mapping grows the file to its size
		o.InitialMmapSize = mapSize
	}
	s.db, err = bbolt.Open(path, 0o600, o)
	if errors.Is(err, berrors.ErrTimeout) {
		return held()
	}
	if err != nil {
		return err
	}
	s.db.AllocSize = growBy
	return nil
}

// stillAt makes sure that the file was not replaced by a restore while Open
// waited for its lock: the bot would go on writing to the copy set aside.
func (s *Store) stillAt(path string) error {
	mine, err := s.file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(mine, there) {
		return fmt.Errorf("%w: the file was replaced while it was opened; start again", ErrHeld)
	}
	return nil
}

// Close waits for open transactions and lets the file go. Calls after it fail;
// a second Close does nothing.
func (s *Store) Close() error {
	if s.stuck.Load() {
		return nil // waiting for bbolt would be for ever; the file is let go when the process ends
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Commits is the number of Updates since Open that wrote something. An Update
// that changes nothing commits nothing and is not counted.
func (s *Store) Commits() uint64 { return s.commits.Load() }

// Size is the length of the file in bytes.
func (s *Store) Size() (int64, error) {
	info, err := s.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("measure store: %w", err)
	}
	return info.Size(), nil
}

// View implements bot.Store. A context that is over already is its only error
// besides fn's and those of a file damaged while the bot runs.
func (s *Store) View(ctx context.Context, fn func(bot.ReadTx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	b, records, err := s.begin(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = b.Rollback() }()
	v := view{store: s, bucket: records}
	err = fn(&v)
	v.bucket = nil
	if v.err != nil {
		return v.err
	}
	return err
}

// Update implements bot.Store. An fn that changes nothing costs no write.
func (s *Store) Update(ctx context.Context, fn func(bot.Tx) error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	b, records, err := s.begin(ctx, true)
	if err != nil {
		return err
	}
	defer func() { _ = b.Rollback() }() // does nothing after a commit
	if err := ctx.Err(); err != nil {   // begin may have waited for another Update
		return err
	}
	u := update{view: view{store: s, bucket: records}}
	err = fn(&u)
	u.bucket = nil
	switch {
	case u.err != nil:
		return u.err
	case err != nil || !u.dirty:
		return err
	}
	if err := s.commit(b); err != nil {
		return fmt.Errorf("commit to store: %w", err)
	}
	s.commits.Add(1)
	return nil
}

func (s *Store) begin(ctx context.Context, write bool) (b *bbolt.Tx, records *bbolt.Bucket, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := s.broken.Load(); err != nil {
		return nil, nil, *err
	}
	if b, err = s.beginTx(write); err != nil {
		return nil, nil, fmt.Errorf("begin store transaction: %w", err)
	}
	if records, err = s.find(b); err != nil {
		return nil, nil, errors.Join(err, b.Rollback())
	}
	return b, records, nil
}

func (s *Store) beginTx(write bool) (b *bbolt.Tx, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.caught(r, &err)
			s.stuck.Store(true)
		}
	}()
	return s.db.Begin(write)
}

func (s *Store) find(b *bbolt.Tx) (records *bbolt.Bucket, err error) {
	defer func() { s.caught(recover(), &err) }()
	if records = b.Bucket([]byte(bucket)); records == nil {
		return nil, fmt.Errorf("%w: it has lost its records", ErrDamaged)
	}
	return records, nil
}

func (s *Store) commit(b *bbolt.Tx) (err error) {
	defer func() { s.caught(recover(), &err) }()
	return b.Commit()
}

// caught turns a panic of bbolt's, or a fault in its mapping, into an error.
// The file was sound when it was opened, so somebody changed it since; nothing
// bbolt holds in memory can be trusted after that, and the store stays shut.
func (s *Store) caught(r any, err *error) {
	if r == nil {
		return
	}
	e := fmt.Errorf("store %s: %w while in use (%v): stop the bot, keep the file, and bring back a backup with 'torchbearer restore -config F BACKUP'",
		s.file.Name(), ErrDamaged, r)
	s.broken.CompareAndSwap(nil, &e)
	*err = e
}
