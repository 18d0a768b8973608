package calendar_test

import (
	"strings"
	"testing"

	"torchbearer/bot/civil"
)

// Four digits are a year until a date before them has its own.
func TestHoursWithoutAZone(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"Wednesday 31 May 2023 (1400-1600).", "date 2023-05-31 Wednesday 14:00-16:00"},
		{"Wednesday 31 May 2023 (1400-1600 people).", "date 2023-05-31 Wednesday"},
		{"Wednesday 31 May 2023 (1400-1660).", "date 2023-05-31 Wednesday"},
		{"Wednesday 31 May (2014-2016).", "date 2023-05-31 Wednesday (year implied)"},
	} {
		if got := strings.Join(said(t, tc.in, civil.Date{Year: 2023, Month: 3, Day: 1}), "; "); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.in, got, tc.want)
		}
	}
}
