package review

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	vote := func(label string, value int) Given { return Given{label, value} }
	for _, c := range []struct {
		name string
		m    RawMessage
		want said
	}{
		{"votes", RawMessage{Text: "Patch Set 12: Code-Review+2 Workflow+1"}, said{patchSet: 12, votes: []Given{vote("Code-Review", 2), vote("Workflow", 1)}}},
		{"a vote taken back", RawMessage{Text: "Patch Set 1: -Code-Review"}, said{patchSet: 1, votes: []Given{vote("Code-Review", 0)}}},
		{"nothing", RawMessage{Text: "Patch Set 1:"}, said{patchSet: 1}},
		{"a comment", RawMessage{Text: "Patch Set 1:\n\nwhy?"}, said{patchSet: 1, comment: true}},
		{"CR LF", RawMessage{Text: "Patch Set 1: Code-Review-1\r\n\r\nwhy?"}, said{patchSet: 1, votes: []Given{vote("Code-Review", -1)}, comment: true}},
		{"inline comments", RawMessage{Text: "Patch Set 1:\n\n(1 comment)"}, said{patchSet: 1, comment: true}},
		{"inline comments as of old", RawMessage{Text: "Patch Set 1: Code-Review-1 (3 inline comments)"}, said{patchSet: 1, votes: []Given{vote("Code-Review", -1)}, comment: true}},
		{"a vote quoted in the text is none", RawMessage{Text: "Patch Set 1:\n\nCode-Review+2\nPatch Set 1: Code-Review+2"}, said{patchSet: 1, comment: true}},
		{"a vote after words is none", RawMessage{Text: "Patch Set 1: I give Code-Review+2"}, said{patchSet: 1, comment: true}},
		{"recheck", RawMessage{Text: "Patch Set 1:\n\nrecheck"}, said{patchSet: 1, comment: true, recheck: true, only: true}},
		{"recheck with a reason", RawMessage{Text: "Patch Set 1:\n\n Recheck bug 1234,\nthe grenade job again"}, said{patchSet: 1, comment: true, recheck: true, only: true}},
		{"recheck for another CI", RawMessage{Text: "Patch Set 1:\n\ncisco-ironic-recheck"}, said{patchSet: 1, comment: true, only: true}},
		{"words, then recheck", RawMessage{Text: "Patch Set 1:\n\nThe job timed out.\nrecheck"}, said{patchSet: 1, comment: true, recheck: true}},
		{"recheck, then words", RawMessage{Text: "Patch Set 1:\n\nrecheck\n\nBut why the lock?"}, said{patchSet: 1, comment: true, recheck: true}},
		{"recheck beside a vote", RawMessage{Text: "Patch Set 1: Code-Review+1\n\nrecheck"}, said{patchSet: 1, votes: []Given{vote("Code-Review", 1)}, comment: true, recheck: true}},
		{"recheck beside inline comments", RawMessage{Text: "Patch Set 1:\n\n(1 comment)\n\nrecheck"}, said{patchSet: 1, comment: true, recheck: true}},
		{"recheck as a patch-set-level comment", RawMessage{Text: "Patch Set 1:\n\n(1 comment)", Notes: []string{"recheck"}}, said{patchSet: 1, comment: true, recheck: true, only: true}},
		{"the same beside another comment", RawMessage{Text: "Patch Set 1:\n\n(2 comments)", Notes: []string{"recheck"}}, said{patchSet: 1, comment: true}},
		{"rechecked", RawMessage{Text: "Patch Set 1:\n\nRechecked the numbers"}, said{patchSet: 1, comment: true}},
		{"no first line of the server's", RawMessage{Text: "hello"}, said{comment: true}},
		{"empty", RawMessage{}, said{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, read(c.m), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every vote that is read can be stored and read back, and no text makes votes
// below the first line.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"Patch Set 1: Code-Review+2 -Workflow\n\n(3 comments)\n\nrecheck", "Patch Set 1:\r\n\r\n(1 comment)", "Patch Set 99999999: A-1-1+22",
		"Uploaded patch set 2: Patch Set 1 was rebased.", "Removed Code-Review-2 by <GERRIT_ACCOUNT_5>", "Patch Set 1: \x00+1 \u2028-A",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := read(RawMessage{Text: text})
		line, _, _ := strings.Cut(text, "\n")
		for _, v := range s.votes {
			back, err := parseGiven(v.String())
			if err != nil || back != v {
				t.Errorf("vote %+v is stored as %q and read as %+v, %v", v, v, back, err)
			}
			if !strings.Contains(line, v.Label) {
				t.Errorf("vote %v is not of the first line %q", v, line)
			}
		}
		if s.only && (len(s.votes) > 0 || !s.comment) {
			t.Errorf("only a recheck, with %v", s)
		}
		if p := readUpload(RawMessage{Text: text, PatchSet: 3}); p.Number < 0 {
			t.Errorf("patch set %d", p.Number)
		}
		noticeOf(RawMessage{Text: text})
		removedVote.FindStringSubmatch(text)
	})
}

func FuzzAct(f *testing.F) {
	f.Add("2 1786000000 3 -cra Code-Review+2 Workflow+0")
	f.Fuzz(func(t *testing.T, text string) {
		var a, b Act
		if a.UnmarshalText([]byte(text)) != nil {
			return
		}
		out, err := a.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalText(out); err != nil {
			t.Fatalf("%q, read from %q: %v", out, text, err)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	})
}
