package msg

import (
	"slices"
	"strconv"
	"time"

	"torchbearer/bot/civil"
)

// current returns the blocks that are true at the instant at.
func current(blocks []Block, at time.Time) []Block {
	past := func(b Block) bool {
		return at.Before(b.From) || !b.Until.IsZero() && !at.Before(b.Until)
	}
	if !slices.ContainsFunc(blocks, past) {
		return blocks
	}
	return slices.DeleteFunc(slices.Clone(blocks), past)
}

// zones remembers the last zone of a rendering: a message has one as a rule,
// and loading it reads a file.
type zones struct {
	name string
	loc  *time.Location
}

func (z *zones) load(name string) *time.Location {
	if name == "" || name == "UTC" {
		return time.UTC
	}
	if z.loc == nil || z.name != name {
		loc, err := civil.LoadZone(name)
		if err != nil {
			// The message was stored by a build that knew the zone. Saying
			// the time in UTC, and that it is, beats not saying it.
			loc = time.UTC
		}
		z.name, z.loc = name, loc
	}
	return z.loc
}

// appendWhen puts w into words as they are true at the time at.
func appendWhen(b []byte, w When, at time.Time, loc *time.Location) []byte {
	// A clock that shows seconds: the first line of a step that is due at 14:00
	// is rendered milliseconds later and must still say "in 9 h 59 min".
	at = at.Truncate(time.Second)
	local := w.At.In(loc)
	switch w.Style {
	case StyleClock:
		return appendClock(b, local, false)
	case StyleDay:
		return appendDay(b, local, at)
	case StyleDate:
		return local.AppendFormat(b, "Mon 2006-01-02")
	case StyleDays:
		return appendDays(b, civil.DateOf(local, loc).Sub(civil.DateOf(at, loc)))
	case StyleLeft:
		return appendLeft(b, w.At, at, loc)
	case StylePassed:
		b = appendAside(b, local)
		if at.Sub(w.At) >= time.Minute {
			b = append(b, ", was "...)
			b = appendLeft(b, w.At, at, loc)
		}
		return b
	default:
		b = local.AppendFormat(b, "Mon 2006-01-02 ")
		return appendClock(b, local, true)
	}
}

// appendDays says how many days lie ahead.
func appendDays(b []byte, days int) []byte {
	switch {
	case days == 0:
		return append(b, "today"...)
	case days == 1:
		return append(b, "tomorrow"...)
	case days == -1:
		return append(b, "yesterday"...)
	case days < 0:
		return append(strconv.AppendInt(b, int64(-days), 10), " days ago"...)
	default:
		return append(strconv.AppendInt(append(b, "in "...), int64(days), 10), " days"...)
	}
}

// appendLeft says how far t is from now, and on which side.
func appendLeft(b []byte, t, now time.Time, loc *time.Location) []byte {
	left := t.Sub(now)
	if left.Abs() < time.Second {
		return append(b, "now"...)
	}
	if left > 0 {
		b = append(b, "in "...)
	}
	b = append(b, civil.Left(now, t, loc)...)
	if left < 0 {
		b = append(b, " ago"...)
	}
	return b
}

// appendDay names the civil day of t, in the zone of t, as seen from now.
func appendDay(b []byte, t, now time.Time) []byte {
	switch today := civil.DateOf(now, t.Location()); civil.DateOf(t, t.Location()) {
	case today:
		return append(b, "today"...)
	case today.AddDays(1):
		return append(b, "tomorrow"...)
	}
	return t.AppendFormat(b, "Mon 2006-01-02")
}

// appendClock writes a clock time with its zone and, unless that is at UTC at
// the time, again in UTC, with the weekday if it is asked for and another one.
func appendClock(b []byte, t time.Time, weekday bool) []byte {
	b, elsewhere := appendLocal(b, t)
	if !elsewhere {
		return b
	}
	b = append(b, " ("...)
	utc := t.UTC()
	if weekday && utc.Weekday() != t.Weekday() {
		b = utc.AppendFormat(b, "Mon ")
	}
	b = appendHours(b, utc)
	return append(b, " UTC)"...)
}

// appendAside is appendClock for a text that stands in brackets already.
func appendAside(b []byte, t time.Time) []byte {
	b, elsewhere := appendLocal(b, t)
	if elsewhere {
		b = append(appendHours(append(b, ", "...), t.UTC()), " UTC"...)
	}
	return b
}

// appendLocal writes a clock time with its zone, and reports whether that is at
// another time than UTC.
func appendLocal(b []byte, t time.Time) (_ []byte, elsewhere bool) {
	b = appendHours(b, t)
	name, offset := t.Zone()
	if offset == 0 {
		return append(b, " UTC"...), false // be it called GMT or WET
	}
	b = append(b, ' ')
	if name[0] == '+' || name[0] == '-' {
		b = append(b, "UTC"...) // the zone has no letters of its own: "-03"
	}
	return append(b, name...), true
}

func appendHours(b []byte, t time.Time) []byte {
	if t.Second() != 0 {
		return t.AppendFormat(b, "15:04:05")
	}
	return t.AppendFormat(b, "15:04")
}
