// Package pyenv puts Python programs that tests need into the user's cache: a
// virtual environment for each, with exact versions, made once and kept.
//
//	//go:embed requirements.txt
//	var requirements string
//
//	python := pyenv.Require(t, "synapse-1.163.2", requirements)
//	cmd := exec.Command(python, "-m", "synapse.app.homeserver", …)
package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// requiredEnv set to "required" turns every skipped end-to-end test into a
// failed one, for machines that must not pass without having tested anything.
const requiredEnv = "TORCHBEARER_E2E"

// packageVenv is Debian's package of Python's module venv.
const packageVenv = "python3-venv"

// errNoVenv says that the system's Python makes no environments.
var errNoVenv = errors.New("not installed: apt-get install " + packageVenv)

// Require returns the interpreter of an environment that holds what the
// requirements name (pip's format, exact versions). Where there is none yet it
// is made, which takes half a minute; where that can't be done the test is
// skipped, or fails with TORCHBEARER_E2E=required.
func Require(t testing.TB, name, requirements string) (python string) {
	t.Helper()
	python, err := Install(name, requirements)
	if err == nil {
		return python
	}
	if os.Getenv(requiredEnv) == "required" {
		t.Fatalf("%s=required, but %v", requiredEnv, err)
	}
	t.Skip(err)
	return ""
}

// Install is Require for who has no test at hand. Of several processes one
// installs and the others wait for it.
func Install(name, requirements string) (python string, err error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache: %w", err)
	}
	base = filepath.Join(base, "torchbearer")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	sum := sha256.Sum256([]byte(requirements))
	dir := filepath.Join(base, name+"-"+hex.EncodeToString(sum[:4]))
	python = filepath.Join(dir, "bin", "python3")
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	// It leads to the system's, which may have gone meanwhile.
	if _, err := os.Stat(python); err == nil {
		return python, nil
	}
	return python, install(dir, requirements)
}

// install makes an environment beside its place and moves it there, so that
// nobody finds half of one. The interpreter doesn't mind; the scripts in bin do.
func install(dir, requirements string) error {
	if exec.Command("python3", "-c", "import venv, ensurepip").Run() != nil {
		return errNoVenv
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "draft-")
	if err != nil {
		return fmt.Errorf("make cache: %w", err)
	}
	defer os.RemoveAll(draft)
	list := filepath.Join(draft, "requirements.txt")
	if err := os.WriteFile(list, []byte(requirements), 0o600); err != nil {
		return fmt.Errorf("write requirements: %w", err)
	}
	for _, args := range [][]string{
		{"python3", "-m", "venv", draft},
		{filepath.Join(draft, "bin", "python3"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", list},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear cache: %w", err)
	}
	if err := os.Rename(draft, dir); err != nil {
		return fmt.Errorf("put %s into the cache: %w", filepath.Base(dir), err)
	}
	return nil
}

// lock takes a lock that other processes respect, and waits for it.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
