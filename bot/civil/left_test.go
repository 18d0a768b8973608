package civil

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLeft(t *testing.T) {
	tests := []struct{ zone, from, to, want string }{
		{"UTC", "2026-12-03T14:00:00Z", "2026-12-10T23:59:00Z", "7 days"},
		{"UTC", "2026-11-22T15:00:00Z", "2026-12-10T23:59:00Z", "18 days"},
		{"UTC", "2026-12-03T23:59:59Z", "2026-12-10T00:00:00Z", "7 days"},
		{"Pacific/Kiritimati", "2026-12-03T14:00:00Z", "2026-12-10T23:59:00Z", "7 days"},
		{"Asia/Kolkata", "2026-12-03T14:00:00Z", "2026-12-10T23:59:00Z", "8 days"}, // there it ends on the 11th
		{"UTC", "2026-12-08T23:59:00Z", "2026-12-10T23:59:00Z", "2 days"},
		{"UTC", "2026-12-08T23:59:00.000000001Z", "2026-12-10T23:59:00Z", "47 h 59 min"},
		{"UTC", "2026-12-09T23:59:00Z", "2026-12-10T23:59:00Z", "24 h"},
		{"UTC", "2026-12-10T13:59:20Z", "2026-12-10T23:59:00Z", "9 h 59 min"},
		{"UTC", "2026-12-10T13:59:00Z", "2026-12-10T23:59:00Z", "10 h"},
		{"UTC", "2026-12-10T22:59:00Z", "2026-12-10T23:59:00Z", "1 h"},
		{"UTC", "2026-12-10T22:59:00.5Z", "2026-12-10T23:59:00Z", "59 min"},
		{"UTC", "2026-12-10T23:57:00Z", "2026-12-10T23:59:00Z", "2 min"},
		{"UTC", "2026-12-10T23:57:01Z", "2026-12-10T23:59:00Z", "119 s"},
		{"UTC", "2026-12-10T23:58:40Z", "2026-12-10T23:59:00Z", "20 s"},
		{"UTC", "2026-12-10T23:58:58.1Z", "2026-12-10T23:59:00Z", "1 s"},
		{"UTC", "2026-12-10T23:59:00Z", "2026-12-10T23:59:00Z", "0 s"},
		{"UTC", "2026-12-11T02:59:00Z", "2026-12-10T23:59:00Z", "3 h"},
		// Under 48 h an hour is an hour, whatever the clocks on the wall do.
		{"Europe/Prague", "2026-03-28T13:00:00Z", "2026-03-29T12:00:00Z", "23 h"},
		// 48 hours of which one was repeated end on the next civil day.
		{"Europe/Prague", "2026-10-24T22:00:00Z", "2026-10-26T22:00:00Z", "1 day"},
		{"UTC", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "3652058 days"},
	}
	for _, tt := range tests {
		if got := Left(mustTime(t, tt.from), mustTime(t, tt.to), mustZone(t, tt.zone)); got != tt.want {
			t.Errorf("%s, %s to %s: got %q, want %q", tt.zone, tt.from, tt.to, got, tt.want)
		}
	}
}

// Below 48 hours the words, read back, are no more than the truth and short of
// it by less than the smallest unit shown; and the order does not matter.
func TestLeftNeverPromisesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)-1).Draw(t, "left"))
		from := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "from"), 0)
		text := Left(from, from.Add(left), time.UTC)
		if back := Left(from.Add(left), from, time.UTC); back != text {
			t.Errorf("%q one way, %q the other", text, back)
		}
		said, unit := readLeft(text)
		if said > left || left-said >= unit {
			t.Errorf("%s is called %q", left, text)
		}
	})
}

// readLeft reads "9 h 59 min" back: the length, and how exact the words are.
func readLeft(text string) (said, unit time.Duration) {
	var n time.Duration
	for _, r := range text + " " {
		switch {
		case r >= '0' && r <= '9':
			n = n*10 + time.Duration(r-'0')
		case r == 'h':
			said, n = said+n*time.Hour, 0
			unit = time.Minute
		case r == 'm':
			said, n = said+n*time.Minute, 0
			unit = time.Minute
		case r == 's':
			said, n = said+n*time.Second, 0
			unit = time.Second
		}
	}
	return said, unit
}
