package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is what a node of the file is; its text completes "is …, want …".
type kind string

const (
	tableKind    kind = "a table"
	listKind     kind = "a list"
	textKind     kind = "text"
	boolKind     kind = "true or false"
	intKind      kind = "a whole number"
	floatKind    kind = "a number with a fraction"
	dateKind     kind = "a date"
	clockKind    kind = "a time of day"
	dateTimeKind kind = "a date and time without a zone"
	instantKind  kind = "a date and time"
)

// origin is how a table or list came to be, which decides what may still be
// added to it (TOML 1.0, "Table" and "Array of Tables").
type origin uint8

const (
	byValue  origin = iota // x = {…}, x = […]: complete
	byHeader               // [x], [[x]]
	byChild                // implied by [x.y]
	byDots                 // implied by x.y = 1
)

// node is one value of the file with the line of its key or header; of an item
// in a list, its own.
type node struct {
	kind  kind
	line  int
	text  string // of a scalar: a text's content, anything else as written
	names []string
	field map[string]*node
	items []*node
	from  origin
}

func newTable(line int, from origin) *node {
	return &node{kind: tableKind, line: line, from: from, field: map[string]*node{}}
}

func (n *node) set(name string, child *node) {
	n.names = append(n.names, name)
	n.field[name] = child
}

// get walks down named tables; nil when there is nothing of the name.
func (n *node) get(names ...string) *node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		n = n.field[name]
	}
	return n
}

// near returns the line of what the names lead to, or as close as it gets.
func (n *node) near(names ...string) int {
	line := n.line
	for _, name := range names {
		if n = n.field[name]; n == nil {
			break
		}
		line = n.line
	}
	return line
}

// item returns the line of a list's item, of n itself if it is no such list.
func (n *node) item(i int) int {
	if n.kind == listKind && i < len(n.items) {
		return n.items[i].line
	}
	return n.line
}

// mostParts bounds a dotted key: none of ours has more than six parts.
const mostParts = 16

// reader turns the parser's expressions into a tree.
type reader struct {
	src    []byte
	lines  []int // offset of each line's begin
	report func(line int, key, text string)
}

// readTree reads a whole file. What breaks TOML's grammar ends the reading and
// is the only thing reported; what breaks its rules on defining a key twice is
// reported, and the rest is read.
func readTree(src []byte, report func(line int, key, text string)) (root *node, ok bool) {
	r := &reader{src: src, lines: []int{0}, report: report}
	for i, c := range src {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	root = newTable(0, byHeader)
	var parser unstable.Parser
	parser.Reset(src)
	at, path := root, ""
	end := 0 // of the last expression that could be read
	for parser.NextExpression() {
		e := parser.Expression()
		keys, line := r.keys(e.Key())
		switch {
		case e.Kind == unstable.KeyValue:
			r.keyValue(at, path, keys, line, e)
		case len(keys) > mostParts:
			r.report(line, "", fmt.Sprintf("a section's name of %d parts; at most %d are allowed", len(keys), mostParts))
			at, path = newTable(line, byHeader), ""
		default:
			at, path = r.header(root, keys, line, e.Kind == unstable.ArrayTable)
		}
		end = r.end(e)
	}
	if err := parser.Error(); err != nil {
		r.syntax(err, end)
		return nil, false
	}
	return root, true
}

// line returns the line of an offset, from 1.
func (r *reader) line(offset int) int {
	i, exact := slices.BinarySearch(r.lines, offset)
	if exact {
		i++
	}
	return i
}

func (r *reader) keys(it unstable.Iterator) (keys []string, line int) {
	for it.Next() {
		if line == 0 {
			line = r.line(int(it.Node().Raw.Offset))
		}
		keys = append(keys, string(it.Node().Data))
	}
	return keys, line
}

// end returns the offset behind an expression: of a header, behind its key.
func (r *reader) end(e *unstable.Node) int {
	if e.Kind == unstable.KeyValue {
		return int(e.Raw.Offset + e.Raw.Length)
	}
	end := 0
	for it := e.Key(); it.Next(); {
		end = int(it.Node().Raw.Offset + it.Node().Raw.Length)
	}
	return end
}

// header finds or makes the table that [keys] or [[keys]] opens. After a
// mistake it is the table that is there, or one that nobody reads.
func (r *reader) header(root *node, keys []string, line int, list bool) (at *node, path string) {
	at = root
	for i, key := range keys {
		path = join(path, key)
		last := i == len(keys)-1
		next := at.field[key]
		switch {
		case next == nil && last && list:
			next = &node{kind: listKind, line: line, from: byHeader}
			at.set(key, next)
			at = next.add(line)
		case next == nil && last:
			next = newTable(line, byHeader)
			at.set(key, next)
			at = next
		case next == nil:
			next = newTable(line, byChild)
			at.set(key, next)
			at = next
		case next.kind == listKind && next.from == byHeader && last && list:
			at = next.add(line)
		case next.kind == listKind && next.from == byHeader && !last:
			at = next.items[len(next.items)-1]
		case next.kind == tableKind && next.from == byChild && last && !list:
			next.from, next.line = byHeader, line
			at = next
		case next.kind == tableKind && next.from != byValue && !last:
			at = next
		default:
			r.report(line, path, again(next, list && last))
			if next.kind != tableKind || !last || list {
				return newTable(line, byHeader), path
			}
			at = next
		}
	}
	return at, path
}

// add appends a table to a list made of [[headers]].
func (n *node) add(line int) *node {
	item := newTable(line, byHeader)
	n.items = append(n.items, item)
	return item
}

// again says why a header can't open what is there.
func again(there *node, list bool) string {
	switch {
	case there.kind == listKind && there.from == byHeader:
		return fmt.Sprintf("was begun as a list of tables on line %d; a further one takes double brackets, [[…]]", there.line)
	case there.kind == tableKind && list:
		return fmt.Sprintf("is already one table, on line %d; a list of tables takes double brackets, [[…]], everywhere", there.line)
	case there.kind == tableKind && there.from == byValue:
		return fmt.Sprintf("is already complete on line %d; add to it there", there.line)
	case there.kind == tableKind:
		return fmt.Sprintf("is defined a second time, first on line %d; put it all in one place", there.line)
	default:
		return fmt.Sprintf("is already set on line %d, to %s; a section can't have the same name", there.line, there.kind)
	}
}

// keyValue sets keys = value in a table.
func (r *reader) keyValue(at *node, path string, keys []string, line int, e *unstable.Node) {
	if len(keys) > mostParts {
		r.report(line, path, fmt.Sprintf("a key of %d parts; at most %d are allowed", len(keys), mostParts))
		return
	}
	for i, key := range keys {
		path = join(path, key)
		next := at.field[key]
		if i == len(keys)-1 {
			if next != nil {
				r.report(line, path, fmt.Sprintf("is set a second time, first on line %d; keep one of them", next.line))
				return
			}
			at.set(key, r.value(e.Value(), path, line))
			return
		}
		switch {
		case next == nil:
			next = newTable(line, byDots)
			at.set(key, next)
		case next.kind != tableKind || next.from != byDots:
			r.report(line, path, fmt.Sprintf("is already defined on line %d; add to it there", next.line))
			return
		}
		at = next
	}
}

// value turns the value of a key on the given line into a node.
func (r *reader) value(v *unstable.Node, path string, line int) *node {
	n := &node{line: line, text: string(v.Data)}
	switch v.Kind {
	case unstable.InlineTable:
		n = newTable(line, byValue)
		for it := v.Children(); it.Next(); {
			if child := it.Node(); child.Kind == unstable.KeyValue {
				keys, at := r.keys(child.Key())
				r.keyValue(n, path, keys, at, child)
			}
		}
	case unstable.Array:
		n = &node{kind: listKind, line: line}
		for it := v.Children(); it.Next(); {
			child := it.Node()
			at := line
			if child.Raw.Length > 0 { // a list in a list has no range of its own
				at = r.line(int(child.Raw.Offset))
			}
			n.items = append(n.items, r.value(child, path, at))
		}
	case unstable.String:
		n.kind = textKind
	case unstable.Bool:
		n.kind = boolKind
	case unstable.Integer:
		n.kind = intKind
	case unstable.Float:
		n.kind = floatKind
	case unstable.LocalDate:
		n.kind = dateKind
	case unstable.LocalTime:
		n.kind = clockKind
	case unstable.LocalDateTime:
		n.kind = dateTimeKind
	case unstable.DateTime:
		n.kind = instantKind
	}
	return n
}

// syntax reports what the parser could not read. Something that is never closed
// is only noticed lines later, so the report names the line on which the
// unreadable entry begins as well; at the end of the file, only that.
func (r *reader) syntax(err error, end int) {
	var perr *unstable.ParserError
	if !errors.As(err, &perr) {
		r.report(0, "", "can't be read: "+err.Error())
		return
	}
	begin := r.line(r.entry(end))
	// The highlight is a part of src: the capacity behind it says where.
	offset := min(max(cap(r.src)-cap(perr.Highlight), 0), len(r.src))
	found, text := r.line(offset), perr.Message
	unclosed := strings.Contains(text, "incomplete") || strings.Contains(text, "terminated") || strings.Contains(text, "end of input")
	switch {
	case unclosed:
		found = begin
	case begin < found:
		text += fmt.Sprintf(" (in what begins on line %d)", begin)
	}
	r.report(found, "", text+"; nothing after it was read")
}

// entry returns the offset of the first entry that begins after end: empty
// lines, comments and the rest of end's own line are no entry.
func (r *reader) entry(end int) int {
	at := end
	for end > 0 && at < len(r.src) && r.src[at] != '\n' {
		at++
	}
	for at < len(r.src) {
		switch r.src[at] {
		case ' ', '\t', '\r', '\n':
			at++
		case '#':
			i := bytes.IndexByte(r.src[at:], '\n')
			if i < 0 {
				return at
			}
			at += i
		default:
			return at
		}
	}
	return at
}
