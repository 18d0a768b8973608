package app

import (
	"io"
	"strings"
	"testing"

	"torchbearer/plugins/all"
)

// The end of input waits for the last answer: of a plugin, and of the bot itself.
func TestDemoAnswersTheLastLine(t *testing.T) {
	for line, want := range map[string]string{
		"!status": "torchbearer ",
		"!freeze": "Spec freeze: ",
	} {
		for range 20 {
			var out strings.Builder
			env := Env{
				Args: []string{"demo"}, Stdin: strings.NewReader(line + "\n"), Stdout: &out, Stderr: io.Discard,
				Plugins: all.Plugins(),
			}
			if code := Main(t.Context(), env); code != exitDone {
				t.Fatalf("exit status %d", code)
			}
			if !strings.Contains(out.String(), "<torchbearer> "+want) {
				t.Fatalf("%s is not answered:\n%s", line, out.String())
			}
		}
	}
}
