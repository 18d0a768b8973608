package ask

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// deeds are what a story may be made of.
var deeds = []string{
	"nina !ask zoe", "dave !ask zoe", "nina !ask erin", "bob !ask carl", "zoe !ask erin", "nina !asks",
	"zoe !pass", "zoe !pass erin", "erin !pass zoe", "zoe !taken", "erin !taken",
	"deliver zoe", "deliver erin", "deliver carl", "deliver nina", "expire zoe", "refuse erin muted",
	"zoe votes Code-Review+2", "erin votes Code-Review-1", "zoe comments why?", "carl votes Code-Review-2",
	"nina uploads", "nina comments because", "merge", "abandon",
	"reach zoe here", "reach zoe gone", "reach erin opted-out", "reach zoe away 2026-12-24T08:00Z",
	"gerrit down", "gerrit up",
	"zoe !later", "erin !later", "nina !unask zoe", "maria !unask erin", "zoe !undo", "erin !undo", "nina !undo", "maria !undo",
}

// signs are put to the last thing that zoe or erin heard, and taken back.
func signs() (all []string) {
	for _, who := range []string{"zoe", "erin", "nina", "maria", "bob"} {
		for _, sign := range []string{"✋", "💤", "❎", "un✋", "un💤", "un❎"} {
			for _, whose := range []string{"zoe", "erin"} {
				all = append(all, who+" "+sign+" "+whose)
			}
		}
	}
	return all
}

// machines are deeds that no person did: they answer nothing.
var machines = []string{
	"zuul votes Verified+1", "zuul votes Verified-1", "zuul comments fine", "arista votes Verified-1",
	"bot comments zoe was asked", "zoe comments recheck", "erin comments recheck please",
}

// Whatever happens, in whatever order: nobody has two open asks about one
// change, what waits in the outbox is what the ledger says waits (so who said ✋ or
// ❎ hears no second ping, and taking it back loses none), no ask ends twice or is
// forgotten, each ping that was heard shows how its ask stands, nothing that a
// machine wrote answers, and who asked is told once.
func TestLedgerHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		w.age(w.v.At)
		likely := []string{"nina !ask zoe", "deliver zoe", "deliver erin", "nina !ask erin"}
		for range rapid.IntRange(1, 60).Draw(rt, "deeds") {
			line := rapid.SampledFrom(slices.Concat(likely, deeds, machines, signs(), likely)).Draw(rt, "deed")
			if words := strings.Fields(line); slices.Contains(signs(), line) && !w.hasHeard(words[2]) {
				continue
			}
			if word, who, _ := strings.Cut(line, " "); word == "deliver" || word == "expire" || word == "refuse" {
				who, _, _ = strings.Cut(who, " ")
				if !w.waiting(w.person(who).ID) {
					continue
				}
			}
			w.until(t, w.v.At.Add(time.Minute))
			before := answers(t, w)
			w.do(t, line)
			if now := answers(t, w); slices.Contains(machines, line) && now != before {
				rt.Fatalf("%q answered an ask", line)
			}
			w.check(rt, t, line)
			w.until(t, w.v.At.Add(time.Minute+time.Duration(rapid.IntRange(0, 100).Draw(rt, "hours"))*time.Hour))
			w.check(rt, t, "time after "+line)
			for _, said := range w.took() {
				if strings.HasPrefix(said, "error") {
					rt.Fatalf("%q: %s", line, said)
				}
			}
		}
	})
}

func (w *world) waiting(person string) bool {
	for _, say := range w.box {
		if say.To.Person == person && !say.NotBefore.After(w.v.At) {
			return true
		}
	}
	return false
}

func (w *world) check(rt *rapid.T, t *testing.T, after string) {
	b, err := w.p.open(w.v)
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, a := range b.Open {
		id := a.Change + " " + a.Of
		if open[id] {
			rt.Fatalf("after %q: %s is asked twice", after, id)
		}
		open[id] = true
		say, boxed := w.box[a.ping()]
		if waits := a.waits(); waits != boxed {
			rt.Fatalf("after %q: %s waits: %t, in the outbox: %t", after, a.key(), waits, boxed)
		}
		off := a.Held || a.Until.After(w.v.At)
		if back := say.NotBefore.After(w.v.At); boxed && back != off {
			rt.Fatalf("after %q: %s is held: %t, in the outbox: %t", after, a.key(), off, back)
		}
		if at, ok := a.due(); ok && !at.After(w.v.At) {
			rt.Fatalf("after %q: %s was due %s, and is forgotten", after, a.dueKey(), at)
		}
		w.shows(rt, a, after)
	}
	ended := map[int]bool{}
	for _, a := range w.past(t) {
		if _, open := b.number(a.N); open || ended[a.N] {
			rt.Fatalf("after %q: ask %d has ended twice, or goes on", after, a.N)
		}
		ended[a.N] = true
		w.shows(rt, a, after)
	}
	for key, say := range w.box {
		if !say.Tell {
			continue // to an asker
		}
		if !slices.ContainsFunc(b.Open, func(a ask) bool { return a.ping() == key }) {
			rt.Fatalf("after %q: %s waits for an ask that is over", after, key)
		}
	}
}

// shows checks that the newest ping that somebody heard says how its ask stands,
// and calls nobody but who is still asked.
func (w *world) shows(rt *rapid.T, a ask, after string) {
	m, heard := w.shown[a.living()]
	if !heard {
		return
	}
	if got, want := mentioned(m), w.p.stands(w.v, a) == nil; got != want {
		rt.Fatalf("after %q: %s calls somebody: %t, want %t: %s", after, a.living(), got, want, msg.Plain(m, w.v.At))
	}
}

func mentioned(m msg.Message) bool {
	return slices.ContainsFunc(m.Blocks, func(b msg.Block) bool {
		return slices.ContainsFunc(b.Para, func(in msg.Inline) bool { return in.Mention != nil })
	})
}

func (w *world) hasHeard(name string) bool {
	return slices.ContainsFunc(w.heard, func(s bot.Say) bool { return s.To.Person == w.person(name).ID })
}

// answers counts the asks that an act has answered.
func answers(t *testing.T, w *world) int {
	n := 0
	for _, a := range w.past(t) {
		if a.How == voted || a.How == commented {
			n++
		}
	}
	return n
}

func (w *world) past(t *testing.T) []ask {
	b, err := w.p.open(w.v)
	if err != nil {
		t.Fatal(err)
	}
	past, err := b.ended("opendev/912345")
	if err != nil {
		t.Fatal(err)
	}
	return past
}

// Of many open asks the oldest five are named.
func TestAsksListsFive(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	c := w.change()
	b, err := w.p.open(w.v)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 7 {
		c.Number = 912345 + n
		w.v.Queue = append(w.v.Queue, c)
		if _, err := w.p.put(b, ask{By: "nina", ByName: "nina"}, w.person("zoe"), 2, c); err != nil {
			t.Fatal(err)
		}
	}
	eff, err := b.effects()
	w.apply(t, eff, err)
	w.took()
	w.do(t, "nina !asks")
	got := w.took()[0]
	if !strings.HasPrefix(got, "reply Open asks:\n- 912345 to zoe") || !strings.HasSuffix(got, "\n- 912349 to zoe, asked today by nina, on its way\n- +2 more") {
		t.Errorf("got %s", got)
	}
}

// What has ended is forgotten when it counts for nothing any more.
func TestPastIsForgotten(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	for _, line := range []string{"nina !ask zoe", "deliver zoe", "zoe !pass", "at 2026-12-14T14:00Z", "nina !ask erin"} {
		w.do(t, line)
	}
	if _, ok := w.v.Records["past/opendev/912345"]; !ok {
		t.Fatalf("no past after four weeks less a day: %v", fmt.Sprint(w.v.Records))
	}
	for _, line := range []string{"at 2026-12-16T14:00Z", "bob !ask carl"} {
		w.do(t, line)
	}
	if past, ok := w.v.Records["past/opendev/912345"]; ok {
		t.Errorf("the past is still there: %s", past)
	}
	if l := string(w.v.Records[ledgerKey]); strings.Contains(l, `"past"`) {
		t.Errorf("the ledger still speaks of it: %s", l)
	}
}

// The same person about another change is another ask; another server's change
// of the same number is another change.
func TestChangesAreToldApart(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	w.do(t, "nina !ask zoe")
	moved := w.change()
	moved.Server = "other"
	w.v.Queue = []review.Change{moved}
	w.do(t, "nina !ask zoe")
	if len(w.box) != 2 {
		t.Errorf("%d pings, want 2: %v", len(w.box), w.took())
	}
	eff, err := w.p.on(t.Context(), w.v, bot.Event{Change: &review.Event{Change: review.Change{Server: "other", Number: 912345, Status: review.Merged}, What: review.HasMerged}})
	w.apply(t, eff, err)
	if _, ok := w.box["opendev/912345/zoe/1"]; !ok || len(w.box) != 1 {
		t.Errorf("a merge elsewhere ended %v", w.took())
	}
}

// What was due when somebody said that they have it is not told.
func TestDueAndTakenAtOnce(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	for _, line := range []string{"nina !ask zoe", "deliver zoe", "at 2026-11-20T13:59Z"} {
		w.do(t, line)
	}
	occs := w.p.due(w.v, w.v.At, w.v.At.Add(time.Minute))
	if len(occs) != 1 {
		t.Fatalf("due: %v", occs)
	}
	w.do(t, "zoe !taken")
	w.took()
	w.age(occs[0].At)
	eff, err := w.p.silence(t.Context(), w.v, occs[0])
	w.apply(t, eff, err)
	if got := w.took(); len(got) > 0 {
		t.Errorf("said %v", got)
	}
}

// A private place is no room for a ping.
func TestPrivateCall(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	w.do(t, "nina privately !ask zoe")
	for _, say := range w.box {
		if say.To.Room != (bot.Room{}) {
			t.Errorf("the ping goes to %s", say.To.Room)
		}
	}
}

// An ask that had no answer is over when everybody has forgotten it.
func TestOldSilenceEnds(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	for _, line := range []string{"nina !ask zoe", "deliver zoe", "at 2026-12-16T14:00Z", "nina !ask erin"} {
		w.do(t, line)
	}
	w.took()
	w.do(t, "nina !asks zoe")
	if got := w.took()[0]; got != "reply No open ask for zoe." {
		t.Errorf("got %s", got)
	}
}

// Of what can't be said before it expires nothing is taken: the ledger has an end.
func TestNoMoreWaitsThanAWeekTakes(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	c := w.change()
	for n := range 3*7 + 2 {
		c.Number = 912345 + n
		w.v.Queue = []review.Change{c}
		w.do(t, "nina !ask zoe")
	}
	out := w.took()
	if len(w.box) != 21 {
		t.Errorf("%d pings wait, want 21: %v", len(w.box), out)
	}
	want := "reply Not asked: 21 asks wait for zoe already, as many as can be said in a week. erin and carl could review it: !ask erin 912367 https://review.opendev.org/912367"
	if got := out[len(out)-1]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.do(t, "deliver zoe")
	w.took()
	w.do(t, "nina !ask zoe")
	if len(w.box) != 21 {
		t.Errorf("one was said, and %d wait", len(w.box))
	}
}

// A change that CI forgets keeps no ask open for ever, nor the bot busy.
func TestForgottenByCI(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	for _, line := range []string{"nina !ask zoe", "deliver zoe", "nina uploads", "at 2026-12-14T14:00Z"} {
		w.do(t, line)
	}
	b, err := w.p.open(w.v)
	if err != nil || len(b.Open) != 1 || b.Open[0].Late > 50 {
		t.Fatalf("open after four weeks less a day: %+v, %v", b.Open, err)
	}
	w.took()
	w.do(t, "at 2026-12-17T14:00Z")
	w.do(t, "nina !asks")
	if got := strings.Join(w.took(), "; "); got != "reply No open asks." {
		t.Errorf("got %s", got)
	}
}
