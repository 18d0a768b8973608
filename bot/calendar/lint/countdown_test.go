package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/lint"
)

// What texts say of other events' dates.
func TestCountdown(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		{
			"another event is in fewer weeks than the text says",
			[]string{"On 18 February 2025 code is reviewed.", "On 18 February 2025 code is reviewed. The\nOpenStack-wide Feature Freeze, which is coming up in two weeks, is near."},
			"kestrel/schedule.rst:151: k-nova-review-day: its text says \"Feature freeze\" is in 2 weeks; it stands in R-6, k-ff in R-5 (probably in 1 week, or R-7, the week of 2025-02-10)\n",
		},
		{
			"the longest title counts",
			[]string{"Specs for Kestrel have", "The final release for client\nlibraries is in 3 weeks. Specs for Kestrel have"},
			"kestrel/schedule.rst:144: k-nova-spec-freeze: its text says \"Final release for client libraries\" is in 3 weeks; it stands in R-9, k-final-clientlib in R-5 (probably in 4 weeks, or R-8, the week of 2025-02-03)\n",
		},
		{"in as many weeks as the text says", []string{"code is reviewed.", "code is reviewed. Feature freeze is in one week. The RC1 target week comes in 3 weeks."}, ""},
		{"weeks of something else", []string{"code is reviewed.", "code is reviewed. After feature freeze bugs are mended in two weeks; fixes land in three weeks."}, ""},
		{
			"a label that no week names, three weeks before another event",
			[]string{"      - k-nova-review-day\n", "      - k-oslo-checkpoint\n", ".. _k-nova-review-day:\n\nNova Review Day\n^^^^^^^^^^^^^^^\n\nOn 18 February 2025 code is reviewed.", ".. _k-oslo-checkpoint:\n\nOslo Check\n^^^^^^^^^^\n\nSee.\n\n.. _k-checks:\n\nMore\n^^^^\n\nFeature freeze is in three weeks."},
			"kestrel/schedule.rst:152: k-checks: the page describes it, but no week names it (probably R-8, the week of 2025-02-03)\n",
		},
		{
			"another event's date, of the year before",
			[]string{"code is reviewed.", "code is reviewed that\nhas to be merged before 27 February 2024."},
			"kestrel/schedule.rst:151: k-nova-review-day: the text says 2024-02-27, a year before k-3 (probably 2025-02-27)\n",
		},
		{"a day of the year before that is no event's", []string{"code is reviewed.", "code is reviewed that was written before 28 February 2024."}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := lines(lint.Check(kestrel(t).edited(t, tc.edit...).input()))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
