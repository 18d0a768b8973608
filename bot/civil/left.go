package civil

import (
	"fmt"
	"time"
)

// Left returns the distance between two instants in words, the same either way
// round. From 48 hours on it counts civil days in loc, as people do: "7 days".
// Under 48 hours it is time on the clock, cut off and never rounded up:
// "9 h 59 min", "59 min", and below two minutes "20 s".
func Left(from, to time.Time, loc *time.Location) string {
	if to.Before(from) {
		from, to = to, from
	}
	switch left := to.Sub(from); {
	case left >= 2*day:
		return plural(DateOf(to, loc).Sub(DateOf(from, loc)), "day")
	case left >= time.Hour:
		h, m := left/time.Hour, left%time.Hour/time.Minute
		if m == 0 {
			return fmt.Sprintf("%d h", h)
		}
		return fmt.Sprintf("%d h %d min", h, m)
	case left >= 2*time.Minute:
		return fmt.Sprintf("%d min", left/time.Minute)
	default:
		return fmt.Sprintf("%d s", left/time.Second)
	}
}

// plural needs its singular: 48 hours that include a clock turned back can end
// on the next day.
func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
