package synapsed_test

import (
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
	if got := w.said(w.room); len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("said %q, want %q", got, want)
	}
}
