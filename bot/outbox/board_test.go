package outbox_test

import (
	"context"
	"time"

	"torchbearer/bot"
)

// board is a network on which what was said can be changed, and which drops the
// second of two with one id.
type board struct {
	*network
	edits func(attempt int, of, text string) error // nil: they work

	ids   map[string]bool
	shown map[string]string // by id of the message
	ofs   []string          // of each line, "" of a message
	tried int
}

func newBoard(n *network) *board {
	return &board{network: n, ids: map[string]bool{}, shown: map[string]string{}}
}

func (b *board) Deliver(ctx context.Context, id string, r bot.Room, payload []byte) error {
	b.mu.Lock()
	b.ofs = append(b.ofs, "")
	b.mu.Unlock()
	err := b.network.Deliver(ctx, id, r, payload)
	if err == nil {
		b.show(id, id, string(payload))
	}
	return err
}

// Edit implements bot.Editor.
func (b *board) Edit(_ context.Context, id, of string, r bot.Room, payload []byte) error {
	b.mu.Lock()
	b.tried++
	tried := b.tried
	b.ofs = append(b.ofs, of)
	b.mu.Unlock()
	err := b.take(id, r, payload, func(int, bot.Room, string) error {
		if b.edits == nil {
			return nil
		}
		return b.edits(tried, of, string(payload))
	})
	if err == nil {
		b.show(id, of, string(payload))
	}
	return err
}

func (b *board) show(id, of, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ids[id] {
		b.ids[id], b.shown[of] = true, text
	}
}

// board gives the world a network that edits.
func (w *world) board() *board {
	b := newBoard(w.net)
	w.sender = b
	w.stop()
	w.start()
	return b
}

func (w *world) edit(key string, to bot.Target, text string) {
	w.t.Helper()
	w.do(func(tx bot.Tx) error {
		say := pinging(to.Person, text, w.now().Add(24*time.Hour))
		if to.Person == "" {
			say = saying(text, w.now().Add(24*time.Hour))
		}
		say.Edit = true
		return w.box.Say(tx, w.now(), bot.Key(key), to, say)
	})
}
