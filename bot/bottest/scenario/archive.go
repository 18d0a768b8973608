package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Archive is a txtar file: parts that begin with a line "-- name --". What
// stands before the first is a comment. Parts of one name are one text.
type Archive struct{ parts []section }

type section struct {
	name, text string
	file       string // empty: the story's own
	line       int    // of the file, that the text begins on
}

// Parse reads a txtar file. Unlike the libraries' it remembers lines.
func Parse(src string) *Archive {
	a := &Archive{}
	line := 0
	for text := range strings.Lines(src) {
		line++
		bare := strings.TrimRight(text, "\r\n")
		if name, ok := strings.CutPrefix(bare, "-- "); ok && strings.HasSuffix(name, " --") {
			a.parts = append(a.parts, section{name: strings.TrimSuffix(name, " --"), line: line + 1})
			continue
		}
		if n := len(a.parts); n > 0 {
			a.parts[n-1].text += text
		}
	}
	return a
}

// Read reads a txtar file. In the place of a part "include queue.world" stand the
// parts of that file, which lies beside it: what many stories begin with.
func Read(file string) (*Archive, error) {
	a, err := read(file, "")
	if err != nil {
		return nil, fmt.Errorf("read story: %w", err)
	}
	return a, nil
}

// read reads a file whose parts are said to be of another; empty: of the story.
func read(file, of string) (*Archive, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	whole := &Archive{}
	for _, p := range Parse(string(src)).parts {
		p.file = of
		name, ok := strings.CutPrefix(p.name, "include ")
		if !ok {
			whole.parts = append(whole.parts, p)
			continue
		}
		included, err := read(filepath.Join(filepath.Dir(file), name), name)
		if err != nil {
			return nil, err
		}
		whole.parts = append(whole.parts, included.parts...)
	}
	return whole, nil
}

// And returns an archive that goes on with the parts of another.
func (a *Archive) And(more *Archive) *Archive {
	return &Archive{parts: slices.Concat(a.parts, more.parts)}
}

// part returns the text of a part, and the line of the file its end begins on;
// empty where there is none.
func (a *Archive) part(name string) (text string, line int) {
	for _, p := range a.parts {
		if p.name == name {
			text, line = text+p.text, p.line
		}
	}
	return text, line
}

// script is all that is played.
func (a *Archive) script() string { text, _ := a.part("script"); return text }
