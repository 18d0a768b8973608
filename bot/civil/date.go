package civil

import (
	"cmp"
	"fmt"
	"time"
)

const day = 24 * time.Hour

// Date is a day of the Gregorian calendar, in no particular zone. Dates can be
// compared with == and used as map keys. The zero Date is no date. Methods
// expect a day that exists, as ParseDate, DateOf and AddDays return it.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-12-10": years 0001 to 9999, always two digits for month
// and day, a day that the month has. The error says what is allowed.
func ParseDate(s string) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("parse date %s: want year-month-day, such as 2026-12-10", quote(s))
	}
	year, okYear := digits(s[:4])
	month, okMonth := digits(s[5:7])
	dom, okDay := digits(s[8:])
	d := Date{year, time.Month(month), dom}
	switch {
	case !okYear || !okMonth || !okDay:
		return Date{}, fmt.Errorf("parse date %s: want year-month-day, such as 2026-12-10", quote(s))
	case year < 1:
		return Date{}, fmt.Errorf("parse date %s: years are 0001 to 9999", quote(s))
	case month < 1 || month > 12:
		return Date{}, fmt.Errorf("parse date %s: months are 01 to 12", quote(s))
	case !d.valid():
		// Day 0 of the next month is the last day of this one.
		last := dateOf(time.Date(year, d.Month+1, 0, 0, 0, 0, 0, time.UTC)).Day
		return Date{}, fmt.Errorf("parse date %s: %s %d has days 01 to %d", quote(s), d.Month, year, last)
	}
	return d, nil
}

// DateOf returns the date that calendars in loc show at t.
func DateOf(t time.Time, loc *time.Location) Date {
	return dateOf(t.In(loc))
}

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// utc is midnight of d in UTC, where every day has 24 hours: the ground for
// calendar arithmetic.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

func (d Date) valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && dateOf(d.utc()) == d
}

// String returns the date as "2026-12-10" (ISO 8601).
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// AddDays returns the date n days later, earlier for n below 0.
func (d Date) AddDays(n int) Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// Sub returns the number of days from other to d: 1 if d is the day after
// other, below 0 if it is before.
func (d Date) Sub(other Date) int {
	// Unix seconds, because a time.Duration ends at 292 years.
	return int((d.utc().Unix() - other.utc().Unix()) / int64(day/time.Second))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return d.utc().Weekday()
}

// Monday returns the Monday of the week of d. Weeks run from Monday to Sunday
// (ISO 8601).
func (d Date) Monday() Date {
	return d.AddDays(-(int(d.Weekday()) + 6) % 7)
}

// Compare returns -1 if d is before other, +1 if it is after, 0 if they are
// the same day.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == Date{} }

// MarshalText writes "2026-12-10". A date that ParseDate would refuse, the zero
// Date too, is an error: give optional fields the JSON option omitzero.
func (d Date) MarshalText() ([]byte, error) {
	if !d.valid() {
		return nil, fmt.Errorf("marshal date %s: no such day", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(text []byte) error {
	got, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}
