package lint_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

func date(t testing.TB, s string) civil.Date {
	t.Helper()
	if s == "" {
		return civil.Date{}
	}
	d, err := civil.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Nova's spec freeze, 30 January, comes into the calendar or moves.
func TestNotice(t *testing.T) {
	without := []string{"      - k-nova-spec-freeze\n", ""}
	later := []string{"by 30 January 2025", "by 6 February 2025"}
	for _, tc := range []struct {
		name       string
		before     []string
		last, seen string
		want       string
	}{
		{"five weeks ahead", without, "2024-12-20", "2024-12-21", ""},
		{"14 days ahead", without, "2025-01-16", "2025-01-17", ""},
		{
			"13 days ahead", without, "2025-01-17", "2025-01-17",
			"kestrel/schedule.yaml:28: k-nova-spec-freeze: notice: entered the calendar on 2025-01-17, less than 14 days ahead of its date, Thu 2025-01-30\n",
		},
		{
			"the last day is not known", without, "", "2025-01-20",
			"kestrel/schedule.yaml:28: k-nova-spec-freeze: notice: entered the calendar on 2025-01-20, less than 14 days ahead of its date, Thu 2025-01-30\n",
		},
		{
			"after it happened", without, "2025-02-01", "2025-02-07",
			"kestrel/schedule.yaml:28: k-nova-spec-freeze: entered the calendar between 2025-02-01 and 2025-02-07, too late for its date, Thu 2025-01-30\n",
		},
		{"some time since a state of months ago", without, "2024-11-01", "2025-02-07", ""},
		{
			"moved nearer", later, "2025-01-20", "2025-01-20",
			"kestrel/schedule.yaml:28: k-nova-spec-freeze: notice: moved on 2025-01-20 to Thu 2025-01-30, less than 14 days ahead\n",
		},
		{"put off is good news", []string{"by 30 January 2025", "by 28 January 2025"}, "2025-01-20", "2025-01-20", ""},
		{"a date put right afterwards", later, "2025-02-20", "2025-02-20", ""},
		{"nothing is new", nil, "2025-01-20", "2025-01-20", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := kestrel(t).input()
			before := kestrel(t).edited(t, tc.before...).schedule()
			in.Before, in.Last, in.Seen = &before, date(t, tc.last), date(t, tc.seen)
			if d := cmp.Diff(tc.want, lines(lint.Check(in))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestReviewDays(t *testing.T) {
	days := func(dates ...string) (out []civil.Date) {
		for _, d := range dates {
			out = append(out, date(t, d))
		}
		return out
	}
	none := "kestrel/schedule.yaml:18: k-1: notice: glance has no review day in the weeks before it\n" +
		"kestrel/schedule.yaml:34: k-2: notice: glance has no review day in the weeks before it\n" +
		"kestrel/schedule.yaml:57: k-3: notice: glance has no review day in the weeks before it\n"
	for _, tc := range []struct {
		name  string
		edit  []string
		teams []lint.Team
		want  string
	}{
		{"a team that never meets", nil, []lint.Team{{Name: "glance"}}, none},
		{"of what is to come", nil, []lint.Team{{Name: "glance", From: days("2025-02-06")[0]}}, none[strings.Index(none, "\n")+1:]},
		{"on the milestones themselves", nil, []lint.Team{{Name: "glance", Reviews: days("2025-01-16", "2025-02-06", "2025-02-27")}}, ""},
		{
			"the day after one is for the next", nil,
			[]lint.Team{{Name: "glance", Reviews: days("2025-01-16", "2025-02-07")}},
			"kestrel/schedule.yaml:34: k-2: notice: glance has no review day in the weeks before it\n",
		},
		{"the schedule's own count", nil, []lint.Team{{Name: "Nova", Reviews: days("2025-01-07")}}, ""},
		{
			"between the schedule's own, without asking",
			[]string{"On 21 January 2025", "On 8 January 2025", "      - k-nova-spec-review-day\n", "      - k-nova-spec-none\n", "      - k-ptg\n", "      - k-ptg\n    project-specific:\n      - k-nova-spec-review-day\n", ".. _k-nova-spec-review-day:", ".. _k-nova-spec-none:\n\nNothing\n^^^^^^^\n\nNothing.\n\n.. _k-nova-spec-review-day:"},
			nil, "kestrel/schedule.yaml:36: k-2: notice: nova has no review day in the weeks before it\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := kestrel(t).edited(t, tc.edit...).input()
			in.Teams = tc.teams
			if d := cmp.Diff(tc.want, lines(lint.Check(in))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestElectionByItself(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		{
			"questions while there may be more candidates",
			[]string{"name: TC Nominations\n    start: 2025-02-12T23:45\n    end: 2025-02-19T23:45", "name: TC Nominations\n    start: 2025-02-12T23:45\n    end: 2025-02-26T23:45"},
			"election.yaml:16: TC Campaigning: starts at 2025-02-19 23:45, before TC Nominations ends at 2025-02-26 23:45 UTC (probably 2025-02-26 23:45 UTC)\n",
		},
		{"another vote's candidates", []string{"name: PTL Nominations\n    start: 2025-02-12T23:45\n    end: 2025-02-19T23:45", "name: PTL Nominations\n    start: 2025-02-12T23:45\n    end: 2025-02-22T23:45"}, ""},
		{
			"an end before its start",
			[]string{"end: 2025-03-12T23:45", "end: 2025-01-12T23:45"},
			"election.yaml:20: PTL Election: ends before it starts\n",
		},
		{
			"an end of another year",
			[]string{"end: 2025-03-12T23:45", "end: 2026-03-12T23:45"},
			"election.yaml:20: PTL Election: the instant lies in another year than the election's others (probably 2025-03-12 23:45 UTC)\n",
		},
		{
			"a start of another year",
			[]string{"start: 2025-02-26T23:45", "start: 2024-02-26T23:45"},
			"election.yaml:19: PTL Election: the instant lies in another year than the election's others (probably 2025-02-26 23:45 UTC)\n",
		},
		{"a part of last year's election", []string{"start: 2025-02-26T23:45\n    end: 2025-03-12T23:45", "start: 2024-02-26T23:45\n    end: 2024-03-12T23:45"}, ""},
		{"an end that is its start", []string{"end: 2025-03-12T23:45", "end: 2025-02-26T23:45"}, ""},
		{
			"an instant that is none",
			[]string{"end: 2025-03-12T23:45", "end: 2025-03-32T23:45"},
			"election.yaml:20: end: end is \"2025-03-32T23:45\", which is no instant: want 2026-08-05T23:45\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := kestrel(t).edited(t, tc.edit...).input().Elections[0]
			if d := cmp.Diff(tc.want, lines(lint.CheckElection(e, cycle.DefaultKinds()))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Of an election that was put off there are two configurations: the schedule may
// follow either.
func TestTwoStatesOfAnElection(t *testing.T) {
	f := kestrel(t)
	in := f.edited(t, "2025-03-12T23:45", "2025-03-19T23:45").input()
	if got := lint.Check(in); len(got) != 1 {
		t.Fatalf("a close that disagrees gives %v", got)
	}
	in.Elections = append(in.Elections, f.input().Elections...)
	if got := lines(lint.Check(in)); got != "" {
		t.Errorf("one of two agrees, and yet:\n%s", got)
	}
}

// What is given together is checked together: states of one series in their
// order, whatever that of the folders, and configurations by themselves.
func TestAll(t *testing.T) {
	loaded := func(folder string, f files) calendar.Loaded {
		s := f.schedule()
		s.Folder = folder
		return calendar.Loaded{Name: folder, Schedule: &s}
	}
	f := kestrel(t)
	e := calendar.ParseElection("election.yaml", []byte("a: ["))
	got := lines(lint.All([]calendar.Loaded{
		loaded("past/2025-02-07-cafe", f),
		loaded("past/2024-12-01-beef", f.edited(t, "      - k-nova-spec-freeze\n", "")),
		loaded("past/2025-02-01-f00d", f.edited(t, "      - k-nova-spec-freeze\n", "")),
		{Name: "election.yaml", Election: &e, Problems: e.Problems},
		{Name: "none", Problems: []calendar.Problem{{Pos: calendar.Pos{File: "none"}, Kind: calendar.Unreadable, What: "open: no such file"}}},
	}, cycle.DefaultKinds()))
	want := "election.yaml:1: left out: sequence end token ']' not found\n" +
		"election.yaml:1: not valid YAML: sequence end token ']' not found\n" +
		"none: open: no such file\n" +
		"kestrel/schedule.rst:138: k-nova-spec-freeze: the page describes it, but no week names it (probably R-9, the week of 2025-01-27)\n" +
		"kestrel/schedule.yaml:28: k-nova-spec-freeze: entered the calendar between 2025-02-01 and 2025-02-07, too late for its date, Thu 2025-01-30\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
