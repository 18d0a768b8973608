package civil

import (
	"fmt"
	"time"
)

// Clock is a time of day as a clock on the wall shows it, to the minute, in no
// particular zone. The zero Clock is midnight, the start of the day.
type Clock struct {
	Hour, Minute int
}

// ParseClock reads "14:00": 00:00 to 23:59, always two digits each. The error
// says what is allowed; 24:00 is 00:00 of the next day and is refused.
func ParseClock(s string) (Clock, error) {
	if len(s) != len("15:04") || s[2] != ':' {
		return Clock{}, fmt.Errorf("parse time of day %s: want hours:minutes, such as 14:00", quote(s))
	}
	hour, okHour := digits(s[:2])
	minute, okMinute := digits(s[3:])
	c := Clock{hour, minute}
	switch {
	case !okHour || !okMinute:
		return Clock{}, fmt.Errorf("parse time of day %s: want hours:minutes, such as 14:00", quote(s))
	case !c.valid():
		return Clock{}, fmt.Errorf("parse time of day %s: times are 00:00 to 23:59", quote(s))
	}
	return c, nil
}

func (c Clock) valid() bool {
	return c.Hour >= 0 && c.Hour < 24 && c.Minute >= 0 && c.Minute < 60
}

// String returns the time as "14:00".
func (c Clock) String() string {
	return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute)
}

// MarshalText writes "14:00"; a time that ParseClock would refuse is an error.
func (c Clock) MarshalText() ([]byte, error) {
	if !c.valid() {
		return nil, fmt.Errorf("marshal time of day %s: times are 00:00 to 23:59", c)
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what ParseClock reads.
func (c *Clock) UnmarshalText(text []byte) error {
	got, err := ParseClock(string(text))
	if err != nil {
		return err
	}
	*c = got
	return nil
}

// maxOffset is more than any zone's clock is ahead of UTC. RFC 8536, section
// 3.2: an offset is less than 26 hours.
const maxOffset = 26 * time.Hour

// At returns, in UTC, the first instant at which the clock of loc reads d and c
// or later. Where that time does not exist, it is the end of the gap: the
// first valid minute after it. Where it exists twice, it is the first. A day
// that loc skipped altogether (Pacific/Apia, 2011-12-30) becomes the start of
// the next one. A later date or time is never an earlier instant.
//
// time.Date is no help here: in a gap and in a fold it promises only one of
// two answers, not which.
func (d Date) At(c Clock, loc *time.Location) time.Time {
	wall := d.utc().Add(time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute)

	// Walk the stretches of constant offset, from before any clock on earth
	// could have read wall.
	for t := wall.Add(-maxOffset); ; {
		_, offset := t.In(loc).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if !at.After(t) {
			return t // this stretch begins at wall, or later: it ends a gap
		}
		end, ok := offsetEnd(t, loc)
		if !ok || at.Before(end) {
			return at
		}
		t = end
	}
}

// offsetEnd returns an instant after t up to which the offset of loc stays as
// it is at t, in UTC; not ok if it stays for ever. The offset need not change
// there.
func offsetEnd(t time.Time, loc *time.Location) (end time.Time, ok bool) {
	_, end = t.In(loc).ZoneBounds()
	switch {
	case end.IsZero():
		return time.Time{}, false
	case !end.After(t):
		// For years a zone describes by rule, Go ends the last stretch of a
		// year after 365 days, so on 31 December of a leap year the bound
		// lies behind (package time, tzset). The true end is the year's.
		return t.UTC().Truncate(day).Add(day), true
	}
	return end.UTC(), true
}

// Start returns, in UTC, the first instant of d in loc: 00:00 by the rule of
// At. Days do not always have 24 hours; the next day's Start ends this one, and
// is the same instant if loc skipped the day.
func (d Date) Start(loc *time.Location) time.Time {
	return d.At(Clock{}, loc)
}
