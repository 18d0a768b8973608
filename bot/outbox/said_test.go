package outbox_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
)

// Somebody's other display name is not another person: what waits for them is not
// moved, and keeps its bytes. Another User is.
func TestUsers(t *testing.T) {
	net := &network{does: func(int, bot.Room, string) error { return errors.New("no acknowledgement") }}
	tell(t, net, func(w *world) {
		w.people.set("zoe", somebody{nick: "Zoe", user: "@zoe:example.org", rooms: []bot.Room{roomA}})
		w.ping("k", "zoe", nil)
		w.people.set("zoe", somebody{nick: "Zoe (away)", user: "@zoe:example.org", rooms: []bot.Room{roomA}})
		w.pass(10 * time.Second)
		w.want("#a Zoe <@zoe:example.org>: k; #a Zoe <@zoe:example.org>: k; #a Zoe <@zoe:example.org>: k")
		w.people.set("zoe", somebody{nick: "Zoe", user: "@zoe:work.example.org", rooms: []bot.Room{roomA}})
		w.pass(10 * time.Second)
		if got := net.lines[3].Text; got != "Zoe <@zoe:work.example.org>: k" {
			t.Errorf("said to %q, want the other account", got)
		}
	})
}

// A reaction names a message by the id that the network was given: open or done,
// of this version's or an older one's records.
func TestSaid(t *testing.T) {
	var ready atomic.Bool
	ready.Store(true)
	net := &network{ready: func(bot.Room) bool { return ready.Load() }}
	tell(t, net, func(w *world) {
		w.enter("zoe", roomA)
		w.ping("k", "zoe", nil)
		id := net.lines[0].ID
		check := func(when, id, want string) {
			t.Helper()
			key, room, ok := w.box.Said(t.Context(), id)
			if got := fmt.Sprint(key, " ", room, " ", ok); got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		check("done", id, "glance/ask/k net/#a true")
		check("nobody's", "0123", " / false")
		w.do(func(tx bot.Tx) error { return tx.Put("outbox/id/"+id, []byte("0000000000000abc")) })
		check("as an older version has it", id, "glance/ask/k net/#a true")
		w.ping("k", "zoe", nil)
		w.want("#a zoe_: k")
		w.pass(36 * 24 * time.Hour)
		check("forgotten", id, " / false")
		if kept := w.open("outbox/"); len(kept) > 0 {
			t.Errorf("after 36 days %q are kept", kept)
		}
	})
}
