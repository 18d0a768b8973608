package app

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
)

// What a network gave is told line by line, with who can grant what is missing.
func TestReportOfATrial(t *testing.T) {
	room := func(name string) bot.Room { return bot.Room{Network: "main", Name: name} }
	trial := trial{letIn: "somebody in the room can invite @bot:b", status: bot.NetworkStatus{
		Network: "main", Connected: true, Login: "@bot:b, device D", Trust: "not verified: run torchbearer login",
		Rooms: []bot.RoomStatus{
			{Room: room("#a:b"), Ready: true},
			{Room: room("#c:b"), Why: "no invitation", Retry: time.Unix(1, 0)},
			{Room: room("#d:b"), Why: "muted", Lacks: []string{"power level 50 to speak, the bot has 0: @zoe:b can give it", "an invitation"}},
			{Room: room("#e:b"), Ready: true, Lacks: []string{"encryption"}},
		},
	}}
	var out bytes.Buffer
	missing := trial.report(&out)
	const want = `ok      main: connected, @bot:b, device D
missing main: encryption: not verified: run torchbearer login
ok      main: #a:b joined
missing main: #c:b not joined (no invitation); somebody in the room can invite @bot:b
missing main: #d:b: power level 50 to speak, the bot has 0: @zoe:b can give it
missing main: #d:b: an invitation
ok      main: #e:b joined
missing main: #e:b: encryption
`
	if diff := cmp.Diff(want, out.String()); diff != "" || missing != 5 {
		t.Errorf("%d things missing, want 5 (-want +got):\n%s", missing, diff)
	}
	trial.status.Trust, trial.status.Rooms = "cross-signed", nil
	if out.Reset(); trial.report(&out) != 0 {
		t.Errorf("all in order:\n%s", out.String())
	}
}

// Who asks a network waits as long as anything may still change.
func TestSettled(t *testing.T) {
	retry := time.Unix(1, 0)
	for _, tc := range []struct {
		name string
		s    bot.NetworkStatus
		want bool
	}{
		{"on its way", bot.NetworkStatus{}, false},
		{"refused", bot.NetworkStatus{Retry: retry}, true},
		{"without rooms", bot.NetworkStatus{Connected: true}, true},
		{"entering", bot.NetworkStatus{Connected: true, Rooms: []bot.RoomStatus{{Ready: true}, {}}}, false},
		{"refused in a room", bot.NetworkStatus{Connected: true, Rooms: []bot.RoomStatus{{Ready: true}, {Retry: retry}}}, true},
		{"mute in a room", bot.NetworkStatus{Connected: true, Rooms: []bot.RoomStatus{{Lacks: []string{"power level"}}}}, true},
	} {
		if got := settled(tc.s); got != tc.want {
			t.Errorf("%s: settled %v, want %v", tc.name, got, tc.want)
		}
	}
}
