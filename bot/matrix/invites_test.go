package matrix

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/bottest"
)

// Whoever invites can have their server lay an invitation by somebody else beside
// theirs: that lets nobody's in.
func TestForgedInvitations(t *testing.T) {
	member := func(sender, content string) string {
		return `{"type":"m.room.member","state_key":"@me:b","sender":"` + sender + `","content":` + content + `}`
	}
	zoe, eve := member("@zoe:b", `{"membership":"invite","is_direct":true}`), member("@eve:evil", `{"membership":"invite"}`)
	for _, tc := range []struct {
		name   string
		events []string
		by     id.UserID
		direct bool
		none   bool
	}{
		{name: "zoe's", events: []string{zoe}, by: "@zoe:b", direct: true},
		{name: "zoe's, twice", events: []string{zoe, zoe}, by: "@zoe:b", direct: true},
		{name: "a stranger's", events: []string{eve}, by: "@eve:evil"},
		{name: "a stranger's, zoe's before it", events: []string{zoe, eve}},
		{name: "a stranger's, zoe's after it", events: []string{eve, zoe}},
		{name: "a stranger's, zoe's twice after it", events: []string{eve, zoe, zoe}},
		{name: "a stranger's that can't be read, zoe's after it", events: []string{member("@eve:evil", `{"membership":7}`), zoe}},
		{name: "a stranger's that is nothing, zoe's before it", events: []string{zoe, member("@eve:evil", `null`)}},
		{name: "somebody else's", events: []string{strings.ReplaceAll(zoe, "@me:b", "@you:b")}, none: true},
		{name: "nobody's", none: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := New(Options{Config: Config{Network: "main", User: "@me:b"}, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)})
			var data mautrix.SyncInvitedRoom
			if err := json.Unmarshal([]byte(`{"invite_state":{"events":[`+strings.Join(tc.events, ",")+`]}}`), &data); err != nil {
				t.Fatal(err)
			}
			b.invited("!room:b", &data)
			inv, ok := b.invites["!room:b"]
			if ok == tc.none || inv.by != tc.by || inv.direct != tc.direct {
				t.Errorf("an invitation: %v, by %q, direct: %v; want %v, %q, %v", ok, inv.by, inv.direct, !tc.none, tc.by, tc.direct)
			}
		})
	}
}
