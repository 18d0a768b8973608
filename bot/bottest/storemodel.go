package bottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
)

// behavesLikeMap plays random transactions on the store and on a plain map.
func behavesLikeMap(t *testing.T, s bot.Store) {
	key := rapid.Custom(func(t *rapid.T) string {
		k := fmt.Sprintf("%s/%d", rapid.SampledFrom([]string{"r", "r/a", "r/b", "rr"}).Draw(t, "space"), rapid.IntRange(0, 30).Draw(t, "n"))
		return k + strings.Repeat("k", rapid.SampledFrom([]int{0, 0, 300}).Draw(t, "pad"))
	})
	value := rapid.Custom(func(t *rapid.T) []byte {
		v := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "value")
		return append(v, make([]byte, rapid.SampledFrom([]int{0, 0, 500, 9000}).Draw(t, "more"))...)
	})
	prefix := rapid.SampledFrom([]string{"r", "r/", "r/a", "r/b/", "rr/1", "x"})
	refused := errors.New("refused")
	model := map[string][]byte{}

	compare := func(t *rapid.T, tx bot.ReadTx, want map[string][]byte) {
		under := prefix.Draw(t, "prefix")
		got := map[string][]byte{}
		last := ""
		for k, v := range tx.Scan(under) {
			if k <= last {
				t.Fatalf("Scan(%q) yields %q after %q", under, k, last)
			}
			last, got[k] = k, v
		}
		expect := maps.Clone(want)
		maps.DeleteFunc(expect, func(k string, _ []byte) bool { return !strings.HasPrefix(k, under) })
		if !maps.EqualFunc(expect, got, bytes.Equal) { // Diff of these values takes its time
			t.Fatalf("Scan(%q) (-want +got):\n%s", under, cmp.Diff(expect, got))
		}
		k := key.Draw(t, "key")
		v, err := tx.Get(k)
		if !bytes.Equal(want[k], v) || (want[k] == nil) != (v == nil) || err != nil {
			t.Fatalf("Get(%q), error %v (-want +got):\n%s", k, err, cmp.Diff(want[k], v))
		}
	}
	rapid.Check(t, func(t *rapid.T) { // the store lives on from run to run, and so does its model
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				next := maps.Clone(model)
				err := s.Update(context.Background(), func(tx bot.Tx) error {
					for range rapid.IntRange(0, 12).Draw(t, "writes") {
						k := key.Draw(t, "key")
						if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
							delete(next, k)
							if err := tx.Delete(k); err != nil {
								t.Fatalf("Delete(%q): %v", k, err)
							}
							continue
						}
						v := value.Draw(t, "value")
						next[k] = v
						if err := tx.Put(k, v); err != nil {
							t.Fatalf("Put(%q): %v", k, err)
						}
					}
					compare(t, tx, next)
					if rapid.IntRange(0, 3).Draw(t, "outcome") == 0 {
						return refused
					}
					return nil
				})
				switch {
				case err == nil:
					model = next
				case !errors.Is(err, refused):
					t.Fatalf("Update: %v", err)
				}
			},
			"view": func(t *rapid.T) {
				err := s.View(context.Background(), func(tx bot.ReadTx) error { compare(t, tx, model); return nil })
				if err != nil {
					t.Fatalf("View: %v", err)
				}
			},
		})
	})
}
