package msg_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"torchbearer/bot/msg"
)

// clusters returns the characters of a text as people count them, without
// spaces.
func clusters(texts ...string) (list []string) {
	for _, text := range texts {
		for _, word := range strings.Fields(text) {
			for g := uniseg.NewGraphemes(word); g.Next(); {
				list = append(list, g.Str())
			}
		}
	}
	return list
}

func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSplit(t, anyText().Draw(t, "text"), rapid.IntRange(64, 510).Draw(t, "limit"))
	})
}

func FuzzSplit(f *testing.F) {
	for i, row := range hostile(f) {
		f.Add(row.text, 64+i)
	}
	f.Fuzz(func(t *testing.T, in string, limit int) {
		if limit < 64 || limit > 4096 {
			t.Skip()
		}
		checkSplit(t, in, limit)
	})
}

// checkSplit compares lines with their text, character by character.
func checkSplit(t interface{ Errorf(string, ...any) }, in string, limit int) {
	// What Split adds or keeps could not be told from the text's own.
	in = strings.NewReplacer("·", "", "\u200b", "").Replace(in)
	lines := msg.Split(in, limit)
	var got []string
	for _, line := range lines {
		for _, fault := range lineFaults(line, limit) {
			t.Errorf("line %+q: %s", line, fault)
		}
		line = strings.TrimPrefix(line, "· ")
		got = append(got, clusters(line)...)
	}
	var want []string
	for _, w := range strings.Fields(msg.Clean(in)) {
		if strings.Contains(w, "://") && len(w) > limit-3 {
			if len(w) > limit || !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, w) }) {
				w = "…"
			}
		}
		want = append(want, clusters(w)...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Split(%+q, %d) = %+q: characters (-want +got)\n%s", in, limit, lines, diff)
	}
}

// A stored line is split again when there is less room: names stay broken.
func TestSplitStoredLine(t *testing.T) {
	line := strings.Repeat("seven77 ", 8) + msg.NoHighlight("nina") + " asks"
	got := msg.Split(line, 64)
	want := []string{strings.TrimSpace(line[:64]), "n\u200bina asks"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	long := strings.Repeat("x", 63)
	got = msg.Split(long+"\u200b"+long+"\u200b", 64)
	want = []string{long[1:], "x\u200b" + long[3:], "xxx\u200b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("no room for the break (-want +got)\n%s", diff)
	}
	if got := msg.Split("\u200b \r\n", 64); len(got) != 0 {
		t.Errorf("Split of nothing = %q, want no lines", got)
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab…"},
		{"abcdef", 3, "…"},
		{"abcdef", 2, ""},
		{"abcdef", -1, ""},
		{"ab cdef", 6, "ab…"},
		{"e\u0301e\u0301e\u0301", 8, "e\u0301…"},
		{"see https://e.org/x now", 16, "see…"},
		{"see https://e.org/x now", 22, "see https://e.org/x…"},
	} {
		if got := msg.Cut(tc.in, tc.limit); got != tc.want {
			t.Errorf("Cut(%+q, %d) = %+q, want %+q", tc.in, tc.limit, got, tc.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in, limit := msg.Clean(anyText().Draw(t, "text")), rapid.IntRange(0, 100).Draw(t, "limit")
		got := msg.Cut(in, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("Cut(%+q, %d) = %+q", in, limit, got)
		}
		kept := clusters(strings.TrimSuffix(got, "…"))
		if all := clusters(in); got != in && !slices.Equal(kept, all[:len(kept)]) {
			t.Errorf("Cut(%+q, %d) = %+q: a character is cut", in, limit, got)
		}
	})
}
