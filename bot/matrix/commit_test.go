package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// weighed is a store that knows its largest transaction.
type weighed struct {
	bot.Store
	most int
}

func (s *weighed) Update(ctx context.Context, fn func(bot.Tx) error) error {
	n := 0
	defer func() { s.most = max(s.most, n) }()
	return s.Store.Update(ctx, func(tx bot.Tx) error { return fn(weighedTx{tx, &n}) })
}

type weighedTx struct {
	bot.Tx
	n *int
}

func (tx weighedTx) Put(key string, value []byte) error { *tx.n++; return tx.Tx.Put(key, value) }

func (tx weighedTx) Delete(key string) error { *tx.n++; return tx.Tx.Delete(key) }

// However much was said, and however large a room is, no transaction is larger
// than a store takes, and all is there in the end.
func TestCommitsFitIntoAStore(t *testing.T) {
	s := &weighed{Store: bottest.NewStore()}
	fresh := func() *Transport {
		b := New(Options{Config: Config{Network: "main", User: "@me:b"}, Store: s, Log: slog.New(slog.DiscardHandler)})
		if err := b.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := fresh()
	const users = 6000
	for round := range 3 {
		for i := range 3000 {
			b.seen.add(fmt.Sprint("$", round, "-", i))
		}
		for i := range users {
			b.states.apply("!a:b", "m.room.member", fmt.Sprintf("@u%d:b", i), "@z:b", fmt.Appendf(nil, `{"membership":"join","displayname":"%d"}`, round))
		}
		b.next, b.news = fmt.Sprint("s", round), round
		if err := b.commit(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	if s.most > 4096 {
		t.Errorf("a transaction of %d writes", s.most)
	}
	b = fresh()
	if n := len(b.states.joined("!a:b")); n != users || b.next != "s2" || len(b.seen.number) != keepSeen || b.seen.add("$2-1000") {
		t.Errorf("%d members, token %s, %d ids", n, b.next, len(b.seen.number))
	}
}
