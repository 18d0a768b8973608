package msg

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const (
	// maxLines is how many lines a message may take in a channel.
	maxLines = 4
	// minLimit is the shortest line that text is fitted to: less than any
	// network leaves, and room for the longest character, a word's worth of
	// text and the mark of a cut.
	minLimit = 64

	// itemMark parts the items of a list in a renderer's text.
	itemMark = '\x1e'
)

// IRC returns the message as lines of chat, true at the instant at. A line has
// at most limit bytes: the caller takes from the 510 of RFC 1459, 2.3, what the
// server puts before the text, ":nick!user@host PRIVMSG #channel :". A limit
// under 64 counts as 64. A message that says nothing has no lines.
//
// Each paragraph begins a line, unless that makes more than four lines. A list
// is "a; b; c". Lines break at spaces; a word longer than a line breaks between
// characters (grapheme clusters, UAX 29), but an address never: one that is
// longer than a line becomes "…", since half an address leads somewhere else.
//
// There are never more than four lines. What does not fit is marked: the last
// line ends in "…" where text is missing and in "+3 more" where items of a list
// are, and then the link. There is no formatting, and no line begins with a
// sign that another bot may take for a command: "!pass" there is "· !pass".
func IRC(m Message, at time.Time, limit int) []string {
	limit = max(limit, minLimit)
	r := renderer{at: at, breaks: true}
	r.out = make([]byte, 0, 512)
	items := r.compact(current(m.Blocks, at))
	link := cleanURL(m.Link)
	if !fits(link, limit) {
		link = ellipsis
	}
	if line, ok := oneLine(r.out, link, limit); ok {
		return line
	}

	whole := appendWords(make([]word, 0, 64), string(r.out), limit, maxLines*limit)
	n := len(whole)
	if link != "" {
		whole = append(whole, word{text: link})
	}
	lines, next := fill(whole, limit, maxLines)
	if next == len(whole) {
		return lines
	}
	for i := range whole {
		whole[i].para = false
	}
	if lines, next = fill(whole, limit, maxLines); next == len(whole) {
		return lines
	}
	return shorten(whole[:n], items, link, limit, maxLines)
}

// compact adds the blocks as IRC has them: a line each, but a list behind the
// colon that announces it. It returns the number of list items.
func (r *renderer) compact(blocks []Block) (items int) {
	for _, b := range blocks {
		r.para("", b.Para)
		if len(b.List) == 0 {
			continue
		}
		if !bytes.HasSuffix(r.out, []byte(":")) {
			r.line("")
		}
		first := true
		for _, item := range b.List {
			before := len(r.out)
			if !first {
				r.out = append(r.out, ';')
			}
			r.out = append(r.out, itemMark)
			r.start = len(r.out)
			r.inlines(item)
			if len(r.out) == r.start {
				r.out = r.out[:before]
			} else {
				first = false
				items++
			}
			r.endPara()
		}
	}
	return items
}

// oneLine serves the usual case, in which everything fits on one line, and
// reports whether it is that; if not, text is as it was.
func oneLine(text []byte, link string, limit int) (line []string, ok bool) {
	if bytes.IndexByte(text, '\n') >= 0 || len(guard)+len(text)+1+len(link) > limit {
		return nil, false
	}
	for i, b := range text {
		if b == itemMark {
			text[i] = ' '
		}
	}
	text = bytes.TrimPrefix(text, []byte(" "))
	if link != "" {
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = append(text, link...)
	}
	if len(text) == 0 {
		return nil, true
	}
	if triggers(text[0]) {
		return []string{guard + string(text)}, true
	}
	return []string{string(text)}, true
}

// NoHighlight returns a nick with a zero-width space after its first letter:
// people read the same name, their clients don't find it. A nick of one letter
// can't be helped.
func NoHighlight(nick string) string {
	first, _, _, _ := uniseg.FirstGraphemeClusterInString(nick, -1)
	end := len(first)
	for end < len(nick) {
		// Some marks (Burmese AA) count as characters, yet not without a letter.
		r, size := utf8.DecodeRuneInString(nick[end:])
		if !joins(r) {
			break
		}
		end += size
	}
	if end == len(nick) {
		return nick
	}
	return nick[:end] + string(zwsp) + nick[end:]
}
