package synapsed_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/matrix"
	"torchbearer/e2e/synapsed"
)

// A room that is upgraded goes on under its name, be that its alias or its id.
func TestUpgrade(t *testing.T) {
	w := newWorld(t, "11")
	private := w.zoe.CreateRoom(map[string]any{"preset": "private_chat", "room_version": "11"})
	byID := bot.Room{Network: "main", Name: private}
	w.zoe.Invite(private, w.bot.ID)
	w.rooms = append(w.rooms, byID)
	w.start()
	w.ready()
	w.until("the private room", func() bool { return w.Ready(byID) })

	next := w.zoe.Upgrade(w.room, "12")
	w.zoe.Say(next, "!freeze")
	w.untilSaid(next, "re: !freeze")
	if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze.")); err != nil {
		t.Fatal(err)
	}
	w.untilSaid(next, "Spec freeze.")

	hidden := w.zoe.Upgrade(private, "12")
	w.zoe.Invite(hidden, w.bot.ID)
	w.zoe.Say(hidden, "!freeze")
	w.zoe.Say(hidden, "hello")
	w.until("the private room's successor", func() bool {
		membership, _ := w.zoe.Membership(hidden, w.bot.ID)
		return membership == "join"
	})
	w.until("an announcement there", func() bool {
		err := w.Deliver(t.Context(), "ob-2", byID, w.text("Spec freeze."))
		return err == nil && slices.Contains(w.said(hidden), "Spec freeze.")
	})
}

// A stranger's invitation is refused with a reason; that of a person the bot
// knows is accepted.
func TestInvitations(t *testing.T) {
	w := newWorld(t, "12")
	eve := w.srv.User("eve")
	w.start()
	w.ready()
	trap := eve.CreateRoom(map[string]any{"preset": "private_chat"})
	eve.Invite(trap, w.bot.ID)
	w.until("the refusal", func() bool {
		membership, reason := eve.Membership(trap, w.bot.ID)
		return membership == "leave" && reason != ""
	})
	direct := w.zoe.CreateRoom(map[string]any{"preset": "trusted_private_chat", "is_direct": true, "invite": []string{w.bot.ID}, "initial_state": []any{}})
	w.until("the bot", func() bool {
		membership, _ := w.zoe.Membership(direct, w.bot.ID)
		return membership == "join"
	})
	w.zoe.Say(direct, "freeze")
	w.untilSaid(direct, "re: freeze")
	w.mu.Lock()
	last := w.heard[len(w.heard)-1]
	w.mu.Unlock()
	if !last.Direct || last.Room.Name != w.zoe.ID || last.From.Account != w.zoe.ID {
		t.Errorf("heard %+v, want a direct message of zoe's", last)
	}
}

// An encrypted room gets nothing clear, and status says why.
func TestEncryptedRoom(t *testing.T) {
	w := newWorld(t, "12")
	w.start()
	w.ready()
	w.zoe.State(w.room, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
	w.zoe.Say(w.room, "!freeze")
	w.until("the encryption", func() bool { return !w.Status().Rooms[0].Ready })
	var refusal *bot.Refusal
	if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze.")); !errors.As(err, &refusal) {
		t.Errorf("delivered into an encrypted room: %v", err)
	}
	if said := w.said(w.room); len(said) > 0 {
		t.Errorf("said %q", said)
	}
}

// More than the server takes at once: with its limit ignored, the server's word
// is heeded, and nothing is lost or double.
func TestStorm(t *testing.T) {
	w := newWorld(t, "12")
	w.conf = func(c *matrix.Config) { c.Pace = -1 }
	for i := range 5 { // joins count as messages do
		alias := fmt.Sprint("room", i)
		w.zoe.CreateRoom(map[string]any{"preset": "public_chat", "room_alias_name": alias})
		w.rooms = append(w.rooms, bot.Room{Network: "main", Name: "#" + alias + ":" + synapsed.Name})
	}
	w.start()
	w.until("all rooms", func() bool {
		return !slices.ContainsFunc(w.rooms, func(r bot.Room) bool { return !w.Ready(r) })
	})
	// However long the joins took: from here on the account has nothing left.
	aside := w.bot.CreateRoom(map[string]any{"preset": "private_chat"})
	for i := 0; ; i++ {
		path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/send/m.room.message/%d", aside, i)
		if _, err := w.bot.Try("PUT", path, map[string]any{"msgtype": "m.text", "body": "one less"}); err != nil {
			break
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	limited := 0
	for i, r := range w.rooms {
		all.Go(func() {
			for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
				err := w.Deliver(t.Context(), fmt.Sprint("ob-", i), r, w.text("Spec freeze."))
				var refusal *bot.Refusal
				switch {
				case err == nil:
					return
				case errors.As(err, &refusal):
					mu.Lock()
					limited++
					mu.Unlock()
					time.Sleep(refusal.After)
				case !errors.Is(err, bot.ErrNotReady):
					t.Errorf("%s: %v", r, err)
					return
				}
			}
			t.Errorf("%s: not delivered", r)
		})
	}
	all.Wait()
	if limited == 0 {
		t.Error("the server has limited nothing")
	}
	for _, r := range w.rooms {
		at, err := w.zoe.Try("GET", "/_matrix/client/v3/directory/room/%23"+r.Name[1:], nil)
		if err != nil {
			t.Fatal(err)
		}
		if said := w.said(at["room_id"].(string)); len(said) != 1 {
			t.Errorf("%s: said %q", r, said)
		}
	}
}

// A server that restarts meanwhile costs nothing: the bot comes back by itself.
func TestServerRestarts(t *testing.T) {
	w := newWorld(t, "12")
	w.start()
	w.ready()
	w.srv.Down()
	w.until("the loss", func() bool { return !w.Ready(glance) })
	if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze.")); !errors.Is(err, bot.ErrNotReady) {
		t.Errorf("delivered to a server that is down: %v", err)
	}
	w.srv.Up()
	w.ready()
	w.zoe.Say(w.room, "!freeze")
	w.untilSaid(w.room, "re: !freeze")
	if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze.")); err != nil {
		t.Error(err)
	}
}
