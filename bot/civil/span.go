package civil

import (
	"fmt"
	"time"
)

// Span is a length of time as configurations and commands write it: "28d" or
// "12h". It knows the difference between days of the calendar and hours on the
// clock: "1d" before Monday 14:00 is Sunday 14:00 even when an hour was skipped
// between them, "24h" before is not. Spans of equal kind and length are equal
// with ==. The zero Span is "0s".
type Span struct {
	calendar bool  // n counts days, else seconds
	n        int64 // never below 0
}

// maxDays is ten years: beyond use, and far below what overflows.
const maxDays = 3650

const maxSeconds = maxDays * int64(day/time.Second)

// DaySpan returns the span of n days; below 0 counts as 0, above 3650 as 3650.
func DaySpan(n int) Span {
	return Span{calendar: true, n: min(max(int64(n), 0), maxDays)}
}

// ClockSpan returns the span of a duration in whole seconds, the rest cut off,
// with the limits of DaySpan.
func ClockSpan(d time.Duration) Span {
	return Span{n: min(max(int64(d/time.Second), 0), maxSeconds)}
}

// ParseSpan reads one whole number and one unit: "2w" (weeks), "28d" (days),
// "12h" (hours), "90m" (minutes) or "10s" (seconds), up to ten years. Weeks and
// days are of the calendar, the others of the clock. No signs, fractions or
// sums ("1h30m" is "90m"). The error says what is allowed.
func ParseSpan(s string) (Span, error) {
	wrong := fmt.Errorf("parse length of time %s: want a number and one of w, d, h, m (minutes), s, such as 28d, 12h or 90m; at most ten years", quote(s))
	if s == "" {
		return Span{}, wrong
	}
	var each int64
	calendar := false
	switch s[len(s)-1] {
	case 'w':
		each, calendar = 7, true
	case 'd':
		each, calendar = 1, true
	case 'h':
		each = 60 * 60
	case 'm':
		each = 60
	case 's':
		each = 1
	default:
		return Span{}, wrong
	}
	most := maxSeconds
	if calendar {
		most = maxDays
	}
	number, ok := digits(s[:len(s)-1])
	n := int64(number) * each
	if !ok || n > most {
		return Span{}, wrong
	}
	return Span{calendar: calendar, n: n}, nil
}

// Days returns the number of days, and whether s is counted in days of the
// calendar at all.
func (s Span) Days() (n int, ok bool) {
	if !s.calendar {
		return 0, false
	}
	return int(s.n), true
}

// Duration returns the length on the clock, a day of the calendar as 24 hours.
func (s Span) Duration() time.Duration {
	if s.calendar {
		return time.Duration(s.n) * day
	}
	return time.Duration(s.n) * time.Second
}

// String returns the one text that stands for this span: days for days and
// weeks, otherwise the largest of h, m, s that needs no fraction. It names
// occurrences, so "2w" rewritten as "14d" is still the same reminder.
func (s Span) String() string {
	switch {
	case s.calendar:
		return fmt.Sprintf("%dd", s.n)
	case s.n != 0 && s.n%(60*60) == 0:
		return fmt.Sprintf("%dh", s.n/(60*60))
	case s.n != 0 && s.n%60 == 0:
		return fmt.Sprintf("%dm", s.n/60)
	}
	return fmt.Sprintf("%ds", s.n)
}

// MarshalText writes String.
func (s Span) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads what ParseSpan reads.
func (s *Span) UnmarshalText(text []byte) error {
	got, err := ParseSpan(string(text))
	if err != nil {
		return err
	}
	*s = got
	return nil
}
