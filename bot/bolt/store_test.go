package bolt

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

func TestStoreContract(t *testing.T) {
	bottest.TestStore(t, func(t *testing.T) bot.Store {
		return mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{noSync: true})
	})
}

func mustOpen(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t testing.TB, s bot.Store, pairs ...string) {
	t.Helper()
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := tx.Put(pairs[i], []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(s bot.Store, key string) (value string, err error) {
	err = s.View(context.Background(), func(tx bot.ReadTx) error {
		v, err := tx.Get(key)
		value = string(v)
		return err
	})
	return value, err
}

// wantError checks that err is of a kind (nil: any) and says each part.
func wantError(t testing.TB, err, kind error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", kind)
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("error %q is not %q", err, kind)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, Options{})
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := get(s, "a"); err == nil {
		t.Error("a View after Close: no error")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
	if info.Size() > 2<<20 {
		t.Errorf("a store of one record takes %d bytes", info.Size())
	}

	before := read(t, path)
	s = mustOpen(t, path, Options{})
	if got, err := get(s, "a"); got != "1" || err != nil {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	if got := s.Commits(); got != 0 {
		t.Errorf("a start committed %d times", got)
	}
	if size, err := s.Size(); size != info.Size() || err != nil {
		t.Errorf("Size: %d, %v, want %d", size, err, info.Size())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if string(read(t, path)) != string(before) {
		t.Error("a start and an end without a change wrote to the file")
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmptyFileIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, mustOpen(t, path, Options{}), "a", "1")
}

// A first start can be killed between bbolt's making of the file and ours of
// the bucket.
func TestFileWithoutRecordsIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, mustOpen(t, path, Options{}), "a", "1")
}

func TestHeldByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, Options{})
	put(t, s, "a", "1")
	began := time.Now()
	_, err := Open(path, Options{LockWait: 200 * time.Millisecond})
	wantError(t, err, ErrHeld, path, "another process holds it", "torchbearer status")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("waited %v for the lock, want about 200 ms", took)
	}
	wantError(t, Verify(path), ErrHeld, path)
	_, err = Restore(path, backup(t, s), time.Now())
	wantError(t, err, ErrHeld, path)
	put(t, s, "a", "2")
}

// Open waits for the lock of a file which a restore meanwhile puts aside.
func TestReplacedWhileOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	holder, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil { // a new store, so that Open goes for the lock at once
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		_, err := Open(path, Options{LockWait: time.Minute})
		opened <- err
	}()
	untilOpen(t, path, 2)
	if err := os.Rename(path, path+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}
	wantError(t, <-opened, ErrHeld, path, "replaced while it was opened")
}

// untilOpen waits until this process has a file open so many times.
func untilOpen(t *testing.T, path string, times int) {
	t.Helper()
	const mine = "/proc/self/fd"
	file, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		list, err := os.ReadDir(mine)
		if err != nil {
			time.Sleep(time.Second) // a system that does not tell
			return
		}
		open := 0
		for _, fd := range list {
			if info, err := os.Stat(filepath.Join(mine, fd.Name())); err == nil && os.SameFile(info, file) {
				open++
			}
		}
		if open >= times {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is open %d times after a minute, want %d", path, open, times)
		}
	}
}

func TestNoPlaceForAStore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{})
	wantError(t, err, ErrForeign, dir, "is a directory", "[store] path")
	_, err = Open(filepath.Join(file, "store.db"), Options{})
	wantError(t, err, nil, file, "not a directory")
	_, err = Open(filepath.Join(dir, "none", "store.db"), Options{})
	wantError(t, err, fs.ErrNotExist, "none", "no such file or directory")
}

func TestReadOnlyPlace(t *testing.T) {
	dir := t.TempDir()
	ordinary(t, dir)
	path := filepath.Join(dir, "store.db")
	s := mustOpen(t, path, Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, Options{})
	wantError(t, err, fs.ErrPermission, path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err = Open(filepath.Join(dir, "new.db"), Options{})
	wantError(t, err, fs.ErrPermission, "new.db")
}

func TestLayoutMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, Options{})
	put(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	set := func(value string) layout {
		return func(tx *bbolt.Tx) error {
			k := []byte("a")
			return tx.Bucket([]byte(bucket)).Put(k, seal(k, []byte(value)))
		}
	}
	full := errors.New("disk full")
	// Layout 2 works, layout 3 fails after it has written.
	_, err := open(path, Options{}, append(layouts(), set("2"), func(tx *bbolt.Tx) error {
		return errors.Join(set("3")(tx), full)
	}))
	wantError(t, err, full, "migrate layout 2 to 3")
	s, err = open(path, Options{}, append(layouts(), func(*bbolt.Tx) error {
		t.Error("the step to layout 2 ran twice")
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(s, "a"); got != "2" || err != nil {
		t.Errorf("after one step of two: %q, %v, want 2", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// This build knows layout 1 only.
	before := read(t, path)
	_, err = Open(path, Options{})
	wantError(t, err, ErrNewer, path, "layout is 2", "up to 1", "newer torchbearer")
	wantError(t, Verify(path), ErrNewer)
	target := filepath.Join(t.TempDir(), "store.db")
	_, err = Restore(target, path, time.Now())
	wantError(t, err, ErrNewer)
	if string(read(t, path)) != string(before) {
		t.Error("a store of a newer version was written to")
	}
}
