package lint_test

import "testing"

// A team lists its review days in one text, and each week has to name the label.
func TestReviewDaysThatNoWeekHas(t *testing.T) {
	tell(t, []story{
		{
			"the second day's week does not name the label",
			[]string{"On 18 February 2025 code", "On 18 February 2025 and 4 March 2025 code"},
			"kestrel/schedule.rst:150: k-nova-review-day: the text says Tue 2025-03-04 too, but that week does not name the label (probably R-4, the week of 2025-03-03)\n",
		},
		{
			"it does",
			[]string{"On 18 February 2025 code", "On 18 February 2025 and 4 March 2025 code", "      - l-election-voting\n  - start: '2025-03-10'", "      - l-election-voting\n    project-specific:\n      - k-nova-review-day\n  - start: '2025-03-10'"},
			"",
		},
		{"two days in a week", []string{"On 18 February 2025 code", "On 18 and 19 February 2025 code"}, ""},
		{"a holiday is none", []string{"On 18 February 2025 code", "On 18 February 2025, as 11 February 2025 is a holiday, code"}, ""},
		{
			"one day, in another week, is outside of its own",
			[]string{"On 18 February 2025 code", "On 25 February 2025 code"},
			"kestrel/schedule.yaml:52: k-nova-review-day: stands in R-6, the week of 2025-02-17, but its text says Tue 2025-02-25 (line 150) (probably R-5, the week of 2025-02-24, or another date in the text)\n",
		},
	})
}
