package ask

import (
	"strconv"
	"strings"
	"testing"

	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Text from outside says nothing but itself, in whatever line: subjects, names
// and user names of accounts, notes, what a network says.
func TestHostile(t *testing.T) {
	for _, evil := range bottest.Hostile(t) {
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
		// What becomes of a ping that was heard, of all who have such names.
		w.do(t, "at 2026-11-30T10:00Z")
		w.raw.Messages, w.raw.Votes, w.raw.PatchSets = nil, nil, nil
		w.upload("nina")
		w.says("zuul", "Verified+1")
		w.v.Queue = []review.Change{w.change()}
		w.v.Persons[carl].Name, w.v.Persons[find("dave")].Name = evil, evil
		edits := len(w.shown)
		for _, line := range []string{
			"opendev:5 !ask opendev:7", "deliver opendev:7", "look opendev:7", "@ 💤 @", "@ un💤 @", "@ ✋ @", "@ un✋ @", "@ ❎ @", "@ un❎ @",
			"@ !later", "@ !taken", "opendev:5 ❎ @", "opendev:5 un❎ @", "@ !pass zoe", "deliver zoe", "opendev:5 !unask", "opendev:5 !undo",
		} {
			w.do(t, strings.ReplaceAll(line, "@", "opendev:7"))
		}
		if len(w.shown) != edits+2 {
			t.Errorf("%q: %d pings were heard, want 2: %v", evil, len(w.shown)-edits, w.out)
		}
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
			bottest.Harmless(t, strconv.Quote(evil), m, w.v.At, 200)
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
