package bottest_test

import (
	"context"
	"errors"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

func TestMemoryStore(t *testing.T) {
	bottest.TestStore(t, func(*testing.T) bot.Store { return bottest.NewStore() })
}

// A process is killed around its second commit. What the next one finds is what
// was durable, whether or not the first one learnt of it.
func TestCrash(t *testing.T) {
	for _, c := range []struct {
		name string
		kill func(s *bottest.Store, crash func(int))
		want string
	}{
		{"before it is durable", func(s *bottest.Store, crash func(int)) { s.BeforeCommit = crash }, "1"},
		{"after it is durable", func(s *bottest.Store, crash func(int)) { s.AfterCommit = crash }, "2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bottest.NewStore()
			c.kill(s, func(n int) {
				if n == 2 {
					s.Crash()
				}
			})
			if err := put(s, "1"); err != nil {
				t.Fatalf("first Update: %v", err)
			}
			if err := put(s, "2"); !errors.Is(err, bottest.ErrCrashed) {
				t.Errorf("the Update that was killed: %v, want %v", err, bottest.ErrCrashed)
			}
			if _, err := get(s); !errors.Is(err, bottest.ErrCrashed) {
				t.Errorf("a View after the kill: %v, want %v", err, bottest.ErrCrashed)
			}
			got, err := get(s.Reopen())
			if err != nil || got != c.want {
				t.Errorf("after the restart: %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestCrashInsideATransactionLosesIt(t *testing.T) {
	s := bottest.NewStore()
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		if err := tx.Put("k", []byte("1")); err != nil {
			t.Errorf("Put before the kill: %v", err)
		}
		s.Crash()
		if err := tx.Put("k", []byte("2")); !errors.Is(err, bottest.ErrCrashed) {
			t.Errorf("Put after the kill: %v, want %v", err, bottest.ErrCrashed)
		}
		return nil
	})
	if !errors.Is(err, bottest.ErrCrashed) {
		t.Errorf("Update: %v, want %v", err, bottest.ErrCrashed)
	}
	if got, err := get(s.Reopen()); got != "" || err != nil {
		t.Errorf("after the restart: %q, %v, want nothing", got, err)
	}
}

func TestReopenLeavesOneProcess(t *testing.T) {
	first := bottest.NewStore()
	if err := put(first, "1"); err != nil {
		t.Fatal(err)
	}
	second := first.Reopen()
	if err := put(first, "2"); !errors.Is(err, bottest.ErrCrashed) {
		t.Errorf("the first process still writes: %v", err)
	}
	if got := second.Commits(); got != 0 {
		t.Errorf("the second process begins at %d commits, want 0", got)
	}
	if got, err := get(second); got != "1" || err != nil {
		t.Errorf("the second process reads %q, %v, want 1", got, err)
	}
}

func put(s bot.Store, value string) error {
	return s.Update(context.Background(), func(tx bot.Tx) error { return tx.Put("k", []byte(value)) })
}

func get(s bot.Store) (value string, err error) {
	err = s.View(context.Background(), func(tx bot.ReadTx) error {
		v, err := tx.Get("k")
		value = string(v)
		return err
	})
	return value, err
}
