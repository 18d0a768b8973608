package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/lint"
)

// A day that does not exist is a mistake even where another one counts.
func TestNoSuchDay(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		{
			"the day in brackets is right",
			[]string{"On 18 February 2025 code", "On 31st February 2025 (18 February 2025) code"},
			"kestrel/schedule.rst:150: k-nova-review-day: \"31st February 2025\" is a day that does not exist\n",
		},
		{
			"it is another event's",
			[]string{"On 18 February 2025 code", "On 18 February 2025, before 29 February 2025, code"},
			"kestrel/schedule.rst:150: k-nova-review-day: \"29 February 2025\" is a day that does not exist\n",
		},
		{
			"without a year, said once",
			[]string{"On 18 February 2025 code", "On 30 February code"},
			"kestrel/schedule.rst:150: k-nova-review-day: \"30 February\" is a day that does not exist\n",
		},
		{
			"of the cycle",
			[]string{"- 2 April, 2025 (", "- 31 April, 2025 ("},
			"kestrel/schedule.rst:11: head: \"2 January, 2025 - 31 April, 2025\" ends before it begins, or has a day that does not exist\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := lines(lint.Check(kestrel(t).edited(t, tc.edit...).input()))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
