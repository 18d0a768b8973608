package people

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// most is for how long somebody can be away at a time; who is gone for good opts
// out.
const most = 366

// Forms is what ParseUntil reads, for people.
const Forms = `a day ("2026-12-01", "monday", "tomorrow"), with a time of day if you like ("monday 14:00"), or a length of time ("3d", "12h")`

// ParseUntil reads until when somebody is away, as they write it, in their zone:
//
//	2026-12-01          until that day begins: asked again from 00:00 on
//	monday, mon         the next one, never today
//	tomorrow
//	monday 14:00        a day with a time
//	3d, 2w              so many days from now, at the same time of day
//	12h, 90m            so long from now
//
// A leading "until" is let pass. The instant is in UTC, later than now and at most a
// year (366 days) away. Errors are for people and say what is allowed.
func ParseUntil(text string, now time.Time, zone *time.Location) (time.Time, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > 0 && words[0] == "until" {
		words = words[1:]
	}
	if len(words) == 0 || len(words) > 2 {
		return time.Time{}, errors.New("until when? Say " + Forms)
	}
	at, err := until(words, now, orUTC(zone))
	switch said := quote(strings.Join(words, " ")); {
	case err != nil:
		return time.Time{}, err
	case !at.After(now):
		return time.Time{}, fmt.Errorf("%s has passed", said)
	case at.After(now.AddDate(0, 0, most)):
		return time.Time{}, fmt.Errorf("%s is more than a year away", said)
	}
	return at, nil
}

func until(words []string, now time.Time, zone *time.Location) (time.Time, error) {
	today := Day(now, zone)
	d, ok := parseDay(words[0], today)
	if !ok && len(words) == 1 {
		return after(words[0], now, zone)
	}
	if !ok {
		if _, err := after(words[0], now, zone); err == nil {
			return time.Time{}, fmt.Errorf("%s: a length of time stands alone", quote(strings.Join(words, " ")))
		}
		return time.Time{}, unknown(words[0])
	}
	clock := civil.Clock{}
	if len(words) == 2 {
		var err error
		if clock, err = civil.ParseClock(words[1]); err != nil {
			return time.Time{}, fmt.Errorf("%s is no time of day; want hours and minutes, such as 14:00", quote(words[1]))
		}
	}
	return d.At(clock, zone), nil
}

// parseDay reads one day.
func parseDay(word string, today civil.Date) (civil.Date, bool) {
	if word == "tomorrow" {
		return today.AddDays(1), true
	}
	for n := 1; n <= 7; n++ {
		d := today.AddDays(n)
		name := strings.ToLower(d.Weekday().String())
		if word == name || word == name[:3] {
			return d, true
		}
	}
	d, err := civil.ParseDate(word)
	return d, err == nil
}

// after reads a length of time from now.
func after(word string, now time.Time, zone *time.Location) (time.Time, error) {
	span, err := civil.ParseSpan(word)
	if err != nil {
		return time.Time{}, unknown(word)
	}
	days, calendar := span.Days()
	if !calendar || days == 0 {
		return now.UTC().Add(span.Duration()), nil
	}
	local := now.In(zone)
	return civil.DateOf(now, zone).AddDays(days).At(civil.Clock{Hour: local.Hour(), Minute: local.Minute()}, zone), nil
}

func unknown(word string) error {
	return fmt.Errorf("%s is no day and no length of time; want %s", quote(word), Forms)
}

// quote repeats what somebody typed, in double quotes and in no more than a chat
// line can carry.
func quote(s string) string {
	s = strings.ReplaceAll(s, `"`, "'")
	if letters := []rune(s); len(letters) > 32 {
		s = string(letters[:32]) + "…"
	}
	return `"` + s + `"`
}
