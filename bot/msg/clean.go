package msg

import (
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

const (
	// maxMarks is how many marks one letter may carry: living scripts need at
	// most three or four, "Zalgo" text has hundreds.
	maxMarks = 4
	// maxCluster bounds what a reader sees as one character, in bytes: a family
	// of four with skin tones has 41. Every line can hold it (see minLimit), so
	// no character ever has to be cut for a line's sake.
	maxCluster = 45

	ellipsis  = "…"
	zwj       = '\u200d'
	zwsp      = '\u200b'
	csi       = '\u009b'
	braille   = '\u2800' // blank, though no space
	skinFirst = '\U0001f3fb'
	skinLast  = '\U0001f3ff'
)

// Clean returns outside text as it may be shown: one line of valid UTF-8
// without anything that formats, moves, hides or injects.
//
//   - Every kind of white space and line end, and each run of it, is one space;
//     none at the ends.
//   - mIRC formatting goes with the digits of its colours (\x03NN,NN and
//     \x04RRGGBB, as in modern.ircdocs.horse/formatting), terminal sequences go
//     whole (CSI, and OSC, DCS, SOS, PM, APC up to their end; ECMA-48), and so do
//     all other C0 and C1 controls and DEL.
//   - Bidirectional controls, zero-width and all other format characters, tags,
//     fillers, private use and noncharacters go. A zero-width joiner stays where
//     it makes one emoji of two; elsewhere it can only make two names look
//     alike, which weighs more than the finer points of Persian and Indic
//     spelling. Of the variation selectors those for emoji and text stay.
//   - A run of bytes that are not UTF-8 is one U+FFFD.
//   - A letter keeps four marks; a character of more than 45 bytes is cut and
//     ends in "…". A mark without a letter before it goes.
//
// Clean is idempotent. It does not look for addresses or nicks: see [Name].
func Clean(s string) string {
	if clean(s) {
		return s
	}
	c := cleaner{out: make([]byte, 0, len(s))}
	c.write(s)
	c.endPara()
	return string(c.out)
}

// CleanOr is [Clean], or the fallback where nothing visible is left.
func CleanOr(s, fallback string) string {
	if s = Clean(s); s != "" {
		return s
	}
	return fallback
}

// clean reports whether Clean has nothing to do, which for most texts it has
// not: printable ASCII with single spaces inside.
func clean(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		b := s[i]
		if b < ' ' || b > '~' || b == ' ' && before == ' ' {
			return false
		}
		before = b
	}
	return s == "" || before != ' '
}

// cleaner collects cleaned texts into one paragraph. Each text is cleaned by
// itself, so that an unfinished sequence at the end of one can't swallow the
// beginning of the next, but spaces collapse across their borders.
type cleaner struct {
	out   []byte
	start int  // of the paragraph
	space bool // one is owed before the next visible character
	keep  bool // U+200B inside words: this text is of our own making
	wide  bool // the paragraph has more than ASCII
	base  rune // the last character that can carry a mark; 0: none in this text or word
	marks int  // on base
}

func (c *cleaner) write(s string) {
	c.base, c.marks = 0, 0
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			switch {
			case b > ' ' && b <= '~':
				c.owed()
				c.out = append(c.out, b)
				c.base, c.marks = rune(b), 0
				i++
			case b == ' ' || '\t' <= b && b <= '\r':
				c.gap()
				i++
			default:
				i += control(s[i:])
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			for i < len(s) && r == utf8.RuneError && size == 1 {
				i += size
				r, size = utf8.DecodeRuneInString(s[i:])
			}
			c.add(utf8.RuneError)
			continue
		}
		switch {
		case unicode.IsSpace(r) || r == braille: // U+0085 too
			c.gap()
		case unicode.Is(unicode.Cc, r):
			size = control(s[i:])
		case r == zwj:
			if next, _ := utf8.DecodeRuneInString(s[i+size:]); pictograph(c.base) && pictograph(next) {
				c.out = utf8.AppendRune(c.out, zwj)
			}
		case r == zwsp && c.keep && c.base != 0:
			c.out = utf8.AppendRune(c.out, zwsp)
			c.base = 0
		case invisible(r):
		case joins(r):
			if c.base != 0 && c.marks < maxMarks {
				c.out = utf8.AppendRune(c.out, r)
				c.marks++
			}
		default:
			c.add(r)
		}
		i += size
	}
}

// gap notes white space; several make one space, and none begins a paragraph.
func (c *cleaner) gap() {
	c.space = len(c.out) > c.start
	c.base = 0
}

// owed pays the space before something visible.
func (c *cleaner) owed() {
	if c.space {
		c.out = append(c.out, ' ')
		c.space = false
	}
}

func (c *cleaner) add(r rune) {
	c.owed()
	c.out = utf8.AppendRune(c.out, r)
	c.base, c.marks, c.wide = r, 0, true
}

// raw adds text that is known to be clean.
func (c *cleaner) raw(b []byte) {
	c.owed()
	c.out = append(c.out, b...)
}

// endPara ends the paragraph: a space still owed lapses, and characters of
// more bytes than any line has room for are cut.
func (c *cleaner) endPara() {
	if c.wide {
		c.capClusters()
	}
	c.space, c.wide, c.start = false, false, len(c.out)
}

// capClusters cuts what is endless by the rules of grapheme clusters, though no
// letter carries too many marks: chains of joined emoji, Hangul jamo, skin
// tones. The mark of the cut also keeps the rest from joining what follows.
func (c *cleaner) capClusters() {
	text := string(c.out[c.start:])
	c.out = c.out[:c.start]
	for state := -1; text != ""; {
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		if len(cluster) <= maxCluster {
			c.out = append(c.out, cluster...)
			continue
		}
		end := maxCluster - len(ellipsis)
		for !utf8.RuneStart(cluster[end]) {
			end--
		}
		if r, size := utf8.DecodeLastRuneInString(cluster[:end]); r == zwj {
			end -= size
		}
		c.out = append(c.out, cluster[:end]...)
		c.out = append(c.out, ellipsis...)
	}
}

// control returns the length of the control at the beginning of s, with what
// belongs to it.
func control(s string) int {
	switch s[0] {
	case '\x03':
		return 1 + colours(s[1:], 1, 2, func(b byte) bool { return '0' <= b && b <= '9' })
	case '\x04':
		return 1 + colours(s[1:], 6, 6, func(b byte) bool {
			return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
		})
	case '\x1b':
		if len(s) == 1 {
			return 1
		}
		switch s[1] {
		case '[':
			return 2 + csiLen(s[2:])
		case ']', 'P', 'X', '^', '_':
			return 2 + stringLen(s[2:])
		}
		return 1
	}
	r, size := utf8.DecodeRuneInString(s)
	switch r {
	case csi:
		return size + csiLen(s[size:])
	case '\u009d', '\u0090', '\u0098', '\u009e', '\u009f':
		return size + stringLen(s[size:])
	}
	return size
}

// colours returns the length of one or two colours of least to most digits,
// parted by a comma.
func colours(s string, least, most int, digit func(byte) bool) int {
	count := func(s string) int {
		n := 0
		for n < len(s) && n < most && digit(s[n]) {
			n++
		}
		if n < least {
			return 0
		}
		return n
	}
	n := count(s)
	if n > 0 && n < len(s) && s[n] == ',' {
		if m := count(s[n+1:]); m > 0 {
			n += 1 + m
		}
	}
	return n
}

// csiLen returns the length of a control sequence after its introducer:
// parameters, intermediates and one final byte (ECMA-48, 5.4).
func csiLen(s string) int {
	n := 0
	for n < len(s) && 0x20 <= s[n] && s[n] <= 0x3f {
		n++
	}
	if n < len(s) && 0x40 <= s[n] && s[n] <= 0x7e {
		n++
	}
	return n
}

// stringLen returns the length of a control string after its introducer, its
// terminator included (ECMA-48, 5.6; BEL as terminals have it), or 0 where it
// has none before the next control: then the text is shown rather than lost.
func stringLen(s string) int {
	for i, r := range s {
		switch {
		case r == '\a':
			return i + 1
		case r == '\u009c':
			return i + utf8.RuneLen(r)
		case r == '\x1b' && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case unicode.Is(unicode.Cc, r):
			return 0
		}
	}
	return 0
}

// invisible reports whether r shows nothing by itself, or nothing that two
// readers would agree on.
func invisible(r rune) bool {
	if r == '\ufe0e' || r == '\ufe0f' {
		return false // text and emoji style; marks by category
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Noncharacter_Code_Point,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// joins reports whether r belongs to the character before it (Grapheme_Extend
// and SpacingMark of UAX 29, which reach beyond the category of marks).
func joins(r rune) bool {
	switch r {
	case '\u0e33', '\u0eb3', '\uff9e', '\uff9f':
		return true
	}
	return unicode.Is(unicode.M, r) || skinFirst <= r && r <= skinLast
}

// pictograph reports whether r is Extended_Pictographic, by asking the rule
// that uses it (GB11 of UAX 29): it alone clings to a pictograph and a joiner.
func pictograph(r rune) bool {
	if r < 0xa9 || joins(r) || r == zwj {
		return false
	}
	pair := "\u231a\u200d" + string(r)
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(pair, -1)
	return cluster == pair
}
