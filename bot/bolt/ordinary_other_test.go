//go:build !linux

package bolt

import (
	"os"
	"testing"
)

// ordinary skips the test for root, who may write anywhere.
func ordinary(t *testing.T, _ string) {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("root may write anywhere")
	}
}
