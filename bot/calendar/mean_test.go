package calendar_test

import (
	"strings"
	"testing"

	"torchbearer/bot/civil"
)

// What stands around a date says whose it is, in whatever type it is set.
func TestWhoseDate(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"The week of **March 9, 2026** is", "week 2026-03-09"},
		{"merged before *26 August 2024*.", "date 2024-08-26 aside"},
		{"merged before **Monday, 26 August 2024**.", "date 2024-08-26 Monday aside"},
		{"merged before the 26th of August 2024.", "date 2024-08-26 aside"},
		{"with a deadline of the 8th of February 2018.", "date 2018-02-08 deadline"},
		{"On the 26th of August 2024.", "date 2024-08-26"},
		{"* 9 March 2026\n* 16 March 2026", "date 2026-03-09; date 2026-03-16"},
	} {
		if got := strings.Join(said(t, tc.in, civil.Date{Year: 2024, Month: 3, Day: 1}), "; "); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.in, got, tc.want)
		}
	}
}
