package scenario

import "strings"

// Archive is a txtar file: parts that begin with a line "-- name --". What
// stands before the first is a comment.
type Archive struct{ parts []section }

type section struct {
	name, text string
	line       int // of the file, that the text begins on
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

// part returns the text of a part, and the line of the file it begins on; empty
// where there is none.
func (a *Archive) part(name string) (text string, line int) {
	for _, p := range a.parts {
		if p.name == name {
			return p.text, p.line
		}
	}
	return "", 0
}
