package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// The transaction and the pages of a file that bbolt has made and nobody has written
// to, which is what a first start that was killed leaves. Source: bbolt v1.5.0, db.go,
// init.
const (
	newFile  = 1
	newPages = 4
)

// maxDepth bounds the tree; a tree of 20 levels would not fit on any disk.
const maxDepth = 20

// summary is what verify learnt about a sound store.
type summary struct {
	layout  int // 0: no bucket yet, a first start that was killed
	records int
	torn    bool // one of the two headers is not valid
}

func verifyFile(path string) (summary, error) {
	f, err := os.Open(path)
	if err != nil {
		return summary{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return summary{}, err
	}
	return verify(f, info.Size())
}

// verify reads a store file from its newest header down: every page is where
// and what it should be, used once, and not on the free list; keys are in
// order; every record matches its sum. It reads with ReadAt into bounded
// buffers and trusts no number it has read. bbolt's own Check maps the file,
// and a page number that lies makes it panic or fault.
//
// Pages that are neither used nor free are let pass: they cost space, not data.
func verify(r io.ReaderAt, size int64) (summary, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return summary{}, err
	}
	if have := uint64(size) / h.pageSize; h.pages > have {
		return summary{}, fmt.Errorf("%w: it is cut short: %d bytes, where its header counts %d pages of %d bytes",
			ErrDamaged, size, h.pages, h.pageSize)
	}
	w := walk{r: r, header: h, taken: make([]byte, h.pages)}
	if err := w.freelist(); err != nil {
		return summary{}, err
	}
	if err := w.tree(h.root, 0, nil, nil, w.bucket); err != nil {
		return summary{}, err
	}
	w.sum.torn = h.alone
	if w.found == 0 {
		if h.txid > newFile || h.pages > newPages {
			return summary{}, broken(h.root, "should lead to all records and leads to none")
		}
		return w.sum, nil
	}
	w.sum.layout, err = layoutNumber(w.layout)
	return w.sum, err
}

// walk is one verification under way.
type walk struct {
	header
	r      io.ReaderAt
	taken  []byte   // by page: what uses it
	bufs   [][]byte // by depth, so that a parent's keys outlive its children
	layout []byte   // the record under layoutKey
	found  int      // buckets
	sum    summary
}

const (
	takenFree = 1
	takenUsed = 2
)

func broken(page uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d %s", ErrDamaged, page, fmt.Sprintf(format, args...))
}

// page is one page with its overflow pages, read into memory.
type page struct {
	id    uint64
	flags uint16
	count int
	data  []byte
}

// load reads page id into the buffer of depth and takes it.
func (w *walk) load(id uint64, depth int) (page, error) {
	if id < 2 || id >= w.pages {
		return page{}, broken(id, "is referred to, the file has pages 2 to %d", w.pages-1)
	}
	for len(w.bufs) <= depth {
		w.bufs = append(w.bufs, make([]byte, w.pageSize))
	}
	off := int64(id * w.pageSize)
	one := w.bufs[depth][:w.pageSize]
	if _, err := w.r.ReadAt(one, off); err != nil {
		return page{}, fmt.Errorf("read page %d: %w", id, err)
	}
	self := binary.NativeEndian.Uint64(one)
	if self != id {
		return page{}, broken(id, "says that it is page %d", self)
	}
	more := uint64(binary.NativeEndian.Uint32(one[12:]))
	if more >= w.pages-id {
		return page{}, broken(id, "goes on past the end")
	}
	for n := id; n <= id+more; n++ {
		if w.taken[n] != 0 {
			return page{}, broken(n, "is used twice, or used and free")
		}
		w.taken[n] = takenUsed
	}
	if need := (more + 1) * w.pageSize; more > 0 {
		if uint64(len(w.bufs[depth])) < need {
			w.bufs[depth] = make([]byte, need)
		}
		if _, err := w.r.ReadAt(w.bufs[depth][:need], off); err != nil {
			return page{}, fmt.Errorf("read page %d: %w", id, err)
		}
	}
	return parsePage(id, w.bufs[depth][:(more+1)*w.pageSize]), nil
}

func parsePage(id uint64, b []byte) page {
	return page{
		id: id, data: b,
		flags: binary.NativeEndian.Uint16(b[8:]),
		count: int(binary.NativeEndian.Uint16(b[10:])),
	}
}

// freelist takes the pages that are free.
func (w *walk) freelist() error {
	if w.free == noFreelist {
		return nil // bbolt makes one when it opens the file
	}
	p, err := w.load(w.free, 0)
	if err != nil {
		return err
	}
	if p.flags != freePage {
		return broken(p.id, "should be the free list, its type is %#x", p.flags)
	}
	ids, count := p.data[pageHead:], uint64(p.count)
	if count == 0xFFFF { // the format's escape: the first number is the count
		count, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids))/8 {
		return broken(p.id, "lists %d free pages, more than it can hold", count)
	}
	for ; count > 0; count, ids = count-1, ids[8:] {
		id := binary.NativeEndian.Uint64(ids)
		if id < 2 || id >= w.pages || w.taken[id] != 0 {
			return broken(p.id, "lists page %d as free, which it can't be", id)
		}
		w.taken[id] = takenFree
	}
	return nil
}

// tree walks the pages below id; keys are at least low and below high (nil: no
// limit). leaf gets every element, and the depth below its page.
func (w *walk) tree(id uint64, depth int, low, high []byte, leaf func(elem, int) error) error {
	if depth > maxDepth {
		return broken(id, "is deeper than any tree grows")
	}
	p, err := w.load(id, depth)
	if err != nil {
		return err
	}
	if p.flags == branchPage && p.count == 0 {
		return broken(id, "leads nowhere")
	}
	if p.flags != branchPage && p.flags != leafPage {
		return broken(id, "should hold records, its type is %#x", p.flags)
	}
	return w.elements(p, depth, low, high, leaf)
}

// elem is one element of a page. Its slices last until the next page of the
// same depth is read.
type elem struct {
	page       uint64 // the page it is in
	child      uint64 // of a branch
	flags      uint32 // of a leaf
	key, value []byte
}

func (p page) elem(i int) (elem, error) {
	at := pageHead + elemSize*i
	b := p.data[at:]
	e := elem{page: p.id}
	var pos, keyLen, valueLen uint32
	if p.flags == branchPage {
		pos, keyLen = binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
		e.child = binary.NativeEndian.Uint64(b[8:])
	} else {
		e.flags, pos = binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
		keyLen, valueLen = binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[12:])
	}
	start := uint64(at) + uint64(pos)
	mid := start + uint64(keyLen)
	end := mid + uint64(valueLen)
	if start < uint64(pageHead+elemSize*p.count) || end > uint64(len(p.data)) || keyLen == 0 {
		return e, broken(p.id, "has its element %d outside itself", i)
	}
	e.key, e.value = p.data[start:mid], p.data[mid:end]
	return e, nil
}

func (w *walk) elements(p page, depth int, low, high []byte, leaf func(elem, int) error) error {
	if pageHead+elemSize*p.count > len(p.data) {
		return broken(p.id, "counts %d elements, more than it can hold", p.count)
	}
	var e elem
	for i := range p.count {
		previous := e
		var err error
		if e, err = p.elem(i); err != nil {
			return err
		}
		if i == 0 && bytes.Compare(e.key, low) < 0 || i > 0 && bytes.Compare(e.key, previous.key) <= 0 ||
			high != nil && bytes.Compare(e.key, high) >= 0 {
			return broken(p.id, "has its keys out of order")
		}
		if p.flags == leafPage {
			err = leaf(e, depth+1)
		} else {
			next := high
			if i+1 < p.count {
				n, err := p.elem(i + 1)
				if err != nil {
					return err
				}
				next = n.key
			}
			err = w.tree(e.child, depth+1, e.key, next, leaf)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket handles an element of the root tree: the one bucket, which is either a
// tree of its own or, while it is small, a page inside the element.
func (w *walk) bucket(e elem, depth int) error {
	if e.flags != bucketElem || string(e.key) != bucket {
		return fmt.Errorf("%w: it is the bbolt file of another program (it has %q)", ErrForeign, e.key)
	}
	if len(e.value) < bucketHead {
		return broken(e.page, "has a bucket without a head")
	}
	w.found++
	if root := binary.NativeEndian.Uint64(e.value); root != 0 {
		return w.tree(root, depth, nil, nil, w.record)
	}
	inline := e.value[bucketHead:]
	if len(inline) < pageHead {
		return broken(e.page, "has a bucket without a page")
	}
	p := parsePage(e.page, inline)
	if p.flags != leafPage {
		return broken(e.page, "has a bucket of type %#x", p.flags)
	}
	return w.elements(p, depth, nil, nil, w.record)
}

func (w *walk) record(e elem, _ int) error {
	if e.flags != 0 || !sealed(e.key, e.value) {
		return broken(e.page, "has a record that does not match its sum: %.80q", e.key)
	}
	w.sum.records++
	if string(e.key) == layoutKey {
		w.layout = bytes.Clone(e.value)
	}
	return nil
}
