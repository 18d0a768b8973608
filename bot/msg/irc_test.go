package msg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/msg"
)

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
