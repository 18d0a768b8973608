package app

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
)

// A reader that panics begins again after a minute, and ends when it is told to.
func TestReadingBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &core{log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		runs := 0
		c.reading(ctx, func(ctx context.Context) {
			if runs++; runs < 3 {
				panic("an answer that nobody foresaw")
			}
			stop()
		})
		if runs != 3 {
			t.Errorf("ran %d times, want 3", runs)
		}
	})
}
