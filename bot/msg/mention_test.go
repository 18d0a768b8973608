package msg_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/msg"
)

// one is a message in one line on IRC, and in plain text.
func one(t *testing.T, m msg.Message) (irc, plain string) {
	t.Helper()
	lines := msg.IRC(m, time.Time{}, 440)
	if len(lines) != 1 {
		t.Fatalf("lines %q, want one", lines)
	}
	return lines[0], msg.Plain(m, time.Time{})
}

// Who is spoken to is highlighted: the nick stands as it is, at the line's start,
// and whoever else is named does not.
func TestMention(t *testing.T) {
	for _, tc := range []struct {
		called     string
		irc, plain string
	}{
		{"zoe", "zoe: n\u200bina asks", "zoe: nina asks"},
		{"[zoe]|away", "[zoe]|away: n\u200bina asks", "[zoe]|away: nina asks"},
		// A sign that begins another bot's command is not the line's first; the nick is whole.
		{"_zoe_", "· _zoe_: n\u200bina asks", "_zoe_: nina asks"},
		{"!pass", "· !pass: n\u200bina asks", "!pass: nina asks"},
		// Hostile: one line, no format, and no name but the one that is meant.
		{"zoe\r\nQUIT", "z\u200boe Q\u200bUIT: n\u200bina asks", "zoe QUIT: nina asks"},
		{"\x02z\x0304oe\x0f", "zoe: n\u200bina asks", "zoe: nina asks"},
		{"z\u200boe\u202e", "zoe: n\u200bina asks", "zoe: nina asks"},
		{"Zoe bob", "Z\u200boe b\u200bob: n\u200bina asks", "Zoe bob: nina asks"},
		{"", "zz: n\u200bina asks", "zz: nina asks"},
		{"\u200b\x02", "zz: n\u200bina asks", "zz: nina asks"},
	} {
		m := msg.New(msg.Ask, msg.Para{msg.To("zz", tc.called), msg.Text(": "), msg.Name("nina"), msg.Text(" asks")})
		irc, plain := one(t, m)
		if irc != tc.irc || plain != tc.plain {
			t.Errorf("called %+q: got %+q, %+q\nwant %+q, %+q", tc.called, irc, plain, tc.irc, tc.plain)
		}
	}
}

// A name of several words highlights nobody by any of them.
func TestNameOfWords(t *testing.T) {
	irc, plain := one(t, msg.New(msg.Answer, msg.Para{msg.Text("by "), msg.Name("x zoe  bob")}))
	if want := "by x z\u200boe b\u200bob"; irc != want {
		t.Errorf("got %+q, want %+q", irc, want)
	}
	if want := "by x zoe bob"; plain != want {
		t.Errorf("got %+q, want %+q", plain, want)
	}
}

// However somebody is called, the message keeps to its lines, and none of them
// triggers, formats or ends.
func TestMentionIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		called, limit := anyText().Draw(t, "called"), rapid.IntRange(64, 440).Draw(t, "limit")
		m := msg.New(msg.Ask, msg.Para{msg.To("zz", called), msg.Text(": look")})
		lines := msg.IRC(m, time.Time{}, limit)
		if len(lines) == 0 || len(lines) > 4 {
			t.Errorf("called %+q: %d lines", called, len(lines))
		}
		for _, line := range lines {
			for _, fault := range lineFaults(line, limit) {
				t.Errorf("called %+q: line %+q: %s", called, line, fault)
			}
		}
		if plain := msg.Plain(m, time.Time{}); strings.ContainsAny(plain, "\r\n\x00\x1b\x02") {
			t.Errorf("called %+q: %+q", called, plain)
		}
	})
}

// Those who are spoken to are called as they are in the room, wherever they stand;
// the stored message is not touched, and who is not found keeps the name.
func TestCall(t *testing.T) {
	para := func(zoe, bob string) msg.Para {
		return msg.Para{msg.To("zoe", zoe), msg.Text(" and "), msg.To("bob", bob), msg.Text(", says "), msg.Name("zoe")}
	}
	stored := msg.Message{Kind: msg.Ask, Blocks: []msg.Block{
		{Para: para("Zoe", "Bob"), From: time.Unix(1, 0), Until: time.Unix(2, 0)},
		{List: []msg.Para{para("Zoe", "Bob"), {msg.Text("zoe")}}},
	}, Link: "https://e.org"}
	before, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	got := stored.Call(func(person string) (called, user string) {
		if person == "zoe" {
			return "zoe_", "@zoe:example.org"
		}
		return "", "@nobody:example.org"
	})
	after, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("the message itself has changed:\n%s", diff)
	}
	called := msg.Inline{Mention: &msg.Mention{Person: "zoe", Called: "zoe_", User: "@zoe:example.org"}}
	want := msg.Message{Kind: msg.Ask, Blocks: []msg.Block{
		{Para: append(msg.Para{called}, para("Zoe", "Bob")[1:]...), From: time.Unix(1, 0), Until: time.Unix(2, 0)},
		{List: []msg.Para{append(msg.Para{called}, para("Zoe", "Bob")[1:]...), {msg.Text("zoe")}}},
	}, Link: "https://e.org"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
