package civil

import (
	"strings"
	"time"
	"unicode"
)

// longestPlace is how many letters a place has at most; it bounds the work on
// hostile text.
const longestPlace = 40

// FindZone returns the time zone that people mean by a place: "UTC" or "GMT", whole
// hours from it ("UTC+9", "GMT-3"), an IANA name in any case ("europe/prague"), or a
// city that has a zone named after it ("Prague", "new york"). Other abbreviations are
// no places: "IST" is three zones. False when it knows none.
func FindZone(place string) (*time.Location, bool) {
	name := zoneName(place)
	if name == "" {
		return nil, false
	}
	if strings.EqualFold(name, "UTC") || strings.EqualFold(name, "GMT") {
		return time.UTC, true
	}
	if loc, ok := offset(name); ok {
		return loc, true
	}
	if strings.Contains(name, "/") {
		loc, err := LoadZone(name)
		return loc, err == nil
	}
	for _, region := range []string{"Europe", "America", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Indian"} {
		if loc, err := LoadZone(region + "/" + name); err == nil {
			return loc, true
		}
	}
	return nil, false
}

// offset returns the zone that lies so many whole hours from UTC: "UTC+9" is
// Etc/GMT-9, where the sign is that of POSIX.
func offset(name string) (*time.Location, bool) {
	if len(name) < 5 || !strings.EqualFold(name[:3], "UTC") && !strings.EqualFold(name[:3], "GMT") {
		return nil, false
	}
	hours := strings.TrimPrefix(name[3:], "_")
	sign := map[byte]string{'+': "-", '-': "+"}[hours[0]]
	if hours = hours[1:]; sign == "" || hours == "" {
		return nil, false
	}
	if hours = strings.TrimLeft(hours, "0"); hours == "" {
		return time.UTC, true
	}
	loc, err := LoadZone("Etc/GMT" + sign + hours)
	return loc, err == nil
}

// zoneName writes a place as the names of zones are: "new york" is New_York,
// "port-au-prince" Port-au-Prince. Empty for what can be none, or is too long for one.
func zoneName(place string) string {
	name := strings.Join(strings.Fields(place), "_")
	if len(name) > longestPlace || strings.ContainsFunc(name, notInZoneName) {
		return ""
	}
	var b strings.Builder
	word := 0 // where the current one begins
	for i, r := range name {
		letter := unicode.IsLetter(r)
		if i > 0 && !unicode.IsLetter(rune(name[i-1])) {
			word = i
		}
		switch {
		case letter && i == word && !small(wordAt(strings.ToLower(name), word)):
			b.WriteRune(unicode.ToUpper(r))
		case letter:
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wordAt is the run of letters that begins at an index.
func wordAt(s string, i int) string {
	end := strings.IndexFunc(s[i:], func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		return s[i:]
	}
	return s[i : i+end]
}

// small reports whether a word of a zone's name has no capital.
func small(word string) bool { return word == "au" || word == "of" || word == "es" }
