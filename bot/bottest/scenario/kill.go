package scenario

import (
	"bytes"
	"context"
	"strconv"
	"sync"

	"torchbearer/bot"
)

// kill says where the bot's life will end.
type kill struct {
	sync.Mutex
	at     string // "arrival", "decide", "sending", "ack", "before 3", "after 3"; empty: nowhere
	past   totals // as they were when it was set
	commit int
}

// totals is what commits leave in the store, by which the steps of a message
// are told apart.
type totals struct{ decided, done int }

// arm sets where the bot will be killed.
func (w *world) arm(at string) {
	w.kill.Lock()
	defer w.kill.Unlock()
	w.kill.at, w.kill.commit = at, 0
	w.kill.past, _ = w.totals()
}

// next is the number of the commit under way since the kill was armed.
func (k *kill) next() string {
	k.Lock()
	defer k.Unlock()
	return strconv.Itoa(k.commit + 1)
}

// killOn ends the bot's life if this is where it was to end.
func (w *world) killOn(at string) {
	w.kill.Lock()
	here := w.kill.at != "" && w.kill.at == at
	if here {
		w.kill.at = ""
	}
	w.kill.Unlock()
	if here {
		w.crash()
	}
}

// crash is kill -9.
func (w *world) crash() {
	w.life.killed.Store(true)
	w.store.Crash()
	for _, kill := range w.life.kills {
		kill()
	}
	w.life.stop()
}

// committed names the step that the last commit was.
func (w *world) committed() string {
	now, sending := w.totals()
	w.kill.Lock()
	defer w.kill.Unlock()
	w.kill.commit++
	switch {
	case now.decided > w.kill.past.decided:
		w.kill.past = now
		return "decide"
	case now.done > w.kill.past.done:
		w.kill.past = now
		return "ack"
	case sending:
		return "sending"
	}
	return ""
}

// totals reads the store; sending reports a message that is being sent.
func (w *world) totals() (t totals, sending bool) {
	_ = w.store.View(context.Background(), func(tx bot.ReadTx) error {
		for range tx.Scan("decided/") {
			t.decided++
		}
		for range tx.Scan("outbox/done/") {
			t.done++
		}
		for _, value := range tx.Scan("outbox/open/") {
			sending = sending || bytes.Contains(value, []byte(`"state":"sending"`))
		}
		return nil
	})
	return t, sending
}
