//go:build !goolm

package app

import (
	"strings"
	"testing"
)

// A build without encryption says so beside all other mistakes, by line, whatever it
// is asked to do; what only looks at the configuration doesn't mind.
func TestEncryptionIsNotInThisBuild(t *testing.T) {
	d := newDesk(t, "[matrix.main]", "key = { env = \"TORCHBEARER_TEST_KEY\" }\n[matrix.main]\nencryption = true\nburst = 0")
	t.Setenv("TORCHBEARER_TEST_KEY", strings.Repeat("k", 44))
	for _, args := range [][]string{{"check", "-config", d.path}, {"run", "-config", d.path}, {"login", "-config", d.path, "main"}} {
		code, said := d.run(args...)
		for _, want := range []string{
			d.path + ":5: matrix.main.encryption: is not in this build of torchbearer; build it with go build -tags goolm",
			d.path + ":6: matrix.main.burst: 0 messages at once",
		} {
			if code != exitUsage || !strings.Contains(said, want) {
				t.Errorf("%q: exit %d, no %q in\n%s", args, code, want, said)
			}
		}
	}
	code, said := d.run("preview", "-config", d.path, "-from", "2026-12-01", "-to", "2026-12-02")
	if code != exitUsage || strings.Contains(said, "goolm") || !strings.Contains(said, "burst") {
		t.Errorf("preview: exit %d\n%s", code, said)
	}
	if code, said := d.run("version"); code != exitDone || !strings.HasSuffix(said, ", without encryption\n") {
		t.Errorf("version: exit %d, %q", code, said)
	}
}
