package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of what is read. The longest schedule known has 6 KiB and 260 lines of
// YAML. The library's parser takes time that grows with the square of the lines,
// so that these bound a hostile file to a second.
const (
	maxYAML      = 64 << 10 // bytes
	maxYAMLLines = 2_000
	maxLine      = 1 << 10 // bytes of one line of YAML, which bounds how deep it nests
	maxBrackets  = 500     // opening brackets and braces, for the same reason
	maxNodes     = 5_000   // mappings' entries and lists' items in a file
	maxLeftOut   = 100     // list items of a broken file that can't be read
)

// yamlPart is the body of a document, or of a piece of a broken one. The line of a
// node is its own plus the part's offset.
type yamlPart struct {
	node   ast.Node
	offset int
}

// walkYAML shows each part of a file to visit, and returns what could not be read, by
// the parser or by the reader.
func walkYAML(file string, data []byte, visit func(*reader, ast.Node)) []Problem {
	parts, problems := parseYAML(file, data)
	r := &reader{file: file, problems: problems}
	for _, p := range parts {
		r.offset = p.offset
		visit(r, p.node)
	}
	return r.problems
}

// orNone adds, where a file has nothing and no other problem says why, that it has none
// of what it is for.
func orNone(file string, n int, what string, problems []Problem) []Problem {
	if n > 0 || len(problems) > 0 {
		return problems
	}
	return []Problem{{Pos{file, 0}, Unreadable, "", "no " + what}}
}

// parseYAML parses a file. One that breaks the grammar is read list item by list item,
// so that one broken week costs one week.
func parseYAML(file string, data []byte) ([]yamlPart, []Problem) {
	if p, ok := tooMuch(file, data); !ok {
		return nil, []Problem{p}
	}
	data = plainLines(unmarked(data))
	whole, err := parseChunk(data)
	if err == nil {
		return whole, nil
	}
	problems := []Problem{{Pos{file, errorLine(err)}, Unreadable, "", "not valid YAML: " + errorWords(err)}}
	var parts []yamlPart
	for _, c := range chunks(data) {
		got, err := parseChunk(c.data)
		if err != nil && len(problems) > maxLeftOut {
			break
		}
		if err != nil {
			problems = append(problems, Problem{
				Pos{file, c.offset + max(1, errorLine(err))}, Unreadable, "", "left out: " + errorWords(err),
			})
			continue
		}
		for _, p := range got {
			p.offset = c.offset
			parts = append(parts, p)
		}
	}
	return parts, problems
}

// plainLines makes every line end with a line feed alone. To YAML a carriage
// return ends a line too, which to people's editors it does not: lines would be
// counted differently.
func plainLines(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte(" "))
}

func tooMuch(file string, data []byte) (Problem, bool) {
	if len(data) > maxYAML {
		return Problem{Pos{file, 0}, Unreadable, "", fmt.Sprintf("longer than %d KiB", maxYAML>>10)}, false
	}
	if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxBrackets {
		return Problem{Pos{file, 0}, Unreadable, "", fmt.Sprintf("more than %d brackets", maxBrackets)}, false
	}
	n := 0
	for line := range bytes.Lines(data) {
		if n++; n > maxYAMLLines {
			return Problem{Pos{file, n}, Unreadable, "", fmt.Sprintf("more than %d lines", maxYAMLLines)}, false
		}
		if len(line) > maxLine {
			return Problem{Pos{file, n}, Unreadable, "", fmt.Sprintf("a line longer than %d bytes", maxLine)}, false
		}
	}
	return Problem{}, true
}

// parseChunk is the library's parser with its panics turned into errors: the
// text is hostile and the parser large.
func parseChunk(data []byte) (parts []yamlPart, err error) {
	defer func() {
		if r := recover(); r != nil {
			parts, err = nil, fmt.Errorf("parse YAML: %v", r)
		}
	}()
	// Doubled keys are kept and reported: a strict parser would lose the file, a
	// lenient one a review day.
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	for _, d := range f.Docs {
		if d != nil && d.Body != nil {
			parts = append(parts, yamlPart{node: d.Body})
		}
	}
	return parts, nil
}

type chunk struct {
	data   []byte
	offset int // lines before it
}

// chunks cuts a file before each line that begins a list item at the indentation
// of the first such line.
func chunks(data []byte) []chunk {
	var out []chunk
	current := chunk{}
	indent, n := -1, 0
	for line := range bytes.Lines(data) {
		trimmed := bytes.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		if bytes.HasPrefix(trimmed, []byte("- ")) && (indent < 0 || depth == indent) {
			indent = depth
			out = append(out, current)
			current = chunk{offset: n}
		}
		current.data = append(current.data, line...)
		n++
	}
	return append(out, current)
}

func errorLine(err error) int {
	var yamlErr yaml.Error
	if errors.As(err, &yamlErr) {
		if t := yamlErr.GetToken(); t != nil && t.Position != nil {
			return t.Position.Line
		}
	}
	return 0
}

// errorWords is the parser's message without its drawing of the place; it names a
// tab, which nobody sees.
func errorWords(err error) string {
	var yamlErr yaml.Error
	if errors.As(err, &yamlErr) {
		return strings.ReplaceAll(yamlErr.GetMessage(), "character '\t'", "a tab")
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// reader walks a file's nodes and collects problems.
type reader struct {
	file     string
	offset   int
	nodes    int
	problems []Problem
}

func (r *reader) pos(n ast.Node) Pos {
	return Pos{r.file, r.offset + tokenLine(n.GetToken())}
}

func tokenLine(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 1
	}
	return max(1, t.Position.Line)
}

func (r *reader) problem(n ast.Node, kind ProblemKind, label, format string, args ...any) {
	r.problems = append(r.problems, Problem{r.pos(n), kind, label, fmt.Sprintf(format, args...)})
}

// spend counts a node; false when the file has more than anybody could read.
func (r *reader) spend(n ast.Node) bool {
	r.nodes++
	if r.nodes == maxNodes+1 {
		r.problem(n, Unreadable, "", "more than %d entries: the rest is left out", maxNodes)
	}
	return r.nodes <= maxNodes
}

// entry is one key of a mapping.
type entry struct {
	key   string
	at    Pos
	value ast.Node
}

// entries returns a mapping's keys in order, doubled ones too. A node that is no
// mapping is a problem, null is an empty mapping.
func (r *reader) entries(n ast.Node) []entry {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil
	default:
		r.problem(n, BadValue, "", "want keys with values, have %s", kindOf(n))
		return nil
	}
	var out []entry
	first := map[string]int{}
	for _, v := range values {
		if v == nil || v.Key == nil || v.Value == nil || !r.spend(v) {
			continue
		}
		e := entry{key: scalar(v.Key), at: r.pos(v.Key), value: v.Value}
		if line, twice := first[e.key]; twice {
			r.problems = append(r.problems, Problem{e.at, DoubledKey, e.key, fmt.Sprintf("the key %s stands here for the second time, after line %d: a reader may drop one of the two", quote(e.key), line)})
		} else {
			first[e.key] = e.at.Line
		}
		out = append(out, e)
	}
	return out
}

// items returns a list's items; null is an empty list.
func (r *reader) items(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.SequenceNode:
		var out []ast.Node
		for _, v := range n.Values {
			if v != nil && r.spend(v) {
				out = append(out, v)
			}
		}
		return out
	case *ast.NullNode:
		return nil
	}
	r.problem(n, BadValue, "", "want a list, have %s", kindOf(n))
	return nil
}

// records are the mappings of a list, each by its keys; empty ones are left out.
func (r *reader) records(n ast.Node) iter.Seq[[]entry] {
	return func(yield func([]entry) bool) {
		for _, item := range r.items(n) {
			if entries := r.entries(item); len(entries) > 0 && !yield(entries) {
				return
			}
		}
	}
}

// text returns a scalar as written, without its quotes.
func (r *reader) text(n ast.Node) (Text, bool) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.AliasNode, *ast.AnchorNode, *ast.TagNode:
		r.problem(n, BadValue, "", "want a plain value, have %s", kindOf(n))
		return Text{}, false
	case *ast.NullNode:
		return Text{}, false
	}
	return Text{r.pos(n), scalar(n)}, true
}

// scalar is a node's text as written, without quotes: a date that YAML would
// take for a number or a timestamp stays what people read.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	}
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AliasNode, *ast.AnchorNode:
		return "a reference"
	case *ast.TagNode:
		return "a tag"
	}
	return "a plain value"
}
