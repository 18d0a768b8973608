package gerritd

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// clock is the server's idea of the time, moved by libfaketime.
type clock struct {
	preload, file string
}

func newClock(site string) (*clock, error) {
	preload, err := fakeLibrary()
	if err != nil {
		return nil, err
	}
	return &clock{preload: preload, file: filepath.Join(site, "clock")}, nil
}

// set moves the clock to that far from the real time.
func (c *clock) set(ago time.Duration) error {
	// A relative time begins with its sign; 0 needs one too.
	text := fmt.Sprintf("%+d\n", int64(ago/time.Second))
	// In one step: the server reads the file whenever it looks at the clock, and
	// an empty one would be the real time.
	next := c.file + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	if err := os.Rename(next, c.file); err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	return nil
}

// env has what the Java process needs. The monotonic clock moves too: with
// DONT_FAKE_MONOTONIC, Java's timed waits break.
func (c *clock) env() []string {
	return []string{
		"LD_PRELOAD=" + c.preload,
		"FAKETIME_TIMESTAMP_FILE=" + c.file,
		"FAKETIME_NO_CACHE=1",
	}
}
