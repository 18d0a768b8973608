package lint_test

import "testing"

func TestEventsOfOneWeek(t *testing.T) {
	tell(t, []story{
		{
			"feature freeze a week after the milestone that marks it",
			[]string{" They are completed by\nfeature freeze on February 27, 2025.", "", "      - k-ff\n", "", "    x-project:\n      - l-election-voting\n  - start: '2025-03-10'", "    x-project:\n      - k-ff\n      - l-election-voting\n  - start: '2025-03-10'"},
			"kestrel/schedule.yaml:65: k-ff: stands in R-4, k-3 in R-5: they are in the same week in every cycle (probably R-5, the week of 2025-02-24)\n",
		},
		{
			"a milestone without a date, apart from its freezes",
			[]string{"February 27, 2025 is", "This is", "      - k-3\n", "", "    x-project:\n      - l-election-voting\n  - start: '2025-03-10'", "    x-project:\n      - k-3\n      - l-election-voting\n  - start: '2025-03-10'"},
			"kestrel/schedule.yaml:65: k-3: stands in R-4, k-ff in R-5: they are in the same week in every cycle (probably R-5, the week of 2025-02-24)\n",
		},
		{
			"the milestone has another date: its freezes are where they belong",
			[]string{"February 27, 2025 is", "March 6, 2025 is"},
			"kestrel/schedule.yaml:57: k-3: stands in R-5, the week of 2025-02-24, but its text says Thu 2025-03-06 (line 63) (probably R-4, the week of 2025-03-03, or another date in the text)\n",
		},
	})
}
