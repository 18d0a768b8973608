//go:build !goolm

package matrix

import (
	"os/exec"
	"testing"
)

// The encryption compiles with the tag goolm alone, see the design's libraries:
// this package's tests run once more in a child, so that the plain test command
// runs those with encryption too.
func TestTagged(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the encryption's tests are not built")
	}
	args := []string{"test", "-tags", "goolm", "-count", "1"}
	if raced {
		args = append(args, "-race")
	}
	out, err := exec.CommandContext(t.Context(), "go", append(args, ".")...).CombinedOutput()
	if err != nil {
		t.Errorf("go test -tags goolm: %v\n%s", err, out)
	}
}
