package calendar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

// said reads one paragraph and shows what it mentions.
func said(t testing.TB, prose string, near civil.Date) []string {
	t.Helper()
	page, _, _ := calendar.ParsePage("s.rst", []byte("Title\n=====\n\n.. _x:\n\nEvent\n-----\n\n"+prose+"\n"), near, civil.Date{})
	var out []string
	for _, s := range page.Sections {
		if len(s.Labels) == 0 {
			continue
		}
		for _, m := range s.Mentions {
			out = append(out, mention(m))
		}
	}
	return out
}

func mention(m calendar.Mention) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", m.Kind)
	if !m.From.IsZero() {
		fmt.Fprintf(&b, " %s", m.From)
	}
	if m.To != m.From {
		fmt.Fprintf(&b, "..%s", m.To)
	}
	if m.HasWeekday {
		fmt.Fprintf(&b, " %s", m.Weekday)
	}
	if m.HasClock {
		fmt.Fprintf(&b, " %s", m.Clock)
	}
	if m.HasToClock {
		fmt.Fprintf(&b, "-%s", m.ToClock)
	}
	if m.Zone != "" {
		b.WriteString(" " + m.Zone)
	}
	if !m.YearGiven && !m.From.IsZero() {
		b.WriteString(" (year implied)")
	}
	if m.Aside {
		b.WriteString(" aside")
	}
	if m.Deadline {
		b.WriteString(" deadline")
	}
	return b.String()
}

// The forms that ten years of schedules have used, and some that they may yet.
func TestMentions(t *testing.T) {
	near := civil.Date{Year: 2016, Month: 12, Day: 20}
	for _, tc := range []struct{ in, want string }{
		{"May 14, 2026 is the Hibiscus-1 milestone.", "date 2026-05-14"},
		{"19 November, 2026 is the Indri-1 milestone.", "date 2026-11-19"},
		{"must be approved by 14th December, 2016. Meeting these on the 14th does", "date 2016-12-14"},
		{"added to Cinder is 3rd\nDecember 2015. Please", "date 2015-12-03"},
		{"approved by Jan 1st.", "date 2017-01-01 (year implied)"},
		{"set to the 30th of May 2018", "date 2018-05-30"},
		{"by end of day Thursday October 19th, 2017.", "date 2017-10-19 Thursday"},
		{"on 31st May (Wednesday) which is", "date 2017-05-31 Wednesday (year implied)"},
		{"is Friday 5 July 2024 (20:00 UTC).  New", "date 2024-07-05 Friday 20:00 UTC"},
		{"Wednesday 31 May 2023 (1400-1600 UTC).", "date 2023-05-31 Wednesday 14:00-16:00 UTC"},
		{"by this date (August 30th, 2023\nat 00:00 UTC).", "date 2023-08-30 00:00 UTC"},
		{"by 13:00 UTC on Thursday 28 September\n2017 (that is, one hour before", "date 2017-09-28 Thursday 13:00 UTC"},
		{"by 23:59 on Friday 6 October 2017.", "date 2017-10-06 Friday 23:59"},
		{"by 11 June 2026, 11 pm UTC", "date 2026-06-11 23:00 UTC"},
		{"by 11 June 2026 at 12 am EST", "date 2026-06-11 00:00 EST"},
		{"begins at 2024-09-04 23:45 UTC.", "date 2024-09-04 23:45 UTC"},
		{"by 2018-02-7T23:45Z", "date 2018-02-07 23:45 UTC"},
		{
			"runs between 2024-08-14 23:45 UTC\nand 2024-08-28 23:45 UTC.",
			"range 2024-08-14..2024-08-28 23:45-23:45 UTC",
		},
		{"On 21 May 2026 and 04 June 2026, Nova", "date 2026-05-21; date 2026-06-04"},
		{"On 21 and 28 May 2026, Nova", "date 2026-05-21; date 2026-05-28"},
		{"On 7, 14 and 21 May 2026, Nova", "date 2026-05-07; date 2026-05-14; date 2026-05-21"},
		{"On May 21 and 28, 2026, Nova", "date 2026-05-21; date 2026-05-28"},
		{"On May 21 and June 4, 2026, Nova", "date 2026-05-21; date 2026-06-04"},
		{"From March 27 to March 31 we'll have", "range 2017-03-27..2017-03-31 (year implied)"},
		{"From June 13 to June 15, 2023, the", "range 2023-06-13..2023-06-15"},
		{"From April 7 to 11, 2025 we'll", "range 2025-04-07..2025-04-11"},
		{"From 12 to 16 October, 2026 we'll", "range 2026-10-12..2026-10-16"},
		{"this week (October 18-22, 2021).", "this week; range 2021-10-18..2021-10-22"},
		{"between 12 and 16 October 2026", "range 2026-10-12..2026-10-16"},
		{"7th - 9th June, 2022", "range 2022-06-07..2022-06-09"},
		{"10 - 14 September in Denver", "range 2016-09-10..2016-09-14 (year implied)"},
		{"Dec 28-1", "range 2016-12-28..2017-01-01 (year implied)"},
		{"May 31 - June 2 is", "range 2017-05-31..2017-06-02 (year implied)"},
		{"31 October 2016 - 24 February 2017 (16 weeks)", "range 2016-10-31..2017-02-24"},
		{"30 December - 3 January 2017", "range 2016-12-30..2017-01-03"},
		{"The week of September 7, 2026 is", "week 2026-09-07"},
		{"The week of 30 January - 3 February is", "week 2017-01-30..2017-02-03 (year implied)"},
		{"The week of 26th - 30th September, 2022", "week 2022-09-26..2022-09-30"},
		{"The week of March 28 to April 1st is", "week 2017-03-28..2017-04-01 (year implied)"},
		{"week of 5 February 2018, with a deadline of 8 February 2018.", "week 2018-02-05; date 2018-02-08 deadline"},
		{"approved by the end of\nthe week.", "end of week"},
		{"by the end of this week (for review)", "end of week"},
		{"by Friday of this week", "end of week Friday"},
		{"by the Tuesday of the week, 13:00 UTC", "end of week Tuesday; clock 13:00 UTC"},
		{"accepted until this Wednesday", "end of week Wednesday"},
		{"by the end of the week. They are complete by feature freeze on 9 March 2017.", "end of week; date 2017-03-09 aside"},
		{"Approved by 6 October 2016. Merged by the end of the week.", "date 2016-10-06; end of week"},
		{"As decided on 6 October, by PTL and cores, by the end of the week", "date 2016-10-06 (year implied) aside; end of week"},
		{"by the end of the week, Friday 6 January", "end of week; date 2017-01-06 Friday (year implied)"},
		{"by 6 January, the end of the week", "date 2017-01-06 (year implied); end of week"},
		{"in time for the end of the week, with a deadline of 5 January.", "end of week; date 2017-01-05 (year implied) deadline"},
		{"issue their final release during this week.", "this week"},
		{"merged before 26 August 2024.", "date 2024-08-26 aside"},
		{"that 7 September is a holiday for many", "date 2016-09-07 (year implied) aside"},
		{"Due to the 7 September holiday", "date 2016-09-07 (year implied) aside"},
		{"start at 1400 UTC and\nconclude at 1600 UTC.", "clock 14:00 UTC; clock 16:00 UTC"},
		{"by 31 June 2026", "date"},
		{"by 29 February 2025", "date"},

		{
			"between 2024-08-14 23:45 and 2024-08-28 23:45 UTC.",
			"range 2024-08-14..2024-08-28 23:45-23:45 UTC",
		},
		{"by 23:59 UTC on the 11th of June 2026", "date 2026-06-11 23:59 UTC"},
		// Of another zone than UTC, however it is written, no time is UTC's.
		{"by 11 June 2026, 23:59 AoE", "date 2026-06-11 23:59 AoE"},
		{"by 11 June 2026 at 23:59 (Anywhere on Earth).", "date 2026-06-11 23:59 Anywhere on Earth"},
		{"by 11 June 2026, 17:00 US/Pacific", "date 2026-06-11 17:00 US/Pacific"},
		{"by 11 June 2026, 17:00 (America/New_York)", "date 2026-06-11 17:00 America/New_York"},
		{"by 11 June 2026, 5 pm Eastern time", "date 2026-06-11 17:00 Eastern"},
		{"by 11 June 2026 at 17:00 local time", "date 2026-06-11 17:00 local"},
		{"by 11 June 2026, 17:00 UTC+2", "date 2026-06-11 17:00 UTC+2"},
		{"by 11 June 2026, 17:00 UTC+05:30.", "date 2026-06-11 17:00 UTC+05:30"},
		{"by 2026-06-11T17:00+0200", "date 2026-06-11 17:00 +0200"},
		{"by 11 June 2026 at 17:00 (UTC)", "date 2026-06-11 17:00 UTC"},
		{"by 11 June 2026, 17:00 Z", "date 2026-06-11 17:00 UTC"},
		{"on 30 January 2025 (1000 UTC-1200 UTC)", "date 2025-01-30 10:00 UTC; clock 12:00 UTC"},
		{"on 30 January 2025, 10:00 UTC-12:00 UTC", "date 2025-01-30 10:00 UTC; clock 12:00 UTC"},
		{"between 1 June 2026 23:45 UTC-8 June 2026 23:45 UTC", "range 2026-06-01..2026-06-08 23:45-23:45 UTC"},
		{"by 11 June 2026, 17:00 Central projects only after", "date 2026-06-11 17:00"},
		{"The week starting 12 June, 2017 is", "week 2017-06-12"},
		{"in the week beginning on Monday, June 12th", "week 2017-06-12 Monday (year implied)"},
		{"the 1st, 2nd and 3rd of March 2017", "date 2017-03-01; date 2017-03-02; date 2017-03-03"},
		{"by 11\u00a0June\u00a02026", "date 2026-06-11"},
		{"by 29 February", "date"}, // of 2017

		{"the 2025.1 Epoxy and 2024.2 cycles, R-5, 3rd Party CI, 4 weeks, 2026", ""},
		{"Highlights may be added; 4 may do, march 5 on", ""},
		{"http://lists.example.org/pipermail/dev/2015-December/081966.html and https://x.example/2026-05-14", ""},
		{"9999999999999999999 May 99, 00 June, 1400 people, 25:00 UTC, 12:5", ""},
	} {
		if got := strings.Join(said(t, tc.in, near), "; "); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.in, got, tc.want)
		}
	}
}

// A mention says where it stands, over the lines of its paragraph.
func TestMentionLines(t *testing.T) {
	page, _, _ := calendar.ParsePage("s.rst", []byte(".. _x:\n\nEvent\n-----\n\nAll specs by\n14 May\n2026, or\n15 May 2026.\n"), civil.Date{}, civil.Date{})
	var got []string
	for _, m := range page.Sections[1].Mentions {
		got = append(got, m.Pos.String()+" "+m.Raw)
	}
	if d := cmp.Diff([]string{"s.rst:7 14 May 2026", "s.rst:9 15 May 2026"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
