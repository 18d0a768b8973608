package synapsed

import (
	_ "embed"
	"testing"

	"torchbearer/e2e/pyenv"
)

const version = "1.163.2"

//go:embed requirements.txt
var requirements string

// Require returns the interpreter that knows Synapse. Where it is not there yet
// it is put into the user's cache; where that can't be done the test is skipped,
// or fails with TORCHBEARER_E2E=required ([pyenv.Require]).
func Require(t testing.TB) (python string) {
	t.Helper()
	return pyenv.Require(t, "synapse-"+version, requirements)
}
