package freeze

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/msg"
)

// What becomes of the official date under one of the team's own that stays.
func TestOfficialNews(t *testing.T) {
	const label = "i-glance-spec-freeze"
	on := func(day string) cycle.Event {
		return official(t, label, "glance", "spec-freeze", "Glance Spec Freeze", day)
	}
	exact := func(at string) cycle.Event {
		e := on(at[:10])
		e.At, e.Exact = utc(t, at), true
		return e
	}
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z")
	over := func(own cycle.Event, official ...cycle.Event) []cycle.Event {
		return cycle.Lay(official, []cycle.Event{own})
	}
	quiet := own
	quiet.Remind = []civil.Span{}
	renamed := own
	renamed.ID = "specs"
	labelled := own
	labelled.ID = label
	other := on("2026-12-17")
	other.ID = "i-glance-specs"
	later := on("2026-12-12")
	later.ID = other.ID
	ff := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2027-02-18") // its source is known
	everybodys := official(t, "i-spec", cycle.CrossProject, "spec-freeze", "Specs", "2026-12-17")
	last := own
	last.At = on("2026-12-10").At
	otherKind := own
	otherKind.ID, otherKind.Kind = "glance-specs", "glance-specs"
	silent := on("2026-12-03")
	silent.Remind = []civil.Span{}
	spring := own
	spring.Day, spring.At = on("2027-03-18").Day, utc(t, "2027-03-18T12:00:00Z")
	early := own
	early.Day, early.At = on("2026-12-01").Day, utc(t, "2026-12-01T12:00:00Z")
	for _, tc := range []struct {
		name, now string
		was, is   []cycle.Event
		want      string
	}{
		{"moved", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(own, on("2026-12-17")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
		{"moved to ours", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(own, on("2026-12-10")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-10; ours stays Thu 2026-12-10."},
		{"another hour", "2026-11-22T12:00:00Z", over(own, exact("2026-12-03T12:00:00Z")), over(own, exact("2026-12-03T18:00:00Z")), "Spec freeze: officially Thu 2026-12-03 12:00 UTC → 18:00 UTC; ours stays Thu 2026-12-10."},
		{"a time", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(own, exact("2026-12-03T18:00:00Z")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-03 18:00 UTC; ours stays Thu 2026-12-10."},
		{"no time any more", "2026-11-22T12:00:00Z", over(own, exact("2026-12-03T18:00:00Z")), over(own, on("2026-12-03")), ""},
		{"gone", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(own), "Spec freeze: officially no longer in the calendar (was Thu 2026-12-03); ours stays Thu 2026-12-10."},
		{"gone when it had passed", "2026-12-04T12:00:00Z", over(own, on("2026-12-03")), over(own), ""},
		{"put off when it had passed", "2026-12-04T12:00:00Z", over(own, on("2026-12-03")), over(own, on("2026-12-17")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
		{"from past to past", "2026-12-04T12:00:00Z", over(own, on("2026-12-03")), over(own, on("2026-12-02")), ""},
		{"when ours has passed", "2026-12-04T12:00:00Z", over(early, on("2026-12-10")), over(early, on("2026-12-17")), ""},
		{"reminding of nothing", "2026-11-22T12:00:00Z", over(quiet, on("2026-12-03")), over(quiet, on("2026-12-17")), ""},
		{"laid over for the first time", "2026-11-22T12:00:00Z", []cycle.Event{on("2026-12-10")}, over(own, on("2026-12-17")), "Spec freeze has a time now: Thu 2026-12-10 12:00 UTC, in 18 days."},
		{"there now", "2026-11-22T12:00:00Z", over(own), over(own, on("2026-12-17")), ""},
		{"with ours", "2026-11-22T12:00:00Z", over(early, on("2026-12-03")), over(own, on("2026-12-17")), "Spec freeze moved: Tue 2026-12-01 → Thu 2026-12-10 12:00 UTC, in 18 days."},
		{"ours with another id", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(renamed, on("2026-12-17")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
		{"ours with its label", "2026-11-22T12:00:00Z", over(labelled, on("2026-12-03")), over(labelled, on("2026-12-17")), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
		{"another label", "2026-11-22T12:00:00Z", over(own, on("2026-12-17")), over(own, other), ""},
		{"only ours gone", "2026-11-22T12:00:00Z", over(own, on("2026-12-10")), []cycle.Event{on("2026-12-10")}, ""},
		{"only ours gone, of the same minute", "2026-11-22T12:00:00Z", over(last, on("2026-12-10")), []cycle.Event{on("2026-12-10")}, ""},
		{"of the team gone, and everybody's left", "2026-11-22T12:00:00Z", over(own, on("2026-12-03"), everybodys), over(own, everybodys), "Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
		{"too far away to be meant", "2026-11-22T12:00:00Z", over(own, on("2026-12-03"), ff), over(own, on("2027-03-18"), ff), "Glance Spec Freeze: officially Thu 2026-12-03 → Thu 2027-03-18, in 116 days; ours no longer stands for it."},
		{"ours with another kind, listed now", "2026-11-22T12:00:00Z", over(own, on("2026-12-03"), ff), over(otherKind, on("2026-12-03"), ff), "Glance Spec Freeze: officially Thu 2026-12-03, in 11 days; ours no longer stands for it."},
		{"listed now, of a source that had nothing else", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(otherKind, on("2026-12-03")), "Glance Spec Freeze: officially Thu 2026-12-03, in 11 days; ours no longer stands for it."},
		{"listed now, with another hour", "2026-11-22T12:00:00Z", over(own, exact("2026-12-03T12:00:00Z")), over(otherKind, exact("2026-12-03T18:00:00Z")), "Glance Spec Freeze: officially Thu 2026-12-03 12:00 UTC → 18:00 UTC, in 11 days; ours no longer stands for it."},
		{"listed now, and ours elsewhere", "2026-11-22T12:00:00Z", over(own, on("2026-12-03")), over(spring, on("2026-12-03")), "2 changes in the calendar:\n- Glance Spec Freeze: officially Thu 2026-12-03, in 11 days, ours no longer stands for it\n- Spec freeze moved: Thu 2026-12-10 → Thu 2027-03-18 12:00 UTC, in 116 days"},
		{"listed now, when it had passed", "2026-12-04T12:00:00Z", over(own, on("2026-12-03"), ff), over(otherKind, on("2026-12-03"), ff), ""},
		{"listed now, reminding of nothing", "2026-11-22T12:00:00Z", over(own, on("2026-12-03"), ff), over(otherKind, silent, ff), ""},
		{"ours with another kind, no longer listed", "2026-11-22T12:00:00Z", over(otherKind, on("2026-12-03")), over(own, on("2026-12-03")), ""},
		{"under ours another one that moves", "2026-11-22T12:00:00Z", over(own, on("2026-12-10"), other), over(own, later), "Spec freeze: officially Thu 2026-12-10 → Sat 2026-12-12; ours stays Thu 2026-12-10."},
		{"another of ours gone, with its label", "2026-11-22T12:00:00Z", cycle.Lay([]cycle.Event{on("2026-12-03")}, []cycle.Event{labelled, early}), over(early, on("2026-12-03")), "Spec freeze is no longer in the calendar (was Thu 2026-12-10 12:00 UTC)."},
		{"near enough to be meant", "2026-11-22T12:00:00Z", over(own, on("2027-03-18")), over(own, on("2026-12-17")), "Spec freeze: officially Thu 2027-03-18 → Thu 2026-12-17; ours stays Thu 2026-12-10."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(t, "2026-11-20T12:00:00Z", tc.was...)
			if got := strings.Join(r.reads(tc.now, tc.is...), "\n"); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if got := r.reads(tc.now, tc.is...); len(got) > 0 {
				t.Errorf("read again: %q", got)
			}
		})
	}
}

// A reminder that waits stays, whichever id the team's own has at the same date: what
// is said of the official one does not say it.
func TestOfficialNewsLeavesWhatWaits(t *testing.T) {
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z")
	renamed := own
	renamed.ID = "specs"
	over := func(own cycle.Event, day string) []cycle.Event {
		return cycle.Lay([]cycle.Event{official(t, "i-spec", "glance", "spec-freeze", "Specs", day)}, []cycle.Event{own})
	}
	r := newReader(t, "2026-11-20T12:00:00Z", over(own, "2026-12-03")...)
	r.v.At = utc(t, "2026-12-03T14:00:00Z")
	due := r.p.due(r.v, r.v.At.Add(-time.Second), r.v.At)
	if len(due) != 1 {
		t.Fatalf("due: %v", due)
	}
	eff, err := r.p.remind(t.Context(), r.v, due[0])
	r.hears(eff, err)
	cal, _, diff := cycle.New(time.UTC, over(renamed, "2026-12-17")).Observe(r.seen, r.v.At)
	r.v.Cal = cal
	eff, err = r.p.on(t.Context(), r.v, bot.Event{Calendar: &diff})
	if lines := r.hears(eff, err); len(lines) != 1 || len(eff.Unsay) > 0 {
		t.Errorf("says %q, drops %q", lines, eff.Unsay)
	}
}

// A record, and sightings, of a bot that did not keep official dates: that there is
// one is no news, and it is from then on.
func TestOfficialNewsAfterAnOlderBot(t *testing.T) {
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z")
	on := func(day string) []cycle.Event {
		return cycle.Lay([]cycle.Event{official(t, "i-spec", "glance", "spec-freeze", "Specs", day)}, []cycle.Event{own})
	}
	r := newReader(t, "2026-11-20T12:00:00Z", on("2026-12-03")...)
	for id, s := range r.seen {
		s.Published = nil
		r.seen[id] = s
	}
	var k known
	if _, err := r.v.Get("calendar", &k); err != nil {
		t.Fatal(err)
	}
	was := k.Events["spec-freeze"]
	was.Published = nil
	k.Events["spec-freeze"] = was
	b, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	r.v.Records["calendar"] = b
	if got := r.reads("2026-11-21T12:00:00Z", on("2026-12-03")...); len(got) > 0 {
		t.Errorf("the first start: %q", got)
	}
	want := []string{"Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10."}
	if d := cmp.Diff(want, r.reads("2026-11-22T12:00:00Z", on("2026-12-17")...)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// An official date that goes to and fro is held back as any other, and said in the
// end if it differs.
func TestOfficialNewsHeldBack(t *testing.T) {
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z")
	on := func(day string) []cycle.Event {
		return cycle.Lay([]cycle.Event{official(t, "i-spec", "glance", "spec-freeze", "Specs", day)}, []cycle.Event{own})
	}
	r := newReader(t, "2026-11-20T12:00:00Z", on("2026-12-03")...)
	var got []string
	for i, day := range []string{"2026-12-17", "2026-12-03", "2026-12-17", "2026-12-24"} {
		got = append(got, r.reads(utc(t, "2026-11-21T12:00:00Z").Add(time.Duration(i)*time.Hour).Format(time.RFC3339), on(day)...)...)
	}
	due := r.p.dueChanges(r.v, r.v.At, r.v.At.Add(48*time.Hour))
	if len(due) != 1 || !due[0].At.Equal(utc(t, "2026-11-22T12:00:00Z")) {
		t.Fatalf("what is held back is due %v", due)
	}
	r.v.At = due[0].At
	eff, err := r.p.catchUp(t.Context(), r.v, due[0])
	got = append(got, r.hears(eff, err)...)
	want := []string{
		"Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-17; ours stays Thu 2026-12-10.",
		"Spec freeze: officially Thu 2026-12-17 → Thu 2026-12-03; ours stays Thu 2026-12-10.",
		"Spec freeze: officially Thu 2026-12-03 → Thu 2026-12-24; ours stays Thu 2026-12-10.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// That the team's own no longer stands for an official date is held back as any other
// change. What was said of that date before it lay under the team's is not said again,
// and what is due later is.
func TestOfficialDateIsListedAgain(t *testing.T) {
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T12:00:00Z")
	beside := own
	beside.ID, beside.Kind = "glance-specs", "glance-specs"
	date := official(t, "i-spec", "glance", "spec-freeze", "Specs", "2026-12-03")
	over := func(own cycle.Event) []cycle.Event { return cycle.Lay([]cycle.Event{date}, []cycle.Event{own}) }
	r := newReader(t, "2026-11-18T12:00:00Z", date)
	var got []string
	steps := func(until string) {
		t.Helper()
		from := r.v.At
		for _, o := range r.p.due(r.v, from, utc(t, until)) {
			r.v.At = o.At
			eff, err := r.p.remind(t.Context(), r.v, o)
			r.hears(eff, err)
			got = append(got, string(o.Key))
		}
		r.v.At = utc(t, until)
	}
	steps("2026-11-19T15:00:00Z")
	says := func(now string, events ...cycle.Event) {
		t.Helper()
		got = append(got, r.reads(now, events...)...)
		steps(now)
	}
	says("2026-11-19T16:00:00Z", over(own)...)
	says("2026-11-19T17:00:00Z", over(beside)...)
	says("2026-11-19T18:00:00Z", over(own)...)
	says("2026-11-19T19:00:00Z", over(beside)...)
	says("2026-11-19T20:00:00Z", over(own)...)
	says("2026-11-19T21:00:00Z", over(beside)...)
	due := r.p.dueChanges(r.v, r.v.At, r.v.At.Add(48*time.Hour))
	if len(due) != 1 {
		t.Fatalf("what is held back is due %v", due)
	}
	r.v.At = due[0].At
	eff, err := r.p.catchUp(t.Context(), r.v, due[0])
	got = append(got, r.hears(eff, err)...)
	steps("2026-11-26T15:00:00Z")
	want := []string{
		"i-spec/2026-12-03/T-14d",
		"Spec freeze moved: Thu 2026-12-03 → Thu 2026-12-10 12:00 UTC, in 21 days.",
		"Specs: officially Thu 2026-12-03, in 14 days; ours no longer stands for it.",
		"Specs: officially Thu 2026-12-03, in 13 days; ours no longer stands for it.", // held back for a day
		"i-spec/2026-12-03/T-7d",
		"glance-specs/2026-12-10/T-14d",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What is kept twice, from two readings of the store, is kept once.
func TestKeepOfficial(t *testing.T) {
	known := func(day int) belief {
		return belief{Kind: "spec-freeze", Published: &cycle.Published{ID: "i-glance-spec-freeze", Day: civil.Date{Year: 2026, Month: 6, Day: day}}}
	}
	b := beliefs{}
	b.keep("specs", known(11))
	b.keep("specs", known(11))
	if len(b) != 1 {
		t.Errorf("kept twice: %v", b)
	}
	b.keep("specs", known(18))
	if len(b) != 2 {
		t.Errorf("another is not kept: %v", b)
	}
}

// A bot that listed a date of a schedule and of an iCalendar file twice: that it is
// listed once from then on is no news, and what was said of it is not taken back.
func TestDateListedTwiceByAnOlderBot(t *testing.T) {
	page := official(t, "i-ff", cycle.CrossProject, "feature-freeze", "Feature freeze", "2026-12-10")
	page.Source.Series = "indri"
	file := official(t, "ics-ff", cycle.CrossProject, "feature-freeze", "Indri feature freeze", "2026-12-10")
	file.Source = cycle.Source{File: "team.ics", Basis: cycle.AtInstant}
	novas := file
	novas.ID, novas.Name = "ics-nova-ff", "Nova feature freeze"
	review := file
	review.ID, review.Kind, review.Name = "ics-review", "review-day", "Review day"
	r := newReader(t, "2026-11-20T12:00:00Z", page, file, novas, review)
	r.v.At = utc(t, "2026-12-03T14:00:00Z")
	for _, o := range r.p.due(r.v, r.v.At.Add(-time.Second), r.v.At) {
		eff, err := r.p.remind(t.Context(), r.v, o)
		r.hears(eff, err)
	}
	// As a bot said it that knew no "same day".
	if err := r.v.Apply(bot.Effects{Put: map[string]any{"heard/ics-ff": heard{Step: civil.DaySpan(7), Said: r.v.At, Key: "ics-ff/2026-12-10/T-7d"}}}); err != nil {
		t.Fatal(err)
	}
	cal, _, diff := cycle.New(time.UTC, []cycle.Event{page}).Observe(r.seen, r.v.At)
	r.v.Cal = cal
	eff, err := r.p.on(t.Context(), r.v, bot.Event{Calendar: &diff})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, say := range eff.Say {
		if say.To.Room == alone {
			got = append(got, msg.Plain(say.Message, r.v.At))
		}
	}
	want := []string{"2 changes in the calendar:\n- Nova feature freeze is gone (was Thu 2026-12-10)\n- Review day is gone (was Thu 2026-12-10)", "Feature freeze: Thu 2026-12-10.", "Nova feature freeze: not in the calendar any more."}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
