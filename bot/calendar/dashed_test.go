package calendar_test

import (
	"strings"
	"testing"

	"torchbearer/bot/civil"
)

func TestDatesOfOneWord(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"by 2024-08-14.", "date 2024-08-14"},
		{"by 2024-8-4 (23:59 UTC).", "date 2024-08-04 23:59 UTC"},
		{"by 2024/08/14.", "date 2024-08-14"},
		{"by Wednesday, 14-Aug-2024 (23:59 UTC).", "date 2024-08-14 Wednesday 23:59 UTC"},
		{"The week of 12-Aug-2024 is", "week 2024-08-12"},
		{"before 14-August-2024", "date 2024-08-14 aside"},
		{"On 14-Aug-2024 and 21-Aug-2024, Nova", "date 2024-08-14; date 2024-08-21"},
		{"from 2024-08-14 to 2024-08-16", "range 2024-08-14..2024-08-16"},

		{"Which is it, 08/09/2024 or 09-08-2024?", ""},
		{"see specs/2024/08/14/api and 2024/08/14/index", ""},
		{"in 2024-08 and 2024-13-14 and 99-Aug-2024", ""},
	} {
		if got := strings.Join(said(t, tc.in, civil.Date{Year: 2024, Month: 6, Day: 1}), "; "); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.in, got, tc.want)
		}
	}
}
