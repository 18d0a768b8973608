package command

import (
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// unknownZone says what a zone can be.
func unknownZone(place string) error {
	return bot.Userf("I know no zone %s. Say local for your own, a city such as Berlin, or a name such as Europe/Berlin.", quote(place))
}

// cutZone cuts a zone off the end of a text: "local", "in my zone", "Berlin", "in
// New York", "Berlin time", "at UTC+9". A nil zone: it ends in none. What follows "in"
// has to be one.
func cutZone(v bot.View, c bot.Call, text string) (words string, _ *time.Location, _ error) {
	if words, ok := cutLocal(text); ok {
		loc, err := own(v, c)
		return words, loc, err
	}
	fields := strings.Fields(text)
	timed := len(fields) > 1 && strings.EqualFold(fields[len(fields)-1], "time")
	if timed {
		fields = fields[:len(fields)-1]
	}
	for i := max(0, len(fields)-4); i < len(fields); i++ {
		if i+1 == len(fields) || !strings.EqualFold(fields[i], "in") && !strings.EqualFold(fields[i], "at") {
			continue
		}
		place := strings.Join(fields[i+1:], " ")
		if loc, ok := civil.FindZone(place); ok {
			return strings.Join(fields[:i], " "), loc, nil
		}
		if strings.EqualFold(fields[i], "in") {
			return text, nil, unknownZone(place)
		}
	}
	for n := min(3, len(fields)); n > 0; n-- {
		if loc, ok := civil.FindZone(strings.Join(fields[len(fields)-n:], " ")); ok {
			return strings.Join(fields[:len(fields)-n], " "), loc, nil
		}
	}
	last := len(fields) - 1
	switch {
	case last >= 0 && abbreviated(fields[last]):
		return text, nil, unknownZone(fields[last])
	case last > 0 && timed:
		return text, nil, unknownZone(fields[last] + " time")
	}
	return text, nil, nil
}

// abbreviated reports whether a word is how people call a zone among themselves. Most
// of these are several zones, and some change with the season.
func abbreviated(word string) bool {
	switch strings.ToUpper(word) {
	case "ACDT", "ACST", "AEDT", "AEST", "AKDT", "AKST", "AWST", "BRT", "BST", "CDT", "CEST", "CET", "CST", "EDT", "EEST", "EET", "EST", "GST", "HKT",
		"HST", "IDT", "IST", "JST", "KST", "MDT", "MSK", "MST", "NZDT", "NZST", "PDT", "PST", "SGT", "WEST", "WET":
		return true
	}
	// The offsets that no zone has, or that it has by half hours.
	return len(word) > 3 && (strings.EqualFold(word[:3], "UTC") || strings.EqualFold(word[:3], "GMT"))
}

// isZone reports whether a text is a zone as it stands, without "in" before it.
func isZone(text string) bool {
	_, ok := civil.FindZone(text)
	return ok
}

// cutLocal cuts off words for the sender's own zone.
func cutLocal(text string) (words string, ok bool) {
	fields := strings.Fields(text)
	for _, end := range []string{
		"in my local time", "in local time", "in my local timezone", "in local timezone", "in my timezone", "in my time zone", "in my zone", "in my time",
		"local timezone", "my local time", "local time", "my timezone", "my time zone", "my zone", "my time", "for me", "local",
	} {
		n := len(fields) - len(strings.Fields(end))
		if n >= 0 && strings.EqualFold(strings.Join(fields[n:], " "), end) {
			return strings.Join(fields[:n], " "), true
		}
	}
	return text, false
}

// own is the sender's zone.
func own(v bot.View, c bot.Call) (*time.Location, error) {
	if c.By != "" {
		if p, ok := v.People().Person(c.By); ok && p.Zone != nil {
			return p.Zone, nil
		}
	}
	const instead = `Name it instead: "in Berlin", "Europe/Berlin".`
	if c.From.Strength == bot.Unproven {
		return nil, bot.Userf("I can't tell your zone: the network does not say who you are. %s", instead)
	}
	return nil, bot.Userf("I don't know your zone: whoever runs this bot can add you and it. %s", instead)
}
