package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/cycle"
)

func TestNothingIsWrongWithKestrel(t *testing.T) {
	f := kestrel(t)
	if got := lines(lint.Check(f.input())); got != "" {
		t.Errorf("a correct schedule has findings:\n%s", got)
	}
	if got := lines(lint.CheckElection(f.input().Elections[0], cycle.DefaultKinds())); got != "" {
		t.Errorf("a correct election has findings:\n%s", got)
	}
}

// Each rule has a story in which it speaks, and one next to it in which it must
// not.
func TestRules(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		// The list of weeks.
		{
			"a week ends a year late",
			[]string{"end: '2025-01-17'", "end: '2026-01-17'"},
			"kestrel/schedule.yaml:15: week R-11: the week of 2025-01-13 ends on 2026-01-17, another year than it starts (probably 2025-01-17)\n",
		},
		{
			"a week starts a year early",
			[]string{"start: '2025-01-13'", "start: '2024-01-13'"},
			"kestrel/schedule.yaml:14: week R-11: the week starts on 2024-01-13, another year than the weeks around it (probably 2025-01-13)\n",
		},
		{
			"a week starts on a Saturday",
			[]string{"start: '2025-01-13'", "start: '2025-01-11'"},
			"kestrel/schedule.yaml:14: week R-11: the week starts on a Saturday, 2025-01-11; the others start on a Monday (probably 2025-01-13)\n",
		},
		{
			"a week ends on a Wednesday",
			[]string{"end: '2025-01-17'", "end: '2025-01-15'"},
			"kestrel/schedule.yaml:15: week R-11: the week of 2025-01-13 ends on Wed 2025-01-15; the others end on a Friday (probably 2025-01-17)\n",
		},
		{
			"a week ends before it starts",
			[]string{"end: '2025-01-17'", "end: '2025-01-10'"},
			"kestrel/schedule.yaml:15: week R-11: the week of 2025-01-13 ends on Fri 2025-01-10, before it starts (probably 2025-01-17)\n",
		},
		{
			"a week ends on the next one's Friday",
			[]string{"end: '2025-01-17'", "end: '2025-01-24'"},
			"kestrel/schedule.yaml:15: week R-11: the week of 2025-01-13 ends on Fri 2025-01-24, in another week (probably 2025-01-17)\n",
		},
		{
			"a week has another's dates",
			[]string{"start: '2025-03-17'\n    end: '2025-03-21'", "start: '2025-03-10'\n    end: '2025-03-14'"},
			"kestrel/schedule.yaml:74: week R-2: the week starts on 2025-03-10, which is not its place in the list (probably 2025-03-17)\n",
		},
		{
			"a week is listed twice",
			[]string{"    name: R-2\n", "    name: R-2\n  - start: '2025-03-17'\n    end: '2025-03-21'\n"},
			"kestrel/schedule.yaml:77: week 2025-03-17: the week of 2025-03-17 is listed for the second time, after line 74\n",
		},
		{
			"a week is missing",
			[]string{"  - start: '2025-03-17'\n    end: '2025-03-21'\n    name: R-2\n", ""},
			"kestrel/schedule.yaml:74: week R-1: between the weeks of 2025-03-10 and 2025-03-24 the list leaves out 1\n",
		},
		{"the weeks before the first need not be listed", []string{"start: '2024-12-30'\n    end: '2025-01-03'", "start: '2024-12-16'\n    end: '2024-12-20'"}, ""},
		{
			"a week has another's name",
			[]string{"name: R-2\n", "name: R-3\n"},
			"kestrel/schedule.yaml:76: week R-3: the week of 2025-03-17 is called R-3, which does not fit the other weeks' names (probably R-2)\n",
		},
		{"R-0 is R+0", []string{"name: R+0", "name: R-0"}, ""},
		{
			"a week with labels has another's dates",
			[]string{"start: '2025-03-24'\n    end: '2025-03-28'", "start: '2025-03-10'\n    end: '2025-03-14'"},
			"kestrel/schedule.yaml:77: week R-1: the week starts on 2025-03-10, which is not its place in the list (probably 2025-03-24)\n" +
				"kestrel/schedule.yaml:81: k-finalrc: stands in a week that has the dates of another, 2025-03-10 (probably R-1, the week of 2025-03-24)\n",
		},
		{
			"a week without a start",
			[]string{"  - start: '2025-03-17'\n    end: '2025-03-21'\n    name: R-2\n", "  - name: R-2\n"},
			"kestrel/schedule.yaml:74: week R-2: the week has no start\n",
		},
		{
			"a week before its time",
			[]string{"  - start: '2025-03-17'\n    end: '2025-03-21'\n    name: R-2\n", "", "    name: R+0\n    x-project:\n      - k-final\n", "    name: R+0\n    x-project:\n      - k-final\n  - start: '2025-03-17'\n    end: '2025-03-21'\n    name: R-2\n"},
			"kestrel/schedule.yaml:84: week R-2: the week of 2025-03-17 stands after that of 2025-03-31\n",
		},
		{
			"a week with a name of another sort",
			[]string{"name: R-2\n", "name: quiet\n"},
			"kestrel/schedule.yaml:76: week quiet: notice: the week's name is none like R-7\n",
		},
		{
			"a key stands twice",
			[]string{"      - k-nova-spec-freeze\n", "      - k-nova-spec-freeze\n    project-specific:\n"},
			"kestrel/schedule.yaml:29: project-specific: the key \"project-specific\" stands here for the second time, after line 27: a reader may drop one of the two\n",
		},

		// What the files say of the whole.
		{
			"start-week is a Wednesday",
			[]string{"start-week: '2025-01-06'", "start-week: '2025-01-08'"},
			"kestrel/schedule.yaml:2: start-week: 2025-01-08 is a Wednesday, not the start of its week (probably 2025-01-06)\n",
		},
		{
			"start-week is the second week",
			[]string{"start-week: '2025-01-06'", "start-week: '2025-01-13'"},
			"kestrel/schedule.yaml:2: start-week: 2025-01-13 is not the cycle's first week (probably 2025-01-06)\n",
		},
		{
			"release-week is the week before",
			[]string{"release-week: '2025-03-31'", "release-week: '2025-03-24'"},
			"kestrel/schedule.yaml:3: release-week: 2025-03-24 is not the week R+0 (probably 2025-03-31)\n",
		},
		{"the cycle begins in the week of the release before", []string{"2 January, 2025 -", "30 December, 2024 -"}, ""},
		{
			"the page's range begins a year early",
			[]string{"2 January, 2025 -", "2 January, 2024 -"},
			"kestrel/schedule.rst:11: head: the page says that the cycle runs from 2024-01-02 to 2025-04-02; its weeks run from 2025-01-06 to 2025-03-31 (probably 2025-01-02)\n",
		},
		{
			"the page's range is of another cycle",
			[]string{"2 January, 2025 - 2 April, 2025 (13", "2 July, 2025 - 2 October, 2025 (13"},
			"kestrel/schedule.rst:11: head: notice: the page says that the cycle runs from 2025-07-02 to 2025-10-02; its weeks run from 2025-01-06 to 2025-03-31\n",
		},
		{
			"the page's range has other weeks",
			[]string{"(13 weeks)", "(26 weeks)"},
			"kestrel/schedule.rst:11: head: notice: from 2025-01-02 to 2025-04-02 are 13 weeks, not 26\n",
		},
		{"the page's range rounds", []string{"(13 weeks)", "(12 weeks)"}, ""},
		{
			"the page's range ends before the release",
			[]string{"- 2 April, 2025 (", "- 31 March, 2025 ("},
			"kestrel/schedule.rst:11: head: notice: the page says that the cycle ends on 2025-03-31, before its release: k-final says 2025-04-02 (probably 2025-04-02)\n",
		},
		{"the page's range ends on the release week's Friday", []string{"- 2 April, 2025 (", "- 4 April, 2025 ("}, ""},

		// Dates.
		{
			"a date of another year",
			[]string{"by 30 January 2025", "by 30 January 2024"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: the text says 2024-01-30; the label stands in R-9, the week of 2025-01-27 (probably 2025-01-30)\n",
		},
		{
			"a date of another week",
			[]string{"by 30 January 2025", "by 6 February 2025"},
			"kestrel/schedule.yaml:28: k-nova-spec-freeze: stands in R-9, the week of 2025-01-27, but its text says Thu 2025-02-06 (line 143) (probably R-8, the week of 2025-02-03, or another date in the text)\n",
		},
		{"a row in the week before its dates", []string{"January 16, 2025 is", "January 23, 2025 is", "by 30 January 2025", "by 23 January 2025", "      - k-1\n", "      - k-1\n      - k-mf\n      - k-nova-spec-freeze\n      - k-nova-review-day\n", "      - k-2\n      - k-mf\n", "      - k-2\n", "      - k-nova-spec-freeze\n      - k-cinder", "      - k-cinder", "    project-specific:\n      - k-nova-review-day\n", "", "On 18 February 2025", "On 21 January, 2025"}, "kestrel/schedule.yaml:18: k-1: stands in R-11, the week of 2025-01-13, but its text says Thu 2025-01-23 (line 28) (probably R-10, the week of 2025-01-20, or another date in the text)\n" +
			"kestrel/schedule.yaml:19: k-mf: stands in R-11, the week of 2025-01-13, whose dated events all lie in another (probably R-10, the week of 2025-01-20)\n" +
			"kestrel/schedule.yaml:20: k-nova-spec-freeze: stands in R-11, the week of 2025-01-13, but its text says Thu 2025-01-23 (line 143) (probably R-10, the week of 2025-01-20, or another date in the text)\n" +
			"kestrel/schedule.yaml:21: k-nova-review-day: stands in R-11, the week of 2025-01-13, but its text says Tue 2025-01-21 (line 150) (probably R-10, the week of 2025-01-20, or another date in the text)\n"},
		{"another event's date that the text names", []string{"by the end of the week. They are completed by\nfeature freeze on", "this week. They are completed by\nfeature freeze on"}, ""},
		{"any other day of the week is right", []string{"by 30 January 2025", "by 28 January 2025"}, ""},
		{
			"a day that does not exist",
			[]string{"On 18 February 2025", "On 31 February 2025"},
			"kestrel/schedule.rst:150: k-nova-review-day: \"31 February 2025\" is a day that does not exist\n",
		},
		{
			"a weekday that isn't",
			[]string{"Thursday, February 6, 2025", "Friday, February 6, 2025"},
			"kestrel/schedule.rst:35: k-2: \"Friday, February 6, 2025\": 2025-02-06 is a Thursday, no Friday (probably Thursday)\n",
		},
		{
			"a weekday that isn't, of a day whose year everybody knows",
			[]string{"Thursday, February 6, 2025", "Friday, February 6"},
			"kestrel/schedule.rst:35: k-2: \"Friday, February 6\": 2025-02-06 is a Thursday, no Friday (probably Thursday)\n",
		},
		{"a weekday of a day long ago, of no year", []string{"Elections\n=========\n", "Elections\n=========\n\nThe first were on Friday 6 October.\n"}, ""},
		{
			"a time that stands alone, without a zone",
			[]string{"30 January 2025 (23:59 UTC)", "30 January 2025. It starts at 23:58 and ends at 23:59"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: \"23:58\" gives a time of day without a zone (probably UTC)\n",
		},
		{"a time that is no event's", []string{"Membership Freeze\n-----------------\n\n", "Membership Freeze\n-----------------\n\nWe meet at 14:00. "}, ""},
		{
			"a time without a zone",
			[]string{"(23:59 UTC)", "(23:59)"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: \"30 January 2025 (23:59\" gives a time of day without a zone (probably UTC)\n",
		},
		{"a time without a zone on a page that gives one for all", []string{"(23:59 UTC)", "(23:59)", "   description.\n", "   description. All times are in UTC.\n"}, ""},
		{
			"a freeze on a Sunday",
			[]string{"by 30 January 2025", "by 2 February 2025"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: the deadline is a Sunday, 2025-02-02 (probably Fri 2025-01-31)\n",
		},
		{"a review day on a Sunday is their own affair", []string{"On 18 February 2025", "On 23 February 2025"}, ""},
		{
			"a freeze in the week of the gathering",
			[]string{"      - k-ptg\n", "      - k-ptg\n    project-specific:\n      - k-oslo-feature-freeze\n", "\n    project-specific:\n      - k-oslo-feature-freeze\n  - start: '2025-02-17'", "\n  - start: '2025-02-17'"},
			"kestrel/schedule.yaml:15: k-oslo-feature-freeze: stands in R-12, k-1 in R-11: the other way round from every cycle's order (probably R-7)\n" +
				"kestrel/schedule.yaml:15: k-oslo-feature-freeze: notice: lies in the week of k-ptg, when people travel or meet\n",
		},

		// Labels.
		{
			"a label that no week names",
			[]string{"      - k-mf\n", ""},
			"kestrel/schedule.rst:37: k-mf: the page describes it, but no week names it (probably R-8, the week of 2025-02-03)\n",
		},
		{
			"a page's label of an event that has its usual week",
			[]string{"      - k-final-lib\n", ""},
			"kestrel/schedule.rst:51: k-final-lib: the page describes it, but no week names it (probably R-6, the week of 2025-02-17)\n",
		},
		{
			"a page's label of one project's freeze that comes before the others'",
			[]string{"    project-specific:\n      - k-oslo-feature-freeze\n", ""},
			"kestrel/schedule.rst:155: k-oslo-feature-freeze: the page describes it, but no week names it (probably R-7, the week of 2025-02-10)\n",
		},
		{
			"a label after the last week",
			[]string{"Elections\n=========\n", "Elections\n=========\n\n.. _k-trailing:\n\nTrailing Release\n----------------\n\nUntil 3 July, 2025.\n"},
			"kestrel/schedule.rst:165: k-trailing: the page describes it, but no week names it, and its date, 2025-07-03, lies after the last week (probably R+13, the week of 2025-06-30)\n",
		},
		{"a label of a title above others", []string{"Elections\n=========\n", ".. _k-elections:\n\nElections\n=========\n"}, ""},
		{
			"a label that no page describes",
			[]string{".. _k-mf:\n\nMembership Freeze\n-----------------\n\nProjects must participate in at least two milestones.\n", ""},
			"kestrel/schedule.yaml:35: k-mf: no page describes this label\n",
		},
		{
			"a figure too many in a short label, in the week of its text",
			[]string{"      - k-ptg\n", "      - k-ptg0\n"},
			"kestrel/schedule.yaml:13: k-ptg0: no page describes this label (probably k-ptg)\n",
		},
		{
			"a figure too many in a short label, in another week than its text's",
			[]string{"      - k-ptg\n", "", "      - k-1\n", "      - k-1\n      - k-ptg0\n"},
			"kestrel/schedule.rst:16: k-ptg: the page describes it, but no week names it (probably R-12, the week of 2025-01-06)\n" +
				"kestrel/schedule.yaml:18: k-ptg0: no page describes this label\n",
		},
		{
			"a slip in a label",
			[]string{"      - k-nova-spec-freeze\n", "      - k-nova-spec-freze\n"},
			"kestrel/schedule.yaml:28: k-nova-spec-freze: no page describes this label (probably k-nova-spec-freeze)\n",
		},
		{"the next series' goals, which its own page describes", []string{"      - l-election-close\n", "      - l-election-close\n      - l-goals\n"}, ""},
		{
			"the release of the series before, and this one's in no week",
			[]string{"      - k-final\n", ""},
			"kestrel/schedule.rst:107: k-final: the page describes it, but no week names it (probably R+0, the week of 2025-03-31)\n",
		},
		{
			"a slip in a label of the next series' election",
			[]string{"      - l-election-close\n", "      - l-election-closes\n"},
			"kestrel/schedule.yaml:73: l-election-closes: no page describes this label (probably l-election-close)\n",
		},
		{"a label that the page of the series before describes", []string{"      - j-final\n", "      - j-final\n      - j-trailing\n"}, ""},
		{
			"a label twice in a week",
			[]string{"      - k-mf\n", "      - k-mf\n      - k-mf\n"},
			"kestrel/schedule.yaml:36: k-mf: stands twice in the week of 2025-02-03, the first time in line 35\n",
		},
		{
			"a milestone in two weeks",
			[]string{"      - k-mf\n", "      - k-mf\n      - k-ff\n"},
			"kestrel/schedule.yaml:59: k-ff: happens once, but stands in two weeks: here in R-5, in line 36 in R-8\n",
		},
		{
			"a label without its series",
			[]string{"      - k-cinder-driver-deadline\n", "      - cinder-driver-deadline\n", ".. _k-cinder-driver-deadline:", ".. _cinder-driver-deadline:"},
			"kestrel/schedule.yaml:29: cinder-driver-deadline: does not say which series it is of: the other labels begin with a letter (probably k-cinder-driver-deadline)\n",
		},
		{
			"a label above its title",
			[]string{".. _l-election-email-deadline:\n\n2025.2 Election Email", ".. _l-election-email-deadline:\n\nThe Vote\n--------\n\n2025.2 Election Email", "Email Deadline\n------------------------------", "Email Deadline\n~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"},
			"kestrel/schedule.rst:165: l-election-email-deadline: the label stands on the title \"The Vote\", whose text is that of another title below (probably before \"2025.2 Election Email Deadline\")\n",
		},
		{
			"a text of the series before",
			[]string{"Specs for Kestrel have", "Specs for Jay have"},
			"kestrel/schedule.rst:138: k-nova-spec-freeze: its text speaks of Jay, another series than its page's (probably Kestrel)\n",
		},
		{
			"a text of the series before, which only what trails it names",
			[]string{"Specs for Kestrel have", "Specs for Jay have", ", after the last release (Jay)", "", "Projects must participate in at least two milestones.", "Those that trail release their Jay deliverables."},
			"kestrel/schedule.rst:138: k-nova-spec-freeze: its text speaks of Jay, another series than its page's (probably Kestrel)\n",
		},
		{"a text of both", []string{"Specs for Kestrel have", "Specs for Kestrel that Jay left have"}, ""},
		{
			"a nomination for the cycle that ends",
			[]string{"2025.2 Election Nominations\n---------------------------\n\nCandidates", "Lark PTL Nominations\n--------------------\n\nThe candidates for the Kestrel cycle"},
			"kestrel/schedule.rst:172: l-election-nominations: its text speaks of Kestrel, its title of Lark (probably Lark)\n",
		},
		{
			"a poll for the cycle that ends",
			[]string{"2025.2 Election Polling Open\n----", "'K' PTL Election Polling Opens\n------"},
			"kestrel/schedule.rst:179: l-election-voting: its text speaks of 'K', its label of 'L' (probably 'L')\n",
		},
		{"a poll for the next cycle", []string{"2025.2 Election Polling Open\n----", "'L' PTL Election Polling Opens\n------", "Polls are open.", "Those of the 'K' cycle vote."}, ""},
		{
			"a milestone with another's text",
			[]string{"is the Kestrel-1 milestone window", "is the Kestrel-2 milestone window", "Kestrel-1 milestone\n", "First milestone....\n"},
			"kestrel/schedule.rst:23: k-1: its text speaks of kestrel-2\n",
		},
		{
			"a milestone of which the text says that it is another",
			[]string{"is the Kestrel-2 milestone", "is the Kestrel-1 milestone"},
			"kestrel/schedule.rst:30: k-2: its text speaks of kestrel-1\n",
		},
		{
			"a milestone with another's title",
			[]string{"Kestrel-2 milestone\n", "Kestrel-1 milestone\n"},
			"kestrel/schedule.rst:30: k-2: its text speaks of kestrel-1\n",
		},
		{"a milestone that follows another", []string{"is the Kestrel-2 milestone", "comes three weeks after Kestrel-1"}, ""},
		{"a milestone that names the next", []string{"is the Kestrel-1 milestone window", "is the Kestrel-1 milestone, before Kestrel-2"}, ""},
		{
			"a label under another team",
			[]string{"Oslo\n----\n\n", "", "Cinder\n------\n\n", "Oslo\n----\n\n.. _x:\n\nNothing\n^^^^^^^\n\nCinder\n------\n\n", "Oslo Feature Freeze\n", "Last Feature Freeze\n"},
			"kestrel/schedule.rst:160: k-oslo-feature-freeze: the label is of Oslo, its text stands under Nova\n",
		},

		// The order of every cycle.
		{
			"two freezes exchanged",
			[]string{"      - k-final-lib\n", "", "      - k-extra-acs\n", "      - k-extra-acs\n      - k-final-lib\n", "    project-specific:\n      - k-oslo-feature-freeze\n", "", "      - k-nova-review-day\n", "      - k-nova-review-day\n      - k-oslo-feature-freeze\n"},
			"kestrel/schedule.yaml:41: k-final-lib: stands in R-7, k-oslo-feature-freeze in R-6: the other way round from every cycle's order (probably R-6)\n" +
				"kestrel/schedule.yaml:51: k-oslo-feature-freeze: stands in R-6, k-final-lib in R-7: the other way round from every cycle's order (probably R-7)\n",
		},
		{
			"the first milestone after the second",
			[]string{"January 16, 2025 is", "This is", "Thursday, February 6, 2025 is", "This is", "      - k-1\n", "      - k-2\n      - k-mf\n", "      - k-2\n      - k-mf\n  - start: '2025-02-10'", "      - k-1\n  - start: '2025-02-10'"},
			"kestrel/schedule.yaml:18: k-2: stands in R-11, k-1 in R-8: the other way round from every cycle's order (probably after k-1)\n" +
				"kestrel/schedule.yaml:35: k-1: stands in R-8, k-2 in R-11: the other way round from every cycle's order (probably before k-2)\n",
		},

		// Elections.
		{
			"polls open earlier",
			[]string{"name: PTL Election\n    start: 2025-02-26", "name: PTL Election\n    start: 2025-02-19"},
			"kestrel/schedule.yaml:61: l-election-voting: stands in R-5, R-4, but the election's configuration has Wed 2025-02-19 (election.yaml:19) (probably R-6, the week of 2025-02-17, Wed 2025-02-19 23:45 UTC)\n",
		},
		{
			"polls close a week later",
			[]string{"2025-03-12T23:45", "2025-03-19T23:45"},
			"kestrel/schedule.yaml:73: l-election-close: stands in R-3, but the election's configuration has Wed 2025-03-19 (election.yaml:20) (probably R-2, the week of 2025-03-17, Wed 2025-03-19 23:45 UTC)\n",
		},
		{
			"another day of the deadline",
			[]string{"email_deadline: 2025-02-19T00:00", "email_deadline: 2025-02-18T00:00"},
			"kestrel/schedule.yaml:49: l-election-email-deadline: its text says Wed 2025-02-19, but the election's configuration has Tue 2025-02-18 (election.yaml:7) (probably R-6, the week of 2025-02-17, Tue 2025-02-18 00:00 UTC)\n",
		},
		{"the election of another release", []string{"release: 2025.2", "release: 2024.2", "email_deadline: 2025-02-19T00:00", "email_deadline: 2025-02-12T00:00"}, ""},
		{"polls open on another day of the week", []string{"name: PTL Election\n    start: 2025-02-26", "name: PTL Election\n    start: 2025-02-25"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := lines(lint.Check(kestrel(t).edited(t, tc.edit...).input()))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
