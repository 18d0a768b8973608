package synapsed_test

import (
	"fmt"
	"slices"
	"testing"
)

// A room of the newest version: a command and its answer, an announcement, and
// its repetition, which the room sees once, over a restart of bot and server.
func TestRoundTrip(t *testing.T) {
	w := newWorld(t, "12")
	w.zoe.Say(w.room, "!said before the bot was there")
	w.start()
	w.ready()
	w.zoe.Say(w.room, "!freeze")
	w.untilSaid(w.room, "re: !freeze")
	for range 2 {
		if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze in 7 days.")); err != nil {
			t.Fatal(err)
		}
	}
	w.stop()
	w.srv.Down()
	w.srv.Up()
	w.zoe.Say(w.room, "!said meanwhile")
	w.start()
	w.ready()
	w.untilSaid(w.room, "re: !said meanwhile")
	if err := w.Deliver(t.Context(), "ob-1", glance, w.text("Spec freeze in 7 days.")); err != nil {
		t.Fatal(err)
	}
	want := []string{"re: !freeze", "Spec freeze in 7 days.", "re: !said meanwhile"}
	if got := w.said(w.room); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
}

// More than an answer to a sync holds is read up, in order.
func TestGap(t *testing.T) {
	w := newWorld(t, "12")
	w.start()
	w.ready()
	w.stop()
	var want []string
	for i := range 130 {
		want = append(want, fmt.Sprint("line ", i))
		w.zoe.Say(w.room, want[i])
	}
	w.start()
	w.ready()
	w.until("what was said", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.heard) >= len(want)
	})
	for i, in := range w.heard {
		if in.Text != want[i] {
			t.Fatalf("line %d: heard %q, want %q", i, in.Text, want[i])
		}
	}
}

// Killed before it could note that a message has arrived, the bot finds it in the
// room.
func TestKilled(t *testing.T) {
	w := newWorld(t, "12")
	w.start()
	w.ready()
	for i := range 3 {
		id := fmt.Sprint("ob-", i)
		if err := w.Deliver(t.Context(), id, glance, w.text("Message "+id)); err != nil {
			t.Fatal(err)
		}
		w.store.Crash()
		w.stop()
		w.store = w.store.Reopen()
		w.start()
		w.ready()
		if err := w.Deliver(t.Context(), id, glance, w.text("Again "+id)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"Message ob-0", "Message ob-1", "Message ob-2"}
	if got := w.said(w.room); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if devices := w.devices(); devices != 2 { // its first login made one with its account
		t.Errorf("%d devices", devices)
	}
}
