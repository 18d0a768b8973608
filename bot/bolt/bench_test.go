package bolt

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"torchbearer/bot"
)

// history makes a store as ten years of sixty teams leave it: 400,000 records
// of about 150 bytes, what was decided and what was sent.
func history(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "store.db")
	s := mustOpen(b, path, Options{noSync: true})
	record := []byte(`{"decided":"2026-12-03T14:00:00Z","room":"#team","text":"` + strings.Repeat("x", 90) + `"}`)
	for year := range 10 {
		err := s.Update(context.Background(), func(tx bot.Tx) error {
			for team := range 60 {
				for n := range 667 {
					key := fmt.Sprintf("decided/team-%02d/freeze/spec-freeze/%d-%03d/T-7d", team, 2026+year, n)
					if err := tx.Put(key, record); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// From the start with ten years of history to the first answer out of it.
// The budget for the whole start of the bot is 300 ms.
func BenchmarkOpenTenYears(b *testing.B) {
	path := history(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if v, err := get(s, "decided/team-30/freeze/spec-freeze/2030-333/T-7d"); v == "" || err != nil {
			b.Fatal(v, err)
		}
		if size, err := s.Size(); err == nil {
			b.ReportMetric(float64(size)/1e6, "MB")
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkViewGet(b *testing.B) {
	s := mustOpen(b, history(b), Options{})
	ctx := context.Background()
	read := func(tx bot.ReadTx) error {
		v, err := tx.Get("decided/team-30/freeze/spec-freeze/2030-333/T-7d")
		if v == nil {
			b.Error("not found")
		}
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.View(ctx, read); err != nil {
			b.Fatal(err)
		}
	}
}

// One record, on the disk: nearly all of it is the disk's.
func BenchmarkUpdate(b *testing.B) {
	s := mustOpen(b, history(b), Options{})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		put(b, s, "outbox/1", strconv.Itoa(n))
	}
}

func BenchmarkUpdateChangingNothing(b *testing.B) {
	s := mustOpen(b, history(b), Options{})
	put(b, s, "outbox/1", "same")
	b.ReportAllocs()
	for b.Loop() {
		put(b, s, "outbox/1", "same")
	}
}
