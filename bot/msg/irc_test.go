package msg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"torchbearer/bot/msg"
)

// lineFaults lists what no line on IRC may have.
func lineFaults(line string, limit int) (list []string) {
	// Breaks in names are the one invisible character that is ours.
	list = faults(strings.ReplaceAll(line, "\u200b", ""))
	if len(line) > limit {
		list = append(list, fmt.Sprintf("%d bytes, limit %d", len(line), limit))
	}
	if line == "" {
		return append(list, "empty")
	}
	if strings.IndexByte("!#+~.@%&$^*/\\?`,;:=|<>_-", line[0]) >= 0 {
		list = append(list, "another bot may take it for a command")
	}
	return list
}

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

func text(s string) msg.Para { return msg.Para{msg.Text(s)} }

func listing(items ...string) msg.Block {
	var b msg.Block
	for _, item := range items {
		b.List = append(b.List, text(item))
	}
	return b
}

func TestIRC(t *testing.T) {
	const link = "https://e.org/q"
	word := func(n int) string { return strings.TrimSpace(strings.Repeat("seven77 ", n)) } // 8 to a line of 64
	for _, tc := range []struct {
		name string
		m    msg.Message
		want []string
	}{
		{"nothing", msg.Message{}, nil},
		{"nothing visible", msg.New(msg.Answer, text(" \u200b"), text("\x02")), nil},
		{"only a link", msg.Message{Link: link}, []string{link}},
		{"link behind the text", msg.Message{Blocks: []msg.Block{{Para: text("a")}}, Link: link}, []string{"a " + link}},
		{"link on a line of its own", msg.Message{Blocks: []msg.Block{{Para: text(word(7))}}, Link: link}, []string{word(7), link}},
		{"space in a link", msg.Message{Link: "https://e.org/a b\r\nQUIT"}, []string{"https://e.org/a%20b%20QUIT"}},
		{"link too long for a line", msg.Message{Blocks: []msg.Block{{Para: text("a")}}, Link: link + strings.Repeat("x", 64)}, []string{"a …"}},
		{"paragraphs", msg.New(msg.Answer, text("a"), text("b")), []string{"a", "b"}},
		{"five paragraphs share lines", msg.New(msg.Answer, text("a"), text("b"), text("c"), text("d"), text("e")), []string{"a b c d e"}},
		{"list behind a colon", msg.Message{Blocks: []msg.Block{{Para: text("Next:")}, listing("a", "\u200b", "b")}, Link: link}, []string{"Next: a; b " + link}},
		{"list by itself", msg.Message{Blocks: []msg.Block{{Para: text("Next.")}, listing("a", "b"), {Para: text("z")}}}, []string{"Next.", "a; b", "z"}},
		{"list first", msg.Message{Blocks: []msg.Block{listing("a", "b")}}, []string{"a; b"}},
		{"text too long", msg.Message{Blocks: []msg.Block{{Para: text(word(40))}}, Link: link}, []string{word(8), word(8), word(8), word(5) + " … " + link}},
		{"text too long, no link", msg.New(msg.Answer, text(word(40))), []string{word(8), word(8), word(8), word(7) + " …"}},
		{
			"list too long",
			msg.Message{Blocks: []msg.Block{{Para: text("Next:")}, listing(word(5), word(4), word(6), word(7), word(8), "z")}, Link: link},
			[]string{"Next: " + word(5) + "; " + word(2), word(2) + "; " + word(5), "seven77; " + word(6), "seven77; +2 more " + link},
		},
		{
			"list cut between items, not within",
			msg.Message{Blocks: []msg.Block{{Para: text("Next:")}, listing(word(8), word(8), word(7), "one", word(6), "z")}, Link: link},
			[]string{"Next: " + word(7), "seven77; " + word(7), "seven77; " + word(6), "seven77; one; +2 more " + link},
		},
		{
			"list cut within an item of many lines",
			msg.Message{Blocks: []msg.Block{listing("one", word(40), "z")}, Link: link},
			[]string{"one; " + word(7), word(8), word(8), word(4) + " … +1 more " + link},
		},
		{
			"list whole, text behind it too long",
			msg.Message{Blocks: []msg.Block{listing("one", "two"), {Para: text(word(40))}}, Link: link},
			[]string{"one; two " + word(7), word(8), word(8), word(5) + " … " + link},
		},
		{
			"text before a list too long",
			msg.Message{Blocks: []msg.Block{{Para: text(word(40))}, listing("one", "two")}},
			[]string{word(8), word(8), word(8), word(6) + " … +2 more"},
		},
		{
			"text behind a list too long, on the last line",
			msg.Message{Blocks: []msg.Block{{Para: text(word(24))}, listing("one", "two"), {Para: text(word(20))}}, Link: link},
			[]string{word(8), word(8), word(8), "one; two " + word(4) + " … " + link},
		},
		{
			"text behind a list too long at once",
			msg.Message{Blocks: []msg.Block{{Para: text(word(24))}, listing("one", "two"), {Para: text(strings.Repeat("x", 60))}}, Link: link},
			[]string{word(8), word(8), word(8), "one; two … " + link},
		},
		{
			"text and link too long",
			msg.Message{Blocks: []msg.Block{{Para: text(word(40))}}, Link: link + strings.Repeat("x", 64)},
			[]string{word(8), word(8), word(8), word(7) + " …"},
		},
		{
			"second paragraph is a word too long", msg.New(msg.Answer, text("a"), text(strings.Repeat("x", 70))),
			[]string{"a", strings.Repeat("x", 64), "xxxxxx"},
		},
		{
			"no room for the guard", msg.New(msg.Answer, text("!ask "+strings.Repeat("x", 58))),
			[]string{"· !ask", strings.Repeat("x", 58)},
		},
		{
			"many paragraphs too long",
			msg.Message{Blocks: slices.Repeat([]msg.Block{{Para: text(word(4))}}, 16), Link: link},
			[]string{word(8), word(8), word(8), word(5) + " … " + link},
		},
		{
			"many addresses too long", msg.New(msg.Answer, text(strings.Repeat("https://e.org/"+strings.Repeat("x", 60)+" ", 9)+"end")),
			[]string{strings.Repeat("… ", 9) + "end"},
		},
		{
			"link takes a line, the mark another",
			msg.Message{Blocks: []msg.Block{{Para: text(word(40))}}, Link: "https://e.org/" + strings.Repeat("x", 50)},
			[]string{word(8), word(8), word(7) + " …", "https://e.org/" + strings.Repeat("x", 50)},
		},
		{"address too long", msg.New(msg.Answer, text("see https://e.org/"+strings.Repeat("x", 60)+" there")), []string{"see … there"}},
		{"address moves whole", msg.New(msg.Answer, text(word(7)+" https://e.org/"), text("b")), []string{word(7), "https://e.org/", "b"}},
		{"word too long", msg.New(msg.Answer, text("a "+strings.Repeat("x", 70))), []string{"a " + strings.Repeat("x", 62), "xxxxxxxx"}},
		{"word far too long", msg.Message{Blocks: []msg.Block{{Para: text(strings.Repeat("x", 700))}}, Link: link}, []string{strings.Repeat("x", 64), strings.Repeat("x", 64), strings.Repeat("x", 64), strings.Repeat("x", 45) + "… " + link}},
		{"command of another bot", msg.New(msg.Answer, text("!ask all"), text("#topic pwned")), []string{"· !ask all", "· #topic pwned"}},
		{"command after a break", msg.New(msg.Answer, text(word(8)+" !pass 912345")), []string{word(8), "· !pass 912345"}},
		{"a person named", msg.New(msg.Answer, msg.Para{msg.Text("ask "), msg.Name("zo\u200be\x02"), msg.Text(".")}), []string{"ask z\u200boe."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := msg.IRC(tc.m, time.Time{}, 64)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, line := range got {
				for _, fault := range lineFaults(line, 64) {
					t.Errorf("%q: %s", line, fault)
				}
			}
		})
	}
}

func TestIRCLeastLimit(t *testing.T) {
	m := msg.New(msg.Answer, text(strings.Repeat("a ", 200)))
	if diff := cmp.Diff(msg.IRC(m, time.Time{}, 64), msg.IRC(m, time.Time{}, -1)); diff != "" {
		t.Errorf("a limit that no network has does not count as 64 (-want +got)\n%s", diff)
	}
}

func TestPlain(t *testing.T) {
	m := msg.Message{Blocks: []msg.Block{{Para: text("Next:")}, listing("a\nb", "", "c"), {Para: text("\u200b")}, {Para: text("d")}}}
	for _, tc := range []struct {
		name string
		m    msg.Message
		want string
	}{
		{"nothing", msg.Message{}, ""},
		{"only a link", msg.Message{Link: "https://e.org"}, "https://e.org"},
		{"list in the middle", msg.Message{Blocks: m.Blocks, Link: "https://e.org"}, "Next:\n- a b\n- c\nd https://e.org"},
		{"list last", msg.Message{Blocks: m.Blocks[:2], Link: "https://e.org"}, "Next:\n- a b\n- c\nhttps://e.org"},
		{"list last, no link", msg.Message{Blocks: m.Blocks[:2]}, "Next:\n- a b\n- c"},
		{"a person named", msg.New(msg.Answer, msg.Para{msg.Name("zoe")}), "zoe"},
	} {
		if got := msg.Plain(tc.m, time.Time{}); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func anyInline() *rapid.Generator[msg.Inline] {
	return rapid.Custom(func(t *rapid.T) msg.Inline {
		s := anyText().Draw(t, "text")
		switch rapid.IntRange(0, 5).Draw(t, "inline") {
		case 0:
			return msg.Bold(s)
		case 1:
			return msg.URL(s)
		case 2:
			return msg.Name(s)
		case 3:
			return msg.Left(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0), s)
		default:
			return msg.Text(s)
		}
	})
}

func anyMessage() *rapid.Generator[msg.Message] {
	para := rapid.Map(rapid.SliceOfN(anyInline(), 0, 3), func(in []msg.Inline) (p msg.Para) {
		for _, i := range in {
			if i.Name != "" {
				// A name is a word. Half a flag before it would make its
				// characters others than they are alone.
				p = append(p, msg.Text(" "))
			}
			p = append(p, i)
		}
		return p
	})
	return rapid.Custom(func(t *rapid.T) msg.Message {
		m := msg.Message{Kind: msg.Answer}
		if rapid.Bool().Draw(t, "linked") {
			m.Link = anyText().Draw(t, "link")
		}
		for range rapid.IntRange(0, 6).Draw(t, "blocks") {
			if rapid.Bool().Draw(t, "list") {
				m.Blocks = append(m.Blocks, msg.Block{List: rapid.SliceOfN(para, 0, 8).Draw(t, "items")})
			} else {
				m.Blocks = append(m.Blocks, msg.Block{Para: para.Draw(t, "para")})
			}
		}
		return m
	})
}

// checkIRC tells what is wrong with the lines of a message.
func checkIRC(t interface{ Errorf(string, ...any) }, m msg.Message, at time.Time, limit int) {
	lines := msg.IRC(m, at, limit)
	if len(lines) > 4 {
		t.Errorf("%d lines, want at most 4: %q", len(lines), lines)
	}
	if again := msg.IRC(m, at, limit); !slices.Equal(lines, again) {
		t.Errorf("rendered twice: %q and %q", lines, again)
	}
	source := strings.Fields(msg.Plain(m, at))
	known := map[string]bool{"\u200b": true}
	for _, c := range clusters(source...) {
		known[c] = true
	}
	for _, line := range lines {
		for _, fault := range lineFaults(line, limit) {
			t.Errorf("line %+q: %s", line, fault)
		}
		for _, w := range strings.Fields(line) {
			if !strings.Contains(w, "://") {
				continue
			}
			w = strings.ReplaceAll(w, "\u200b", "")
			if !slices.Contains(source, w) && !slices.Contains(source, strings.TrimSuffix(w, ";")) {
				t.Errorf("line %+q: address %+q is not in the message", line, w)
			}
		}
		for _, c := range clusters(line) {
			c = strings.TrimRight(c, "…;") // marks of ours may cling to what is before
			if len(c) > 1 && c != "·" && !known[c] && !known[c+"…"] && !known[c+";"] {
				t.Errorf("line %+q: character %+q is not in the message", line, c)
			}
		}
	}
	if len(source) > 0 && len(lines) == 0 {
		t.Errorf("nothing left of %+q", source)
	}
}

func TestIRCProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkIRC(t, anyMessage().Draw(t, "message"), time.Unix(1.7e9, 0), rapid.IntRange(64, 510).Draw(t, "limit"))
	})
}

func FuzzIRC(f *testing.F) {
	rows := hostile(f)
	for i, row := range rows {
		f.Add(row.text, rows[(i+1)%len(rows)].text, row.text, 64+i)
	}
	f.Fuzz(func(t *testing.T, a, b, link string, limit int) {
		if limit < 64 || limit > 4096 {
			t.Skip()
		}
		m := msg.New(msg.Announce, msg.Para{msg.Text(a + " "), msg.Name(b), msg.URL(link)}, text(b))
		m.Blocks = append(m.Blocks, listing(a, b, a, b))
		m.Link = link
		checkIRC(t, m, time.Unix(1.7e9, 0), limit)
	})
}

// Under the cap nothing is lost: every word comes, whole and in order.
func TestIRCKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(64, 510).Draw(t, "limit")
		var words []string
		for size := 0; ; {
			// Letters and digits, so that no line needs a guard; whatever the
			// breaks, a line holds limit minus one word and its space.
			w := rapid.StringMatching(`[a-zé修0-9]{1,5}`).Draw(t, "word")
			if size += len(w) + 1; size > 4*(limit-16) || len(words) == 200 {
				break
			}
			words = append(words, w)
		}
		lines := msg.IRC(msg.New(msg.Answer, text(strings.Join(words, " "))), time.Time{}, limit)
		if got := strings.Fields(strings.Join(lines, " ")); !slices.Equal(got, words) {
			t.Errorf("words %q\nlines %q", words, lines)
		}
	})
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

func TestNoHighlight(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"x":                       "x",
		"zoe":                     "z\u200boe",
		"\u1000\u102b\u1000":      "\u1000\u102b\u200b\u1000",
		"e\u0301ric":              "e\u0301\u200bric",
		"\U0001f1e8\U0001f1ffbot": "\U0001f1e8\U0001f1ff\u200bbot",
	} {
		if got := msg.NoHighlight(in); got != want {
			t.Errorf("NoHighlight(%+q) = %+q, want %+q", in, got, want)
		}
	}
}

// Of the 100 allocations and 100 µs that an answer may take, rendering gets a
// quarter.
func TestIRCAllocations(t *testing.T) {
	m, now := freezeAnswer("UTC"), specFreeze().AddDate(0, 0, -18)
	if got := testing.AllocsPerRun(100, func() { msg.IRC(m, now, 440) }); got > 12 {
		t.Errorf("a freeze answer takes %v allocations, want at most 12", got)
	}
}

func BenchmarkIRC(b *testing.B) {
	now := specFreeze().AddDate(0, 0, -18)
	for name, m := range map[string]msg.Message{"UTC": freezeAnswer("UTC"), "zone": freezeAnswer("America/New_York")} {
		for _, limit := range []int{440, 120} {
			b.Run(fmt.Sprintf("%s/limit=%d", name, limit), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					msg.IRC(m, now, limit)
				}
			})
		}
	}
	cjk := msg.New(msg.Answer, text(strings.Repeat("修复计算节点上的竞态条件", 30)))
	b.Run("cjk/limit=440", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			msg.IRC(cjk, now, 440)
		}
	})
}
