package command

import (
	"strings"
	"unicode"

	"torchbearer/bot/msg"
)

// quoteLimit bounds, in bytes, what an answer repeats of what somebody typed.
const quoteLimit = 40

// quote repeats words in an answer; see quiet.
func quote(s string) string {
	return `"` + msg.Cut(strings.ReplaceAll(msg.Clean(s), `"`, "'"), quoteLimit) + `"`
}

// quiet puts the text of an error for a person into a paragraph in which what
// stands in double quotes highlights nobody: it is what somebody typed, and may
// be the names of others.
func quiet(text string) msg.Para {
	var p msg.Para
	for i, part := range strings.Split(text, `"`) {
		if i > 0 {
			p = append(p, msg.Text(`"`))
		}
		if i%2 == 0 {
			p = append(p, msg.Text(part))
		} else {
			p = append(p, named(part)...)
		}
	}
	return p
}

// named makes a name of every word. Clients look for a name between signs of
// all kinds, so only letters, digits and their marks make a word here.
func named(text string) msg.Para {
	var p msg.Para
	inWord := func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.M) }
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return !inWord(r) })
		if end < 0 {
			end = len(text)
		}
		if end > 0 {
			p = append(p, msg.Name(text[:end]))
			text = text[end:]
			continue
		}
		end = strings.IndexFunc(text, inWord)
		if end < 0 {
			end = len(text)
		}
		p = append(p, msg.Text(text[:end]))
		text = text[end:]
	}
	return p
}
