package bottest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
)

// TestStore holds a bot.Store to its contract. open returns an empty store that
// the test's end closes; it may be called several times.
func TestStore(t *testing.T, open func(t *testing.T) bot.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, bot.Store)
	}{
		{"reads what was written", readsWhatWasWritten},
		{"scans a prefix in byte order", scansInOrder},
		{"slices belong to the caller", slicesAreCopies},
		{"an error writes nothing", errorWritesNothing},
		{"a panic writes nothing and goes on", panicWritesNothing},
		{"a view sees one moment", viewIsSnapshot},
		{"updates come one at a time", updatesAreSerial},
		{"a context that is over starts nothing", contextOver},
		{"keys have 1 to 1024 bytes", keyLengths},
		{"a transaction ends with its call", transactionEnds},
		{"no writing during a scan", noWriteDuringScan},
		{"changing nothing commits nothing", emptyUpdates},
		{"behaves like a map", behavesLikeMap},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func put(t *testing.T, s bot.Store, pairs ...string) {
	t.Helper()
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := tx.Put(pairs[i], []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// dump is what a Scan under prefix yields, "key=value" in its order.
func dump(tx bot.ReadTx, prefix string) []string {
	var got []string
	for k, v := range tx.Scan(prefix) {
		got = append(got, k+"="+string(v))
	}
	return got
}

func wantAll(t *testing.T, s bot.Store, want ...string) {
	t.Helper()
	err := s.View(context.Background(), func(tx bot.ReadTx) error {
		if diff := cmp.Diff(want, dump(tx, "r/")); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
}

func readsWhatWasWritten(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1", "r/b", "", "r/c", "3")
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		if err := tx.Delete("r/c"); err != nil {
			return err
		}
		if err := tx.Delete("r/never"); err != nil {
			return err
		}
		if err := tx.Put("r/d", []byte("4")); err != nil {
			return err
		}
		if got, want := dump(tx, "r/"), []string{"r/a=1", "r/b=", "r/d=4"}; !slices.Equal(got, want) {
			t.Errorf("inside its own transaction: %q, want %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	err = s.View(context.Background(), func(tx bot.ReadTx) error {
		for _, c := range []struct {
			key  string
			want []byte
		}{{"r/a", []byte("1")}, {"r/b", []byte{}}, {"r/c", nil}, {"r/", nil}, {"", nil}} {
			got, err := tx.Get(c.key)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("Get(%q), error %v (-want +got):\n%s", c.key, err, diff)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
}

func scansInOrder(t *testing.T, s bot.Store) {
	put(t, s, "r/b", "", "r/a/2", "", "r/a", "", "r/a/10", "", "r/\xff", "", "r/é", "", "q", "", "s", "", "r", "")
	err := s.View(context.Background(), func(tx bot.ReadTx) error {
		for _, c := range []struct {
			prefix string
			want   []string
		}{
			{"r/", []string{"r/a=", "r/a/10=", "r/a/2=", "r/b=", "r/é=", "r/\xff="}},
			{"r/a/", []string{"r/a/10=", "r/a/2="}},
			{"r/\xff", []string{"r/\xff="}},
			{"t", nil},
		} {
			if diff := cmp.Diff(c.want, dump(tx, c.prefix)); diff != "" {
				t.Errorf("Scan(%q) (-want +got):\n%s", c.prefix, diff)
			}
		}
		n := 0
		for range tx.Scan("r/") {
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Errorf("a scan left after 2 records yielded %d", n)
		}
		return nil
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
}

func slicesAreCopies(t *testing.T, s bot.Store) {
	value := []byte("first")
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		if err := tx.Put("r/a", value); err != nil {
			return err
		}
		copy(value, "-----")
		got, err := tx.Get("r/a")
		copy(got, "YYYYY")
		for _, v := range tx.Scan("r/") {
			copy(v, "ZZZZZ")
		}
		return err
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	wantAll(t, s, "r/a=first")
	var kept []byte
	err = s.View(context.Background(), func(tx bot.ReadTx) (err error) {
		kept, err = tx.Get("r/a")
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	put(t, s, "r/a", "other")
	if string(kept) != "first" {
		t.Errorf("a value kept after its View became %q", kept)
	}
}

func errorWritesNothing(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1")
	refused := errors.New("refused")
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		return errors.Join(tx.Put("r/a", []byte("2")), tx.Put("r/b", nil), tx.Delete("r/a"), refused)
	})
	if !errors.Is(err, refused) {
		t.Errorf("Update: %v, want fn's own error", err)
	}
	wantAll(t, s, "r/a=1")
	if err := s.View(context.Background(), func(bot.ReadTx) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("View: %v, want fn's own error", err)
	}
}

func panicWritesNothing(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1")
	panics := func(run func()) (got any) {
		defer func() { got = recover() }()
		run()
		return nil
	}
	got := panics(func() {
		_ = s.Update(context.Background(), func(tx bot.Tx) error {
			_ = tx.Put("r/a", []byte("2"))
			panic("in an update")
		})
	})
	if got != "in an update" {
		t.Errorf("a panic in Update came out as %v", got)
	}
	got = panics(func() {
		_ = s.View(context.Background(), func(tx bot.ReadTx) error {
			for range tx.Scan("r/") {
				panic("in a scan")
			}
			return nil
		})
	})
	if got != "in a scan" {
		t.Errorf("a panic in a scan came out as %v", got)
	}
	wantAll(t, s, "r/a=1")
	put(t, s, "r/a", "3")
	wantAll(t, s, "r/a=3")
}

func viewIsSnapshot(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1")
	err := s.View(context.Background(), func(old bot.ReadTx) error {
		done := make(chan struct{})
		go func() { // its own goroutine: a View must not hold up an Update
			defer close(done)
			put(t, s, "r/a", "2", "r/b", "2")
		}()
		<-done
		if got, want := dump(old, "r/"), []string{"r/a=1"}; !slices.Equal(got, want) {
			t.Errorf("a view from before an update sees %q, want %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Errorf("View: %v", err)
	}
	wantAll(t, s, "r/a=2", "r/b=2")
}

func updatesAreSerial(t *testing.T, s bot.Store) {
	const workers, each = 4, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				err := s.Update(context.Background(), func(tx bot.Tx) error {
					v, err := tx.Get("r/n")
					if err != nil {
						return err
					}
					return tx.Put("r/n", append(v, 'x'))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantAll(t, s, "r/n="+strings.Repeat("x", workers*each))
}

func contextOver(t *testing.T, s bot.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.View(ctx, func(bot.ReadTx) error { t.Error("View ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View: %v, want %v", err, context.Canceled)
	}
	if err := s.Update(ctx, func(bot.Tx) error { t.Error("Update ran"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v, want %v", err, context.Canceled)
	}
}

func keyLengths(t *testing.T, s bot.Store) {
	for _, c := range []struct {
		length int
		ok     bool
	}{{0, false}, {1, true}, {1024, true}, {1025, false}} {
		err := s.Update(context.Background(), func(tx bot.Tx) error {
			return tx.Put(strings.Repeat("k", c.length), []byte("v"))
		})
		if (err == nil) != c.ok {
			t.Errorf("Put with a key of %d bytes: %v", c.length, err)
		}
	}
}

func transactionEnds(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1")
	var read bot.ReadTx
	var write bot.Tx
	if err := s.View(context.Background(), func(tx bot.ReadTx) error { read = tx; return nil }); err != nil {
		t.Fatalf("View: %v", err)
	}
	if err := s.Update(context.Background(), func(tx bot.Tx) error { write = tx; return nil }); err != nil {
		t.Fatalf("Update: %v", err)
	}
	if _, err := read.Get("r/a"); err == nil {
		t.Error("Get after its View: no error")
	}
	if got := dump(read, "r/"); got != nil {
		t.Errorf("Scan after its View: %q", got)
	}
	if err := write.Put("r/a", []byte("2")); err == nil {
		t.Error("Put after its Update: no error")
	}
	if err := write.Delete("r/a"); err == nil {
		t.Error("Delete after its Update: no error")
	}
	wantAll(t, s, "r/a=1")
}

func noWriteDuringScan(t *testing.T, s bot.Store) {
	put(t, s, "r/a", "1", "r/b", "2")
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		for k := range tx.Scan("r/") {
			if err := tx.Put(k, []byte("3")); err == nil {
				t.Error("Put during a scan: no error")
			}
			if err := tx.Delete(k); err == nil {
				t.Error("Delete during a scan: no error")
			}
			for range tx.Scan("r/") { // reading is fine
				break
			}
		}
		return tx.Put("r/c", []byte("after"))
	})
	if err != nil {
		t.Errorf("Update: %v", err)
	}
	wantAll(t, s, "r/a=1", "r/b=2", "r/c=after")
}

func emptyUpdates(t *testing.T, s bot.Store) {
	counted, ok := s.(interface{ Commits() uint64 })
	if !ok {
		t.Fatal("the store does not count its commits")
	}
	before := counted.Commits()
	put(t, s, "r/a", "1")
	put(t, s, "r/a", "1")
	put(t, s)
	err := s.Update(context.Background(), func(tx bot.Tx) error { return tx.Delete("r/never") })
	if err != nil {
		t.Errorf("Update: %v", err)
	}
	_ = s.Update(context.Background(), func(tx bot.Tx) error {
		return errors.Join(tx.Put("r/b", nil), errors.New("refused"))
	})
	if got := counted.Commits() - before; got != 1 {
		t.Errorf("%d commits, want 1: the others changed nothing", got)
	}
}
