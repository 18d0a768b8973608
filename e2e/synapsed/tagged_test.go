//go:build !goolm

package synapsed_test

import (
	"os"
	"os/exec"
	"testing"

	"torchbearer/e2e/synapsed"
)

// Encryption compiles with the tag goolm alone: its tests run in a child.
func TestTagged(t *testing.T) {
	synapsed.Require(t)
	cmd := exec.CommandContext(t.Context(), "go", "test", "-tags", "goolm", "-count", "1", "-run", "Encrypted|LoginAgain|LoginByToken", ".")
	cmd.Env = os.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go test -tags goolm: %v\n%s", err, out)
	}
}
