package msg_test

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"torchbearer/bot/msg"
)

// TestCleanHostile shows what becomes of every hostile text: the golden file is
// to be read by eye, the checks hold for whatever is in it.
func TestCleanHostile(t *testing.T) {
	var golden strings.Builder
	for _, row := range hostile(t) {
		clean := msg.Clean(row.text)
		for _, fault := range faults(clean) {
			t.Errorf("%s (%s): Clean = %+q: %s", row.id, row.what, clean, fault)
		}
		fmt.Fprintf(&golden, "%s\t%s\n", row.id, strconv.QuoteToASCII(clean))

		m := msg.New(msg.Announce, msg.Para{msg.Text("Event: "), msg.Text(row.text), msg.Text(" today.")})
		m.Link = row.text
		for _, line := range msg.IRC(m, time.Time{}, 400) {
			for _, fault := range lineFaults(line, 400) {
				t.Errorf("%s (%s): IRC line %+q: %s", row.id, row.what, line, fault)
			}
		}
		if plain := msg.Plain(m, time.Time{}); strings.ContainsAny(plain, "\r\n") {
			t.Errorf("%s (%s): Plain = %+q, want one line", row.id, row.what, plain)
		}
	}
	checkGolden(t, "hostile-subjects.clean", golden.String())
}

func TestClean(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"nothing to do", "Spec freeze", "Spec freeze"},
		{"colour keeps a third digit", "\x03041 spec", "1 spec"},
		{"colour keeps a comma without digits", "\x0304, then", ", then"},
		{"hex colour of five digits is text", "\x04ff000x", "ff000x"},
		{"hex colours", "\x04ff0000,00ff00x", "x"},
		{"CSI with intermediates", "a\x1b[0;1 qb", "ab"},
		{"CSI cut short", "a\x1b[31", "a"},
		{"CSI as C1", "a\u009b31mb", "ab"},
		{"OSC ended by ST", "a\x1b]0;owned\x1b\\b", "ab"},
		{"OSC without end is shown", "a\x1b]0;owned b", "a0;owned b"},
		{"DCS", "a\x1bPsecret\x1b\\b", "ab"},
		{"OSC as C1", "a\u009d0;owned\u009cb", "ab"},
		{"spaces of all kinds", " a\u00a0\u3000\t\u2028b\u2800c\u0085d\v\f\r\ne ", "a b c d e"},
		{"invisible between spaces", "a \u200b \u2060 b", "a b"},
		{"bytes that are no text", "a\xff\xfe\xffb\xc3", "a\ufffdb\ufffd"},
		{"joined emoji", "\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"},
		{"joined emoji with tone and style", "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f468", "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f468"},
		{"joiner at the end", "\U0001f469\u200d", "\U0001f469"},
		{"joiner before a letter", "\U0001f469\u200dx", "\U0001f469x"},
		{"joiner after a letter", "x\u200d\U0001f469", "x\U0001f469"},
		{"OSC ends at any control", "a\x1b]0;x\ny\ab", "a0;x yb"},
		{"joiner between letters", "ni\u200dna", "nina"},
		{"fillers", "\u3164\u115f\uffa0", ""},
		{"mark without a letter", "a \u0301b", "a b"},
		{"five marks", "e\u0301\u0301\u0301\u0301\u0301x", "e\u0301\u0301\u0301\u0301x"},
		{"style picked by selectors that hide data", "a\U000e0100\U000e0101b", "ab"},
	} {
		if got := msg.Clean(tc.in); got != tc.want {
			t.Errorf("%s: Clean(%+q) = %+q, want %+q", tc.name, tc.in, got, tc.want)
		}
	}
}

func TestCleanOr(t *testing.T) {
	if got, want := msg.CleanOr("\u200b\x02 ", "(no text)"), "(no text)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := msg.CleanOr(" a ", "(no text)"), "a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Characters may not only be endless by their marks.
func TestCleanEndlessCharacters(t *testing.T) {
	for name, in := range map[string]string{
		"emoji joined for ever": strings.Repeat("\U0001f468\u200d", 300) + "\U0001f468",
		"Hangul jamo":           strings.Repeat("\u1100", 500),
		"prepended signs":       strings.Repeat("\u0d4e", 500) + "x",
	} {
		got := msg.Clean(in)
		for _, fault := range faults(got) {
			t.Errorf("%s: %s", name, fault)
		}
		if !strings.Contains(got, "…") || strings.Contains(got, "\u200d…") {
			t.Errorf("%s: Clean = %+q, want a mark where it was cut", name, got)
		}
	}
}

// What begins in one text must not reach into the next.
func TestTextsDoNotMeet(t *testing.T) {
	for _, tc := range []struct{ outside, want string }{
		{"\x03", "Event 12 specs"},
		{"\x1b[", "Event 12 specs"},
		{"\x1b]", "Event 12 specs"},
		{"\xe2\x80", "Event \ufffd12 specs"},
		{"a  ", "Event a 12 specs"},
	} {
		m := msg.New(msg.Answer, msg.Para{msg.Text("Event "), msg.Text(tc.outside), msg.Text("12 specs")})
		if got := msg.Plain(m, time.Time{}); got != tc.want {
			t.Errorf("Plain with %+q = %+q, want %+q", tc.outside, got, tc.want)
		}
	}
	m := msg.New(msg.Answer, msg.Para{msg.Text("Event"), msg.Text("\u0301\u0336 1")})
	if got, want := msg.Plain(m, time.Time{}), "Event 1"; got != want {
		t.Errorf("Plain = %+q, want %+q: a mark struck through our own text", got, want)
	}
}

func TestCleanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyText().Draw(t, "text")
		got := msg.Clean(in)
		for _, fault := range faults(got) {
			t.Errorf("Clean(%+q) = %+q: %s", in, got, fault)
		}
		if again := msg.Clean(got); again != got {
			t.Errorf("Clean(%+q) = %+q, and again %+q", in, got, again)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, row := range hostile(f) {
		f.Add(row.text)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := msg.Clean(in)
		for _, fault := range faults(got) {
			t.Errorf("Clean(%+q) = %+q: %s", in, got, fault)
		}
		if again := msg.Clean(got); again != got {
			t.Errorf("Clean(%+q) = %+q, and again %+q", in, got, again)
		}
	})
}

// faults lists what no cleaned text may have.
func faults(s string) (list []string) {
	if !utf8.ValidString(s) {
		list = append(list, "not UTF-8")
	}
	if strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
		list = append(list, "stray space")
	}
	for _, r := range s {
		switch {
		case r == '\u200d':
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r),
			unicode.Is(unicode.Noncharacter_Code_Point, r), r != ' ' && unicode.IsSpace(r):
			list = append(list, fmt.Sprintf("holds %U", r))
		}
	}
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if n := len(g.Str()); n > 48 {
			list = append(list, fmt.Sprintf("a character of %d bytes", n))
		}
		if g.Str() == "\u200d" {
			list = append(list, "a joiner that joins nothing")
		}
	}
	return list
}

type hostileRow struct{ id, what, text string }

// hostile reads the hostile texts, undoing their escapes (see the first line of
// the file).
func hostile(t testing.TB) []hostileRow {
	t.Helper()
	f, err := os.Open("testdata/hostile-subjects.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []hostileRow
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		col := strings.SplitN(lines.Text(), "\t", 5)
		if len(col) != 5 {
			t.Fatalf("row %q has %d columns, want 5", lines.Text(), len(col))
		}
		rows = append(rows, hostileRow{id: col[0], what: col[3], text: unescape(t, col[4])})
	}
	if len(rows) != 68 {
		t.Fatalf("read %d hostile texts, want 68", len(rows))
	}
	return rows
}

func unescape(t testing.TB, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; s[i] == '\\' {
			b.WriteByte('\\')
			continue
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil || s[i] != 'x' {
			t.Fatalf("bad escape in %q", s)
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String()
}

// anyText draws texts that are nasty more often than chance would have it.
func anyText() *rapid.Generator[string] {
	nasty := []string{
		"a", "word", " ", "  ", "1", ",", "!", ";", ":", "://", "https://example.org/x", "(https://e.x/)",
		"\x01", "\x02", "\x03", "\x0304,01", "\x04", "\x04ff0000", "\x1b", "\x1b[", "\x1b[31m", "\x1b]", "\x1b\\", "\a", "\r\n", "\x00", "\x7f",
		"\u009b", "\u009d", "\u009c", "\u0085", "\u2028", "\u00a0", "\u2800", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\u2066",
		"\u0301", "\u0336", "\u20e3", "\ufe0f", "\ufe0e", "\U000e0100", "\U000e0061", "\u0e33", "\uff9e", "\U0001f3fd",
		"\U0001f468", "\U0001f469", "\u2764", "\U0001f1e8", "\U0001f1ff", "\u1100", "\u1161", "\u11a8", "\uac00", "\u0d4e", "\u0600",
		"\u4fee", "\u5fa9", "\u0939", "\u094d", "\u093f", "\ufffe", "\ue000", "\ufffd", "\xff", "\xe2\x80", "\xc0\xaf", "…", "·", "\x1e", "\x1f",
	}
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for _, s := range rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(nasty), rapid.String(), rapid.SampledFrom([]string{" "})), 0, 40).Draw(t, "parts") {
			n := 1
			if rapid.IntRange(0, 15).Draw(t, "long") == 0 {
				n = rapid.IntRange(2, 200).Draw(t, "times")
			}
			b.WriteString(strings.Repeat(s, n))
		}
		return b.String()
	})
}
