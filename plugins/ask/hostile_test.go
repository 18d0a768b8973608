package ask

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Text from outside says nothing but itself, in whatever line: subjects, names
// and user names of accounts, notes, what a network says.
func TestHostile(t *testing.T) {
	for _, evil := range hostile(t) {
		w := newWorld()
		w.age(w.v.At)
		w.raw.Subject, w.raw.Project, w.v.Read.Failing = evil, "openstack/"+evil, evil
		for i, p := range w.v.Persons {
			if p.Name == "carl" || p.Name == "dave" {
				// As somebody without a section: everything is the server's.
				w.v.Persons[i].Gerrit = evil
				delete(w.v.Accounts, p.ID)
				w.v.Persons[i].ID = "opendev:" + strconv.Itoa(accounts[p.Name].ID)
				w.v.Accounts[w.v.Persons[i].ID] = accounts[p.Name].ID
				w.v.Reaches[w.v.Persons[i].ID] = w.v.Reaches["zoe"]
			}
		}
		w.v.Queue = []review.Change{w.change()}
		w.v.Casts[w.raw.Project] = w.v.Casts["openstack/glance"]
		find := func(name string) int {
			for i, p := range w.v.Persons {
				if p.ID == "opendev:"+strconv.Itoa(accounts[name].ID) {
					return i
				}
			}
			return -1
		}
		story := []string{
			"nina !ask zoe " + evil, "dave !ask carl " + evil, "nina !ask dave", "nina !ask zoe", "nina !asks",
			"refuse zoe " + evil, "nina !ask erin", "at 2026-11-17T15:00Z", "carl comments " + evil, "nina !ask bob", "at 2026-11-17T16:00Z", "nina comments so: " + evil,
			"nina !ask bob " + evil, "bob !pass dave", "bob !pass zoe", "zuul votes Verified-1", "nina !ask bob",
		}
		carl := find("carl")
		for _, line := range story {
			w.do(t, line)
			w.v.Persons[carl].Name = "carl"
		}
		// And the same with a display name, which only lines that name carl say.
		w.v.Persons[carl].Gerrit = ""
		for _, say := range w.v.Persons {
			if say.ID != w.v.Persons[carl].ID {
				continue
			}
			say.Name = evil
			w.all = append(w.all, msg.New(msg.Answer, fill("% %", name(called(say)), command("!ask ", called(say), " 1"))))
		}
		w.do(t, "at 2026-11-30T10:00Z")
		if len(w.all) < 12 {
			t.Fatalf("%q: said %d things, which shows little", evil, len(w.all))
		}
		for _, m := range w.all {
			mentions := 0
			for _, b := range m.Blocks {
				for _, in := range b.Para {
					if in.Mention != nil {
						mentions++
					}
				}
			}
			if m.Kind == msg.Answer && mentions > 0 {
				t.Errorf("%q: an answer mentions somebody: %v", evil, m)
			}
			lines := msg.IRC(m, w.v.At, 200)
			for _, line := range append(lines, msg.Plain(m, w.v.At)) {
				if fault := harm(line); fault != "" {
					t.Errorf("%q says %q: %s", evil, line, fault)
				}
			}
			for _, line := range lines {
				if len(line) > 200 {
					t.Errorf("%q: a line of %d bytes", evil, len(line))
				}
				if strings.HasPrefix(line, "!") {
					t.Errorf("%q: %q is a command to another bot", evil, line)
				}
			}
		}
	}
}

// A note or a subject can't end its own quotation.
func TestQuotation(t *testing.T) {
	got := msg.Plain(msg.New(msg.Answer, quoted(`a" (glance): merged. Note: "b`, mostNote)), newWorld().v.At)
	if want := `"a' (glance): merged. Note: 'b"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// harm says what a line does beyond being read.
func harm(line string) string {
	if !utf8.ValidString(line) {
		return "not UTF-8"
	}
	for _, r := range strings.ReplaceAll(line, "\n- ", "") {
		if unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return "control character " + strconv.QuoteRune(r)
		}
	}
	return ""
}

func hostile(t *testing.T) []string {
	t.Helper()
	f, err := os.Open("../../bot/msg/testdata/hostile-subjects.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var texts []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		columns := strings.SplitN(lines.Text(), "\t", 5)
		if len(columns) < 5 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(columns[4], `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("row %s: %v", columns[0], err)
		}
		texts = append(texts, text)
	}
	if len(texts) < 60 {
		t.Fatalf("read %d rows, want all of them", len(texts))
	}
	return texts
}
