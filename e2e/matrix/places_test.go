package matrix_test

import (
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/synapsed"
)

// The newest room version, and the one before it, upgraded while the bot runs:
// the room goes on under its alias, with what is due there, whether an alias or
// an id is in the configuration.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	maria := w.person("maria")
	old := w.room("glance", map[string]any{"room_version": "11"})
	private := maria.CreateRoom(map[string]any{"preset": "private_chat", "room_version": "11"})
	maria.Invite(private, w.bot.ID)
	w.rooms = append(w.rooms, private)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start().ready()
	w.ask(maria, old, "!freeze")

	next := maria.Upgrade(old, "12")
	hidden := maria.Upgrade(private, "12")
	maria.Invite(hidden, w.bot.ID)
	w.ask(maria, next, "!freeze")
	b.plan("Docs day")
	for _, room := range []string{next, hidden} {
		w.hears(maria, room, `^Docs day is here`)
	}
	for _, room := range []string{old, private} {
		if n := w.times(maria, room, "Docs day"); n > 0 {
			t.Errorf("said %d times in a room that is no more", n)
		}
	}
	b.until("nothing waits", within, b.idle)
}

// A room of version 12 has an id without a server and creators whom no level
// names: its creator is a room operator all the same.
func TestVersion12(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	zoe := w.person("zoe")
	room := zoe.CreateRoom(map[string]any{"preset": "public_chat", "room_version": "12"})
	if strings.Contains(room, ":") {
		t.Fatalf("room id %s", room)
	}
	zoe.Invite(room, w.bot.ID)
	w.rooms = append(w.rooms, room)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	w.start().ready()
	w.commands(zoe, room)
}

// A stranger's invitation is refused with a reason; that of a person of the
// configuration is accepted, and answered there without a prefix.
func TestInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	w.room("glance", nil)
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	eve, zoe := w.person("eve"), w.person("zoe")
	b := w.start().ready()
	trap := eve.CreateRoom(map[string]any{"preset": "private_chat"})
	eve.Invite(trap, w.bot.ID)
	b.until("the refusal", within, func() bool {
		membership, reason := eve.Membership(trap, w.bot.ID)
		return membership == "leave" && reason != ""
	})
	direct := zoe.CreateRoom(map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{w.bot.ID}})
	b.until("the bot", within, func() bool {
		membership, _ := zoe.Membership(direct, w.bot.ID)
		return membership == "join"
	})
	zoe.Say(direct, "freeze")
	w.expect(zoe, direct, "an answer", func(e synapsed.Event) bool {
		return strings.HasPrefix(e.Body(), "Spec freeze: ") && e.Kind() == "m.notice"
	})
}
