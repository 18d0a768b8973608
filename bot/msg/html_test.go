package msg_test

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/msg"
)

func mention(called, user string) msg.Inline {
	return msg.Inline{Mention: &msg.Mention{Person: "zz", Called: called, User: user}}
}

func TestHTML(t *testing.T) {
	const link = "https://e.org/q"
	one := func(in ...msg.Inline) msg.Message { return msg.New(msg.Announce, in) }
	for _, tc := range []struct {
		name string
		m    msg.Message
		want string
	}{
		{"nothing", msg.Message{}, ""},
		{"nothing visible", msg.New(msg.Answer, text(" \u200b"), msg.Para{msg.Bold("\x02"), msg.Code(" ")}), ""},
		{"only a link", msg.Message{Link: link}, `<a href="https://e.org/q">https://e.org/q</a>`},
		{"a paragraph", one(msg.Bold("Spec freeze"), msg.Text(": today")), "<strong>Spec freeze</strong>: today"},
		{"white space stays outside", one(msg.Text("a "), msg.Bold(" b "), msg.Text(" c"), msg.Code(" d")), "a <strong>b</strong> c <code>d</code>"},
		{"white space at the ends goes", one(msg.Bold(" a "), msg.Text(" ")), "<strong>a</strong>"},
		{"code", one(msg.Code("!ask <core>")), "<code>!ask &lt;core&gt;</code>"},
		{"a URL", one(msg.URL(link + "?a=1&b=\"2\"")), `<a href="https://e.org/q?a=1&amp;b=&#34;2&#34;">https://e.org/q?a=1&amp;b=&#34;2&#34;</a>`},
		{"a URL of no web", one(msg.URL("javascript:alert(1)")), "javascript:alert(1)"},
		{"a URL with a login", one(msg.URL("https://bank.example@e.org/")), "https://bank.example@e.org/"},
		{"a URL of nowhere", one(msg.URL("https:///x")), "https:///x"},
		{"a pill by URL", one(msg.URL("https://matrix.to/#/@zoe:e.org")), "https://matrix.to/#/@zoe:e.org"},
		{"a pill by link", msg.Message{Link: "https://MATRIX.to./#/@zoe:e.org"}, "https://MATRIX.to./#/@zoe:e.org"},
		{"a pill by the letters of another alphabet", one(msg.URL("https://\uff4datrix.to/#/@zoe:e.org")), "https://\uff4datrix.to/#/@zoe:e.org"},
		{"an address that is like one", one(msg.URL("https://matrix.tools")), `<a href="https://matrix.tools">https://matrix.tools</a>`},
		{"a pill", one(mention("Zoe", "@zoe:e.org"), msg.Text(": look")), `<a href="https://matrix.to/#/@zoe:e.org">Zoe</a>: look`},
		{"a pill with a strange id", one(mention("Zoe", `@a/"<&:e.org`)), `<a href="https://matrix.to/#/@a%2F%22%3C&amp;:e.org">Zoe</a>`},
		{"a mention without id", one(mention("Zoe", "")), "Zoe"},
		{"a mention with a bad id", one(mention("Zoe", `@zoe:e.org"><b>`)), "Zoe"},
		{"a mention by another name", one(mention("<b>", "@zoe:e.org")), `<a href="https://matrix.to/#/@zoe:e.org">&lt;b&gt;</a>`},
		{"markdown is text", one(msg.Text("[zoe](https://matrix.to/#/@zoe:e.org) **b** `c`")), "[zoe](https://matrix.to/#/@zoe:e.org) **b** `c`"},
		{"tags are text", one(msg.Text("<b onclick='x'>&amp;\x1f")), "&lt;b onclick=&#39;x&#39;&gt;&amp;amp;"},
		{"paragraphs", msg.New(msg.Answer, text("a"), text("b")), "<p>a</p><p>b</p>"},
		{
			"a list, and the link behind it",
			msg.Message{Blocks: []msg.Block{{Para: text("Next:")}, listing("a", "\u200b", "b")}, Link: link},
			`<p>Next:</p><ul><li>a</li><li>b</li></ul><p><a href="https://e.org/q">https://e.org/q</a></p>`,
		},
		{"an empty list", msg.Message{Blocks: []msg.Block{listing("\u200b")}}, ""},
		{
			"the link behind a paragraph",
			msg.Message{Blocks: []msg.Block{listing("a"), {Para: text("b")}}, Link: link},
			`<ul><li>a</li></ul><p>b <a href="https://e.org/q">https://e.org/q</a></p>`,
		},
		{"what is past", msg.Message{Blocks: []msg.Block{{Para: text("a"), Until: time.Time{}.Add(1)}, {Para: text("b"), From: time.Time{}.Add(time.Hour)}}}, "a"},
	} {
		if diff := cmp.Diff(tc.want, msg.HTML(tc.m, time.Time{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.name, diff)
		}
	}
}

// Who is mentioned comes from Mentions, and from nothing that a text says.
func TestMentions(t *testing.T) {
	at := time.Unix(1e9, 0)
	m := msg.Message{Kind: msg.Ask, Blocks: []msg.Block{
		{Para: msg.Para{mention("Zoe", "@zoe:e.org"), msg.Text(" @room @bob:e.org "), msg.Name("@bob:e.org"), msg.URL("https://matrix.to/#/@bob:e.org")}},
		{List: []msg.Para{{mention("Zoe", "@zoe:e.org")}, {mention("Ann", "@ann:[::1]:8448")}, {mention("bob", "")}}},
		{Para: msg.Para{mention("gone", "@gone:e.org")}, Until: at},
		{Para: msg.Para{mention("later", "@later:e.org")}, From: at.Add(1)},
	}, Link: "https://matrix.to/#/@bob:e.org"}
	for _, bad := range []string{"@", "@:e.org", "@bob", "bob:e.org", "@bob:", "@bo b:e.org", "@bob:e.org/x", "@bob:e org", "@b\u00f6b:e.org", "@room", "@" + strings.Repeat("b", 250) + ":e.org"} {
		m.Blocks[0].Para = append(m.Blocks[0].Para, mention("bob", bad))
	}
	if diff := cmp.Diff([]string{"@zoe:e.org", "@ann:[::1]:8448"}, msg.Mentions(m, at)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

var (
	tag     = regexp.MustCompile(`<[^>]*>`)
	pills   = regexp.MustCompile(`(?i)(^|\.)matrix\.to\.?$|[^a-z0-9.:-]`)
	allowed = regexp.MustCompile(`^(</?(p|ul|li|strong|code)>|<a href="((?i:https?)://[^"<>]*)">|</a>)$`)
)

// checkHTML tells what is wrong with the HTML of a message that speaks to
// nobody: a foreign tag or attribute, a tag that is not closed, a pill, and
// words that are not those of the plain text.
func checkHTML(t interface{ Errorf(string, ...any) }, m msg.Message, at time.Time) {
	got := msg.HTML(m, at)
	var open []string
	for _, found := range tag.FindAllString(got, -1) {
		parts := allowed.FindStringSubmatch(found)
		if parts == nil {
			t.Errorf("HTML %+q: tag %+q", got, found)
		} else if u, err := url.Parse(html.UnescapeString(parts[3])); err != nil || pills.MatchString(u.Hostname()) {
			t.Errorf("HTML %+q: a pill, or no address: %+q", got, found)
		}
		name := strings.Trim(strings.Fields(found)[0], "</>")
		switch {
		case !strings.HasPrefix(found, "</"):
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Errorf("HTML %+q: %+q closes nothing", got, found)
			return
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("HTML %+q: %q left open", got, open)
	}
	spaced := strings.NewReplacer("</p>", " ", "</li>", " ").Replace(got)
	bare := tag.ReplaceAllString(spaced, "")
	if strings.ContainsAny(bare, "<>\"'\x00\x1f\n") {
		t.Errorf("HTML %+q: not escaped", got)
	}
	words := func(s string) []string { // without the plain text's "- " before items
		return slices.DeleteFunc(strings.Fields(s), func(w string) bool { return w == "-" })
	}
	if diff := cmp.Diff(words(msg.Plain(m, at)), words(html.UnescapeString(bare))); diff != "" {
		t.Errorf("HTML %+q says something else than the plain text (-plain +html)\n%s", got, diff)
	}
	if users := msg.Mentions(m, at); len(users) > 0 {
		t.Errorf("mentions %q", users)
	}
}

func TestHTMLHostile(t *testing.T) {
	for _, row := range hostile(t) {
		m := msg.New(msg.Announce, msg.Para{
			msg.Text("Event: "), msg.Text(row.text), msg.Text(" "), msg.Bold(row.text), msg.Text(" "), msg.Code(row.text),
			msg.Text(" "), msg.Name(row.text), msg.Text(" "), msg.URL(row.text), msg.Text(" "), mention(row.text, row.text),
		})
		m.Blocks = append(m.Blocks, listing(row.text, row.text))
		m.Link = row.text
		checkHTML(t, m, time.Time{})
	}
}

func TestHTMLProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkHTML(t, anyMessage().Draw(t, "message"), time.Unix(1.7e9, 0))
	})
}

func FuzzHTML(f *testing.F) {
	for _, row := range hostile(f) {
		f.Add(row.text, row.text)
	}
	f.Add("<a href=\"https://matrix.to/#/@zoe:e.org\">", "https://e.org/\"><script>")
	f.Add("[x](https://matrix.to/#/@zoe:e.org)", "https://matrix.to:443/#/@zoe:e.org")
	f.Add("[x](https://matrix.to/#/@zoe:e.org)", "https://matrix.to\xff443/#/@zoe:e.org")
	f.Fuzz(func(t *testing.T, a, b string) {
		m := msg.New(msg.Announce, msg.Para{msg.Bold(a), msg.Text(" "), msg.URL(b), msg.Text(" "), mention(a, "")}, msg.Para{msg.Code(b)})
		m.Blocks = append(m.Blocks, listing(a, b))
		m.Link = b
		checkHTML(t, m, time.Unix(1.7e9, 0))
	})
}
