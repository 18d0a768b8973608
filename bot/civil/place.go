package civil

import (
	"strings"
	"time"
	"unicode"
)

// longestPlace is how many letters a place has at most; it bounds the work on
// hostile text.
const longestPlace = 40

// FindZone returns the time zone that people mean by a place: "UTC", an IANA name
// in any case ("europe/prague"), or a city that has a zone named after it
// ("Prague", "new york"). Abbreviations are no places: "IST" is three zones.
// False when it knows none.
func FindZone(place string) (*time.Location, bool) {
	name := zoneName(place)
	if name == "" || len(name) > longestPlace {
		return nil, false
	}
	if strings.EqualFold(name, "UTC") {
		return time.UTC, true
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

// zoneName writes a place as the names of zones are: "new york" is New_York,
// "port-au-prince" Port-au-Prince. Empty for what can be none.
func zoneName(place string) string {
	name := strings.Join(strings.Fields(place), "_")
	if strings.ContainsFunc(name, notInZoneName) {
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
