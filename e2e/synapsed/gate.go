package synapsed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	// requiredEnv set to "required" turns every skipped end-to-end test into a
	// failed one, for machines that must not pass without having tested
	// anything; there the server is installed if need be.
	requiredEnv = "TORCHBEARER_E2E"

	version = "1.163.2"
)

// Require skips the test unless Synapse is in the user's cache, and says how to
// get it there. With TORCHBEARER_E2E=required it puts it there, which takes half
// a minute and needs Python with its venv module (Debian: python3-venv).
func Require(t testing.TB) {
	t.Helper()
	_, err := python()
	if err == nil {
		return
	}
	dir, dirErr := home()
	if dirErr != nil {
		t.Fatal(dirErr)
	}
	if os.Getenv(requiredEnv) != "required" {
		t.Skipf("no Synapse: python3 -m venv %[1]s && %[1]s/bin/pip install matrix-synapse==%[2]s (or set %[3]s=required)", dir, version, requiredEnv)
	}
	if err := install(dir); err != nil {
		t.Fatalf("%s=required, but: %v (Debian: apt-get install python3-venv)", requiredEnv, err)
	}
}

// home is where Synapse is: what is in it can be made again.
func home() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache: %w", err)
	}
	return filepath.Join(base, "torchbearer", "synapse-"+version), nil
}

// python is the interpreter that knows Synapse.
func python() (string, error) {
	dir, err := home()
	if err != nil {
		return "", err
	}
	// A script that an installation makes last of all.
	if _, err := os.Stat(filepath.Join(dir, "bin", "synapse_homeserver")); err != nil {
		return "", fmt.Errorf("find synapse: %w", err)
	}
	return filepath.Join(dir, "bin", "python3"), nil
}

// install makes a virtual environment beside its place and moves it there, so
// that nobody finds half of one. The interpreter doesn't mind.
func install(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "synapse-draft-")
	if err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	defer os.RemoveAll(draft)
	for _, args := range [][]string{
		{"python3", "-m", "venv", draft},
		{filepath.Join(draft, "bin", "pip"), "install", "-q", "matrix-synapse==" + version},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	if err := os.Rename(draft, dir); err != nil {
		if _, found := python(); found == nil {
			return nil // another was faster
		}
		return fmt.Errorf("put synapse into the cache: %w", err)
	}
	return nil
}
