package msg

import (
	"strings"

	"github.com/rivo/uniseg"
)

// guard goes before a line that would begin with a sign that other bots listen
// for. It is visible: some bots strip what is not.
const guard = "· "

// Split breaks a text into lines of at most limit bytes by the rules of [IRC],
// but into as many as it takes: for a line that was rendered for more room than
// there is now. The text is cleaned first; the breaks in names that
// [NoHighlight] made are kept.
func Split(text string, limit int) []string {
	limit = max(limit, minLimit)
	c := cleaner{keep: true}
	c.write(text)
	c.endPara()
	lines, _ := fill(appendWords(nil, string(c.out), limit, len(c.out)), limit, len(c.out))
	return lines
}

// Cut returns a clean text of at most limit bytes. What is longer ends in "…",
// after a whole character and never inside an address. A limit that has no
// room for the mark (3 bytes) leaves nothing.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	room := limit - len(ellipsis)
	if room < 0 {
		return ""
	}
	end := 0
	for state, rest := -1, s; ; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(cluster) > room {
			break
		}
		end += len(cluster)
	}
	begin := strings.LastIndexByte(s[:end], ' ') + 1
	word, _, _ := strings.Cut(s[begin:], " ")
	if isURL(word) && end < begin+len(word) {
		end = begin
	}
	return strings.TrimRight(s[:end], " ") + ellipsis
}

// word is what stays together on a line.
type word struct {
	text string
	glue bool // the rest of a word that is too long: no space before it
	para bool // begins a paragraph
	item int  // of a list, counted from 1; 0: not in a list
}

// appendWords cuts a renderer's text into words, and words that don't fit a
// line into characters. It stops when it has more than enough bytes.
func appendWords(words []word, text string, limit, enough int) []word {
	var para bool
	var item, items, size int
	for text != "" && size <= enough {
		switch text[0] {
		case '\n':
			para, item = true, 0
		case itemMark:
			items++
			item = items
		case ' ':
		default:
			n := strings.IndexAny(text, " \n\x1e")
			if n < 0 {
				n = len(text)
			}
			w := word{text: text[:n], para: para, item: item}
			text, para = text[n:], false
			if !fits(w.text, limit) && isURL(w.text) {
				w.text = ellipsis
			}
			size += len(w.text)
			if fits(w.text, limit) {
				words = append(words, w)
			} else {
				words = appendClusters(words, w)
			}
			continue
		}
		text = text[1:]
	}
	return words
}

func appendClusters(words []word, w word) []word {
	for state, rest := -1, w.text; rest != ""; {
		cluster, after, _, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if strings.HasPrefix(after, string(zwsp)) {
			// No line begins with the break of a name.
			cluster, after, next = rest[:len(cluster)+len(string(zwsp))], after[len(string(zwsp)):], -1
		}
		w.text, rest, state = cluster, after, next
		words = append(words, w)
		w.glue, w.para = true, false
	}
	return words
}

// fill lays words into at most most lines and returns them with the index of
// the first word that found no room.
func fill(words []word, limit, most int) (lines []string, next int) {
	buf := make([]byte, 0, limit)
	for next < len(words) && len(lines) < most {
		buf, next = fillLine(buf[:0], words, next, limit)
		lines = append(lines, string(buf))
	}
	return lines, next
}

// fillLine adds to buf, which is empty, what fits on a line of the words from
// the index on, one word at least, and returns the index of the next word.
func fillLine(buf []byte, words []word, from, limit int) ([]byte, int) {
	for i := from; i < len(words); i++ {
		w := &words[i]
		switch {
		case i == from:
			if triggers(w.text[0]) {
				buf = append(buf, guard...)
			}
		case w.para:
			return buf, i
		case w.glue:
			if len(buf)+len(w.text) > limit {
				return buf, i
			}
		default:
			if len(buf)+1+len(w.text) > limit {
				return buf, i
			}
			buf = append(buf, ' ')
		}
		buf = append(buf, w.text...)
	}
	return buf, len(words)
}

// fits reports whether a word can stand on a line by itself.
func fits(s string, limit int) bool {
	if s != "" && triggers(s[0]) {
		return len(guard)+len(s) <= limit
	}
	return len(s) <= limit
}

// triggers reports whether a line that begins with b may be a command to some
// bot: "!", "#", "+" and "~" are in use in OpenStack's channels, the others
// elsewhere, "<" by bridges that quote a nick.
func triggers(b byte) bool {
	return strings.IndexByte("!#$%&*+,-./:;<=>?@\\^_`|~", b) >= 0
}

// isURL reports whether a word holds an address, which must be whole or absent.
func isURL(word string) bool { return strings.Contains(word, "://") }
