package app

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
)

// Where the bot serves several teams, what comes next says whose it is.
func TestNextNamesTheTeam(t *testing.T) {
	now := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	s := Status{Since: now, Next: []Next{
		{At: now.Add(11 * time.Hour), Team: "glance", Title: "review queue"},
		{At: now.Add(11 * time.Hour), Team: "nova", Title: "review queue"},
		{At: now.Add(12 * time.Hour), Team: bot.NoTeam, Title: "rest"},
	}}
	for several, want := range map[bool]string{
		false: "Next: review queue Mon 06:00, review queue Mon 06:00, rest Mon 07:00 (UTC).",
		true:  "Next: glance review queue Mon 06:00, nova review queue Mon 06:00, rest Mon 07:00 (UTC).",
	} {
		s.Several = several
		if got := s.line(now, false); !strings.HasSuffix(got, want) {
			t.Errorf("several %v: got %s, want it to end in %s", several, got, want)
		}
	}
}

// A hidden group is named once.
func TestHiddenGroupIsNamedOnce(t *testing.T) {
	r := ReviewStatus{Server: "opendev", Unreadable: map[string]string{"hidden-core": "hidden-core", "odd-core": "no such thing"}}
	got := strings.Join(unread([]ReviewStatus{r}, time.Time{}), "\n")
	want := "review server opendev does not show the members of hidden-core\n" +
		"review server opendev does not show the members of odd-core: no such thing"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
