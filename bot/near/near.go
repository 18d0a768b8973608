// Package near finds what somebody probably meant to type: a command in chat, a
// key of the configuration. It is strict, because a wrong guess in a busy room
// is noise: a slip or two in a long word, one in a short word, none in two
// letters.
//
//	if best, ok := near.Best("freez", commands); ok {
//		text = `did you mean "` + best + `"?`
//	}
package near

import (
	"strings"
	"unicode/utf8"
)

// longest is the length in bytes from which on a word is no slip of anything;
// it bounds the work on hostile text.
const longest = 64

// Best returns the known word that is nearest to word, and whether one is near
// enough to ask about. A slip is a letter too many, missing or wrong, or two
// neighbours exchanged; case is none. Words of up to two letters have no
// slips, up to five one, longer ones two. Of equally near words it is the
// first; a word that is known as it is returns itself.
func Best(word string, known []string) (string, bool) {
	if len(word) > longest || word == "" {
		return "", false
	}
	allowed := slips(utf8.RuneCountInString(word))
	folded := []rune(strings.ToLower(word))
	best, found := "", false
	for _, k := range known {
		if len(k) > longest {
			continue
		}
		if k == word {
			return k, true
		}
		if d := distance(folded, []rune(strings.ToLower(k))); d <= allowed {
			best, found = k, true
			if d == 0 {
				return best, true
			}
			allowed = d - 1 // from here on only a nearer one
		}
	}
	return best, found
}

func slips(letters int) int {
	switch {
	case letters < 3:
		return 0
	case letters < 6:
		return 1
	default:
		return 2
	}
}

// distance is the optimal string alignment distance: Levenshtein's, with the
// exchange of two neighbours counted as one slip.
func distance(a, b []rune) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
