package bot_test

import (
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// An answer says how old its data is when that matters: sooner while nobody knows
// when there will be newer.
func TestAsOf(t *testing.T) {
	now := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	at := func(ago time.Duration, failing string, every time.Duration) bot.ReviewState {
		return bot.ReviewState{Known: true, ReadAt: now.Add(-ago), Failing: failing, Every: every}
	}
	const broken = "; Gerrit can't be read."
	for _, tc := range []struct {
		name  string
		state bot.ReviewState
		want  string
	}{
		{"fresh", at(14*time.Minute, "", 5*time.Minute), ""},
		{"old", at(15*time.Minute, "", 5*time.Minute), " That is as of Tue 2026-11-24 05:45 UTC."},
		{"read once an hour", at(2*time.Hour, "", time.Hour), ""},
		{"broken just now", at(59*time.Second, "502", 5*time.Minute), ""},
		{"broken", at(2*time.Minute, "502", 5*time.Minute), " That is as of Tue 2026-11-24 05:58 UTC" + broken},
		{"broken, read once an hour", at(50*time.Minute, "502", time.Hour), " That is as of Tue 2026-11-24 05:10 UTC" + broken},
		{"never read", bot.ReviewState{Failing: "502"}, ""},
	} {
		got := msg.Plain(msg.New(msg.Answer, append(msg.Para{msg.Text("x")}, tc.state.AsOf(now, "UTC")...)), now)
		if got != "x"+tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, "x"+tc.want)
		}
	}
}
