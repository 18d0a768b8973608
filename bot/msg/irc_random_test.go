package msg_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
