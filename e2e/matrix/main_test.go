// Package matrix_test runs the program as people run it against a real Synapse
// with its default limits on messages: in plain rooms, and in encrypted ones
// beside a client of another implementation (package nio). What is asserted is
// what the rooms hold in the end, what such a client understands, and what the
// command line says.
//
//	go test ./e2e/matrix                             skipped where a server can't be had
//	TORCHBEARER_E2E=required go test ./e2e/matrix    fails instead
//	go test -race ./e2e/matrix                       with the race detector in the program too
//
// One server serves all tests but those that stop it. Each test has a bot, people
// and rooms of its own, and the limits of an account are that account's.
package matrix_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"torchbearer/e2e/local"
	"torchbearer/e2e/synapsed"
)

// suite is what the tests of this package share; set by TestMain.
var suite struct {
	folder  string
	program func() (string, error)
	worlds  atomic.Int64 // that there were

	mu     sync.Mutex // of the server's start
	server *synapsed.Shared
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Nearly all the time is waiting for a clock or a limit, so more tests go side
	// by side than there are processors; -parallel still decides.
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if suite.folder, err = os.MkdirTemp("", "torchbearer-matrix-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(suite.folder)
	suite.program = sync.OnceValues(build)
	defer func() {
		if suite.server != nil {
			suite.server.Close()
		}
	}()
	return m.Run()
}

// build builds the bot, as the Dockerfile does: with encryption.
func build() (string, error) {
	path := filepath.Join(suite.folder, "torchbearer")
	args := []string{"build", "-tags", "goolm", "-o", path}
	if raced {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "torchbearer")...).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build program: %w", err), errors.New(string(out)))
	}
	return path, nil
}

// shared is the server of all tests, as this one sees it.
func shared(t testing.TB) *synapsed.Server {
	t.Helper()
	python := synapsed.Require(t)
	suite.mu.Lock()
	defer suite.mu.Unlock()
	if suite.server == nil {
		dir := filepath.Join(suite.folder, "synapse")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		p, err := synapsed.Open(python, dir, local.Port(t))
		if err != nil {
			t.Fatal(err)
		}
		suite.server = p
	}
	return suite.server.For(t)
}

// unique is what sets this test's names apart from those of others.
func unique() string { return strconv.FormatInt(suite.worlds.Add(1), 10) }
