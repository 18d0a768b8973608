package app

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// Whoever uses a store that is written aside sees what they have written, as in
// any other; of it the store keeps logins and keys alone.
func TestAside(t *testing.T) {
	keys := []string{"matrix/main/login", "matrix/main/crypto/account", "matrix/main/sync", "matrix/main/room/!a", "matrix/main/loginx", "outbox/1", "a"}
	kept := map[string]bool{"matrix/main/login": true, "matrix/main/crypto/account": true}
	rapid.Check(t, func(t *rapid.T) {
		ctx := t.Context()
		under := bottest.NewStore()
		before, seen, below := map[string]string{}, map[string]string{}, map[string]string{}
		write := func(s bot.Store, change func(tx bot.Tx) error) error { return s.Update(ctx, change) }
		for _, key := range rapid.SliceOfDistinct(rapid.SampledFrom(keys), rapid.ID[string]).Draw(t, "there") {
			before[key] = "old"
			if err := write(under, func(tx bot.Tx) error { return tx.Put(key, []byte("old")) }); err != nil {
				t.Fatal(err)
			}
		}
		maps.Copy(seen, before)
		maps.Copy(below, before)
		s := asideOf(under)
		for range rapid.IntRange(0, 6).Draw(t, "transactions") {
			fails := rapid.Bool().Draw(t, "fails")
			nextSeen, nextBelow := maps.Clone(seen), maps.Clone(below)
			err := write(s, func(tx bot.Tx) error {
				for range rapid.IntRange(0, 4).Draw(t, "writes") {
					key, value := rapid.SampledFrom(keys).Draw(t, "key"), rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "value")
					into := []map[string]string{nextSeen}
					if kept[key] {
						into = append(into, nextBelow)
					}
					if rapid.Bool().Draw(t, "delete") {
						if err := tx.Delete(key); err != nil {
							return err
						}
						for _, m := range into {
							delete(m, key)
						}
						continue
					}
					if err := tx.Put(key, []byte(value)); err != nil {
						return err
					}
					for _, m := range into {
						m[key] = value
					}
				}
				if diff := cmp.Diff(nextSeen, pairs(tx)); diff != "" {
					t.Fatalf("inside the transaction (-want +got):\n%s", diff)
				}
				if fails {
					return errors.New("on purpose")
				}
				return nil
			})
			if (err != nil) != fails {
				t.Fatalf("Update = %v", err)
			}
			if !fails {
				seen, below = nextSeen, nextBelow
			}
			for _, tc := range []struct {
				what  string
				store bot.Store
				want  map[string]string
			}{{"aside", s, seen}, {"the store", under, below}} {
				err := tc.store.View(ctx, func(tx bot.ReadTx) error {
					if diff := cmp.Diff(tc.want, pairs(tx)); diff != "" {
						t.Fatalf("%s (-want +got):\n%s", tc.what, diff)
					}
					for _, key := range keys {
						value, err := tx.Get(key)
						if err != nil {
							return err
						}
						if want, there := tc.want[key]; there != (value != nil) || string(value) != want {
							t.Fatalf("%s: %s is %q, want %q", tc.what, key, value, want)
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// pairs is what a transaction shows, which has to be in order.
func pairs(tx bot.ReadTx) map[string]string {
	m := map[string]string{}
	last := ""
	for key, value := range tx.Scan("") {
		if key <= last {
			panic("out of order")
		}
		m[key], last = string(value), key
	}
	return m
}
