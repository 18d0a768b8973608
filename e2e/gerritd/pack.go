package gerritd

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// pack writes the folder dir into one file, in one step.
func pack(dir, path string) error {
	out, err := os.CreateTemp(filepath.Dir(path), "pack-")
	if err != nil {
		return fmt.Errorf("pack site: %w", err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	zw, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("pack site: %w", err)
	}
	tw := tar.NewWriter(zw)
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return packOne(tw, dir, name, d)
	})
	if err := errors.Join(err, tw.Close(), zw.Close(), out.Close()); err != nil {
		return fmt.Errorf("pack site: %w", err)
	}
	if err := os.Rename(out.Name(), path); err != nil {
		return fmt.Errorf("pack site: %w", err)
	}
	return nil
}

func packOne(tw *tar.Writer, dir, name string, d fs.DirEntry) error {
	rel, err := filepath.Rel(dir, name)
	if err != nil || rel == "." {
		return err
	}
	if d.IsDir() && skipped(rel) {
		return filepath.SkipDir
	}
	if !d.IsDir() && !d.Type().IsRegular() || name == outputOf(dir) {
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	h, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return err
	}
	h.Name = filepath.ToSlash(rel)
	if err := tw.WriteHeader(h); err != nil || d.IsDir() {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(tw, f)
	return err
}

// skipped are folders that a server makes again or does without: logs, unpacked
// jars, and its own copy of the war.
func skipped(rel string) bool {
	return rel == "bin" || rel == "logs" || rel == "tmp"
}

// unpack is the reverse of pack. The file is one of ours, so names are trusted
// as far as os.Root lets them.
func unpack(path, dir string) error {
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("unpack site: %w", err)
	}
	defer in.Close()
	zr, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("unpack site: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack site: %w", err)
	}
	defer root.Close()
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackOne(root, h, tr)
		}
		if err != nil {
			return fmt.Errorf("unpack site: %w", err)
		}
	}
}

func unpackOne(root *os.Root, h *tar.Header, content io.Reader) error {
	mode := fs.FileMode(h.Mode) & fs.ModePerm
	if h.Typeflag == tar.TypeDir {
		return root.Mkdir(h.Name, mode|0o700)
	}
	f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, mode|0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, content); err != nil {
		return err
	}
	return f.Close()
}
