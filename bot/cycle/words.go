package cycle

import (
	"slices"
	"strings"
	"unicode"
)

// Words splits hostile text into its words in lower case: letters and digits of any
// alphabet, with whatever stands between them left out. "RC1" and "nova" are one word,
// "2026.2" and "spec-freeze" are two. It is for texts that are compared with each
// other; what people ask for is split finer, see tokens.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// terms are the tokens of a text in which "non-client" is one word: who asks for
// clients does not mean that.
func terms(s string) []string {
	words := tokens(s)
	for i := 0; i+1 < len(words); i++ {
		if words[i] == "non" {
			words = slices.Replace(words, i, i+2, "non-"+words[i+1])
		}
	}
	return words
}

// tokens splits text into lower-case words, and a word from the number at its
// end: "RC1" is rc and 1. "2026.2" is one: milestone 2 is something else.
func tokens(s string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out, word = append(out, string(word)), nil
		}
	}
	text := []rune(strings.ToLower(s))
	for i, r := range text {
		switch {
		case r == '.' && i+1 < len(text) && len(word) > 0 && unicode.IsDigit(word[0]) && unicode.IsDigit(text[i+1]):
			word = append(word, r)
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case len(word) > 0 && unicode.IsDigit(r) != unicode.IsDigit(word[0]):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return out
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		for _, r := range w {
			b.WriteRune(r)
			break
		}
	}
	return b.String()
}

// same compares words, be one of them in the plural.
func same(a, b string) bool {
	return a == b || len(a) > 3 && a == b+"s" || len(b) > 3 && b == a+"s"
}

// begins reports whether a word, be it in the plural ("libs"), is the beginning of
// another; a number is only itself: 2 does not stand for 2027.
func begins(word, of string) bool {
	if unicode.IsDigit([]rune(word)[0]) {
		return word == of
	}
	return strings.HasPrefix(of, word) || len(word) > 3 && strings.HasPrefix(of, strings.TrimSuffix(word, "s"))
}
