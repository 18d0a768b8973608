package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"
)

// Backup writes a consistent copy of the store to w, while the bot goes on
// reading and writing, and returns how many bytes it wrote. It ends early when
// ctx does.
func (s *Store) Backup(ctx context.Context, w io.Writer) (int64, error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	b, _, err := s.begin(ctx, false)
	if err != nil {
		return 0, fmt.Errorf("back up store: %w", err)
	}
	defer func() { _ = b.Rollback() }()
	out := &whileWriter{ctx: ctx, w: w}
	n, err := b.WriteTo(out)
	if out.err != nil {
		err = out.err // bbolt keeps the text of a writer's error only
	}
	if err != nil {
		return n, fmt.Errorf("back up store: %w", err)
	}
	return n, nil
}

// whileWriter writes while its context lasts, and keeps its error.
type whileWriter struct {
	ctx context.Context
	w   io.Writer
	err error
}

func (w *whileWriter) Write(b []byte) (n int, err error) {
	if w.err = w.ctx.Err(); w.err == nil {
		n, w.err = w.w.Write(b)
	}
	return n, w.err
}

// BackupFile writes a copy of the store to a new file at path, mode 0600, and
// returns its length in bytes. The name appears only when the copy is complete,
// on the disk, and verified. A file that exists is an error (fs.ErrExist).
func (s *Store) BackupFile(ctx context.Context, path string) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("back up store to %s: %w: choose another name", path, fs.ErrExist)
	}
	n, temp, err := writeTemp(path, func(w io.Writer) (int64, error) { return s.Backup(ctx, w) })
	if err != nil {
		return 0, fmt.Errorf("back up store to %s: %w", path, err)
	}
	defer os.Remove(temp) //nolint:errcheck // gone when all went well
	if err := os.Rename(temp, path); err != nil {
		return 0, fmt.Errorf("back up store to %s: %w", path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return 0, fmt.Errorf("back up store to %s: %w", path, err)
	}
	return n, nil
}

// Verify reads all of the store or backup at path and reports the first thing
// wrong with it (ErrHeld, ErrDamaged, ErrForeign, ErrNewer). It writes nothing.
func Verify(path string) error {
	release, err := hold(path)
	if err != nil {
		return fmt.Errorf("verify store %s: %w", path, err)
	}
	release()
	return nil
}

// hold verifies the store at path and keeps writers off it until release.
func hold(path string) (release func(), err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, fmt.Errorf("%w: it is empty, or not a regular file", ErrForeign)
	}
	release, err = lockShared(path, Options{}.lockWait())
	if err != nil {
		return nil, err
	}
	if err := complete(path); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// complete verifies a file that must be a store with a layout this build reads.
func complete(path string) error {
	sum, err := verifyFile(path)
	switch known := len(layouts()); {
	case err != nil:
		return err
	case sum.layout == 0:
		return fmt.Errorf("%w: it has no records", ErrForeign)
	case sum.layout > known:
		return fmt.Errorf("%w: its layout is %d, this build knows up to %d", ErrNewer, sum.layout, known)
	}
	return nil
}

// Restore puts a copy of the backup from in the place of the store at path,
// over a stopped bot only (ErrHeld otherwise). Backup and copy are verified
// before anything is touched; after an error the store is as it was. The
// replaced file is kept under the name Restore returns,
// path.before-restore-<now, in UTC>; empty when there was none.
func Restore(path, from string, now time.Time) (kept string, err error) {
	kept, err = restore(path, from, now)
	if err != nil {
		return "", fmt.Errorf("restore store %s from %s: %w", path, from, err)
	}
	return kept, nil
}

func restore(path, from string, now time.Time) (kept string, err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // replace the file, not the link to it
	}
	releaseFrom, err := hold(from)
	if err != nil {
		return "", fmt.Errorf("the backup: %w", err)
	}
	defer releaseFrom()

	info, err := os.Stat(path)
	exists := err == nil
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	case exists && !info.Mode().IsRegular():
		return "", fmt.Errorf("%w: it is not a regular file; [store] path names a file", ErrForeign)
	case exists:
		if source, err := os.Stat(from); err == nil && os.SameFile(info, source) {
			return "", errors.New("the backup is the store itself")
		}
		release, err := lockShared(path, Options{}.lockWait())
		if err != nil {
			return "", err
		}
		defer release()
	}

	_, temp, err := writeTemp(path, func(w io.Writer) (int64, error) {
		f, err := os.Open(from)
		if err != nil {
			return 0, err
		}
		defer f.Close() //nolint:errcheck // only read
		return io.Copy(w, f)
	})
	if err != nil {
		return "", err
	}
	defer os.Remove(temp) //nolint:errcheck // gone when all went well
	if exists {
		// A second name first, then one rename: at no moment is there no
		// store at path, where a bot would begin anew and repeat itself.
		kept = path + ".before-restore-" + now.UTC().Format("20060102T150405Z")
		if err := os.Link(path, kept); err != nil {
			return "", fmt.Errorf("keep the replaced file: %w", err)
		}
	}
	if err := os.Rename(temp, path); err != nil {
		if exists {
			err = errors.Join(err, os.Remove(kept))
		}
		return "", err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return "", fmt.Errorf("it is in place, but may not survive a power cut: %w", err)
	}
	return kept, nil
}

// writeTemp fills a new file beside path, syncs and verifies it, and returns
// its length and name. On an error no file is left.
func writeTemp(path string, fill func(io.Writer) (int64, error)) (n int64, temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return 0, "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	n, err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, "", err
	}
	if err := complete(f.Name()); err != nil {
		return 0, "", fmt.Errorf("the copy: %w", err)
	}
	return n, f.Name(), nil
}

// syncDir makes names in a directory survive a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories can't be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
