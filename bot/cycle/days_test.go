package cycle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// days is what FindDays finds, in short.
func days(cal cycle.Calendar, words string, now time.Time) string {
	d, ok, err := cal.FindDays(words, now)
	var wrong *cycle.WeekError
	switch {
	case errors.As(err, &wrong) && wrong.Series != "":
		return fmt.Sprintf("no %s of %q: %s", wrong.Week, wrong.Series, strings.Join(wrong.Known, " "))
	case errors.As(err, &wrong):
		return fmt.Sprintf("no %s: %s to %s of %s", wrong.Week, wrong.First, wrong.Last, wrong.Of)
	case !ok:
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s, %s %s: %s..%s %s", d.Said, d.Week, d.Series, d.First, d.Last, ids(d.Events(cal))))
}

// Weeks as people say them, and as schedules have them: Monday to Friday.
func TestFindDays(t *testing.T) {
	const (
		five = "R-5, R-5 indri: 2027-02-15..2027-02-19 i-ff i-final-clientlib"
		mine = "R-15, R-15 indri: 2026-12-07..2026-12-11 spec-freeze"
	)
	cal := published(t)
	for _, tc := range []struct{ now, words, want string }{
		{"2026-11-22", "R-5", five},
		{"2026-11-22", "r5", five},
		{"2026-11-22", "r-05", five},
		{"2026-11-22", "R 5", five},
		{"2026-11-22", "R - 5", five},
		{"2026-11-22", "R−5", five}, // a minus sign
		{"2026-11-22", "R–5", five}, // a dash
		{"2026-11-22", "week R-5", five},
		{"2026-11-22", "which week is R-5?", five},
		{"2026-11-22", "does R-5 start", five},
		{"2026-11-22", "R-5 ends", five},
		{"2026-11-22", "the week of R-5 in indri", five},
		{"2026-11-22", "R-5 2027.1", five},
		{"2026-11-22", "2027.1 release R-5", five},
		{"2026-11-22", "R-5 nova", five}, // the weeks are everybody's
		{"2026-11-22", "R-5 this cycle", five},
		{"2027-03-01", "R-5", five},  // which has passed, and the release not
		{"2027-05-01", "R-5", five},  // nothing is known of a later one
		{"2026-11-22", "R-15", mine}, // also what stands on none but the team's own list
		{"2026-11-22", "R+0", "R+0, R+0 indri: 2027-03-22..2027-03-26 i-final"},
		{"2026-11-22", "R-0", "R+0, R+0 indri: 2027-03-22..2027-03-26 i-final"},
		{"2026-11-22", "r0", "R+0, R+0 indri: 2027-03-22..2027-03-26 i-final"},
		{"2026-11-22", "R+0 hibiscus", "R+0, R+0 hibiscus: 2026-09-28..2026-10-02 h-final"},
		{"2026-11-22", "R+1", "R+1, R+1 indri: 2027-03-29..2027-04-02"},
		{"2026-10-01", "R+1", "R+1, R+1 hibiscus: 2026-10-05..2026-10-09"},
		{"2026-10-11", "R+1", "R+1, R+1 hibiscus: 2026-10-05..2026-10-09"}, // its Sunday
		{"2026-10-12", "R+1", "R+1, R+1 indri: 2027-03-29..2027-04-02"},
		{"2026-10-02", "R+0", "R+0, R+0 hibiscus: 2026-09-28..2026-10-02 h-final"},
		{"2026-10-01", "R-5", five}, // the day after a release
		{"2026-09-29", "R-5", "R-5, R-5 hibiscus: 2026-08-24..2026-08-28"},
		{"2026-11-22", "R-3 hibiscus", "R-3, R-3 hibiscus: 2026-09-07..2026-09-11 h-rc1"},
		{"2026-11-22", "R-3 2026.2", "R-3, R-3 hibiscus: 2026-09-07..2026-09-11 h-rc1"},
		{"2026-11-22", "R-3 of the last cycle", "R-3, R-3 hibiscus: 2026-09-07..2026-09-11 h-rc1"},
		{"2026-11-22", "hibiscus r3", "R-3, R-3 hibiscus: 2026-09-07..2026-09-11 h-rc1"},
		{"2026-11-22", "R-25", "no R-25: R-24 to R+3 of indri"},
		{"2026-11-22", "R+4", "no R+4: R-24 to R+3 of indri"},
		{"2026-11-22", "R-99999999999999999999999", "no R-9999: R-24 to R+3 of indri"},
		{"2026-11-22", "R-31 hibiscus", "R-31, R-31 hibiscus: 2026-02-23..2026-02-27"}, // of which no release lies before
		{"2026-11-22", "R-32 hibiscus", "no R-32: R-31 to R+3 of hibiscus"},
		{"2026-11-22", "R-5 dalmatian", `no R-5 of "dalmatian": hibiscus indri`},
		{"2026-11-22", "R-5 next cycle", `no R-5 of "next cycle": hibiscus indri`},
		{"2026-11-22", "R-5 meeting", `no R-5 of "meeting": hibiscus indri`},

		{"2026-11-22", "this week", "this week, R-18 indri: 2026-11-16..2026-11-20 i-1"}, // it is Sunday
		{"2026-11-23", "what week is it", "this week, R-17 indri: 2026-11-23..2026-11-27"},
		{"2026-11-23", "Next week?", "next week, R-16 indri: 2026-11-30..2026-12-04 i-cycle-trail"},
		{"2026-11-23", "last week", "last week, R-18 indri: 2026-11-16..2026-11-20 i-1"},
		{"2026-12-10", "today", "today, R-15 indri: 2026-12-10..2026-12-10 spec-freeze"},
		{"2026-12-09", "tomorrow", "tomorrow, R-15 indri: 2026-12-10..2026-12-10 spec-freeze"},
		{"2026-11-22", "which week is 2026-12-10", "2026-12-10, R-15 indri: 2026-12-10..2026-12-10 spec-freeze"},
		{"2028-11-22", "this week", "this week,  : 2028-11-20..2028-11-24"}, // no release is near

		{"2026-11-22", "rc1", ""},
		{"2026-11-22", "rc 5", ""},
		{"2026-11-22", "R", ""},
		{"2026-11-22", "R-", ""},
		{"2026-11-22", "R--5", ""},
		{"2026-11-22", "R5.5", ""},
		{"2026-11-22", "5", ""},
		{"2026-11-22", "2026-02-30", ""},
		{"2026-11-22", "ptg week", ""},
		{"2026-11-22", "", ""},
		{"2026-11-22", strings.Repeat("R-5 ", 3000), ""},
	} {
		if got := days(cal, tc.words, utc(t, tc.now+"T12:00:00Z")); got != tc.want {
			t.Errorf("%q on %s:\ngot  %s\nwant %s", tc.words, tc.now, got, tc.want)
		}
	}
	if got := days(cycle.New(time.UTC, nil), "R-5", utc(t, "2026-11-22T12:00:00Z")); got != "no R-5:  to  of " {
		t.Errorf("without a release: got %s", got)
	}
	if got := days(cycle.Calendar{}, "R-5", utc(t, "2026-11-22T12:00:00Z")); got != "" {
		t.Errorf("no calendar: got %s", got)
	}
}

// Two sources may have a release, a day apart: its weeks are still those before it.
func TestFindDaysOfAReleaseSaidTwice(t *testing.T) {
	cal := cycle.New(time.UTC, []cycle.Event{
		event(t, "h", "release", "Hibiscus release", "2026-09-30"), event(t, "i", "release", "Indri release", "2027-03-24"), event(t, "i-too", "release", "Indri is out", "2027-03-25"),
	})
	for _, tc := range []struct{ now, words, want string }{
		{"2026-11-22", "R-5", "R-5, R-5 : 2027-02-15..2027-02-19"},
		{"2027-05-01", "R-5", "R-5, R-5 : 2027-02-15..2027-02-19"},
		{"2027-05-01", "R-25", "no R-25: R-24 to R+3 of"},
	} {
		if got := strings.TrimSpace(days(cal, tc.words, utc(t, tc.now+"T12:00:00Z"))); got != tc.want {
			t.Errorf("%q on %s: got %s, want %s", tc.words, tc.now, got, tc.want)
		}
	}
}

// Weeks begin on Monday where the team is, and go on over the turn of a year.
func TestFindDaysWhereTheTeamIs(t *testing.T) {
	for _, tc := range []struct{ zone, now, words, want string }{
		{"Pacific/Kiritimati", "2026-11-22T10:00:00Z", "this week", "this week,  : 2026-11-23..2026-11-27"}, // Monday, 00:00
		{"Pacific/Kiritimati", "2026-11-22T09:59:59Z", "tomorrow", "tomorrow,  : 2026-11-23..2026-11-23"},
		{"Pacific/Pago_Pago", "2026-11-23T10:59:59Z", "this week", "this week,  : 2026-11-16..2026-11-20"}, // Sunday, 23:59
		{"Pacific/Pago_Pago", "2026-11-23T10:59:59Z", "today", "today,  : 2026-11-22..2026-11-22"},
		{"UTC", "2026-12-31T23:59:59Z", "next week", "next week,  : 2027-01-04..2027-01-08"},
		{"UTC", "2027-01-03T00:00:00Z", "this week", "this week,  : 2026-12-28..2027-01-01"},
		{"UTC", "2027-01-03T00:00:00Z", "tomorrow", "tomorrow,  : 2027-01-04..2027-01-04"},
		{"America/New_York", "2027-03-14T06:59:59Z", "last week", "last week,  : 2027-03-01..2027-03-05"}, // the hour before summer time
	} {
		loc, err := civil.LoadZone(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := days(cycle.New(loc, nil), tc.words, utc(t, tc.now)); got != tc.want {
			t.Errorf("%s, %q at %s: got %s, want %s", tc.zone, tc.words, tc.now, got, tc.want)
		}
	}
}
