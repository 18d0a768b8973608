package loop

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// An overlay reads as the store would, had everything put over it been stored.
func TestOverlayReadsAsStored(t *testing.T) {
	type pair struct{ key, value string }
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"a", "a/", "a/b", "a/b/c", "a/c", "a0", "b", "b/a"})
		value := rapid.SampledFrom([]string{"", "1", "2"})
		put := func(s *bottest.Store, all map[string][]byte) {
			err := s.Update(context.Background(), func(tx bot.Tx) error {
				for key, value := range all {
					var err error
					if value == nil {
						err = tx.Delete(key)
					} else {
						err = tx.Put(key, value)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		draw := func(label string, deletes bool) map[string][]byte {
			all := map[string][]byte{}
			for _, k := range rapid.SliceOf(key).Draw(t, label) {
				all[k] = []byte(value.Draw(t, "value of "+k))
				if deletes && rapid.Bool().Draw(t, "delete "+k) {
					all[k] = nil
				}
			}
			return all
		}
		under, over := draw("stored", false), draw("put", true)
		read := func(tx bot.ReadTx, most int, prefix string) (all []pair) {
			for k, v := range tx.Scan(prefix) {
				if len(all) == most {
					break
				}
				all = append(all, pair{k, string(v)})
				clear(v) // they are is the caller's
			}
			return all
		}
		store, stored := bottest.NewStore(), bottest.NewStore()
		put(store, under)
		put(stored, under)
		put(stored, over)
		_ = store.View(context.Background(), func(below bot.ReadTx) error {
			return stored.View(context.Background(), func(want bot.ReadTx) error {
				m := (&Loop{}).moment(below, time.Time{})
				for k, v := range over {
					m.tx.put[k] = v
				}
				prefix, most := rapid.SampledFrom([]string{"", "a", "a/", "a/b", "c"}).Draw(t, "prefix"), rapid.IntRange(1, 9).Draw(t, "most")
				for range 2 {
					if diff := cmp.Diff(read(want, most, prefix), read(m.tx, most, prefix), cmp.AllowUnexported(pair{})); diff != "" {
						t.Errorf("scan of %q (-want +got):\n%s", prefix, diff)
					}
				}
				k := key.Draw(t, "get")
				again, _ := m.tx.Get(k)
				for i := range again {
					again[i] = 'x' // it is the caller's
				}
				got, err := m.tx.Get(k)
				value, _ := want.Get(k)
				if diff := cmp.Diff(value, got); diff != "" || err != nil {
					t.Errorf("Get(%q), error %v (-want +got):\n%s", k, err, diff)
				}
				return nil
			})
		})
	})
}
