package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"torchbearer/bot"
)

const pageSize = 4096

// sound makes a store file with a tree of three levels, long values, a free
// list, and returns its bytes, what it holds, and what it held one commit ago.
func sound(t testing.TB) (file []byte, now, before map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	s := mustOpen(t, path, Options{noSync: true})
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		var pairs []string
		for j := range 40 {
			pairs = append(pairs, fmt.Sprintf("plugin/team-%02d/freeze/%s%d", i, strings.Repeat("k", rnd.IntN(100)), j),
				strings.Repeat("v", rnd.IntN(80)))
		}
		put(t, s, append(pairs, fmt.Sprint("long/", i), strings.Repeat("l", 6000))...)
	}
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		for i := range 20 {
			if err := tx.Delete(fmt.Sprint("long/", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before = records(t, s)
	put(t, s, "last", "commit")
	now = records(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return read(t, path), now, before
}

func records(t testing.TB, s bot.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := s.View(context.Background(), func(tx bot.ReadTx) error {
		for k, v := range tx.Scan("") {
			all[k] = string(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDamagedFiles(t *testing.T) {
	good, _, _ := sound(t)
	edit := func(change func(b []byte) []byte) []byte { return change(bytes.Clone(good)) }
	other := filepath.Join(t.TempDir(), "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("accounts")); return err })
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		kind error
		says string
	}{
		{"text", []byte("dear diary\n"), ErrForeign, "text file"},
		{"long text", bytes.Repeat([]byte("dear diary\n"), 10_000), ErrForeign, "text file"},
		{"SQLite", append([]byte("SQLite format 3\x00"), make([]byte, 8176)...), ErrForeign, "SQLite"},
		{"zeros", make([]byte, 1<<16), ErrForeign, "zeros"},
		{"one byte", []byte{0x80}, ErrForeign, "another kind of file"},
		{"garbage", edit(func(b []byte) []byte { rand.NewChaCha8([32]byte{}).Read(b); return b }), ErrForeign, "another kind of file"}, //nolint:errcheck // never fails
		{"another program's", read(t, other), ErrForeign, `"accounts"`},
		{"cut in the middle", good[:len(good)/2], ErrDamaged, "cut short"},
		{"cut after the headers", good[:2*pageSize], ErrDamaged, "cut short"},
		{"cut in the headers", good[:pageSize+100], ErrDamaged, "cut short"},
		{"cut in the first header", good[:100], ErrDamaged, "cut short"},
		{"both headers flipped", edit(func(b []byte) []byte { b[16+40] ^= 1; b[pageSize+16+40] ^= 1; return b }), ErrDamaged, "both of its headers"},
		{"pages swapped", edit(func(b []byte) []byte {
			for i := range pageSize {
				b[5*pageSize+i], b[9*pageSize+i] = b[9*pageSize+i], b[5*pageSize+i]
			}
			return b
		}), ErrDamaged, "says that it is page"},
		{"body zeroed", edit(func(b []byte) []byte { clear(b[2*pageSize:]); return b }), ErrDamaged, "page"},
		{"body ones", edit(func(b []byte) []byte {
			for i := range b[2*pageSize:] {
				b[2*pageSize+i] = 0xFF
			}
			return b
		}), ErrDamaged, "page"},
		// Headers with valid sums that lie: what makes bbolt itself panic.
		{"a page size that can't be", edit(func(b []byte) []byte { return pages(pages(b, 0, 0x61000), 1, 0x61000) }), ErrDamaged, "pages have 397312 bytes"},
		{"another page size", edit(func(b []byte) []byte { return pages(b, 1, 2*pageSize) }), ErrDamaged, "disagree on the page size"},
		{"another page size that can't be", edit(func(b []byte) []byte { return pages(b, 1, 0) }), ErrDamaged, "pages have 0 bytes"},
		{"another page size in the only header", edit(func(b []byte) []byte { b[pageHead+40] ^= 1; return pages(b, 1, 2*pageSize) }), ErrDamaged, "and says 8192"},
		{"root out of bounds", edit(func(b []byte) []byte { return header64(b, 16, 1<<40) }), ErrDamaged, "page"},
		{"root is a header", edit(func(b []byte) []byte { return header64(b, 16, 1) }), ErrDamaged, "page 1"},
		{"root is the free list", edit(func(b []byte) []byte { return header64(b, 16, freeOf(b)) }), ErrDamaged, "page"},
		{"root is empty", edit(func(b []byte) []byte {
			h, _ := readHeader(bytes.NewReader(b), int64(len(b)))
			binary.NativeEndian.PutUint16(b[h.root*pageSize+10:], 0)
			return b
		}), ErrDamaged, "should lead to all records"},
		{"free list out of bounds", edit(func(b []byte) []byte { return header64(b, 32, 1<<40) }), ErrDamaged, "page"},
		{"more pages than the file", edit(func(b []byte) []byte { return header64(b, 40, 1<<62) }), ErrDamaged, "cut short"},
		{"no pages", edit(func(b []byte) []byte { return header64(b, 40, 0) }), ErrDamaged, "page"},
		{"free list claims more than it holds", edit(func(b []byte) []byte {
			binary.NativeEndian.PutUint16(b[freeOf(b)*pageSize+10:], 0xFFFE)
			return b
		}), ErrDamaged, "free"},
		{"free list claims a huge count", edit(func(b []byte) []byte {
			at := freeOf(b) * pageSize
			binary.NativeEndian.PutUint16(b[at+10:], 0xFFFF)
			binary.NativeEndian.PutUint64(b[at+16:], 1<<62)
			return b
		}), ErrDamaged, "free"},
		{"a page free twice", edit(func(b []byte) []byte {
			at := freeOf(b)*pageSize + pageHead
			copy(b[at:at+8], b[at+8:at+16])
			return b
		}), ErrDamaged, "lists page"},
		{"overflow past the end", edit(func(b []byte) []byte {
			binary.NativeEndian.PutUint32(b[freeOf(b)*pageSize+12:], 1<<31)
			return b
		}), ErrDamaged, "past the end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path, Options{})
			wantError(t, err, c.kind, path, c.says, "torchbearer restore -config F BACKUP", "left as it is")
			if !bytes.Equal(read(t, path), c.file) {
				t.Error("the file was written to")
			}
			if got := names(t, filepath.Dir(path)); got != "store.db" {
				t.Errorf("left in the folder: %s", got)
			}
		})
	}
}

// header64 sets a number in both headers and makes their sums right again.
func header64(b []byte, at int, v uint64) []byte {
	for _, m := range [][]byte{b[pageHead:], b[pageSize+pageHead:]} {
		binary.NativeEndian.PutUint64(m[at:], v)
		binary.NativeEndian.PutUint64(m[56:], metaSum(m))
	}
	return b
}

// pages sets the page size in a header and makes its sum right again.
func pages(b []byte, header int, size uint32) []byte {
	m := b[header*pageSize+pageHead:]
	binary.NativeEndian.PutUint32(m[8:], size)
	binary.NativeEndian.PutUint64(m[56:], metaSum(m))
	return b
}

// freeOf is the page of the free list by the newest header.
func freeOf(b []byte) uint64 {
	h, err := readHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		panic(err)
	}
	return h.free
}

// The promise of the sums: whatever byte is damaged, Open either refuses and
// leaves the file alone, or every record is what it was. A damaged header may
// cost the last commit, as a torn write of it would, and then Open says so.
func TestEveryFlippedByte(t *testing.T) {
	good, now, before := sound(t)
	path := filepath.Join(t.TempDir(), "store.db")
	rnd := rand.New(rand.NewPCG(3, 4))
	inUse, refused := 0, 0
	for i := range 700 {
		b := bytes.Clone(good)
		at := rnd.IntN(len(b))
		if i < 160 { // the headers, byte by byte
			at = i%80 + i/80*pageSize
		}
		b[at] ^= byte(1 + rnd.IntN(255))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s, err := Open(path, Options{noSync: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			refused++
			wantError(t, err, nil, path, "torchbearer restore")
			if !bytes.Equal(read(t, path), b) {
				t.Errorf("byte %d flipped: refused (%v), but written to", at, err)
			}
			continue
		}
		inUse++
		got := records(t, s)
		lost := maps.Equal(got, before) && at < 2*pageSize && strings.Contains(log.String(), "last change may be missing")
		if !maps.Equal(got, now) && !lost {
			t.Errorf("byte %d flipped: opened with other records", at)
		}
		put(t, s, "after", "the damage") // and it can be written to
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if at < 2*pageSize && at%pageSize < pageHead {
			continue // in front of a header, where only bbolt's Check ever looks
		}
		if err := bboltCheck(path); err != nil {
			t.Errorf("byte %d flipped: bbolt finds after a write: %v", at, err)
		}
	}
	if inUse < 50 || refused < 50 {
		t.Errorf("%d of the files opened, %d were refused: the test has lost its point", inUse, refused)
	}
}

// bboltCheck is bbolt's own verification, without the pages that are merely lost.
func bboltCheck(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // only read
	return db.View(func(tx *bbolt.Tx) error {
		var first error
		for err := range tx.Check() {
			if first == nil && !strings.Contains(err.Error(), "unreachable unfreed") {
				first = err
			}
		}
		return first
	})
}

// FuzzVerify damages a sound file at up to 32 places, with its header's sum made
// right again: verify must neither panic nor run away, and what it lets pass
// must be readable.
func FuzzVerify(f *testing.F) {
	good, now, _ := sound(f)
	f.Add([]byte{})
	f.Add([]byte{0, 0, 32, 1})
	f.Add([]byte{0, 0, 48, 255, 0, 16, 10, 255})
	f.Add([]byte{0, 3, 0, 7, 0, 64, 8, 1})
	f.Add([]byte{0, 0, 26, 6})
	f.Fuzz(func(t *testing.T, edits []byte) {
		b := bytes.Clone(good)
		for n := 0; len(edits) >= 4 && n < 32; n, edits = n+1, edits[4:] {
			at := int(edits[0])<<16 | int(edits[1])<<8 | int(edits[2])
			b[at%len(b)] = edits[3]
		}
		for _, m := range [][]byte{b[pageHead:], b[pageSize+pageHead:]} {
			binary.NativeEndian.PutUint64(m[56:], metaSum(m))
		}
		sum, err := verify(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, Options{noSync: true})
		if err != nil {
			return // a layout that does not exist, and the like
		}
		defer s.Close() //nolint:errcheck // thrown away
		if sum.layout == 0 {
			sum.records = 1 // it looks like a new file, and is made one
		}
		if got := records(t, s); len(got) != sum.records {
			t.Errorf("%d records verified, %d read (%d in the sound file)", sum.records, len(got), len(now))
		}
	})
}

// Another program cuts the file while the bot runs. bbolt reads it through a
// mapping, where that is a fault which would end the process.
func TestFileCutWhileInUse(t *testing.T) {
	for _, length := range []int64{0, 2 * pageSize} {
		t.Run(fmt.Sprint(length, " bytes left"), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			file, _, _ := sound(t)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			s := mustOpen(t, path, Options{})
			if err := os.Truncate(path, length); err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			_, err := get(s, "last")
			wantError(t, err, ErrDamaged, path, "while in use", "torchbearer restore")
			err = s.View(ctx, func(tx bot.ReadTx) error {
				for k := range tx.Scan("") {
					t.Errorf("a scan yields %q", k)
				}
				return nil
			})
			wantError(t, err, ErrDamaged)
			wantError(t, s.Update(ctx, func(tx bot.Tx) error { return tx.Put("a", nil) }), ErrDamaged)
			_, err = s.Backup(ctx, &bytes.Buffer{})
			wantError(t, err, ErrDamaged)
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if length == 0 {
				return // there bbolt dies holding its locks, and the process has to end
			}
			release, err := lockShared(path, 100e6)
			if err != nil {
				t.Fatalf("the file is still locked: %v", err)
			}
			release()
		})
	}
}
