package outbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
)

// After weeks without a network a crowd of messages is given up, and another
// crowd is sent: in transactions that every store takes.
func TestManyAtOnce(t *testing.T) {
	const n = 1000
	ready := false
	net := &network{ready: func(bot.Room) bool { return ready }}
	tell(t, net, func(w *world) {
		add := func(lives time.Duration) {
			w.do(func(tx bot.Tx) error {
				for i := range n {
					name := fmt.Sprintf("#%s-%d", lives, i)
					to := bot.Target{Room: bot.Room{Network: "net", Name: name}}
					if err := w.box.Add(tx, w.now(), bot.Key(name), to, saying("hello", w.now().Add(lives))); err != nil {
						return err
					}
				}
				return nil
			})
		}
		add(time.Hour)
		add(48 * time.Hour)
		before := w.store.Commits()
		w.pass(time.Hour)
		if _, failed := w.report(); len(failed) != n {
			t.Errorf("%d given up, want %d", len(failed), n)
		}
		if got := w.store.Commits() - before; got < n/200 || got > n/50 {
			t.Errorf("%d transactions for %d messages that are given up", got, n)
		}
		before = w.store.Commits()
		ready = true
		w.box.Wake()
		w.pass(time.Second)
		if got := strings.Count(net.texts(), "hello"); got != n {
			t.Errorf("%d of %d said", got, n)
		}
		if got := w.store.Commits() - before; got < n/200 {
			t.Errorf("%d transactions for %d messages", got, n)
		}
	})
}
