package freeze

import (
	"fmt"
	"slices"
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
)

// reader is a team whose calendar is read again and again.
type reader struct {
	t    *testing.T
	p    *plugin
	v    *bottest.View
	seen cycle.Sightings
	keys map[bot.Key]bool
}

func newReader(t *testing.T, now string, events ...cycle.Event) *reader {
	r := &reader{t: t, p: glance(time.UTC, "maria"), v: &bottest.View{At: utc(t, now)}, keys: map[bot.Key]bool{}}
	if got := r.reads(now, events...); len(got) > 0 {
		t.Fatalf("at first sight: %q", got)
	}
	return r
}

// reads is what the team's room hears when its calendar is these events.
func (r *reader) reads(now string, events ...cycle.Event) (lines []string) {
	r.t.Helper()
	r.v.At = utc(r.t, now)
	cal, seen, diff := cycle.New(r.p.team.Zone, events).Observe(r.seen, r.v.At)
	r.v.Cal, r.seen = cal, seen
	if diff.Empty() {
		return nil
	}
	return r.hears(r.p.on(r.t.Context(), r.v, bot.Event{Calendar: &diff}))
}

// hears is what effects say.
func (r *reader) hears(eff bot.Effects, err error) (lines []string) {
	r.t.Helper()
	if err == nil {
		err = r.v.Apply(eff)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	for _, say := range eff.Say {
		if !strings.HasPrefix(string(say.Key), newsSpace) || say.To.Room != alone {
			continue
		}
		if r.keys[say.Key] {
			r.t.Errorf("%s is said twice", say.Key)
		}
		r.keys[say.Key] = true
		lines = append(lines, msg.Plain(say.Message, r.v.At))
	}
	return lines
}

func own(t *testing.T, id, name, at string) cycle.Event {
	t.Helper()
	return cycle.Event{ID: id, Kind: id, Name: name, At: utc(t, at), Day: civil.DateOf(utc(t, at), time.UTC)}
}

// What becomes of one official event, in words, and what of it is no news.
func TestNews(t *testing.T) {
	const label, first = "i-nova-spec-freeze", "2026-11-22T12:00:00Z"
	was := official(t, label, "nova", "spec-freeze", "Nova Spec Freeze", "2026-12-10")
	was.URL = "https://example.org/indri#i-nova-spec-freeze"
	ff := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2027-02-18")
	edit := func(f func(e *cycle.Event)) cycle.Event {
		e := was
		f(&e)
		return e
	}
	on := func(day string) func(*cycle.Event) {
		return func(e *cycle.Event) {
			e.Day = official(t, label, "", "", "", day).Day
			e.At = e.Day.At(civil.Clock{Hour: 23, Minute: 59}, time.UTC)
		}
	}
	exact := func(e *cycle.Event) { e.At, e.Exact = utc(t, "2026-12-10T13:59:00Z"), true }
	for _, tc := range []struct {
		name string
		is   []cycle.Event
		want string
	}{
		{"moved", []cycle.Event{edit(on("2026-12-17"))}, "Nova Spec Freeze moved: Thu 2026-12-10 → Thu 2026-12-17, in 25 days. https://example.org/indri#i-nova-spec-freeze"},
		{"moved into the past", []cycle.Event{edit(on("2026-11-19"))}, "Nova Spec Freeze moved: Thu 2026-12-10 → Thu 2026-11-19, 3 days ago. https://example.org/indri#i-nova-spec-freeze"},
		{"an exact time", []cycle.Event{edit(exact)}, "Nova Spec Freeze has a time now: Thu 2026-12-10 13:59 UTC, in 18 days. https://example.org/indri#i-nova-spec-freeze"},
		{"the last minute as an exact time", []cycle.Event{edit(func(e *cycle.Event) { e.Exact = true })}, ""},
		{"gone", nil, "Nova Spec Freeze is no longer in the calendar (was Thu 2026-12-10)."},
		{"other words, another line, another week", []cycle.Event{edit(func(e *cycle.Event) {
			e.Name, e.Source.Line, e.Source.Week, e.URL = "The specs freeze", 99, "R-14", ""
		})}, ""},
		{"another label", []cycle.Event{edit(func(e *cycle.Event) { e.ID, e.Name = "i-nova-specs", "Specs" })}, ""},
		{"another label and another day", []cycle.Event{edit(func(e *cycle.Event) { on("2026-12-17")(e); e.ID = "i-nova-specs" })}, "Nova Spec Freeze moved: Thu 2026-12-10 → Thu 2026-12-17, in 25 days. https://example.org/indri#i-nova-spec-freeze"},
		{"another label and another kind", []cycle.Event{edit(func(e *cycle.Event) { e.ID, e.Kind = "i-nova-bp-freeze", "blueprint-freeze" })}, ""},
		{"the team's own laid over it", cycle.Lay([]cycle.Event{was}, []cycle.Event{own(t, "spec-freeze", "Spec freeze", "2026-12-10T23:59:00Z")}), ""},
		{"the team's own, earlier", cycle.Lay([]cycle.Event{was}, []cycle.Event{own(t, "spec-freeze", "Spec freeze", "2026-12-03T12:00:00Z")}), "Spec freeze moved: Thu 2026-12-10 → Thu 2026-12-03 12:00 UTC, in 11 days. https://example.org/indri#i-nova-spec-freeze"},
		{"a new one", []cycle.Event{was, own(t, "review-day", "Review day", "2026-12-01T12:00:00Z")}, "New in the calendar: Review day, Tue 2026-12-01 12:00 UTC, in 9 days: short notice."},
		{"a new one that has passed", []cycle.Event{was, own(t, "review-day", "Review day", "2026-11-01T12:00:00Z")}, ""},
		{"of nothing reminded", []cycle.Event{was, func() cycle.Event {
			e := own(t, "party", "Party", "2026-12-01T12:00:00Z")
			e.Remind = []civil.Span{}
			return e
		}()}, ""},
		{"two labels of one name", []cycle.Event{was, edit(func(e *cycle.Event) { on("2026-12-03")(e); e.ID += ".2" })}, "New in the calendar: Nova Spec Freeze, Thu 2026-12-03, in 11 days: short notice. https://example.org/indri#i-nova-spec-freeze"},
		{"a second source at first sight", []cycle.Event{was, func() cycle.Event {
			e := official(t, "j-1", cycle.CrossProject, "milestone", "J-1", "2027-05-13")
			e.Source.File = "next/schedule.yaml"
			return e
		}()}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(t, "2026-11-01T12:00:00Z", was, ff)
			var want []string
			if tc.want != "" {
				want = []string{tc.want}
			}
			if diff := cmp.Diff(want, r.reads(first, append(slices.Clone(tc.is), ff)...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if again := r.reads("2026-11-22T13:00:00Z", append(slices.Clone(tc.is), ff)...); again != nil {
				t.Errorf("and again: %q", again)
			}
		})
	}
}

// A label in two weeks has a number behind its second date. When the first date
// goes the second has the label alone: it has not moved, and the first is gone.
func TestNumberedLabels(t *testing.T) {
	review := func(id, day string) cycle.Event {
		return official(t, id, "nova", "review-day", "Nova review day", day)
	}
	r := newReader(t, "2026-11-01T12:00:00Z", review("i-rd", "2026-12-01"), review("i-rd.2", "2026-12-15"), review("i-rd.3", "2027-01-12"))
	got := r.reads("2026-11-22T12:00:00Z", review("i-rd", "2026-12-15"), review("i-rd.2", "2027-01-12"))
	if want := []string{"Nova review day is no longer in the calendar (was Tue 2026-12-01)."}; !cmp.Equal(want, got) {
		t.Errorf("got %q, want %q", got, want)
	}
	// What has gone does not stand in for what has its label now.
	party := own(t, "party", "Party", "2027-01-20T12:00:00Z")
	got = r.reads("2026-11-24T12:00:00Z", review("i-rd", "2026-12-15"), review("i-rd.2", "2027-01-12"), party)
	if want := []string{"New in the calendar: Party, Wed 2027-01-20 12:00 UTC, in 57 days."}; !cmp.Equal(want, got) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = r.reads("2026-11-25T12:00:00Z", review("i-rd", "2026-12-01"), review("i-rd.2", "2026-12-15"), review("i-rd.3", "2027-01-12"), party)
	if want := []string{"Back in the calendar: Nova review day, Tue 2026-12-01, in 6 days."}; !cmp.Equal(want, got) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An estimate becomes an official date: it has moved, if it has.
func TestPublished(t *testing.T) {
	estimated := (cycle.Cycle{Release: civil.Date{Year: 2027, Month: 3, Day: 24}}).Estimated(time.UTC)
	r := newReader(t, "2026-11-01T12:00:00Z", estimated...)
	got := r.reads("2026-11-22T12:00:00Z", indri(t).Events...)
	want := []string{"2 changes in the calendar:\n" +
		"- new: Spec freeze, Thu 2026-12-10 12:00 UTC, in 18 days\n" +
		"- Indri-2 milestone moved: about Thu 2026-12-31 → Thu 2027-01-14, in 53 days"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The zone of the team is none of the calendar's business.
func TestNewsOfAnotherZone(t *testing.T) {
	event := func(zone *time.Location) cycle.Event {
		e := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2027-02-18")
		e.At = e.Day.At(civil.Clock{Hour: 23, Minute: 59}, zone)
		return e
	}
	r := newReader(t, "2026-11-01T12:00:00Z", event(time.UTC))
	r.p.team.Zone = zone(t, "America/New_York")
	if got := r.reads("2026-11-02T12:00:00Z", event(r.p.team.Zone)); got != nil {
		t.Errorf("got %q", got)
	}
}

// A bot that kept no record of what the rooms know takes it from what changed.
func TestNewsWithoutRecord(t *testing.T) {
	a, b, c := own(t, "a", "A", "2026-12-10T12:00:00Z"), own(t, "b", "B", "2026-12-11T12:00:00Z"), own(t, "c", "C", "2026-12-12T12:00:00Z")
	r := newReader(t, "2026-11-01T12:00:00Z", a, b)
	r.v.Records = nil
	a.At = a.At.Add(time.Hour)
	want := []string{"3 changes in the calendar:\n" +
		"- A moved: Thu 2026-12-10 12:00 UTC → 13:00 UTC, in 18 days\n" +
		"- B is gone (was Fri 2026-12-11 12:00 UTC)\n" +
		"- new: C, Sat 2026-12-12 12:00 UTC, in 20 days"}
	if diff := cmp.Diff(want, r.reads("2026-11-22T12:00:00Z", a, c)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Where a room has several teams, news says whose it is; and a long list ends.
func TestNewsInASharedRoom(t *testing.T) {
	var changes []change
	for i := range 7 {
		e := own(t, fmt.Sprint("e", i), fmt.Sprint("Event ", i), "2026-12-10T12:00:00Z")
		changes = append(changes, change{id: e.ID, is: believe(e, time.UTC), event: e})
	}
	p, v := glance(time.UTC), &bottest.View{At: utc(t, "2026-12-01T12:00:00Z")}
	if got, want := msg.Plain(p.newsText(v, changes[:1], shared), v.At), "Glance: New in the calendar: Event 0, Thu 2026-12-10 12:00 UTC, in 9 days: short notice."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got := msg.Plain(p.newsText(v, changes, shared), v.At)
	if !strings.HasPrefix(got, "Glance: 7 changes in the calendar, the first 5:\n- new: Event 0, ") || strings.Count(got, "\n- ") != 5 {
		t.Errorf("got %s", got)
	}
}

// A page that has lost its time of day, after that has passed, gives none.
func TestNewsOfATimeThatIsLost(t *testing.T) {
	e := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2026-12-10")
	exact := e
	exact.At, exact.Exact = utc(t, "2026-12-10T13:59:00Z"), true
	r := newReader(t, "2026-11-01T12:00:00Z", exact)
	want := []string{"Feature freeze moved: Thu 2026-12-10 13:59 UTC → Thu 2026-12-10, today."}
	if diff := cmp.Diff(want, r.reads("2026-12-10T15:00:00Z", e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What was said while the clock was a year ahead keeps no news back.
func TestNewsAfterTheClockWasAhead(t *testing.T) {
	e := own(t, "party", "Party", "2029-01-20T12:00:00Z")
	r := newReader(t, "2027-11-01T12:00:00Z", e)
	for range 2 {
		e.At, e.Day = e.At.AddDate(0, 0, 1), e.Day.AddDays(1)
		if got := r.reads("2027-11-01T13:00:00Z", e); len(got) != 1 {
			t.Fatalf("with the clock ahead: %q", got)
		}
	}
	e.At, e.Day = e.At.AddDate(0, 0, 1), e.Day.AddDays(1)
	want := []string{"Party moved: Mon 2029-01-22 → Tue 2029-01-23 12:00 UTC, in 793 days."}
	if diff := cmp.Diff(want, r.reads("2026-11-22T12:00:00Z", e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Names from a calendar say nothing but names, in news as well.
func TestHostileNews(t *testing.T) {
	for _, name := range bottest.Hostile(t) {
		a, b := official(t, "a", "nova", "spec-freeze", name, "2026-12-10"), official(t, "b", name, "x", name, "2026-12-11")
		a.URL, b.URL, a.Source.Series, b.Source.Series = name, name, name, "other"
		r := newReader(t, "2026-11-01T12:00:00Z", a)
		changes := []change{
			{old: "a", id: "a", was: believe(a, time.UTC), is: believe(b, time.UTC), event: b},
			{old: "a", was: believe(a, time.UTC)},
			{id: "b", is: believe(b, time.UTC), event: b},
		}
		for i := range changes {
			bottest.Harmless(t, strconv.Quote(name), r.p.newsText(r.v, changes[i:i+1], shared), r.v.At, 400)
		}
		bottest.Harmless(t, strconv.Quote(name), r.p.newsText(r.v, changes, shared), r.v.At, 400)
	}
}

// Meetings of which a source says no more than that are not taken for each other.
func TestUnrelatedEvents(t *testing.T) {
	meeting := func(uid, name, at string) cycle.Event {
		e := own(t, "ics-"+uid, name, at)
		e.Kind, e.Exact, e.Source = "event", true, cycle.Source{File: "team.ics", Label: "ics-" + uid, Basis: cycle.AtInstant}
		return e
	}
	weekly := meeting("one", "Weekly meeting", "2026-11-25T16:00:00Z")
	r := newReader(t, "2026-11-22T12:00:00Z", weekly)
	got := r.reads("2026-11-22T13:00:00Z", meeting("two", "Docs hackday", "2026-11-27T16:00:00Z"))
	want := []string{"2 changes in the calendar:\n- Weekly meeting is gone (was Wed 2026-11-25 16:00 UTC)\n- new: Docs hackday, Fri 2026-11-27 16:00 UTC, in 5 days: short notice"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("another at another time (-want +got):\n%s", d)
	}
	got = r.reads("2026-11-22T14:00:00Z", meeting("three", "Docs hackday", "2026-11-28T16:00:00Z"))
	want = []string{"Docs hackday moved: Fri 2026-11-27 → Sat 2026-11-28 16:00 UTC, in 6 days."}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the same under another id (-want +got):\n%s", d)
	}
}
