package people

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseUntil(t *testing.T) {
	// Tuesday evening in New York, Wednesday in UTC.
	now := mustTime(t, "2026-11-25T02:30:10Z")
	for text, want := range map[string]string{
		"2026-12-01":                  "2026-12-01T05:00:00Z",
		"until 2026-12-01":            "2026-12-01T05:00:00Z",
		"  2026-12-01   14:00 ":       "2026-12-01T19:00:00Z",
		"tomorrow":                    "2026-11-25T05:00:00Z",
		"tomorrow 09:30":              "2026-11-25T14:30:00Z",
		"wednesday":                   "2026-11-25T05:00:00Z",
		"Monday":                      "2026-11-30T05:00:00Z",
		"mon":                         "2026-11-30T05:00:00Z",
		"tuesday":                     "2026-12-01T05:00:00Z",
		"3d":                          "2026-11-28T02:30:00Z",
		"2w":                          "2026-12-09T02:30:00Z",
		"12h":                         "2026-11-25T14:30:10Z",
		"90m":                         "2026-11-25T04:00:10Z",
		"2027-11-24":                  "2027-11-24T05:00:00Z",
		"366d":                        "2027-11-26T02:30:00Z",
		"2026-11-24 22:00":            "2026-11-25T03:00:00Z",
		"2026-11-24":                  `"2026-11-24" has passed`,
		"until 2026-11-24 21:30":      `"2026-11-24 21:30" has passed`,
		"0d":                          `"0d" has passed`,
		"2027-12-01":                  `"2027-12-01" is more than a year away`,
		"9999-12-31":                  `"9999-12-31" is more than a year away`,
		"60w":                         `"60w" is more than a year away`,
		"":                            "until when? Say " + Forms,
		"until":                       "until when? Say " + Forms,
		"the end of days":             "until when? Say " + Forms,
		"mo":                          `"mo" is no day and no length of time; want ` + Forms,
		"2026-02-30":                  `"2026-02-30" is no day and no length of time; want ` + Forms,
		"3d 14:00":                    `"3d 14:00": a length of time stands alone`,
		"3d zoe":                      `"3d zoe": a length of time stands alone`,
		"x zoe":                       `"x" is no day and no length of time; want ` + Forms,
		"monday 14":                   `"14" is no time of day; want hours and minutes, such as 14:00`,
		"-3d":                         `"-3d" is no day and no length of time; want ` + Forms,
		`"`:                           `"'" is no day and no length of time; want ` + Forms,
		strings.Repeat("\u00e9", 100): `"` + strings.Repeat("\u00e9", 32) + `…" is no day and no length of time; want ` + Forms,
	} {
		at, err := ParseUntil(text, now, mustZone(t, "America/New_York"))
		got := at.Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func FuzzParseUntil(f *testing.F) {
	for _, text := range []string{"2026-12-01 14:00", "until mon", "3d", "12h", "tomorrow", "\xff", "9999-12-31 23:59", "3650d"} {
		f.Add(text)
	}
	now, zone := mustTime(f, "2026-11-25T02:30:10Z"), mustZone(f, "America/New_York")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseUntil(text, now, zone)
		switch {
		case err == nil && (!at.After(now) || at.Sub(now) > 366*24*time.Hour):
			t.Errorf("%q became %s", text, at)
		case err != nil && utf8.ValidString(text) && (len(err.Error()) > 512 || strings.Count(err.Error(), `"`)%2 != 0):
			t.Errorf("%q: %s", text, err)
		}
	})
}
