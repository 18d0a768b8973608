package cycle_test

import (
	"strings"
	"testing"

	"torchbearer/bot/cycle"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		" – ":                            "",
		"Nova Spec Freeze":               "nova spec freeze",
		"i-nova-spec-freeze":             "i nova spec freeze",
		"RC1: the 1st candidate":         "rc1 the 1st candidate",
		"2026.2 Hibiscus":                "2026 2 hibiscus",
		"non-client":                     "non client",
		"the PTL's, the PTL’s":           "the ptl s the ptl s",
		"milestone 2 – “spec\tfreeze”\n": "milestone 2 spec freeze",
		"Gel des spécifications":         "gel des spécifications",
		"ÉTÉ 仕様凍結、٣":                     "été 仕様凍結 ٣",
		"a\x00b\u200bc\xffd":             "a b c d",
	} {
		if got := strings.Join(cycle.Words(text), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
