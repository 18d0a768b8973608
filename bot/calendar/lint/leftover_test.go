package lint_test

import (
	"testing"

	"torchbearer/bot/calendar/lint"
)

func TestLeftover(t *testing.T) {
	const spec = "Specs for Kestrel have to be approved by 30 January 2025 (23:59 UTC)."
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		{
			"a template that nobody filled in",
			[]string{"The week of March 24, 2025 is", "The week of XXX - XXX is"},
			"kestrel/schedule.rst:105: k-finalrc: the text still has \"XXX\" where a date or a name should be\n",
		},
		{
			"a date that is not yet known",
			[]string{"Libraries should issue their final release during this week.", "Libraries should issue their final release\nby (TBD)."},
			"kestrel/schedule.rst:57: k-final-lib: notice: the text still says \"TBD\"\n",
		},
		{"a word with the letters of one", []string{"Libraries should issue", "Libraries (xxxl, tbdx) should issue"}, ""},
		{
			"the date was changed in one of two places",
			[]string{spec, spec + "\nMeeting this on the 23rd does not guarantee that cores have time."},
			"kestrel/schedule.rst:144: k-nova-spec-freeze: notice: the text speaks of the 23rd; its date is Thu 2025-01-30\n",
		},
		{"the same day without its month", []string{spec, spec + " Meeting this on the 30th is late."}, ""},
		{"another day of the week", []string{spec, spec + " On the 28th we meet."}, ""},
		{"a day that the month does not have", []string{spec, spec + " Not on the 32nd."}, ""},
		{"a day with its month", []string{spec, spec + " They open on the 2nd of January, 2025."}, ""},
		{"a place in a list", []string{spec, spec + " The 23rd one waits, and so does who is on the list."}, ""},
		{"a day in the text of what is no deadline", []string{"On 18 February 2025 code is reviewed.", "On 18 February 2025 code is reviewed, specs were on the 3rd."}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := lines(lint.Check(kestrel(t).edited(t, tc.edit...).input())); got != tc.want {
				t.Errorf("got:\n%swant:\n%s", got, tc.want)
			}
		})
	}
}
