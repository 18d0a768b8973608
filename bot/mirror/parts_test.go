package mirror_test

import (
	"context"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// A full read of a big server goes in parts, of which each fits into a
// transaction; the mark comes last.
func TestParts(t *testing.T) {
	w := newWorld(t)
	var raws []review.Raw
	for n := range 3000 {
		raw := uploaded(n+1, glance, start)
		if n < 200 {
			raw = busy(n + 1)
		}
		raws = append(raws, raw)
	}
	writes, parts := 0, 0
	read := func(r mirror.Reading) {
		r.At = start
		for _, b := range w.m.Take(opendev, r) {
			if w.m.Mark(opendev) != nil {
				t.Error("marked before the end")
			}
			count := &counter{}
			if err := w.store.Update(context.Background(), func(tx bot.Tx) error { count.Tx = tx; return b.Write(count) }); err != nil {
				t.Fatal(err)
			}
			if count.writes > 1100 || count.bytes > 512<<10 {
				t.Errorf("%d writes of %d bytes in one transaction", count.writes, count.bytes)
			}
			writes, parts = writes+count.writes, parts+1
			b.Keep()
		}
	}
	read(mirror.Reading{Changes: raws, Mark: []byte("done")})
	same(t, "writes", writes, 3001)
	if len(w.m.Open(opendev)) != 3000 || string(w.m.Mark(opendev)) != "done" || parts < 40 {
		t.Errorf("%d open after %d parts, mark %q", len(w.m.Open(opendev)), parts, w.m.Mark(opendev))
	}
	var gone []int
	for n := range 3000 {
		gone = append(gone, n+1)
	}
	w.rules.Own = 7
	w.restart(t)
	read(mirror.Reading{Gone: gone})
	same(t, "open", w.m.Open(opendev), []int(nil))
}

// Between two parts of a reading a change is read again, on its own: what is
// known then counts, and nothing is told twice.
func TestReadingsMix(t *testing.T) {
	w := newWorld(t)
	var raws []review.Raw
	for n := range 100 {
		raws = append(raws, uploaded(n+1, glance, start.Add(time.Duration(n-100)*time.Minute)))
	}
	w.full(t, raws...)
	w.now = start.Add(time.Hour)
	for i := range raws {
		raws[i] = said(raws[i], zoe, w.now.Add(-time.Duration(i+1)*time.Minute/2), "hm") // the first is the newest
	}
	parts := w.m.Take(opendev, mirror.Reading{At: w.now, Since: w.since, Changes: raws})
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	parts[0].Keep()
	voted := said(raws[0], zoe, w.now, "no", review.Given{Label: "Code-Review", Value: -1})
	same(t, "told", w.take(t, mirror.Reading{Changes: []review.Raw{voted}}), []string{"1: vote by 2"})
	same(t, "events of the rest", len(parts[1].Events()), 35)
	parts[1].Keep()
	if all := known(w.m); len(all) != 100 || len(all[0].Votes) < 1 {
		t.Errorf("%d changes; the first: %+v", len(all), all[0].Votes)
	}
}

// counter counts what is written.
type counter struct {
	bot.Tx
	writes, bytes int
}

func (c *counter) Put(key string, value []byte) error {
	c.writes, c.bytes = c.writes+1, c.bytes+len(value)
	return c.Tx.Put(key, value)
}

func (c *counter) Delete(key string) error {
	c.writes++
	return c.Tx.Delete(key)
}
