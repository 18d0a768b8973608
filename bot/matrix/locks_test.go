package matrix

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// The locks are taken in one order, whoever asks while the rooms' state changes.
func TestLocksInOneOrder(t *testing.T) {
	b := New(Options{Config: Config{Network: "main", User: "@me:b", Rooms: []bot.Room{{Network: "main", Name: "!a:b"}}}, Store: bottest.NewStore(), Log: slog.New(slog.DiscardHandler)})
	b.in, b.live, b.rooms[0].id = counted{t}, true, "!a:b"
	b.states.apply("!a:b", "m.room.create", "", "@zoe:b", []byte(`{}`))
	b.states.apply("!a:b", "m.room.power_levels", "", "@zoe:b", []byte(`{}`))
	b.states.change("!a:b", func(r *roomRecord) { r.Synced = true })
	zoe := bot.Room{Network: "main", Name: "@zoe:b"}
	var all sync.WaitGroup
	for _, f := range []func(){
		func() { b.Ready(zoe) },
		func() { b.Status() },
		func() { b.wanted("!a:b") },
		func() { b.states.change("!a:b", func(*roomRecord) {}) },
	} {
		for range 2 {
			all.Go(func() {
				for range 100_000 {
					f()
				}
			})
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("they wait for each other")
	}
}
