package lint_test

import "testing"

// A day that does not exist is a mistake even where another one counts.
func TestNoSuchDay(t *testing.T) {
	tell(t, []story{
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
	})
}

// A slip of the year makes the weekday wrong too, and a span run backwards.
func TestSlipsOfTheYear(t *testing.T) {
	tell(t, []story{
		{
			"a date of another year with the right one's weekday is one mistake",
			[]string{"by 30 January 2025", "by Thursday 30 January 2024"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: the text says 2024-01-30; the label stands in R-9, the week of 2025-01-27 (probably 2025-01-30)\n",
		},
		{
			"but a time without a zone is another",
			[]string{"by 30 January 2025 (23:59 UTC)", "by Thursday 30 January 2024 (23:59)"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: the text says 2024-01-30; the label stands in R-9, the week of 2025-01-27 (probably 2025-01-30)\n" +
				"kestrel/schedule.rst:143: k-nova-spec-freeze: \"Thursday 30 January 2024 (23:59\" gives a time of day without a zone (probably UTC)\n",
		},
		{
			"a date of another year with a weekday that fits neither is two",
			[]string{"by 30 January 2025", "by Friday 30 January 2024"},
			"kestrel/schedule.rst:143: k-nova-spec-freeze: the text says 2024-01-30; the label stands in R-9, the week of 2025-01-27 (probably 2025-01-30)\n" +
				"kestrel/schedule.rst:143: k-nova-spec-freeze: \"Friday 30 January 2024 (23:59 UTC\": 2024-01-30 is a Tuesday, no Friday (probably Tuesday)\n",
		},
		{
			"another event's date of another year with the right one's weekday is one mistake",
			[]string{"On 18 February 2025 code is reviewed.", "On 18 February 2025 code is reviewed that\nhas to be merged before Thursday 27 February 2024."},
			"kestrel/schedule.rst:151: k-nova-review-day: the text says 2024-02-27, a year before k-3 (probably 2025-02-27)\n",
		},
		{
			"a date of another year on which its week has another event too is one mistake",
			[]string{"Client libraries should issue their final release during this week.", "Client libraries are released before 27 February 2024."},
			"kestrel/schedule.rst:77: k-final-clientlib: the text says 2024-02-27; the label stands in R-5, the week of 2025-02-24 (probably 2025-02-27)\n",
		},
		{
			"a span that runs backwards",
			[]string{"The week of January 6-10 is", "The week of January 6 - January 1, 2025 is"},
			"kestrel/schedule.rst:21: k-ptg: \"week of January 6 - January 1, 2025\" ends before it begins, or has a day that does not exist\n",
		},
		{
			"a cycle that ends before it begins",
			[]string{"- 2 April, 2025 (", "- 2 April, 2024 ("},
			"kestrel/schedule.rst:11: head: \"2 January, 2025 - 2 April, 2024\" ends before it begins, or has a day that does not exist\n",
		},
	})
}
