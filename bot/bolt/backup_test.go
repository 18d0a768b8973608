package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// backup makes a backup of s in a folder of its own.
func backup(t testing.TB, s *Store) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.db")
	if _, err := s.BackupFile(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// The way of an operator: a backup of the running bot, a mistake, the backup
// back over the stopped bot, and the mistake still there to be looked at.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "store.db")
	s := mustOpen(t, path, Options{})
	put(t, s, "a", "good")
	copied := backup(t, s)
	info, err := os.Stat(copied)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
		t.Errorf("mode of the backup %v, want %v", got, want)
	}
	put(t, s, "a", "mistake")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	at := time.Date(2026, 11, 22, 16, 5, 9, 0, time.FixedZone("CET", 3600))
	kept, err := Restore(path, copied, at)
	if err != nil {
		t.Fatal(err)
	}
	if want := path + ".before-restore-20261122T150509Z"; kept != want {
		t.Errorf("kept as %s, want %s", kept, want)
	}
	if got, want := names(t, dir), "store.db store.db.before-restore-20261122T150509Z"; got != want {
		t.Errorf("left in the folder: %s, want %s", got, want)
	}
	for file, want := range map[string]string{path: "good", kept: "mistake", copied: "good"} {
		if got, err := get(mustOpen(t, file, Options{}), "a"); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", file, got, err, want)
		}
	}
}

func TestRestoreWhereNoStoreIs(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	put(t, s, "a", "1")
	path := filepath.Join(t.TempDir(), "store.db")
	kept, err := Restore(path, backup(t, s), time.Now())
	if err != nil || kept != "" {
		t.Fatalf("Restore: kept %q, error %v", kept, err)
	}
	if got, err := get(mustOpen(t, path, Options{}), "a"); got != "1" || err != nil {
		t.Errorf("restored: %q, %v, want 1", got, err)
	}
}

// What restore is for: the store is damaged. It is kept, byte for byte.
func TestRestoreOverDamage(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	put(t, s, "a", "1")
	path, link := filepath.Join(dir, "store.db"), filepath.Join(dir, "link.db")
	if err := os.WriteFile(path, []byte("no store at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("store.db", link); err != nil {
		t.Fatal(err)
	}
	kept, err := Restore(link, backup(t, s), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(read(t, kept)); got != "no store at all" {
		t.Errorf("kept %q", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if got, err := get(mustOpen(t, path, Options{}), "a"); got != "1" || err != nil {
		t.Errorf("restored: %q, %v, want 1", got, err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	for i := range 500 {
		put(t, s, fmt.Sprintf("k/%03d", i), strings.Repeat("v", 100))
	}
	good := read(t, backup(t, s))
	// In every copy of the records, since older ones lie about in free pages.
	flipped := bytes.ReplaceAll(good, []byte("vvvv"), []byte("vvvw"))
	at := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		from []byte
		kind error
		says string
	}{
		{"an empty file", nil, ErrForeign, "empty"},
		{"a text", []byte("[store]\npath = \"store.db\"\n"), ErrForeign, "text file"},
		{"half a backup", good[:len(good)/2], ErrDamaged, "cut short"},
		{"flipped bits", flipped, ErrDamaged, "does not match its sum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "store.db")
			target := mustOpen(t, path, Options{})
			put(t, target, "a", "mine")
			if err := target.Close(); err != nil {
				t.Fatal(err)
			}
			before := read(t, path)
			from := filepath.Join(t.TempDir(), "backup.db")
			if err := os.WriteFile(from, c.from, 0o600); err != nil {
				t.Fatal(err)
			}
			kept, err := Restore(path, from, at)
			wantError(t, err, c.kind, path, from, c.says)
			if kept != "" || names(t, dir) != "store.db" {
				t.Errorf("kept %q, left in the folder: %s", kept, names(t, dir))
			}
			if !bytes.Equal(read(t, path), before) {
				t.Error("the store was written to")
			}
			wantError(t, Verify(from), c.kind, from, c.says)
		})
	}
	t.Run("itself", func(t *testing.T) {
		path := backup(t, s)
		_, err := Restore(path, path, at)
		wantError(t, err, nil, "itself")
	})
	t.Run("a name that is taken", func(t *testing.T) {
		path := backup(t, s)
		before := read(t, path)
		if err := os.WriteFile(path+".before-restore-20261122T150000Z", []byte("older"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Restore(path, backup(t, s), at)
		wantError(t, err, fs.ErrExist, "keep the replaced file")
		if got, want := names(t, filepath.Dir(path)), "backup.db backup.db.before-restore-20261122T150000Z"; got != want {
			t.Errorf("left in the folder: %s, want %s", got, want)
		}
		if !bytes.Equal(read(t, path), before) {
			t.Error("the store was written to")
		}
	})
	t.Run("a directory", func(t *testing.T) {
		_, err := Restore(t.TempDir(), backup(t, s), at)
		wantError(t, err, ErrForeign, "not a regular file")
	})
}

func TestBackupFileRefusesToOverwrite(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.BackupFile(context.Background(), path)
	wantError(t, err, fs.ErrExist, path, "another name")
	if got := string(read(t, path)); got != "precious" {
		t.Errorf("overwritten with %q", got)
	}
}

// writerFunc is an io.Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A copy to a slow reader is of one moment, and holds up no Update, not even
// one that grows the file many times over.
func TestBackupWhileWriting(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{noSync: true})
	put(t, s, "a", "1", "b", strings.Repeat("b", 100_000))
	var copied bytes.Buffer
	writes := 0
	n, err := s.Backup(context.Background(), writerFunc(func(b []byte) (int, error) {
		put(t, s, "a", fmt.Sprint("late ", writes), fmt.Sprint("big/", writes), strings.Repeat("x", 1<<20))
		writes++
		return copied.Write(b)
	}))
	if err != nil || n != int64(copied.Len()) || writes < 3 {
		t.Fatalf("Backup: %d bytes of %d in %d writes, %v", n, copied.Len(), writes, err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, copied.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Verify(path); err != nil {
		t.Error(err)
	}
	if got, err := get(mustOpen(t, path, Options{}), "a"); got != "1" || err != nil {
		t.Errorf("in the copy: %q, %v, want 1", got, err)
	}
}

func TestBackupEndsWithItsContext(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), Options{})
	ctx, cancel := context.WithCancel(context.Background())
	_, err := s.Backup(ctx, writerFunc(func(b []byte) (int, error) {
		cancel()
		return len(b), nil
	}))
	wantError(t, err, context.Canceled)

	full := errors.New("no space left")
	_, err = s.Backup(context.Background(), writerFunc(func([]byte) (int, error) { return 0, full }))
	wantError(t, err, full)

	dir := t.TempDir()
	_, err = s.BackupFile(ctx, filepath.Join(dir, "backup.db"))
	wantError(t, err, context.Canceled)
	if got := names(t, dir); got != "" {
		t.Errorf("left behind: %s", got)
	}
}
