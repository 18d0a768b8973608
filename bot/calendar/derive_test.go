package calendar_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// readings reads a schedule of weeks ("2026-05-11 R-20 +h-1 h-nova-x", five days
// each) and sections ("h-1 | Milestone 1 | text") and shows what follows.
func readings(t testing.TB, rule bool, weeks []string, sections []string) []string {
	t.Helper()
	var grid, page strings.Builder
	grid.WriteString("cycle:\n")
	for _, w := range weeks {
		f := strings.Fields(w)
		start, err := civil.ParseDate(f[0])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&grid, "- start: %s\n  end: %s\n  name: %s\n", start, start.AddDays(4), f[1])
		var cross, project []string
		for _, l := range f[2:] {
			if name, ok := strings.CutPrefix(l, "+"); ok {
				cross = append(cross, name)
			} else {
				project = append(project, l)
			}
		}
		fmt.Fprintf(&grid, "  x-project: [%s]\n  project-specific: [%s]\n", strings.Join(cross, ", "), strings.Join(project, ", "))
	}
	page.WriteString("Test Release Schedule\n=====================\n\n")
	if rule {
		page.WriteString("Deadlines are generally the Thursday of the week.\n\n")
	}
	for _, s := range sections {
		f := strings.Split(s, " | ")
		fmt.Fprintf(&page, ".. _%s:\n\n%s\n%s\n%s\n\n", f[0], f[1], strings.Repeat("-", len(f[1])), f[2])
	}
	s := calendar.Read(fstest.MapFS{
		"schedule.yaml": {Data: []byte(grid.String())},
		"schedule.rst":  {Data: []byte(page.String())},
	}, "test", civil.Date{})
	for _, p := range s.Problems {
		t.Errorf("problem: %s", p)
	}
	var out []string
	for _, r := range s.Readings(cycle.DefaultKinds()) {
		line := fmt.Sprintf("%s %s %s %s %s %s", r.Week.Name.Raw, r.Label, r.Team, r.Kind, r.Day, r.Basis)
		if !r.At.IsZero() {
			line += " " + r.At.Format("15:04")
		}
		if !r.Until.IsZero() {
			line += r.Until.Format(" until 01-02T15:04")
		}
		if d := r.Disagreement(); d != calendar.Agree {
			line += " " + string(d)
		}
		out = append(out, line)
	}
	return out
}

func TestReadings(t *testing.T) {
	for _, tc := range []struct {
		name            string
		weeks, sections []string
		want            []string
	}{
		{
			"no date is the Thursday, the end of the week the Friday",
			[]string{"2026-08-24 R-5 +h-ff h-manila-spec-freeze"},
			[]string{"h-ff | Feature freeze | No features.", "h-manila-spec-freeze | Manila Spec Freeze | Approved by the end of the week."},
			[]string{
				"R-5 h-ff cross-project feature-freeze 2026-08-27 thursday-rule",
				"R-5 h-manila-spec-freeze manila spec-freeze 2026-08-28 end-of-week",
			},
		},
		{
			"a date, a time, a time without a zone, a time in a zone nobody can look up",
			[]string{"2026-08-24 R-5 h-a-freeze h-b-freeze h-c-freeze h-d-freeze"},
			[]string{
				"h-a-freeze | A Spec Freeze | By 25 August 2026.",
				"h-b-freeze | B Spec Freeze | By 25 August 2026 (13:59 UTC).",
				"h-c-freeze | C Spec Freeze | By 23:59 on 25 August 2026.",
				"h-d-freeze | D Spec Freeze | By 25 August 2026 (13:59 EST).",
			},
			[]string{
				"R-5 h-a-freeze a spec-freeze 2026-08-25 prose-date",
				"R-5 h-b-freeze b spec-freeze 2026-08-25 prose-time 13:59",
				"R-5 h-c-freeze c spec-freeze 2026-08-25 prose-time-no-zone 23:59",
				"R-5 h-d-freeze d spec-freeze 2026-08-25 prose-date",
			},
		},
		{
			"prose wins over the grid, and says so",
			[]string{"2026-08-24 R-5 h-a-freeze"},
			[]string{"h-a-freeze | A Spec Freeze | By 2 September 2026."},
			[]string{"R-5 h-a-freeze a spec-freeze 2026-09-02 prose-date outside-its-week"},
		},
		{
			"of two days elsewhere the nearer one, of two as near the first, and a deadline before both",
			[]string{"2026-08-10 R-8 +h-extra-acs h-a-freeze h-b-freeze"},
			[]string{
				"h-extra-acs | Extra-AC freeze | The list needs to be approved by 27 August, and proposals to be submitted by 18 August.",
				"h-a-freeze | A Spec Freeze | By 18 August 2026. They can be proposed since 6 August 2026.",
				"h-b-freeze | B Spec Freeze | Reviewed on 20 August 2026, with a deadline of 27 August 2026.",
			},
			[]string{
				"R-8 h-extra-acs cross-project extra-ac-freeze 2026-08-18 prose-date outside-its-week",
				"R-8 h-a-freeze a spec-freeze 2026-08-18 prose-date outside-its-week",
				"R-8 h-b-freeze b spec-freeze 2026-08-27 prose-date outside-its-week",
			},
		},
		{
			"a slip of the year",
			[]string{"2026-01-05 R-5 h-a-freeze"},
			[]string{"h-a-freeze | A Spec Freeze | By 6 January 2025 (12:00 UTC)."},
			[]string{"R-5 h-a-freeze a spec-freeze 2026-01-06 prose-time 12:00 wrong-year"},
		},
		{
			"a year that no slip explains: the week counts",
			[]string{"2026-01-05 R-5 h-a-freeze h-b-freeze"},
			[]string{"h-a-freeze | A Spec Freeze | By 20 January 2025 (12:00 UTC).", "h-b-freeze | B Spec Freeze | Not before 20 January 2025."},
			[]string{
				"R-5 h-a-freeze a spec-freeze 2026-01-08 thursday-rule wrong-year",
				"R-5 h-b-freeze b spec-freeze 2026-01-08 thursday-rule",
			},
		},
		{
			"another event's date",
			[]string{"2026-08-03 R-8 h-a-feature-checkpoint", "2026-08-31 R-4 h-b-freeze"},
			[]string{
				"h-a-feature-checkpoint | A Feature Checkpoint | So that it is merged before 26 August 2026.",
				"h-b-freeze | B Spec Freeze | Merged before 3 September 2026.",
			},
			[]string{
				"R-8 h-a-feature-checkpoint a feature-checkpoint 2026-08-06 thursday-rule",
				"R-4 h-b-freeze b spec-freeze 2026-09-03 prose-date",
			},
		},
		{
			"two days, a week each; and two days of one week",
			[]string{"2026-08-03 R-8 h-a-review-day", "2026-08-17 R-6 h-a-review-day h-b-review-day"},
			[]string{
				"h-a-review-day | A Review Day | On 4 August 2026 and 20 August 2026.",
				"h-b-review-day | B Review Day | On 18 and 20 August 2026.",
			},
			[]string{
				"R-8 h-a-review-day a review-day 2026-08-04 prose-date",
				"R-6 h-a-review-day a review-day 2026-08-20 prose-date",
				"R-6 h-b-review-day b review-day 2026-08-18 prose-date",
				"R-6 h-b-review-day b review-day 2026-08-20 prose-date",
			},
		},
		{
			"a span of instants counts where it opens, and is repeated",
			[]string{"2024-08-12 R-7 +e-election-nominations", "2024-08-19 R-6 +e-election-nominations"},
			[]string{"e-election-nominations | Election Nominations Open | Runs between 2024-08-14 23:45 UTC and 2024-08-28 23:45 UTC."},
			[]string{
				"R-7 e-election-nominations elections election-nominations 2024-08-14 prose-time 23:45 until 08-28T23:45",
				"R-6 e-election-nominations elections election-nominations 2024-08-22 week",
			},
		},
		{
			"a target week and its deadline; a range of days",
			[]string{"2018-02-05 R-3 +q-rc1 +q-ptg", "2018-02-12 R-2 +q-summit"},
			[]string{
				"q-rc1 | RC1 target week | The week of 5 February 2018, with a deadline of 9 February 2018.",
				"q-ptg | PTG | From February 5 to 7, 2018.",
				"q-summit | Summit | 5-9 February 2018 in Denver.",
			},
			[]string{
				"R-3 q-rc1 cross-project rc1 2018-02-09 prose-date",
				"R-3 q-ptg cross-project ptg 2018-02-07 week",
				"R-2 q-summit cross-project summit 2018-02-08 week outside-its-week",
			},
		},
		{
			"a deadline before other days, here and elsewhere; a range that begins on the weekend before",
			[]string{"2018-02-05 R-3 +q-rc1 +q-finalrc +q-summit"},
			[]string{
				"q-rc1 | RC1 | From 6 February 2018 on, with a deadline of 9 February 2018.",
				"q-finalrc | Final RC | From 20 February 2018 on, with a deadline of 22 February 2018.",
				"q-summit | Summit | 3-9 February 2018.",
			},
			[]string{
				"R-3 q-rc1 cross-project rc1 2018-02-09 prose-date",
				"R-3 q-finalrc cross-project final-rc 2018-02-22 prose-date outside-its-week",
				"R-3 q-summit cross-project summit 2018-02-08 week",
			},
		},
		{
			"a day of its own before an aside of the same week; a day said twice, once with its time",
			[]string{"2026-08-31 R-4 h-a-freeze h-b-mid-cycle"},
			[]string{
				"h-a-freeze | A Spec Freeze | By 2 September 2026, long before 4 September 2026.",
				"h-b-mid-cycle | B Mid Cycle | On 1 September 2026. Tuesday 1 September 2026 (1400-1600 UTC).",
			},
			[]string{
				"R-4 h-a-freeze a spec-freeze 2026-09-02 prose-date",
				"R-4 h-b-mid-cycle b mid-cycle 2026-09-01 prose-time 14:00 until 09-01T16:00",
			},
		},
		{
			"an end of the week in the prose of a label that has days",
			[]string{"2026-08-03 R-8 h-a-review-day", "2026-08-17 R-6 h-a-review-day"},
			[]string{"h-a-review-day | A Review Day | On 4 August 2026; results by the end of the week."},
			[]string{
				"R-8 h-a-review-day a review-day 2026-08-04 prose-date",
				"R-6 h-a-review-day a review-day 2026-08-20 week",
			},
		},
		{
			"times that stand alone belong to the only day",
			[]string{"2024-06-10 R-16 d-cinder-mid-cycle"},
			[]string{"d-cinder-mid-cycle | Cinder Mid Cycle | On 12 June, 2024 (Wednesday). We will start at 1400 UTC and conclude at 1600 UTC."},
			[]string{"R-16 d-cinder-mid-cycle cinder mid-cycle 2024-06-12 prose-time 14:00 until 06-12T16:00"},
		},
		{
			"a day of the week as written, not its Thursday",
			[]string{"2026-06-08 R-16 h-nova-spec-freeze"},
			[]string{"h-nova-spec-freeze | Nova Spec Freeze | Specs have to be merged by the Tuesday of this week."},
			[]string{"R-16 h-nova-spec-freeze nova spec-freeze 2026-06-09 prose-date"},
		},
		{
			"the end of the week, whatever other dates the text has",
			[]string{"2026-06-08 R-16 h-nova-spec-freeze"},
			[]string{"h-nova-spec-freeze | Nova Spec Freeze | Specs have to be merged by the end of the week. Code is by feature freeze on 27 August 2026."},
			[]string{"R-16 h-nova-spec-freeze nova spec-freeze 2026-06-12 end-of-week"},
		},
		{
			"and have the zone that stands after the second",
			[]string{"2024-06-10 R-16 d-cinder-mid-cycle"},
			[]string{"d-cinder-mid-cycle | Cinder Mid Cycle | On 12 June, 2024 (Wednesday). We will start at 14:00 and conclude at 16:00 UTC."},
			[]string{"R-16 d-cinder-mid-cycle cinder mid-cycle 2024-06-12 prose-time 14:00 until 06-12T16:00"},
		},
		{
			"a row that was moved takes its undated labels along",
			[]string{"2016-12-05 R-11 +o-2 +o-mf o-a-spec-freeze o-b-spec-freeze o-c-spec-freeze", "2016-12-12 R-10"},
			[]string{
				"o-2 | Milestone 2 | 15 December 2016.", "o-mf | Membership Freeze | -",
				"o-a-spec-freeze | A Spec Freeze | 14 December 2016.", "o-b-spec-freeze | B Spec Freeze | 14 December 2016.",
				"o-c-spec-freeze | C Spec Freeze | By the end of the week.",
			},
			[]string{
				"R-11 o-2 cross-project milestone 2016-12-15 prose-date outside-its-week",
				"R-11 o-mf cross-project membership-freeze 2016-12-15 thursday-rule outside-its-week",
				"R-11 o-a-spec-freeze a spec-freeze 2016-12-14 prose-date outside-its-week",
				"R-11 o-b-spec-freeze b spec-freeze 2016-12-14 prose-date outside-its-week",
				"R-11 o-c-spec-freeze c spec-freeze 2016-12-16 end-of-week outside-its-week",
			},
		},
		{
			"weeks whose start is a mistake",
			[]string{"2016-10-31 none +n-release", "2016-10-10 none", "2015-10-17 none +o-2", "2016-10-24 none", "2016-10-31 R-16"},
			[]string{"n-release | Release | -", "o-2 | Milestone | -"},
			[]string{
				"none n-release cross-project release 2016-10-06 thursday-rule outside-its-week",
				"none o-2 cross-project milestone 2016-10-20 thursday-rule outside-its-week",
			},
		},
		{
			"a label that nobody defines, and a kind that nobody knows",
			[]string{"2026-08-24 R-5 +g-final +x +h-3 h-nova-cheese-freeze h-nova"},
			nil,
			[]string{
				"R-5 g-final cross-project release 2026-08-27 thursday-rule",
				"R-5 x cross-project x 2026-08-27 thursday-rule",
				"R-5 h-3 cross-project milestone 2026-08-27 thursday-rule",
				"R-5 h-nova-cheese-freeze nova cheese-freeze 2026-08-27 thursday-rule",
				"R-5 h-nova nova h-nova 2026-08-27 thursday-rule",
			},
		},
		{
			"the last part of something is no release: the weeks would be counted to it",
			[]string{"2020-02-10 R-13 +u-py-drop-final", "2020-05-11 R-0 +u-final +u-coordinated-release"},
			[]string{
				"u-py-drop-final | Requirement Drop python 2 & Audit | Audit that every project has dropped it.",
				"u-final | The day | -", "u-coordinated-release | Ussuri release | -",
			},
			[]string{
				"R-13 u-py-drop-final cross-project py-drop-final 2020-02-13 thursday-rule",
				"R-0 u-final cross-project release 2020-05-14 thursday-rule",
				"R-0 u-coordinated-release cross-project release 2020-05-14 thursday-rule",
			},
		},
		{
			"a day that does not exist",
			[]string{"2026-06-29 R-5 h-a-freeze"},
			[]string{"h-a-freeze | A Spec Freeze | By 31 June 2026."},
			[]string{"R-5 h-a-freeze a spec-freeze 2026-07-02 thursday-rule no-such-day"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, readings(t, true, tc.weeks, tc.sections)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	got := readings(t, false, []string{"2026-08-24 R-5 +h-ff"}, nil)
	if d := cmp.Diff([]string{"R-5 h-ff cross-project feature-freeze 2026-08-27 week"}, got); d != "" {
		t.Errorf("without a rule on the page (-want +got):\n%s", d)
	}
}

// A label's title stands above a title without a label: the text is below that.
func TestLabelOnGroupTitle(t *testing.T) {
	s := calendar.Read(fstest.MapFS{
		"schedule.yaml": {Data: []byte("cycle:\n- start: 2018-09-03\n  x-project: [s-tc-email-deadline]\n")},
		"schedule.rst":  {Data: []byte("Page\n====\n\n.. _s-tc-email-deadline:\n\nStein TC Election\n-----------------\n\nEmail Deadline\n^^^^^^^^^^^^^^\nBy September 9th, 2018 at 00:00 UTC.\n")},
	}, "schedules/stein", civil.Date{})
	r := s.Readings(cycle.DefaultKinds())[0]
	if got := r.At.Format(time.RFC3339) + " " + r.Kind + " " + r.Title + " " + r.Series; got != "2018-09-09T00:00:00Z election-email-deadline Stein TC Election stein" {
		t.Errorf("got %s", got)
	}
}

func TestEvents(t *testing.T) {
	s := calendar.Read(fstest.MapFS{"schedule.yaml": {Data: []byte(`cycle:
- start: 2026-08-03
  name: R-8
  x-project: [h-ff, i-election-voting]
  project-specific: [h-nova-review-day]
- start: 2026-08-10
  x-project: [i-election-voting, g-final]
  project-specific: [h-nova-review-day]
- start: never
  x-project: [h-1]
`)}}, "test", civil.Date{})
	prague, err := civil.LoadZone("Europe/Prague")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range calendar.Events(s.Readings(cycle.DefaultKinds()), prague) {
		got = append(got, fmt.Sprintf("%s %s %s %s:%d %s %v", e.ID, e.Kind, e.At.Format(time.RFC3339), e.Source.File, e.Source.Line, e.Source.Week, e.Exact))
	}
	want := []string{
		"h-ff feature-freeze 2026-08-06T21:59:00Z test/schedule.yaml:4 R-8 false",
		"i-election-voting election-voting 2026-08-06T21:59:00Z test/schedule.yaml:4 R-8 false",
		"h-nova-review-day review-day 2026-08-06T21:59:00Z test/schedule.yaml:5 R-8 false",
		"g-final release 2026-08-13T21:59:00Z test/schedule.yaml:7  false",
		"h-nova-review-day.2 review-day 2026-08-13T21:59:00Z test/schedule.yaml:8  false",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A page may give thousands of labels one text, and that thousands of dates:
// what no page has is not read, so that the two do not multiply.
func TestReadingsOfHostilePage(t *testing.T) {
	var grid, page strings.Builder
	grid.WriteString("cycle:\n- start: 2026-06-01\n  x-project:\n")
	for i := range 1_900 {
		fmt.Fprintf(&grid, "  - a-%d\n", i)
		fmt.Fprintf(&page, ".. _a-%d:\n", i)
	}
	page.WriteString("\nTitle\n-----\n\n" + strings.Repeat("1 June 2026, or else 4 July 2026.\n", 5_000))
	s := calendar.Read(fstest.MapFS{"schedule.yaml": {Data: []byte(grid.String())}, "schedule.rst": {Data: []byte(page.String())}}, "a", civil.Date{})
	for _, section := range s.Page.Sections {
		if n := len(section.Mentions); n > 100 {
			t.Errorf("%d dates of one section are read", n)
		}
	}
	if got := s.Readings(cycle.DefaultKinds()); len(got) != 1_900 || got[0].Day.String() != "2026-06-01" {
		t.Errorf("%d readings", len(got))
	}
}

// Whatever the two files say, each reading has a day in a year that can be
// written, or none, and a kind.
func FuzzReadings(f *testing.F) {
	f.Add([]byte("cycle:\n- start: 2026-05-11\n  x-project: [h-1]\n"), []byte(hibiscusPage))
	f.Add([]byte("- start: 2016-10-31\n  project-specific: [m-nova-npff]\n- start: 2016-10-10\n"), []byte(mitakaPage))
	f.Fuzz(func(t *testing.T, grid, page []byte) {
		s := calendar.Read(fstest.MapFS{"schedule.yaml": {Data: grid}, "schedule.rst": {Data: page}}, "test", civil.Date{})
		for _, r := range s.Readings(cycle.DefaultKinds()) {
			if r.Kind == "" || r.Team == "" || r.Label == "" || r.Basis == "" || r.Day.Year < 0 || r.Day.Year > 2201 {
				t.Errorf("%+v", r)
			}
			if !r.At.IsZero() && civil.DateOf(r.At, time.UTC) != r.Day {
				t.Errorf("%s is %s on %s", r.Label, r.At, r.Day)
			}
			r.Disagreement()
		}
	})
}
