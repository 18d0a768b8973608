package outbox

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// What is told to the operators about a message highlights nobody whom the
// message named without a highlight.
func TestReportHighlightsNobody(t *testing.T) {
	r := &record{Message: msg.New(msg.Announce, msg.Para{
		msg.To("zoe", "zoe"), msg.Text(": Spec freeze. Missing it? Talk to "), msg.Name("maria"), msg.Text(" or "), msg.Name("nina"), msg.Text(" today."),
	})}
	m := msg.New(msg.Announce, r.quoted())
	now := time.Date(2026, 12, 10, 14, 0, 0, 0, time.UTC)
	if got, want := msg.Plain(m, now), "zoe: Spec freeze. Missing it? Talk to maria or nina today."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	line := strings.Join(msg.IRC(m, now, 400), "\n")
	for _, name := range []string{"maria", "nina", "zoe"} {
		if strings.Contains(line, name) || !strings.Contains(line, msg.NoHighlight(name)) {
			t.Errorf("%q names %s so that a client beeps", line, name)
		}
	}
	if got := (&record{Room: bot.Room{Network: "net", Name: "#a"}}).quoted(); msg.Plain(msg.New(msg.Announce, got), now) != "" {
		t.Errorf("of a message that says nothing: %v", got)
	}
}
