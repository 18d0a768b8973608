package civil_test

import (
	"strings"
	"testing"

	"torchbearer/bot/civil"
)

func TestFindZone(t *testing.T) {
	for _, tc := range []struct{ place, want string }{
		{"UTC", "UTC"},
		{"utc", "UTC"},
		{"Europe/Prague", "Europe/Prague"},
		{"europe/prague", "Europe/Prague"},
		{"Prague", "Europe/Prague"},
		{"prague", "Europe/Prague"},
		{"new york", "America/New_York"},
		{"NEW  YORK", "America/New_York"},
		{"america/new_york", "America/New_York"},
		{"tokyo", "Asia/Tokyo"},
		{"Brisbane", "Australia/Brisbane"},
		{"port-au-prince", "America/Port-au-Prince"},
		{"port of spain", "America/Port_of_Spain"},
		{"dar es salaam", "Africa/Dar_es_Salaam"},
		{"IST", ""},
		{"CET", ""},
		{"Local", ""},
		{"gotham", ""},
		{"", ""},
		{" ", ""},
		{"/", ""},
		{"UTC+9", "Etc/GMT-9"}, // the sign is POSIX's
		{"utc -03", "Etc/GMT+3"},
		{"GMT+14", "Etc/GMT-14"},
		{"gmt", "UTC"},
		{"UTC+00", "UTC"},
		{"UTC+15", ""},
		{"UTC+5:30", ""},
		{"UTC+", ""},
		{"UTC_", ""},
		{"UTC _+9", ""},
		{"UTC+Prague", ""},
		{"UTC9", ""},
		{"../../etc/passwd", ""},
		{"a/../b", ""},
		{"Zürich", ""},
		{"\x00", ""},
	} {
		loc, ok := civil.FindZone(tc.place)
		if ok != (tc.want != "") || ok && loc.String() != tc.want {
			t.Errorf("%q: got %v, %v, want %q", tc.place, loc, ok, tc.want)
		}
	}
}

// Hostile text is not read word by word: no place is called so much.
func TestFindZoneOfLongText(t *testing.T) {
	text := strings.Repeat("A-", 30_000)
	if got := testing.AllocsPerRun(1, func() { civil.FindZone(text) }); got > 10 {
		t.Errorf("%.0f allocations", got)
	}
}

// FindZone takes what people type in chat.
func FuzzFindZone(f *testing.F) {
	for _, s := range []string{"Prague", "new york", "Europe/Prague", "-", "_/", "ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, place string) {
		loc, ok := civil.FindZone(place)
		if ok != (loc != nil) {
			t.Errorf("%q: %v, %v", place, loc, ok)
		}
	})
}
