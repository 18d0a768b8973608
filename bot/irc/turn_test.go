package irc

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Where lines are paced, one person's many answers leave every second line to
// the others, who have theirs in the order in which they asked.
func TestRepliesTakeTurns(t *testing.T) {
	q := newSender(&Config{Burst: 1, Pace: 2 * time.Second}, slog.New(slog.DiscardHandler), nil)
	ask := func(asker string, lines ...string) {
		u := &unit{target: "#c", asker: asker}
		for _, l := range lines {
			u.lines = append(u.lines, "PRIVMSG #c :"+l)
		}
		q.reply(u)
	}
	ask("mallory", "m1")
	ask("mallory", "m2")
	ask("mallory", "m3")
	ask("mallory", "m4")
	ask("zoe", "z1, first half", "z1, second half")
	ask("nina", "n1")
	ask("zoe", "z2")

	var got []string
	now := time.Now()
	for range 20 {
		buf, _, _, _ := q.pick(nil, now)
		for line := range strings.Lines(string(buf)) {
			got = append(got, strings.TrimSpace(strings.TrimPrefix(line, "PRIVMSG #c :")))
		}
		now = now.Add(2 * time.Second)
	}
	want := []string{"m1", "z1, first half", "z1, second half", "m2", "n1", "m3", "z2", "m4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order of lines (-want +got):\n%s", diff)
	}
}
