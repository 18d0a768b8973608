package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One file with nearly every mistake there is: all are told in one go, by line,
// and no password is among what is told. To see the list anew after a change,
// delete testdata/broken.golden and run the test twice.
func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	src, err := os.ReadFile("testdata/broken.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("broken.toml", src, "/etc/torchbearer", plugins())
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("Parse = %v, want Problems", err)
	}
	got := problems.Error() + "\n"
	golden := filepath.Join("testdata", "broken.golden")
	want, err := os.ReadFile(golden)
	if errors.Is(err, os.ErrNotExist) {
		write(t, golden, got, 0o644)
	}
	if diff := diff(string(want), got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if strings.Contains(got, "hunter") {
		t.Error("a password is told")
	}
	last := 0
	for _, p := range problems {
		if p.Line < last {
			t.Errorf("line %d after line %d", p.Line, last)
		}
		last = p.Line
	}
}
