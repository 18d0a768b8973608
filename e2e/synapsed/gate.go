package synapsed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const (
	// askedEnv set to anything runs the tests with a real Synapse. The program
	// does not know Matrix yet, so nobody runs them unasked.
	askedEnv = "TORCHBEARER_SYNAPSE"

	version = "1.163.2"
)

// Require skips the test unless it was asked for. Then it puts Synapse into the
// user's cache, if it is not there, which takes half a minute and needs Python
// with its venv module (Debian: python3-venv).
func Require(t testing.TB) {
	t.Helper()
	if os.Getenv(askedEnv) == "" {
		t.Skip("not asked for: set " + askedEnv + "=1 to test with a real Synapse")
	}
	if _, err := python(); err == nil {
		return
	}
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	if err := install(dir); err != nil {
		t.Fatalf("%v (Debian: apt-get install python3-venv)", err)
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
