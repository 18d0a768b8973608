package civil

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Weekday is a day of the week as a configuration writes it: in English, in
// whole or its first three letters, in any case. Otherwise it is time.Weekday.
type Weekday time.Weekday

// ParseWeekday reads "Monday" or "mon". The error names all seven.
func ParseWeekday(s string) (Weekday, error) {
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := d.String()
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return Weekday(d), nil
		}
		names = append(names, name)
	}
	// A list for people begins on Monday (ISO 8601).
	names = slices.Concat(names[1:], names[:1])
	return 0, fmt.Errorf("parse day of the week %s: want one of %s, or its first three letters", quote(s), strings.Join(names, ", "))
}

// String returns the name in whole, "Monday".
func (d Weekday) String() string { return time.Weekday(d).String() }

// MarshalText writes "Monday"; what is no day of the week is an error.
func (d Weekday) MarshalText() ([]byte, error) {
	if d < Weekday(time.Sunday) || d > Weekday(time.Saturday) {
		return nil, fmt.Errorf("marshal day of the week %d: days are 0 (Sunday) to 6", int(d))
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what ParseWeekday reads.
func (d *Weekday) UnmarshalText(text []byte) error {
	got, err := ParseWeekday(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}
