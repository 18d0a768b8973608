package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tok is a piece of prose: a word, a number, or one other character.
type tok struct {
	text  string // as written
	lower string
	n     int  // the number's value; -1 for no number
	ord   bool // the number had "st", "nd", "rd" or "th"
	line  int  // of the file
	at    int  // byte offset in the text
	end   int
	glued bool // no space before it
}

// lexer holds the compiled expressions of one parse: packages keep no globals.
type lexer struct {
	piece, link *regexp.Regexp
}

func newLexer() lexer {
	pieces := []string{
		`\d+(?:\.\d+)+`, // 2024.1 is one, so that it is no year
		`\d+(?:st|nd|rd|th)\b`,
		`\d+`,
		`[\p{L}\p{M}]+(?:'[\p{L}]+)?`,
		`[^\s]`,
	}
	return lexer{
		piece: regexp.MustCompile(strings.Join(pieces, "|")),
		link:  regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s<>` + "`" + `]*`),
	}
}

// maxTokens bounds the work for one section; the longest known has 200.
const maxTokens = 20_000

// lex splits text, whose first line is the file's line. Addresses are left out:
// a mailing list's archive is full of dates.
func (l lexer) lex(text string, line int) []tok {
	blank := l.link.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
	blank = strings.ReplaceAll(blank, "\u00a0", "  ") // two bytes each: places stay
	blank = strings.ReplaceAll(blank, "*", " ")       // **14 May 2026** is as good
	var out []tok
	seen := 0
	for _, span := range l.piece.FindAllStringIndex(blank, maxTokens) {
		line += strings.Count(text[seen:span[0]], "\n")
		glued := len(out) > 0 && out[len(out)-1].end == span[0]
		seen = span[0]
		t := tok{text: text[span[0]:span[1]], line: line, at: span[0], end: span[1], n: -1, glued: glued}
		t.lower = strings.ToLower(t.text)
		digits := strings.TrimRight(t.lower, "stndrh")
		if n, err := strconv.Atoi(digits); err == nil && len(digits) <= 4 {
			t.n, t.ord = n, digits != t.lower
		}
		out = append(out, t)
	}
	return out
}

// month reads "March", "Mar", "Sept": a capital at the start, because "may" and
// "march" are words too.
func (t tok) month() (time.Month, bool) {
	if len(t.text) < 3 || t.text[0] < 'A' || t.text[0] > 'Z' {
		return 0, false
	}
	if t.lower == "sept" {
		return time.September, true
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if t.lower == name || t.lower == name[:3] {
			return m, true
		}
	}
	return 0, false
}

// weekday reads "Thursday" and "Thu", again with a capital.
func (t tok) weekday() (time.Weekday, bool) {
	if len(t.text) < 3 || t.text[0] < 'A' || t.text[0] > 'Z' {
		return 0, false
	}
	for wd := time.Sunday; wd <= time.Saturday; wd++ {
		name := strings.ToLower(wd.String())
		if t.lower == name || t.lower == name[:3] || t.lower == "tues" && wd == time.Tuesday || t.lower == "thurs" && wd == time.Thursday {
			return wd, true
		}
	}
	return 0, false
}

// dayOfMonth reads 1 to 31, with or without "st".
func (t tok) dayOfMonth() (int, bool) {
	return t.n, t.n >= 1 && t.n <= 31 && len(t.text) <= 4
}

// year reads four digits.
func (t tok) year() (int, bool) {
	return t.n, len(t.text) == 4 && !t.ord && believable(t.n)
}
