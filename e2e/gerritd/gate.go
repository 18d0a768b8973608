package gerritd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// askedEnv set to anything runs the tests with a real Gerrit. They take minutes,
// and the bot does not talk to Gerrit yet, so nobody runs them unasked.
const askedEnv = "TORCHBEARER_GERRIT"

// Debian's packages, and how each is recognised.
const (
	packageJava  = "openjdk-17-jre-headless"
	packageMaven = "maven"
	packageFake  = "libfaketime"
)

// Require fails the test unless a Java, Maven and libfaketime are installed,
// and names the Debian packages that are missing. Maven is needed only until the
// server's war is in the cache. Unless it was asked for, it skips all the same.
func Require(t testing.TB) {
	t.Helper()
	var missing []string
	if _, err := exec.LookPath("java"); err != nil {
		missing = append(missing, packageJava)
	}
	if _, err := exec.LookPath("mvn"); err != nil && !cached() {
		missing = append(missing, packageMaven)
	}
	if _, err := fakeLibrary(); err != nil {
		missing = append(missing, packageFake)
	}
	gate(t, missing)
}

// gate lets the test go on when it was asked for and nothing is missing.
func gate(t testing.TB, missing []string) {
	t.Helper()
	switch {
	case os.Getenv(askedEnv) == "":
		t.Skip("not asked for: set " + askedEnv + "=1 to test with a real Gerrit")
	case len(missing) > 0:
		t.Fatalf("not installed: apt-get install %s", strings.Join(missing, " "))
	}
}

// fakeLibrary is the path of the library that moves the server's clock. Debian
// keeps it in a folder of the processor's name.
func fakeLibrary() (string, error) {
	for _, pattern := range []string{"/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("find libfaketime: %w", err)
		}
		if len(found) > 0 {
			slices.Sort(found)
			return found[0], nil
		}
	}
	return "", fmt.Errorf("find libfaketime: %w", os.ErrNotExist)
}
