package calendar_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

// A number after a day that is a mistyped year is told with the day that the cycle
// implies; one that may be a time of day, or a count, is left alone.
func TestYearsThatCannotBe(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"November 26, 1926 is the milestone.", "date 2026-11-26 (year 1926)"},
		{"by 11 September 1926 (23:59 UTC).", "date 2026-09-11 23:59 UTC (year 1926)"},
		{"by the 11th of September, 2206.", "date 2026-09-11 (year 2206)"},
		{"by 11 September 20226 at 23:59 UTC", "date 2026-09-11 23:59 UTC (year 20226)"},
		{"by November 26, 226.", "date 2026-11-26 (year 226)"},
		{"by Friday, September 11, 0226, or never", "date 2026-09-11 Friday (year 0226)"},
		{"by 11 September 1986 code", "date 2026-09-11 (year 1986)"},
		{"by 5 January 1927.", "date 2027-01-05 (year 1927)"},
		{"Wednesday 11 September 1926 (1400-1600)", "date 2026-09-11 Wednesday 14:00-16:00 (year 1926)"},
		{"before 11 September 1926", "date 2026-09-11 aside (year 1926)"},
		{"From October 12 to 16, 1926 we", "range 2026-10-12..2026-10-16 (year 1926)"},
		{"From 12 to 16 October 20226 we", "range 2026-10-12..2026-10-16 (year 20226)"},
		{"From 12 October 1926 to 16 October 2026 we", "range 2026-10-12..2026-10-16 (year 1926)"},
		{"The week of October 12, 1926 is", "week 2026-10-12 (year 1926)"},
		{"On October 12 and 26, 1926, Nova", "date 2026-10-12 (year 1926); date 2026-10-26 (year 1926)"},
		{"On 12 and 26 October 1926, Nova", "date 2026-10-12 (year 1926); date 2026-10-26 (year 1926)"},
		{"by 1926-11-26T23:45Z.", "date 2026-11-26 23:45 UTC (year 1926)"},
		{"by 20226/11/26.", "date 2026-11-26 (year 20226)"},
		{"by 26-Nov-2206.", "date 2026-11-26 (year 2206)"},

		// Times of day.
		{"November 26, 1600 UTC", "date 2026-11-26 16:00 UTC"},
		{"November 26, 1926 UTC", "date 2026-11-26 19:26 UTC"},
		{"November 26, 1926 (UTC)", "date 2026-11-26 19:26 UTC"},
		{"October 5, 2359 UTC", "date 2026-10-05 23:59 UTC"},
		{"October 5, 2359", "date 2026-10-05"},
		{"October 5, 930", "date 2026-10-05"},
		{"September 29, 1926 AoE", "date 2026-09-29 19:26 AoE"},
		{"September 29, 2100 UTC", "date 2026-09-29 21:00 UTC"},
		{"Sept 29, 1500-1600", "date 2026-09-29"},
		{"Sept 29, 1926-1956", "date 2026-09-29"},
		{"Sept 29, 1926 to 1956", "date 2026-09-29"},
		{"Sept 29, 2000-2100", "date 2026-09-29"},
		{"Sept 29, 1930", "date 2026-09-29"},
		{"Sept 29, 1926 hours", "date 2026-09-29"},
		// Counts, identifiers and what else has digits.
		{"On 26 November 226 people came", "date 2026-11-26"},
		{"On 26 November 5000 patches", "date 2026-11-26"},
		{"On 26 November 20226,000 patches", "date 2026-11-26"},
		{"On 26 November 20226th", "date 2026-11-26"},
		{"On 26 November 1926x and 1926.1", "date 2026-11-26"},
		{"On 26 November 202612", "date 2026-11-26"},
		{"bug-1926-11-26, 1926-11-26-3 and 1926-13-26", ""},
		// Years that can be.
		{"by 26 November 2025, 26 November 2062", "date 2025-11-26; date 2062-11-26"},
		{"by 26 November 2026 UTC", "date 2026-11-26"},
	} {
		var got []string
		for _, m := range heard(t, tc.in, civil.Date{Year: 2026, Month: 11, Day: 1}) {
			text := mention(m)
			if m.OddYear != "" {
				text = strings.TrimSuffix(strings.Replace(text, " (year implied)", "", 1), " ") + " (year " + m.OddYear + ")"
			} else {
				text = strings.Replace(text, " (year implied)", "", 1)
			}
			got = append(got, text)
		}
		if got := strings.Join(got, "; "); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.in, got, tc.want)
		}
	}
}

// With nothing that implies a year no number is a slip for one.
func TestNoYearToMistake(t *testing.T) {
	for _, m := range heard(t, "by 26 November 1926", civil.Date{}) {
		if m.OddYear != "" {
			t.Errorf("%q is a slip for what?", m.OddYear)
		}
	}
}

// No time of day on the five minutes makes a year, whatever the cycle.
func TestTimesAreNoYears(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		near := civil.Date{Year: rapid.IntRange(2010, 2060).Draw(rt, "year"), Month: 6, Day: 15}
		at := civil.Clock{Hour: rapid.IntRange(0, 23).Draw(rt, "hour"), Minute: 5 * rapid.IntRange(0, 11).Draw(rt, "minutes")}
		written := strings.Replace(at.String(), ":", "", 1)
		for _, m := range heard(t, "by June 11, "+written+", or later", near) {
			if m.OddYear != "" {
				rt.Errorf("%s is taken for a year of %d", written, near.Year)
			}
		}
	})
}

// heard is what one paragraph mentions.
func heard(t testing.TB, prose string, near civil.Date) []calendar.Mention {
	t.Helper()
	page, _, _ := calendar.ParsePage("s.rst", []byte(".. _x:\n\nEvent\n-----\n\n"+prose+"\n"), near, civil.Date{})
	var out []calendar.Mention
	for _, s := range page.Sections {
		if len(s.Labels) > 0 {
			out = append(out, s.Mentions...)
		}
	}
	return out
}

// A row of a table has no year to mistake: one that has a number besides is told.
func TestRowsHaveNoYear(t *testing.T) {
	_, _, problems := calendar.ParsePage("s.rst", []byte("| Cross-project | Project-specific |\n| Jan 4-8, 1986 | R-1 | :ref:`x` |"), civil.Date{}, civil.Date{})
	if len(problems) == 0 || problems[0].What != `"Jan 4-8, 1986" is no span of days, such as Nov 30-4` {
		t.Errorf("got %v", problems)
	}
}
