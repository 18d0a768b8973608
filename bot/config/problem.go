package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"torchbearer/bot/near"
)

// Problem is one mistake in a configuration.
type Problem struct {
	File string
	Line int    // from 1; 0 when it is no single line's: a section that is missing, an unreadable file
	Key  string // "irc.oftc.nick"; empty when it is no single key's
	Text string // what is wrong, what is allowed
}

// String returns "file:line: key: text". Nothing in it is longer than a
// terminal bears or could steer one, whatever the file holds.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems are all the mistakes of a configuration, by line. They are the error
// that Load, Read and Parse return.
type Problems []Problem

// Error returns the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns the problems by file, line and key, each once.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(ps)
}

// known says which names there are, and which one was probably meant.
func known(word, what string, names []string) string {
	const most = 30
	if len(names) == 0 {
		return what + ": none"
	}
	slices.Sort(names)
	text := what + ": "
	if len(names) > most {
		text += strings.Join(names[:most], ", ") + ", …"
	} else {
		text += strings.Join(names, ", ")
	}
	if best, ok := near.Best(word, names); ok {
		return fmt.Sprintf("did you mean %q? %s", best, text)
	}
	return text
}

// quote quotes a value of the file for a message: control characters escaped,
// cut to what a line bears.
func quote(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n == most {
			return fmt.Sprintf("%q…", s[:i])
		}
		n++
	}
	return fmt.Sprintf("%q", s)
}

// brief makes one bounded line of a text that this package did not write: the
// words of a plugin or of a type, which may hold a value of the file.
func brief(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// join appends a key to a path, quoted where TOML would quote it.
func join(path, key string) string {
	bare := key != "" && len(key) <= 64
	for _, c := range []byte(key) {
		bare = bare && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_')
	}
	if !bare {
		key = quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
