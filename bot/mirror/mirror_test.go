package mirror_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

const day = 24 * time.Hour

// The first day: all is read, and nothing of it is news; from then on all that
// happens is.
func TestWhatIsNews(t *testing.T) {
	w := newWorld(t)
	first := said(uploaded(1, glance, start.Add(-90*day)), zoe, start.Add(-80*day), "old words")
	if w.m.Mark(opendev) != nil {
		t.Error("a mark before anything was read")
	}
	same(t, "told by the first read", w.full(t, first, uploaded(2, specs, start.Add(-time.Minute))), []string(nil))
	same(t, "open", w.m.Open(opendev), []int{1, 2})
	same(t, "mark", string(w.m.Mark(opendev)), start.String())

	w.now = start.Add(time.Hour)
	voted := said(first, zoe, w.now.Add(-time.Minute), "looks good", review.Given{Label: "Code-Review", Value: 2})
	told := w.take(t, mirror.Reading{Changes: []review.Raw{
		uploaded(4, glance, w.now.Add(-2*time.Minute)),
		voted,
		uploaded(5, nova, start.Add(-2*day)), // of a project that was added
		said(uploaded(6, glance, start.Add(-9*time.Minute)), zoe, w.now, "hello"), // the index was late with it
	}, Mark: []byte("2")})
	same(t, "told", told, []string{"6: patch-set by 1", "4: patch-set by 1", "1: vote by 2", "6: comment by 2"})

	w.now = w.now.Add(time.Hour)
	told = w.take(t, mirror.Reading{Changes: []review.Raw{merged(voted, w.now)}, Gone: []int{2, 77}, Mark: []byte("3")})
	same(t, "told", told, []string{"1: merge by 0"})
	same(t, "open", w.m.Open(opendev), []int{4, 5, 6})
	same(t, "keys", w.keys(), []string{
		"mirror/opendev/change/1", "mirror/opendev/change/4", "mirror/opendev/change/5", "mirror/opendev/change/6", "mirror/opendev/mark",
	})
}

// What is known already costs no commit, and still says when it was read.
func TestNothingNew(t *testing.T) {
	w := newWorld(t)
	raw := said(uploaded(1, glance, start.Add(-day)), zoe, start.Add(-time.Hour), "hm")
	w.full(t, raw)
	written := w.written

	same(t, "read at", w.m.ReadAt(opendev, 1), start)
	w.now = start.Add(time.Minute)
	if told := w.take(t, mirror.Reading{Changes: []review.Raw{raw}, Mark: w.m.Mark(opendev)}); told != nil {
		t.Errorf("told %q", told)
	}
	w.take(t, mirror.Reading{Gone: []int{99}, Changes: []review.Raw{merged(uploaded(98, glance, start.Add(-90*day)), start.Add(-80*day))}})
	w.take(t, mirror.Reading{})
	same(t, "written", w.written, written)
	same(t, "read at", w.m.ReadAt(opendev, 1), w.now)
	same(t, "read at, of what is not there", w.m.ReadAt(opendev, 2), time.Time{})

	w.take(t, mirror.Reading{Mark: []byte("moved")})
	same(t, "written with a mark", w.written, written+1)
	if batches := w.m.Take("unheard of", mirror.Reading{At: w.now, Changes: []review.Raw{raw}}); batches != nil {
		t.Errorf("%d batches for a server that is not configured", len(batches))
	}
}

// Until a batch is kept, nobody sees it; what somebody looks at does not move.
func TestOneMoment(t *testing.T) {
	w := newWorld(t)
	raw := uploaded(1, glance, start)
	w.full(t, raw)
	before := w.m.Reviews(team, start, nil, nil, bot.ReviewState{})
	batches := w.m.Take(opendev, mirror.Reading{At: start, Changes: []review.Raw{said(raw, zoe, start.Add(time.Hour), "hm")}, Gone: []int{9}})
	if c, _ := w.m.Reviews(team, start, nil, nil, bot.ReviewState{}).Change(1); c.Reviewed {
		t.Error("seen before it was kept")
	}
	for _, b := range batches {
		b.Keep()
	}
	if c, _ := before.Change(1); c.Reviewed {
		t.Error("a moment has moved")
	}
	if c, _ := w.m.Reviews(team, start, nil, nil, bot.ReviewState{}).Change(1); !c.Reviewed {
		t.Error("not seen after it was kept")
	}
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	var raws []review.Raw
	for n := range 20 {
		raws = append(raws, said(uploaded(n+1, glance, start.Add(-day)), zoe, start, strings.Repeat("why? ", n), review.Given{Label: "Code-Review", Value: -1}))
	}
	w.full(t, append(raws, merged(uploaded(21, specs, start.Add(-day)), start))...)
	before := known(w.m)
	w.restart(t)
	same(t, "known after a restart", known(w.m), before)
	same(t, "how many", len(before), 21)
	same(t, "mark", string(w.m.Mark(opendev)), start.String())
	same(t, "read at", w.m.ReadAt(opendev, 1), time.Time{})

	w.now = start.Add(day)
	told := w.take(t, mirror.Reading{Changes: []review.Raw{said(raws[0], nina, w.now, "done")}, Mark: []byte("2")})
	same(t, "told of what happened meanwhile", told, []string{"1: comment by 1"})
}

// Under other rules other things are facts: all is read again, and what seems to
// have happened has not.
func TestRulesChange(t *testing.T) {
	w := newWorld(t)
	robot := review.Account{ID: 8, Username: "fixer", Name: "Fixer"}
	raw := said(uploaded(1, glance, start.Add(-60*day)), robot, start.Add(-day), "fixed")
	w.full(t, raw)
	if !known(w.m)[0].Reviewed {
		t.Fatal("the robot is no person yet")
	}

	w.rules.CI = []string{"zuul", "fixer"}
	w.restart(t)
	if mark := w.m.Mark(opendev); mark != nil {
		t.Errorf("the mark of other rules: %q", mark)
	}
	has(t, w.log, "rules")
	w.since = time.Time{}
	same(t, "told", w.full(t, said(raw, zoe, start, "hm")), []string(nil))
	if c := known(w.m)[0]; c.FirstReview != start {
		t.Errorf("read by the old rules: first review at %s", c.FirstReview)
	}
	w.restart(t)
	if w.m.Mark(opendev) == nil {
		t.Error("no mark by the new rules")
	}
}

// Every rule counts, and only what it means.
func TestWhichRulesAreOthers(t *testing.T) {
	labels := func(l review.Labels) map[string]review.Labels { return map[string]review.Labels{nova: l} }
	store := bottest.NewStore()
	load := func(s mirror.Server) *mirror.Mirror {
		s.Name = opendev
		m := mirror.New([]mirror.Server{s}, slog.New(slog.DiscardHandler))
		if err := store.View(context.Background(), m.Load); err != nil {
			t.Fatal(err)
		}
		return m
	}
	usual := mirror.Server{Rules: review.Rules{CI: []string{"zuul"}}, Labels: labels(review.Labels{Full: 2})}
	for _, b := range load(usual).Take(opendev, mirror.Reading{At: start, Mark: []byte("1")}) {
		if err := store.Update(context.Background(), func(tx bot.Tx) error { return b.Write(tx) }); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(*mirror.Server)
		same   bool
	}{
		"nothing":              {func(*mirror.Server) {}, true},
		"the usual, spelt out": {func(s *mirror.Server) { s.Rules.Automatic = review.DefaultAutomatic() }, true},
		"other robots":         {func(s *mirror.Server) { s.Rules.Automatic = review.DefaultAutomatic()[:1] }, false},
		"no robots":            {func(s *mirror.Server) { s.Rules.Automatic = []*regexp.Regexp{} }, false},
		"another CI":           {func(s *mirror.Server) { s.Rules.CI = []string{"zuul", "arista"} }, false},
		"the bot's number":     {func(s *mirror.Server) { s.Rules.Own = 7 }, false},
		"the bot's name":       {func(s *mirror.Server) { s.Rules.User = "glancebot" }, false},
		"the labels":           {func(s *mirror.Server) { s.Rules.Labels.Verified = "Vetted" }, false},
		"a project's label":    {func(s *mirror.Server) { s.Labels = labels(review.Labels{Full: 1}) }, false},
	} {
		s := usual
		c.change(&s)
		if got := load(s).Mark(opendev) != nil; got != c.same {
			t.Errorf("%s: the same rules %v, want %v", name, got, c.same)
		}
	}
}

// Records that nobody can read are read from the server again, and go.
func TestUnreadable(t *testing.T) {
	w := newWorld(t)
	raws := []review.Raw{uploaded(1, glance, start), uploaded(2, glance, start), uploaded(3, glance, start)}
	w.full(t, raws...)
	w.put(t, "mirror/opendev/change/2", `{"number":2,"votes":["?"]}`)
	w.put(t, "mirror/opendev/change/4", `{"server":"opendev","number":5,"project":"openstack/glance"}`)
	w.put(t, "mirror/opendev/change/7", `{"server":"gerrit","number":7,"project":"openstack/glance"}`)
	w.put(t, "mirror/opendev/change/x", "\xff\x1b[31m")
	w.put(t, "mirror/opendev/change/6", `{"server":"opendev","number":6,"project":"openstack/glance","private":true}`)
	w.put(t, "mirror/other/change/1", "not ours")
	w.restart(t)
	same(t, "open", w.m.Open(opendev), []int{1, 3})
	if w.m.Mark(opendev) != nil {
		t.Error("a mark, and a change is missing")
	}
	has(t, w.log, "records=5")
	w.take(t, mirror.Reading{Changes: raws[2:]}) // writes nothing
	// What happened to the others meanwhile is news all the same.
	w.since = time.Time{}
	raws[0] = said(raws[0], zoe, start.Add(time.Minute), "hm")
	same(t, "told", w.full(t, raws...), []string{"1: comment by 2"})

	w.restart(t)
	same(t, "open", w.m.Open(opendev), []int{1, 2, 3})
	same(t, "keys", w.keys(), []string{
		"mirror/opendev/change/1", "mirror/opendev/change/2", "mirror/opendev/change/3", "mirror/opendev/mark", "mirror/other/change/1",
	})
	if w.m.Mark(opendev) == nil || w.log.Len() > 0 {
		t.Errorf("not mended: %s", w.log)
	}

	w.put(t, "mirror/opendev/mark", "{")
	w.restart(t)
	if w.m.Mark(opendev) != nil || len(w.m.Open(opendev)) != 3 {
		t.Error("a mark that can't be read")
	}
}

// A change is known for 35 days after it was closed, and one that was closed
// before that never.
func TestClosedChangesGo(t *testing.T) {
	w := newWorld(t)
	raw := uploaded(1, glance, start.Add(-day))
	undated := uploaded(5, glance, start.Add(-36*day))
	undated.Status = review.Abandoned
	w.full(t, raw, uploaded(2, glance, start.Add(-day)), merged(uploaded(3, glance, start.Add(-90*day)), start.Add(-36*day)),
		merged(uploaded(4, glance, start.Add(-90*day)), start.Add(-34*day)), undated)
	w.take(t, mirror.Reading{Changes: []review.Raw{merged(raw, start)}})
	numbers := func() (all []int) {
		for _, c := range known(w.m) {
			all = append(all, c.Number)
		}
		return all
	}
	same(t, "known", numbers(), []int{1, 2, 4})
	same(t, "open", w.m.Open(opendev), []int{2})

	w.now = start.Add(34 * day)
	commits := w.store.Commits()
	w.take(t, mirror.Reading{Changes: []review.Raw{uploaded(2, glance, start.Add(-day))}})
	same(t, "commits, though an old change could go", w.store.Commits(), commits)
	w.take(t, mirror.Reading{Mark: []byte("2")})
	same(t, "known after 34 days", numbers(), []int{1, 2})
	w.now = start.Add(36 * day)
	w.take(t, mirror.Reading{Changes: []review.Raw{uploaded(8, glance, w.now)}, Gone: []int{8}, Mark: []byte("3")})
	same(t, "known after 36 days", numbers(), []int{2})

	// One comes back on the day on which it was to go.
	w.take(t, mirror.Reading{Changes: []review.Raw{merged(uploaded(9, glance, w.now), w.now)}})
	w.now = w.now.Add(36 * day)
	w.take(t, mirror.Reading{Changes: []review.Raw{said(uploaded(9, glance, w.now), nina, w.now, "again")}})
	same(t, "known after it was restored", numbers(), []int{2, 9})
	w.take(t, mirror.Reading{Gone: []int{9}})

	// The bot was off while it was merged.
	w.now = start.Add(136 * day)
	told := w.take(t, mirror.Reading{Changes: []review.Raw{merged(uploaded(2, glance, start.Add(-day)), start.Add(50*day))}})
	same(t, "told", told, []string{"2: merge by 0"})
	same(t, "keys", w.keys(), []string{"mirror/opendev/mark"})
}

// The change itself is newer than a page of a poll that was asked for before it
// and arrives after it.
func TestOvertaken(t *testing.T) {
	w := newWorld(t)
	raw := uploaded(1, glance, start.Add(-day))
	w.full(t, raw)
	voted := said(raw, zoe, start.Add(time.Minute), "no", review.Given{Label: "Code-Review", Value: -1})
	w.now = start.Add(2 * time.Minute)
	same(t, "told", w.take(t, mirror.Reading{Changes: []review.Raw{voted}}), []string{"1: vote by 2"})
	w.take(t, mirror.Reading{Changes: []review.Raw{raw}})
	if len(known(w.m)[0].Votes) == 0 {
		t.Error("an older reading won")
	}
	same(t, "told again", w.take(t, mirror.Reading{Changes: []review.Raw{voted}}), []string(nil))

	// A server that was set back is believed in the end.
	w.now = w.now.Add(10 * time.Minute)
	w.take(t, mirror.Reading{Changes: []review.Raw{raw}})
	if len(known(w.m)[0].Votes) > 0 {
		t.Error("the server's older state is never believed")
	}
}

// What the server's messages don't tell is remembered: a change that waited for
// 20 days was in the backlog as long as the bot has seen it there, not until it
// came back from a holiday.
func TestRemembers(t *testing.T) {
	for _, c := range []struct {
		name   string
		seen   time.Duration // last, after the upload
		spared bool
	}{{"neglected", 20 * day, true}, {"not yet", 3 * day, false}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			raw := uploaded(1, glance, start)
			w.now = start.Add(c.seen)
			w.full(t, raw)
			w.restart(t)

			w.now = start.Add(60 * day)
			// Updated says nothing of when: the server's index was rebuilt.
			raw.WIP, raw.Updated = true, start.Add(time.Hour)
			w.take(t, mirror.Reading{Changes: []review.Raw{raw}})
			if got := known(w.m)[0].Spared(w.now); got != c.spared {
				t.Errorf("spared %v, want %v", got, c.spared)
			}
		})
	}
}

func TestFind(t *testing.T) {
	w := newWorld(t)
	w.full(t, merged(uploaded(101, glance, start), start), uploaded(201, nova, start), uploaded(301, glance, start), uploaded(302, glance, start))
	id := fmt.Sprintf("I%040x", 1)
	for ref, want := range map[string][]int{
		"302": {302}, "303": nil, "-302": nil, "0": nil, "": nil, "I": nil, "99999999999999999999": nil,
		id: {201, 301, 101}, strings.ToUpper(id): {201, 301, 101}, id[:20]: nil,
	} {
		same(t, "found by "+ref, w.m.Find(opendev, ref), want)
	}
	same(t, "found elsewhere", w.m.Find("gerrit", "302"), []int(nil))
}

// Events of one poll come in order of time; what a server gives no time comes
// after what happened to its change before.
func TestOrderOfEvents(t *testing.T) {
	w := newWorld(t)
	one, two := uploaded(1, glance, start), uploaded(2, glance, start)
	w.full(t, one, two)
	w.now = start.Add(day)
	one = said(said(one, zoe, start.Add(time.Hour), "hm"), nina, start.Add(3*time.Hour), "I give up")
	one.Status = review.Abandoned // and nobody says when
	two = said(two, zoe, start.Add(2*time.Hour), "hm")
	two.Status, two.Closed = review.Merged, start // by a clock that is late
	same(t, "told", w.take(t, mirror.Reading{Changes: []review.Raw{two, one}}),
		[]string{"1: comment by 2", "2: comment by 2", "2: merge by 0", "1: comment by 1", "1: abandon by 0"})
}

// A project's own labels count for its changes.
func TestLabels(t *testing.T) {
	vetted := map[string]review.Labels{nova: {Verified: "Vetted"}}
	m := mirror.New([]mirror.Server{{Name: opendev, Rules: rules, Labels: vetted}}, nil)
	for _, b := range m.Take(opendev, mirror.Reading{At: start, Changes: []review.Raw{uploaded(1, glance, start), uploaded(2, nova, start)}}) {
		b.Keep()
	}
	all := known(m)
	if all[0].CI.Vote != 1 || all[1].CI.Vote != 0 {
		t.Errorf("Verified counts %d for glance and %d for nova", all[0].CI.Vote, all[1].CI.Vote)
	}
}
