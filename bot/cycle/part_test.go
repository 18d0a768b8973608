package cycle_test

import (
	"strings"
	"testing"
)

// A team or a series by name, number or distance; what is neither, or only in part, is
// none.
func TestPart(t *testing.T) {
	cal, now := published(t), utc(t, "2026-11-22T12:00:00Z")
	for words, want := range map[string]string{
		"nova":                "nova: i-nova-spec-freeze",
		"of Nova, please":     "nova: i-nova-spec-freeze",
		"hibiscus":            "hibiscus: h-nominations h-rc1 h-finalrc h-final",
		"2026.2":              "hibiscus: h-nominations h-rc1 h-finalrc h-final",
		"the last cycle":      "hibiscus: h-nominations h-rc1 h-finalrc h-final",
		"hibiscus's schedule": "hibiscus: h-nominations h-rc1 h-finalrc h-final",

		"nova next week": "", // not all that nova has
		"hibiscus days":  "",
		"next cycle":     "",
		"dalmatian":      "",
		"nova indri":     "",
		"elections":      "",
		"rc1":            "",
		"week":           "",
		"":               "",

		strings.Repeat("nova ", 200): "",
	} {
		name, events := cal.Part(words, now)
		if got := strings.Trim(name+": "+ids(events), ": "); got != want {
			t.Errorf("%.30q: got %q, want %q", words, got, want)
		}
	}
}
