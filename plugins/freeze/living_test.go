package freeze

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// season is a room of a network that can change what was said, and everything
// that comes due in it.
type season struct {
	t       *testing.T
	p       *plugin
	v       *bottest.View
	keys    []bot.Key // in the order in which they were said
	shown   map[bot.Key]string
	decided map[bot.Key]bool
	edits   int
}

func newSeason(t *testing.T, p *plugin, now string, events ...cycle.Event) *season {
	s := &season{t: t, p: p, v: specView(utc(t, now), four()), shown: map[bot.Key]string{}, decided: map[bot.Key]bool{}}
	s.v.Cal = cycle.New(time.UTC, events)
	return s
}

// until lets time pass with what is due in it, and returns how the room reads.
func (s *season) until(now string) []string {
	s.t.Helper()
	end := utc(s.t, now)
	for {
		occs := append(s.p.due(s.v, s.v.At, end), s.p.dueEdits(s.v, s.v.At, end)...)
		occs = slices.DeleteFunc(occs, func(o bot.Occurrence) bool { return s.decided[o.Key] })
		if len(occs) == 0 {
			break
		}
		o := slices.MinFunc(occs, func(a, b bot.Occurrence) int { return a.At.Compare(b.At) })
		s.decided[o.Key] = true
		s.at(o.At)
		do := s.p.remind
		if _, edit := o.Data.(cycle.Event); edit {
			do = s.p.refresh
			if o.Title != "" {
				s.t.Errorf("%s has the title %q", o.Key, o.Title)
			}
		}
		s.apply(do(s.t.Context(), s.v, o))
	}
	s.at(end)
	return s.reads()
}

func (s *season) at(now time.Time) { s.v.At, s.v.Read.ReadAt = now, now }

// observe changes the calendar.
func (s *season) observe(diff cycle.Diff, events ...cycle.Event) []string {
	s.v.Cal = cycle.New(time.UTC, events)
	s.apply(s.p.on(s.t.Context(), s.v, bot.Event{Calendar: &diff}))
	return s.reads()
}

func (s *season) apply(eff bot.Effects, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.v.Apply(eff); err != nil {
		s.t.Fatal(err)
	}
	for _, say := range eff.Say {
		if say.To.Room != alone || say.Amend || strings.HasPrefix(string(say.Key), newsSpace) {
			continue
		}
		if _, said := s.shown[say.Key]; said != say.Edit {
			s.t.Fatalf("%s: said before: %t, an edit: %t", say.Key, said, say.Edit)
		}
		if say.Edit {
			s.edits++
		} else {
			s.keys = append(s.keys, say.Key)
		}
		s.shown[say.Key] = msg.Plain(say.Message, s.v.At)
	}
}

func (s *season) reads() (lines []string) {
	for _, key := range s.keys {
		lines = append(lines, s.shown[key])
	}
	return lines
}

const dateOnly = "Spec freeze: Thu 2026-12-10 23:59 UTC. https://example.org/s"

// The newest step is kept true, once a day; what came before it is a date.
func TestCountdownLives(t *testing.T) {
	in := func(left string) string {
		return "Spec freeze " + left + ": Thu 2026-12-10 23:59 UTC. 4 specs open. One more +2 would settle 912345 (image encryption) and 912401 (location API); 912420 has no review yet." + search
	}
	s := newSeason(t, withSpecs(), "2026-11-26T00:00:00Z", specFreeze(t))
	for _, tc := range []struct {
		now  string
		want []string
	}{
		{"2026-11-26T13:59:00Z", nil},
		{"2026-11-26T14:00:00Z", []string{in("in 14 days")}},
		{"2026-11-27T13:59:00Z", []string{in("in 14 days")}},
		{"2026-11-27T14:00:00Z", []string{in("in 13 days")}},
		{"2026-12-02T14:00:00Z", []string{in("in 8 days")}},
		{"2026-12-03T14:00:00Z", []string{dateOnly, in("in 7 days")}},
		{"2026-12-05T14:00:00Z", []string{dateOnly, in("in 5 days")}},
		{"2026-12-09T15:00:00Z", []string{dateOnly, dateOnly, dateOnly, in("in 33 h 59 min")}},
	} {
		if diff := cmp.Diff(tc.want, s.until(tc.now)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", tc.now, diff)
		}
	}
	last := s.until("2026-12-20T00:00:00Z")
	if len(last) != 6 || last[4] != dateOnly || !strings.HasPrefix(last[5], "Spec freeze is in effect (23:59 UTC). ") {
		t.Errorf("after it: %s", strings.Join(last, "\n"))
	}
	if s.edits > 15+5 {
		t.Errorf("%d edits in two weeks with five further steps, want one a day and one a step", s.edits)
	}
}

// A ladder that says nothing at the event is true from then on all the same.
func TestInEffect(t *testing.T) {
	e := specFreeze(t)
	e.Remind = spans("1d")
	s := newSeason(t, glance(time.UTC, "maria"), "2026-12-09T00:00:00Z", e)
	s.until("2026-12-10T23:58:00Z")
	want := []string{"Spec freeze is in effect (23:59 UTC). From here an exception is maria's decision. https://example.org/s"}
	if diff := cmp.Diff(want, s.until("2026-12-12T00:00:00Z")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// When the date changes the living message has the new one at once.
func TestDateChanges(t *testing.T) {
	e := specFreeze(t)
	s := newSeason(t, glance(time.UTC, "maria"), "2026-12-03T00:00:00Z", e)
	s.until("2026-12-04T09:00:00Z")

	moved := e
	moved.At, moved.Day, moved.Seen = e.At.AddDate(0, 0, 7), e.Day.AddDays(7), s.v.At
	moved.Was = []cycle.Was{{Day: e.Day, At: e.At, Seen: utc(t, "2026-11-01T00:00:00Z")}}
	want := []string{"Spec freeze in 13 days: Thu 2026-12-17 23:59 UTC. https://example.org/s"}
	if diff := cmp.Diff(want, s.observe(cycle.Diff{Moved: []cycle.Event{moved}}, moved)); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	want[0] = "Spec freeze in 12 days: Thu 2026-12-17 23:59 UTC. https://example.org/s"
	if diff := cmp.Diff(want, s.until("2026-12-05T14:00:00Z")); diff != "" {
		t.Errorf("the day after (-want +got):\n%s", diff)
	}

	gone := cycle.Sighted{ID: e.ID, Sighting: cycle.Sighting{Name: e.Name, Day: moved.Day, At: moved.At, Seen: moved.Seen, Was: moved.Was}}
	want[0] = "Spec freeze: not in the calendar any more."
	if diff := cmp.Diff(want, s.observe(cycle.Diff{Gone: []cycle.Sighted{gone}})); diff != "" {
		t.Errorf("gone (-want +got):\n%s", diff)
	}

	moved.Was = append(moved.Was, cycle.Was{Day: moved.Day, At: moved.At, Seen: moved.Seen})
	moved.Seen = s.v.At
	want[0] = "Spec freeze in 12 days: Thu 2026-12-17 23:59 UTC. https://example.org/s"
	if diff := cmp.Diff(want, s.observe(cycle.Diff{Moved: []cycle.Event{moved}}, moved)); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
}

// What was in effect and is put off to the evening is in effect no more; what has
// passed for good stays as it is, though it leaves the calendar or comes again in
// the next cycle.
func TestPassed(t *testing.T) {
	e := specFreeze(t)
	e.At = utc(t, "2026-12-10T12:00:00Z")
	s := newSeason(t, glance(time.UTC), "2026-12-10T11:30:00Z", e)
	passed := s.until("2026-12-10T12:30:00Z")
	if want := []string{"Spec freeze is in effect (12:00 UTC). https://example.org/s"}; !cmp.Equal(want, passed) {
		t.Fatalf("got %q, want %q", passed, want)
	}
	gone := cycle.Sighted{ID: e.ID, Sighting: cycle.Sighting{Name: e.Name, Day: e.Day, At: e.At}}
	if got := s.observe(cycle.Diff{Gone: []cycle.Sighted{gone}}); !cmp.Equal(passed, got) {
		t.Errorf("it left: %q", got)
	}
	next := e
	next.At, next.Day, next.Seen = e.At.AddDate(0, 6, 0), civil.DateOf(e.At.AddDate(0, 6, 0), time.UTC), s.v.At
	if got := s.observe(cycle.Diff{New: []cycle.Event{next}}, next); !cmp.Equal(passed, got) {
		t.Errorf("the next cycle: %q", got)
	}
	again := e
	again.At, again.Seen, again.Edition = utc(t, "2026-12-10T23:59:00Z"), s.v.At, 1
	if got := s.observe(cycle.Diff{New: []cycle.Event{again}}, again); !cmp.Equal([]string{dateOnly}, got) {
		t.Errorf("extended: %q", got)
	}
}

// Nothing is brought up to date that was not said: not before the first step, not
// of an event without reminders, and in no preview, which knows of nothing said.
func TestNothingToBringUpToDate(t *testing.T) {
	p := glance(time.UTC)
	e := specFreeze(t)
	s := newSeason(t, p, "2026-12-03T00:00:00Z", e)
	s.until("2026-12-03T15:00:00Z")
	blank := &bottest.View{At: s.v.At, Cal: s.v.Cal}
	if occs := p.dueEdits(blank, s.v.At, e.At); len(occs) > 0 {
		t.Errorf("nothing was said, and due is %v", occs)
	}
	occs := p.dueEdits(s.v, s.v.At, e.At)
	if len(occs) == 0 {
		t.Fatal("a step was said, and nothing is due")
	}
	if eff, err := p.refresh(t.Context(), blank, occs[0]); err != nil || !eff.Empty() {
		t.Errorf("a preview says %v, %v", eff.Say, err)
	}
	// Once a day at most, and for four weeks.
	days := map[civil.Date]int{}
	for _, o := range p.dueEdits(s.v, utc(t, "2026-01-01T00:00:00Z"), e.At) {
		days[civil.DateOf(o.At, time.UTC)]++
	}
	if len(days) > countdown+1 {
		t.Errorf("due on %d days", len(days))
	}
	for day, n := range days {
		if n > 1 {
			t.Errorf("%s: %d times", day, n)
		}
	}
}

// A record of a bot that kept no key finds the message all the same.
func TestOldRecord(t *testing.T) {
	e := specFreeze(t)
	s := newSeason(t, glance(time.UTC), "2026-12-03T00:00:00Z", e)
	s.until("2026-12-03T15:00:00Z")
	s.v.Records["heard/spec-freeze"] = []byte(`{"step":"7d","said":"2026-12-03T14:00:00Z"}`)
	want := []string{"Spec freeze in 6 days: Thu 2026-12-10 23:59 UTC. https://example.org/s"}
	if diff := cmp.Diff(want, s.until("2026-12-04T14:00:00Z")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A mirrored room is told in one of its places, and changed there.
func TestMirrored(t *testing.T) {
	p := glance(time.UTC)
	p.team.Mirrors = [][]bot.Room{{alone, shared}}
	r := reminder{specFreeze(t), step{Span: spans("7d")[0], Until: utc(t, "2026-12-10T23:58:59Z")}}
	v := &bottest.View{At: utc(t, "2026-12-03T14:00:00Z")}
	if got := len(p.say(v, r)) + len(p.dated(v, r.event, "k")); got != 2 {
		t.Errorf("%d messages, want one and its edit", got)
	}
}
