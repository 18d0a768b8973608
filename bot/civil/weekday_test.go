package civil

import (
	"strings"
	"testing"
	"time"
)

func TestWeekdaysAreReadAsPeopleWriteThem(t *testing.T) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		text, err := Weekday(d).MarshalText()
		if err != nil || string(text) != d.String() {
			t.Errorf("%s is written %q, %v", d, text, err)
		}
		for _, s := range []string{d.String(), strings.ToLower(d.String()), strings.ToUpper(d.String()), d.String()[:3], strings.ToLower(d.String()[:3])} {
			var got Weekday
			if err := got.UnmarshalText([]byte(s)); err != nil || time.Weekday(got) != d {
				t.Errorf("%q is %s, %v; want %s", s, got, err, d)
			}
		}
	}
}

func TestWhatIsNoWeekdayIsTold(t *testing.T) {
	const all = ": want one of Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, or its first three letters"
	for _, s := range []string{"", "mo", "Mond", "Montag", "1", " Monday", "Monday,Tuesday", strings.Repeat("m", 1000)} {
		got := Weekday(time.Friday)
		err := got.UnmarshalText([]byte(s))
		if want := "parse day of the week " + quote(s) + all; err == nil || err.Error() != want {
			t.Errorf("%.20q: got %v, want %s", s, err, want)
		}
		if got != Weekday(time.Friday) {
			t.Errorf("%.20q changed the day to %s", s, got)
		}
	}
	for _, d := range []Weekday{-1, 7} {
		if text, err := d.MarshalText(); err == nil {
			t.Errorf("day %d is written %q, want an error", int(d), text)
		}
	}
}
