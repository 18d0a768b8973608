// Package e2e_test runs the program as people run it, against real chat servers:
// InspIRCd with Anope as the modern network, ircd-hybrid with Anope as the nearest
// thing to OFTC (package ircd starts them). What is asserted is what the channel
// sees, what the command line says, and what a stopped bot's store holds; of the
// bot's packages the store's alone is imported.
//
//	go test ./e2e                                    skipped where a server is missing
//	TORCHBEARER_E2E=required go test ./e2e           fails instead
//	TORCHBEARER_RACE=1 go test ./e2e                 with the race detector in the program
//	go test ./e2e -run TestTranscript -v             prints a session for the README
package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program builds the bot once, when the first test asks for it, and returns its
// path.
var program = sync.OnceValues(build)

// folder holds what was built; set by TestMain.
var folder string

func TestMain(m *testing.M) {
	flag.Parse()
	// Nearly all the time is waiting for a clock or a network, so far more tests
	// go side by side than there are processors; -parallel still decides.
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		if err := flag.Set("test.parallel", "16"); err != nil {
			panic(err)
		}
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "torchbearer-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	return m.Run()
}

// built returns when the program is. That takes a minute of all processors on a
// new machine, so a test calls it before it starts servers, which have to be up
// in time, and before it looks at the clock: an event a few seconds ahead would
// be due by then.
func built(t testing.TB) {
	t.Helper()
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
}

func build() (string, error) {
	path := filepath.Join(folder, "torchbearer")
	args := []string{"build", "-o", path}
	if os.Getenv("TORCHBEARER_RACE") != "" {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "torchbearer")...).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build program: %w", err), errors.New(string(out)))
	}
	return path, nil
}
