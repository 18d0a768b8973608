// Package civil turns what people write on a calendar into instants: dates,
// wall-clock times, weekly recurrence, lengths such as "7d", and the words for
// the time that is left. It never reads the clock; times are arguments.
//
// One rule covers summer time, zone changes and skipped days: a wall-clock
// time stands for the first instant at which the zone's clock reads that time
// or a later one. So a time that does not exist (a gap) is the first valid
// minute after the gap, and one that exists twice (a fold) is its first
// occurrence.
//
// A reminder a week before an event, at 14:00 in Prague, and the words for it:
//
//	zone, err := civil.LoadZone("Europe/Prague")
//	…
//	at := civil.DateOf(event, zone).AddDays(-7).At(civil.Clock{Hour: 14}, zone)
//	text := "Spec freeze in " + civil.Left(at, event, zone) // "… in 7 days"
package civil

import "strconv"

// quote quotes a word somebody typed for an error message: control characters
// escaped, and no more than a chat line can carry.
func quote(s string) string {
	const most = 32
	n := 0
	for i := range s {
		if n == most {
			return strconv.Quote(s[:i]) + "…"
		}
		n++
	}
	return strconv.Quote(s)
}

// digits reads a number of ASCII digits only: no sign, no space, no
// underscore. It is for texts of at most nine digits, which can't overflow.
func digits(s string) (n int, ok bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
