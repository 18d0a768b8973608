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

// requiredEnv set to "required" turns every skipped end-to-end test into a
// failed one, for machines that must not pass without having tested anything.
const requiredEnv = "TORCHBEARER_E2E"

// Debian's packages, and how each is recognised.
const (
	packageJava  = "openjdk-17-jre-headless"
	packageMaven = "maven"
	packageFake  = "libfaketime"
)

// Require skips the test unless a Java, Maven and libfaketime are installed, and
// names the Debian packages that are missing; with TORCHBEARER_E2E=required it
// fails the test instead. Maven is needed only until the server's war is in the
// cache.
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

// gate lets the test go on when nothing is missing.
func gate(t testing.TB, missing []string) {
	t.Helper()
	if len(missing) == 0 {
		return
	}
	why := "not installed: apt-get install " + strings.Join(missing, " ")
	if os.Getenv(requiredEnv) == "required" {
		t.Fatalf("%s=required, but %s", requiredEnv, why)
	}
	t.Skip(why)
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
