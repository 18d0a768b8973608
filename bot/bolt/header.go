package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"unicode/utf8"
)

// The parts of bbolt's file format that verify reads: pages of a fixed size,
// the first two of them headers ("meta pages") written in turn, the rest the
// free list and the pages of a B+tree. Numbers are in the machine's byte order.
// Source: bbolt v1.5.0, internal/common/page.go and meta.go.
const (
	pageHead  = 16 // id u64, flags u16, count u16, overflow u32
	elemSize  = 16 // leaf: flags, pos, ksize, vsize u32; branch: pos, ksize u32, page u64
	metaSize  = 64
	metaMagic = 0xED0CDAED
	metaVers  = 2

	branchPage = 0x01
	leafPage   = 0x02
	freePage   = 0x10

	bucketElem = 0x01
	bucketHead = 16 // root page u64, sequence u64

	noFreelist = ^uint64(0)

	minPageSize = 1 << 10
	maxPageSize = 16 << 20
)

// header is what a meta page says that bbolt would take.
type header struct {
	pageSize uint64 // bytes
	root     uint64 // page of the tree of buckets
	free     uint64 // page of the free list
	pages    uint64 // the file's pages in use are below this
	txid     uint64
	alone    bool // the other header is not valid
}

// readHeader returns the newest valid header, as bbolt chooses it: the other
// one may be torn, that is what there are two for.
func readHeader(r io.ReaderAt, size int64) (header, error) {
	var found []header
	magic := false
	at := func(off uint64) (header, bool) {
		buf := make([]byte, pageHead+metaSize)
		if _, err := r.ReadAt(buf, int64(off)); err != nil {
			return header{}, false
		}
		magic = magic || binary.NativeEndian.Uint32(buf[pageHead:]) == metaMagic
		return parseMeta(buf[pageHead:])
	}
	if h, ok := at(0); ok {
		found = append(found, h)
		if h, ok := at(h.pageSize); ok {
			found = append(found, h)
		}
	} else {
		for off := uint64(minPageSize); off <= maxPageSize && int64(off) < size; off *= 2 {
			if h, ok := at(off); ok {
				if found = append(found, h); h.pageSize != off {
					return header{}, fmt.Errorf("%w: its only header stands where pages have %d bytes, and says %d", ErrDamaged, off, h.pageSize)
				}
				break
			}
		}
	}
	// bbolt looks at the sum of a header alone, and believes any size.
	for _, h := range found {
		if h.pageSize < minPageSize || h.pageSize > maxPageSize || h.pageSize&(h.pageSize-1) != 0 {
			return header{}, fmt.Errorf("%w: its header says that pages have %d bytes", ErrDamaged, h.pageSize)
		}
	}
	switch {
	case len(found) == 2 && found[1].pageSize != found[0].pageSize:
		return header{}, fmt.Errorf("%w: its two headers disagree on the page size", ErrDamaged)
	case len(found) == 2 && found[1].txid > found[0].txid:
		return found[1], nil
	case len(found) > 0:
		found[0].alone = len(found) == 1
		return found[0], nil
	case magic:
		return header{}, fmt.Errorf("%w: both of its headers are", ErrDamaged)
	}
	return header{}, alien(r)
}

// parseMeta reads a header, and reports whether bbolt would take it.
func parseMeta(b []byte) (header, bool) {
	u32, u64 := binary.NativeEndian.Uint32, binary.NativeEndian.Uint64
	h := header{pageSize: uint64(u32(b[8:])), root: u64(b[16:]), free: u64(b[32:]), pages: u64(b[40:]), txid: u64(b[48:])}
	return h, u32(b) == metaMagic && u32(b[4:]) == metaVers && u64(b[56:]) == metaSum(b)
}

func metaSum(b []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(b[:56]) // a hash never fails
	return sum.Sum64()
}

// alien says what a file without any header of bbolt's looks like.
func alien(r io.ReaderAt) error {
	start := make([]byte, 512)
	n, err := r.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	start = start[:n]
	what := "it does not begin like one: another kind of file, or damaged from the start"
	switch {
	case bytes.HasPrefix(start, []byte("SQLite format 3\x00")):
		what = "it is an SQLite database"
	case len(bytes.Trim(start, "\x00")) == 0:
		what = "it begins with zeros only: perhaps a copy that was never finished"
	case utf8.Valid(start) && !bytes.ContainsRune(start, 0):
		what = "it is a text file"
	}
	return fmt.Errorf("%w: %s", ErrForeign, what)
}
