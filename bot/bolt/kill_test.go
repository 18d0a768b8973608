package bolt

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"torchbearer/bot"
)

// killEnv tells a copy of this test binary which store to write to.
const killEnv = "TORCHBEARER_TEST_KILL_STORE"

// A writer is killed with SIGKILL, in the midst of its work, again and again.
// Every transaction it has acknowledged is there, whole; of the one under way
// there is all or nothing. (A kill leaves the system's cache alone, so this shows
// order and wholeness; that the disk has it is bbolt's fdatasync.)
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv(killEnv); path != "" {
		writeUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "store.db")
	acked := 0
	for round := range 6 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
		cmd.Env = append(os.Environ(), killEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killAt := acked + 1 + 17*round
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "acknowledged "))
			if err != nil {
				continue // the test binary's own words
			}
			if acked = n; n == killAt {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		if acked < killAt {
			t.Fatalf("round %d: the writer ended by itself after %d acknowledgements", round, acked)
		}

		s := mustOpen(t, path, Options{})
		wrote := written(t, s)
		if wrote < acked {
			t.Fatalf("round %d: %d transactions acknowledged, %d found", round, acked, wrote)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := bboltCheck(path); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		acked = wrote
	}
}

// writeUntilKilled goes on with one transaction after the other: two records
// with its number, and of changing length so that pages split.
func writeUntilKilled(t *testing.T, path string) {
	s := mustOpen(t, path, Options{})
	for n := written(t, s) + 1; ; n++ {
		put(t, s, fmt.Sprintf("a/%06d", n), strings.Repeat("v", n*37%900), fmt.Sprintf("b/%06d", n), "", "n", strconv.Itoa(n))
		if _, err := fmt.Printf("acknowledged %d\n", n); err != nil {
			return // nobody listens any more
		}
	}
}

// written is the number of transactions in the store, which must all be whole.
func written(t *testing.T, s *Store) (n int) {
	t.Helper()
	err := s.View(context.Background(), func(tx bot.ReadTx) error {
		last, err := tx.Get("n")
		if err != nil || last == nil {
			return err
		}
		if n, err = strconv.Atoi(string(last)); err != nil {
			return err
		}
		for i := 1; i <= n; i++ {
			a, errA := tx.Get(fmt.Sprintf("a/%06d", i))
			b, errB := tx.Get(fmt.Sprintf("b/%06d", i))
			if len(a) != i*37%900 || a == nil || b == nil || errA != nil || errB != nil {
				return fmt.Errorf("transaction %d of %d is not whole: %d bytes, %v, %v, %v", i, n, len(a), b, errA, errB)
			}
		}
		for range tx.Scan(fmt.Sprintf("a/%06d", n+1)) {
			return fmt.Errorf("transaction %d is there by half", n+1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
