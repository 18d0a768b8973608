package calendar

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"torchbearer/bot/civil"
)

// maxQuoted is how many bytes of hostile text a message repeats.
const maxQuoted = 60

// quote repeats hostile text in a message: cut, and with every control character
// visible.
func quote(s string) string {
	if len(s) > maxQuoted {
		s = strings.ToValidUTF8(s[:maxQuoted], "") + "…"
	}
	return strconv.Quote(s)
}

// Printable makes hostile text safe to print on a terminal: one line, and no character
// that is none to people.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return c
	}, s)
}

// unmarked is a file without the byte order mark that editors of some systems
// begin it with.
func unmarked(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// decoded is a file with another character in the place of what is not UTF-8, and
// the first line that has such; 0 where none has.
func decoded(data []byte) (clean []byte, line int) {
	for text := range bytes.Lines(data) {
		if line++; !utf8.Valid(text) {
			return bytes.ToValidUTF8(data, []byte(string(utf8.RuneError))), line
		}
	}
	return data, 0
}

// notUTF8 is what is wrong with such a file.
const notUTF8 = "not all of it is UTF-8: what is not is shown as " + string(utf8.RuneError)

// maxLabel is the longest label in bytes; the longest known has 39.
const maxLabel = 80

// isLabel reports whether text can name an event: what reStructuredText takes
// for a simple reference name.
func isLabel(s string) bool {
	if s == "" || len(s) > maxLabel {
		return false
	}
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case i > 0 && strings.ContainsRune("-_.+:", r):
		default:
			return false
		}
	}
	return true
}

// parseDay reads a date as schedules write it: "2026-04-06".
func parseDay(t Text) Day {
	d, err := civil.ParseDate(strings.TrimSpace(t.Raw))
	if err != nil || !believable(d.Year) {
		return Day{Text: t}
	}
	return Day{t, d}
}

// believable reports whether a year can be a release's. Days around others could
// not be written as dates.
func believable(year int) bool { return year >= 1990 && year < 2200 }
