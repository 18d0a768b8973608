package local_test

import (
	"testing"

	"torchbearer/e2e/local"
)

// Who was given a port has it until the test ends, though nobody listens yet.
func TestPortIsGivenOnce(t *testing.T) {
	given := map[string]bool{}
	for range 400 { // of 12,000 ports: by chance alone some would come twice
		port := local.Port(t)
		if given[port] {
			t.Fatalf("%s was given twice", port)
		}
		given[port] = true
	}
}
