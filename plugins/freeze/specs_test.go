package freeze

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

const glanceSpecs = "openstack/glance-specs"

// The cores are accounts 2, 3 and 4; account 1 owns every spec.
func spec(number int, subject string, more func(*review.Change)) review.Change {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	c := review.Change{
		Server: "opendev", Number: number, Project: glanceSpecs, Subject: subject, Owner: review.Account{ID: 1},
		AuthorUpdate: at, PatchSet: review.PatchSet{Number: 1, At: at}, Mergeable: review.Yes, CI: review.CI{Vote: 1, Report: at},
	}
	if more != nil {
		more(&c)
	}
	return c
}

// votes are Code-Review votes of accounts 2, 3, …
func votes(values ...int) func(*review.Change) {
	return func(c *review.Change) {
		c.Reviewed = true
		for i, value := range values {
			c.Votes = append(c.Votes, review.Vote{Label: "Code-Review", Value: value, By: 2 + i, Cast: c.AuthorUpdate.Add(time.Hour)})
		}
	}
}

func wip(c *review.Change) { c.WIP = true }

// four are the specs of the contract.
func four() []review.Change {
	return []review.Change{
		spec(912345, "image encryption", votes(2)), spec(912401, "location API", votes(2)),
		spec(912420, "something new", nil), spec(912377, "old", votes(-1)),
	}
}

func withSpecs() *plugin {
	p := glance(time.UTC, "maria")
	p.team.Gerrit = bot.ReviewServer{Name: "opendev", URL: "https://review.example.org"}
	p.team.Projects, p.team.Specs = []string{"openstack/glance"}, []string{glanceSpecs}
	return p
}

func specFreeze(t *testing.T) cycle.Event {
	at := utc(t, "2026-12-10T23:59:00Z")
	return cycle.Event{ID: "spec-freeze", Kind: "spec-freeze", Name: "Spec freeze", URL: "https://example.org/s", At: at, Day: civil.DateOf(at, time.UTC)}
}

func specView(at time.Time, queue []review.Change) *bottest.View {
	return &bottest.View{
		At: at, Queue: queue, Read: bot.ReviewState{Known: true, ReadAt: at.Add(-3 * time.Minute)},
		Casts: map[string]review.Cast{glanceSpecs: {Cores: review.KnownCores(2, 3, 4), Spec: true}},
	}
}

const search = " https://review.example.org/q/is:open+project:openstack/glance-specs"

func TestSpecsInSteps(t *testing.T) {
	seven := four()
	for i := range 5 {
		seven = append(seven, spec(100+i, "", func(c *review.Change) { c.CI.Vote = 0 }))
	}
	all := []review.Change{
		spec(1, "a", votes(2, 2)), spec(2, "b", votes(1)), spec(3, "c", wip), spec(4, "d", func(c *review.Change) { c.CI.Vote = 0 }),
		spec(5, "e", func(c *review.Change) { c.Reviewed = true }), spec(6, "f", func(c *review.Change) {
			c.Votes = []review.Vote{{Label: "Workflow", Value: 1, By: 9}}
		}), spec(7, "g", votes(2)), spec(8, "h", nil), spec(9, "i", nil),
		{Number: 10, Project: "openstack/glance", AuthorUpdate: utc(t, "2026-11-02T09:00:00Z")},
	}
	known := bot.ReviewState{Known: true}
	for _, tc := range []struct {
		name  string
		step  string
		queue []review.Change
		state bot.ReviewState // ReadAt is an age before the step's time
		age   time.Duration
		want  string
	}{
		{
			"7d", "7d", four(), known, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. 4 specs open. One more +2 would settle 912345 (image encryption)" +
				" and 912401 (location API); 912420 has no review yet." + search,
		},
		{
			"7d, all kinds", "7d", all, known, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. 9 specs open. 1 needs the PTL's approval;" +
				" one more +2 would settle 7 (g); 8, 9 have no review yet." + search,
		},
		{"7d, nothing that others can move", "7d", []review.Change{spec(1, "a", wip)}, known, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. 1 spec open." + search},
		{"7d, none", "7d", nil, known, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. No spec open. https://example.org/s"},
		{
			"7d, Gerrit down for an hour", "7d", four()[2:3],
			bot.ReviewState{Known: true, Failing: "502"},
			time.Hour,
			"Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. 1 spec open. 912420 has no review yet. That is as of Thu 2026-12-03 13:00 UTC; Gerrit can't be read." + search,
		},
		{"7d, Gerrit down for long", "7d", four(), bot.ReviewState{Known: true, Failing: "502"}, 7 * time.Hour, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"7d, Gerrit never read", "7d", four(), bot.ReviewState{Failing: "502"}, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"},
		{"7d, preview", "7d", nil, bot.ReviewState{}, 0, "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. … specs open." + search},
		{
			"0d", "0d", four()[1:], known, 0, "Spec freeze today, 23:59 UTC, in 9 h 59 min. Open: 912401 needs one more +2, 912377 waits on its author," +
				" 912420 has no review yet. Missing it? Talk to maria today. https://example.org/s",
		},
		{
			"0d, many", "0d", seven, known, 0, "Spec freeze today, 23:59 UTC, in 9 h 59 min. Open: 912345 needs one more +2, 912401 needs one more +2," +
				" 912377 waits on its author, 100 waits for CI, 101 waits for CI and 4 more. Missing it? Talk to maria today. https://example.org/s",
		},
		{"0d, none", "0d", nil, known, 0, "Spec freeze today, 23:59 UTC, in 9 h 59 min. No spec is open. Missing it? Talk to maria today. https://example.org/s"},
		{"0d, preview", "0d", nil, bot.ReviewState{}, 0, "Spec freeze today, 23:59 UTC, in 9 h 59 min. Open: …. Missing it? Talk to maria today. https://example.org/s"},
		{
			"0s, nothing counted", "0s", four()[1:3], known, 0,
			"Spec freeze is in effect (23:59 UTC). 2 still open: 912420, 912401. From here an exception is maria's decision. https://example.org/s",
		},
		{"0s, preview", "0s", nil, bot.ReviewState{}, 0, "Spec freeze is in effect (23:59 UTC). … specs merged; … still open. From here an exception is maria's decision. https://example.org/s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, e := withSpecs(), specFreeze(t)
			s := step{Span: spans(tc.step)[0]}
			at := p.ladder.due(e, s.Span)
			v := specView(at, tc.queue)
			v.Read = tc.state
			if tc.state.Known {
				v.Read.ReadAt = at.Add(-tc.age)
			}
			m := p.announcement(v, reminder{e, s}, alone)
			if got := msg.Plain(m, at); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// What is said later than it was meant to be has no counts of then.
func TestSpecsAreOfNow(t *testing.T) {
	p, e := withSpecs(), specFreeze(t)
	const plain = "Spec freeze is in effect (23:59 UTC, was "
	for _, tc := range []struct {
		name, step, said, want string
	}{
		{"7d, after hours", "7d", "2026-12-03T19:59:59Z", "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. 1 spec open. 912420 has no review yet." + search},
		{"7d, next day", "7d", "2026-12-04T09:00:00Z", "Spec freeze in 6 days: Thu 2026-12-10 23:59 UTC." + search},
		{"7d, after the freeze", "7d", "2026-12-11T00:59:00Z", plain + "1 h ago). From here an exception is maria's decision." + search},
		{"0d, after hours", "0d", "2026-12-10T20:30:00Z", "Spec freeze today, 23:59 UTC, in 3 h 29 min. Missing it? Talk to maria today. https://example.org/s"},
		{"5h, just before the freeze", "5h", "2026-12-10T23:58:00Z", "Spec freeze in 60 s: Thu 2026-12-10 23:59 UTC. 1 spec open. 912420 has no review yet." + search},
		{"5h, just after", "5h", "2026-12-10T23:59:00Z", "Spec freeze is in effect (23:59 UTC). From here an exception is maria's decision." + search},
		{"0s, after hours", "0s", "2026-12-11T02:59:00Z", plain + "3 h ago). 1 still open: 912420. From here an exception is maria's decision. https://example.org/s"},
		{"0s, next day", "0s", "2026-12-11T12:59:00Z", plain + "13 h ago). From here an exception is maria's decision. https://example.org/s"},
	} {
		s := step{Span: spans(tc.step)[0]}
		m := p.announcement(specView(p.ladder.due(e, s.Span), four()[2:3]), reminder{e, s}, alone)
		if got := msg.Plain(m, utc(t, tc.said)); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

func TestSpecsInAnswers(t *testing.T) {
	e := specFreeze(t)
	release := cycle.Event{ID: "release", Kind: "release", Name: "2027.1 release", At: utc(t, "2027-03-24T23:59:00Z"), Day: civil.Date{Year: 2027, Month: 3, Day: 24}}
	cal := cycle.New(time.UTC, []cycle.Event{e, release})
	const head = "Spec freeze: Thu 2026-12-10 23:59 UTC, in 18 days (R-15)."
	for _, tc := range []struct {
		name, now string
		queue     []review.Change
		state     bot.ReviewState
		call      bot.Call
		want      string
	}{
		{
			"as in the contract", "2026-11-22T10:00:00Z", four(),
			bot.ReviewState{Known: true},
			bot.Call{},
			head + " 4 specs open: 2 need one more +2, 1 waits on its author, 1 has no review yet. https://example.org/s",
		},
		{
			"several of a kind", "2026-11-22T10:00:00Z",
			[]review.Change{spec(1, "", nil), spec(2, "", nil), spec(3, "", wip), spec(4, "", wip), spec(5, "", votes(2, 2)), spec(6, "", votes(1))},
			bot.ReviewState{Known: true},
			bot.Call{},
			head + " 6 specs open: 1 needs the PTL's approval, 1 waits for a core, 2 wait on their authors, 2 have no review yet. https://example.org/s",
		},
		{"none", "2026-11-22T10:00:00Z", nil, bot.ReviewState{Known: true}, bot.Call{}, head + " No spec open. https://example.org/s"},
		{"never read", "2026-11-22T10:00:00Z", four(), bot.ReviewState{}, bot.Call{}, head + " https://example.org/s"},
		{"passed", "2026-12-12T10:00:00Z", four(), bot.ReviewState{Known: true}, bot.Call{}.WithEvent("kind", e), "Spec freeze: Thu 2026-12-10 23:59 UTC, 34 h 1 min ago (R-15). Exceptions: maria. https://example.org/s"},
		{"no freeze of specs", "2026-11-22T10:00:00Z", four(), bot.ReviewState{Known: true}, bot.Call{}.WithEvent("kind", release), "2027.1 release: Wed 2027-03-24 23:59 UTC, in 122 days (R+0)."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := specView(utc(t, tc.now), tc.queue)
			v.Cal, v.Read = cal, tc.state
			v.Read.ReadAt = v.At
			tc.call.Room = alone
			if got := msg.Plain(answer(t, withSpecs(), "freeze", v, tc.call), v.At); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// Specs that merge are counted as they do, and said to be the cycle's only if the
// bot has known all of it.
func TestMergedSpecs(t *testing.T) {
	p, e := withSpecs(), specFreeze(t)
	release := func(day string) cycle.Event {
		at := utc(t, day+"T23:59:00Z")
		return cycle.Event{ID: "release-" + day, Kind: "release", Name: "release", At: at, Day: civil.DateOf(at, time.UTC)}
	}
	heard := func(t *testing.T, v *bottest.View, at string, number int, project string, what review.Happening) {
		t.Helper()
		v.At = utc(t, at)
		ev := review.Event{Change: review.Change{Number: number, Project: project}, What: what, At: v.At}
		eff, err := p.on(context.Background(), v, bot.Event{Change: &ev})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Apply(eff); err != nil {
			t.Fatal(err)
		}
	}
	story := func(t *testing.T, v *bottest.View) {
		heard(t, v, "2026-09-20T09:00:00Z", 1, glanceSpecs, review.Commented)
		heard(t, v, "2026-09-25T09:00:00Z", 2, glanceSpecs, review.HasMerged)
		heard(t, v, "2026-10-25T09:00:00Z", 3, glanceSpecs, review.HasMerged)
		heard(t, v, "2026-10-25T09:00:00Z", 3, glanceSpecs, review.HasMerged) // heard again after a crash
		heard(t, v, "2026-10-26T09:00:00Z", 4, glanceSpecs, review.WasAbandoned)
		heard(t, v, "2026-10-27T09:00:00Z", 5, "openstack/glance", review.HasMerged)
		heard(t, v, "2026-11-25T09:00:00Z", 6, glanceSpecs, review.HasMerged)
	}
	for _, tc := range []struct {
		name     string
		releases []cycle.Event
		want     string
	}{
		{"no release is known", nil, "3 specs merged since Sun 2026-09-20; 1 still open: 912420."},
		{"the whole cycle", []cycle.Event{release("2026-09-30"), release("2027-03-24")}, "2 specs merged this cycle; 1 still open: 912420."},
		{"only a part of it", []cycle.Event{release("2026-09-10")}, "3 specs merged since Sun 2026-09-20; 1 still open: 912420."},
		{"none in it", []cycle.Event{release("2026-12-01")}, "No spec merged this cycle; 1 still open: 912420."},
		{"one in it", []cycle.Event{release("2026-11-01")}, "1 spec merged this cycle; 1 still open: 912420."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := specView(e.At, four()[2:3])
			v.Cal = cycle.New(time.UTC, append(tc.releases, e))
			story(t, v)
			v.At, v.Read.ReadAt = e.At, e.At
			m := p.announcement(v, reminder{e, step{Span: civil.ClockSpan(0)}}, alone)
			want := "Spec freeze is in effect (23:59 UTC). " + tc.want + " From here an exception is maria's decision. https://example.org/s"
			if got := msg.Plain(m, e.At); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	t.Run("counted since a while, and none merged", func(t *testing.T) {
		v := specView(e.At, four()[2:3])
		heard(t, v, "2026-12-10T09:00:00Z", 1, glanceSpecs, review.Commented)
		v.At, v.Read.ReadAt = e.At, e.At
		m := p.announcement(v, reminder{e, step{Span: civil.ClockSpan(0)}}, alone)
		const want = "Spec freeze is in effect (23:59 UTC). 1 still open: 912420. From here an exception is maria's decision. https://example.org/s"
		if got := msg.Plain(m, e.At); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
	t.Run("what is stored", func(t *testing.T) {
		v := specView(e.At, nil)
		story(t, v)
		heard(t, v, "2027-11-01T09:00:00Z", 7, glanceSpecs, review.HasMerged)
		var got merged
		if _, err := v.Get("merged", &got); err != nil {
			t.Fatal(err)
		}
		want := merged{Since: utc(t, "2026-09-20T09:00:00Z"), Specs: map[string]time.Time{
			"3": utc(t, "2026-10-25T09:00:00Z"), "6": utc(t, "2026-11-25T09:00:00Z"), "7": utc(t, "2027-11-01T09:00:00Z"),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("counting begins with the first step at the latest", func(t *testing.T) {
		v := specView(utc(t, "2026-11-12T14:00:00Z"), nil)
		eff, err := p.remind(context.Background(), v, bot.Occurrence{Data: reminder{e, step{Span: civil.DaySpan(28)}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Apply(eff); err != nil {
			t.Fatal(err)
		}
		if got, fresh, _ := begun(v); fresh || !got.Since.Equal(v.At) {
			t.Errorf("counts since %v", got.Since)
		}
	})
}

// The subject of a spec says nothing but a subject.
func TestHostileSpecs(t *testing.T) {
	p, e := withSpecs(), specFreeze(t)
	for _, text := range bottest.Hostile(t) {
		v := specView(utc(t, "2026-12-03T14:00:00Z"), []review.Change{spec(1, text, votes(2)), spec(2, text, votes(2)), spec(3, text, nil)})
		m := p.announcement(v, reminder{e, step{Span: civil.DaySpan(7)}}, alone)
		bottest.Harmless(t, strconv.Quote(text), m, v.At, 400)
		subject := ""
		if clean := msg.Cut(msg.Clean(text), subjectRoom); clean != "" {
			subject = " (" + clean + ")"
		}
		if got, want := msg.Plain(m, v.At), " +2 would settle 1"+subject+" and 2"+subject+"; 3 has no review yet."; !strings.Contains(got, want) {
			t.Errorf("%q is said as %s, want %s", text, got, want)
		}
	}
}
