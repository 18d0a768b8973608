package ircd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// requiredEnv set to "required" turns every skipped end-to-end test into a
// failed one, for machines that must not pass without having tested anything.
const requiredEnv = "TORCHBEARER_E2E"

// Require skips the test unless each program is installed. On Debian a program
// and its package have the same name. With TORCHBEARER_E2E=required it fails the
// test instead.
func Require(t testing.TB, programs ...string) {
	t.Helper()
	var missing []string
	for _, p := range programs {
		if _, err := find(p); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		refuse(t, "not installed: apt-get install "+strings.Join(missing, " "))
	}
}

// refuse skips the test, or fails it where end-to-end tests are required.
func refuse(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(requiredEnv) == "required" {
		t.Fatalf("%s=required, but %s", requiredEnv, why)
	}
	t.Skip(why)
}

// find returns the path of an installed server. Servers live in /usr/sbin, which
// the PATH of an ordinary user lacks.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(filepath.Join("/usr/sbin", program))
	if err != nil {
		return "", fmt.Errorf("find %s: %w", program, err)
	}
	return path, nil
}
