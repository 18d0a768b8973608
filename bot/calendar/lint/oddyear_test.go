package lint_test

import (
	"testing"
	"testing/fstest"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// A year of another century, or with a digit too many, is no reason to believe the day
// without a word.
func TestYearsThatCannotBe(t *testing.T) {
	tell(t, []story{
		{
			"another century",
			[]string{"January 16, 2025 is the", "January 16, 1926 is the"},
			"kestrel/schedule.rst:28: k-1: \"January 16, 1926\": 1926 can't be the year (probably 2025-01-16)\n",
		},
		{
			"a digit too many, with a time and the right weekday",
			[]string{"by 30 January 2025 (", "by Thursday 30 January 20025 ("},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: \"Thursday 30 January 20025 (23:59 UTC\": 20025 can't be the year (probably 2025-01-30)\n",
		},
		{
			"another event's",
			[]string{"On 18 February 2025 code", "On 18 February 2025, before 27 February 1927, code"},
			"kestrel/schedule.rst:150: k-nova-review-day: \"27 February 1927\": 1927 can't be the year (probably 2025-02-27)\n",
		},
		{
			"a span",
			[]string{"The week of January 6-10 is", "The week of January 6-10, 20225 is"},
			"kestrel/schedule.rst:21: k-ptg: \"week of January 6-10, 20225\": 20225 can't be the year (probably 2025-01-06 to 2025-01-10)\n",
		},
		{
			"of the cycle",
			[]string{"- 2 April, 2025 (", "- 2 April, 20255 ("},
			"kestrel/schedule.rst:11: head: \"2 January, 2025 - 2 April, 20255\": 20255 can't be the year (probably 2025-01-02 to 2025-04-02)\n",
		},
		{
			"and the day lies in another week, too",
			[]string{"January 16, 2025 is the", "January 23, 20225 is the"},
			"kestrel/schedule.rst:28: k-1: \"January 23, 20225\": 20225 can't be the year (probably 2025-01-23)\n" +
				"kestrel/schedule.yaml:18: k-1: stands in R-11, the week of 2025-01-13, but its text says Thu 2025-01-23 (line 28) (probably R-10, the week of 2025-01-20, or another date in the text)\n" +
				"kestrel/schedule.yaml:34: k-2: notice: nova has no review day in the weeks before it\n",
		},
		{"a time of day", []string{"January 16, 2025 is the", "January 16, 1600 UTC is the"}, ""},
		{"a year that is a time of day as well", []string{"January 16, 2025 is the", "January 16, 1925 is the"}, ""},
		{"hours", []string{"January 16, 2025 is the", "January 16, 1500-1600 is the"}, ""},
	})
}

// The page of another series that has the text is said too, where it is read for the
// label only.
func TestYearOnAnotherPage(t *testing.T) {
	other, _, _ := calendar.ParsePage("jay.rst", []byte(".. _j-final:\n\nJay release\n-----------\n\nJanuary 9, 1926 is the release.\n"), civil.Date{Year: 2025, Month: 1, Day: 9}, civil.Date{})
	s := calendar.Read(fstest.MapFS{"schedule.yaml": {Data: []byte("cycle:\n- start: 2025-01-06\n  x-project: [j-final]\n")}}, "kestrel", civil.Date{})
	got := lines(lint.Check(lint.Input{Schedule: s, Kinds: cycle.DefaultKinds(), Pages: []calendar.Page{other}}))
	if want := "jay.rst:6: j-final: \"January 9, 1926\": 1926 can't be the year (probably 2025-01-09)\n"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
