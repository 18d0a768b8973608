package calendar_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"torchbearer/bot/calendar"
	"torchbearer/bot/cycle"
)

// What a library says of a broken event repeats it as it is. Whoever looks at the
// calendar does so on a terminal, which a file must not get at.
func TestProblemsGiveTheTerminalNoOrders(t *testing.T) {
	for _, hostile := range []string{"\x1b[2J", "\u009b31m", "\u202ea", "\ta"} {
		_, problems := calendar.ParseICal("team.ics", []byte("BEGIN:VEVENT\nDTSTART;"+hostile+";\nEND:VEVENT\n"), time.UTC, cycle.DefaultKinds())
		if len(problems) != 1 {
			t.Fatalf("%+q: got problems %v, want one", hostile, problems)
		}
		got := problems[0].String()
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) || !strings.HasPrefix(got, "team.ics:1: not a valid event: ") {
			t.Errorf("%+q: got %+q", hostile, got)
		}
	}
}
