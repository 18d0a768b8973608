package civil

import (
	"fmt"
	"testing"
	"time"
)

func TestParseSpan(t *testing.T) {
	tests := []struct {
		text     string
		days     int
		calendar bool
		length   time.Duration
		want     string
	}{
		{"28d", 28, true, 672 * time.Hour, "28d"},
		{"2w", 14, true, 336 * time.Hour, "14d"},
		{"0d", 0, true, 0, "0d"},
		{"0w", 0, true, 0, "0d"},
		{"007d", 7, true, 168 * time.Hour, "7d"},
		{"12h", 0, false, 12 * time.Hour, "12h"},
		{"24h", 0, false, 24 * time.Hour, "24h"},
		{"90m", 0, false, 90 * time.Minute, "90m"},
		{"120m", 0, false, 2 * time.Hour, "2h"},
		{"10s", 0, false, 10 * time.Second, "10s"},
		{"3600s", 0, false, time.Hour, "1h"},
		{"0s", 0, false, 0, "0s"},
		{"0h", 0, false, 0, "0s"},
		{"3650d", 3650, true, 87600 * time.Hour, "3650d"},
		{"521w", 3647, true, 87528 * time.Hour, "3647d"},
		{"315360000s", 0, false, 87600 * time.Hour, "87600h"},
	}
	for _, tt := range tests {
		s, err := ParseSpan(tt.text)
		if err != nil {
			t.Error(err)
			continue
		}
		if days, ok := s.Days(); days != tt.days || ok != tt.calendar {
			t.Errorf("%s: days %d, %v", tt.text, days, ok)
		}
		if got := s.Duration(); got != tt.length {
			t.Errorf("%s: lasts %s, want %s", tt.text, got, tt.length)
		}
		if got := s.String(); got != tt.want {
			t.Errorf("%s: written %s, want %s", tt.text, got, tt.want)
		}
	}
	for _, text := range []string{
		"", "d", "7", "-7d", "+7d", "1.5h", "1h30m", "1d12h", "7 d", " 7d", "7d ", "7D", "7y", "7min", "٧d", "1_0d", "0x7d",
		"3651d", "522w", "87601h", "315360001s", "99999999999999999999d", "7d\x00", "\xff",
	} {
		want := fmt.Sprintf("parse length of time %q: want a number and one of w, d, h, m (minutes), s, such as 28d, 12h or 90m; at most ten years", text)
		if s, err := ParseSpan(text); err == nil || err.Error() != want {
			t.Errorf("got  %v, %v\nwant %s", s, err, want)
		}
	}
}

// A day is not 24 hours, and 0d ("that morning") is not 0s ("that instant").
func TestSpansOfDifferentKindDiffer(t *testing.T) {
	if DaySpan(1) == ClockSpan(24*time.Hour) || DaySpan(0) == ClockSpan(0) {
		t.Error("days equal hours")
	}
	if DaySpan(14) != mustSpan(t, "2w") || ClockSpan(90*time.Minute+999*time.Millisecond) != mustSpan(t, "90m") {
		t.Error("the same length of one kind differs")
	}
	if got := []Span{DaySpan(-1), ClockSpan(-1 << 63), DaySpan(1 << 40), ClockSpan(1<<63 - 1)}; fmt.Sprint(got) != "[0d 0s 3650d 87600h]" {
		t.Errorf("beyond the limits: %v", got)
	}
}

func mustSpan(t *testing.T, s string) Span {
	t.Helper()
	span, err := ParseSpan(s)
	if err != nil {
		t.Fatal(err)
	}
	return span
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"28d", "2w", "12h", "90m", "10s", "1h30m", "-1d", "999999999w", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span, err := ParseSpan(s)
		if err != nil {
			return
		}
		if span.Duration() < 0 || span.Duration() > 3650*day {
			t.Errorf("%q lasts %s", s, span.Duration())
		}
		again, err := ParseSpan(span.String())
		if err != nil || again != span {
			t.Errorf("%q is written %q, which reads as %v, %v", s, span, again, err)
		}
	})
}
