//go:build goolm

package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The recovery key is shown once, whatever is called later, and stored nowhere; and
// the network can be tried with the login's keys.
func TestLoginWithEncryption(t *testing.T) {
	d := newDesk(t, "[matrix.main]", "key = { file = \"key\" }\n[matrix.main]\nencryption = true")
	if err := os.WriteFile(filepath.Join(filepath.Dir(d.path), "key"), []byte(strings.Repeat("k", 44)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := d.run("check", "-config", d.path, "-connect"); code != exitFailed || !strings.Contains(said, "torchbearer login") {
		t.Errorf("check before login: exit %d\n%s", code, said)
	}
	key := regexp.MustCompile(`(?m)^    (?:\w{4} ){11}\w{4}$`)
	code, first := d.run("login", "-config", d.path, "main")
	if code != exitDone || len(key.FindAllString(first, -1)) != 1 {
		t.Fatalf("login: exit %d\n%s", code, first)
	}
	shown := strings.TrimSpace(key.FindString(first))
	for _, args := range [][]string{{"login", "-config", d.path, "main"}, {"check", "-config", d.path, "-connect"}} {
		code, said := d.run(args...)
		if code != exitDone || strings.Contains(said, shown) || key.MatchString(said) {
			t.Errorf("%q: exit %d\n%s", args, code, said)
		}
		if args[0] == "check" && !strings.Contains(said, "ok      main: encryption: cross-signed") {
			t.Errorf("check does not tell of the device:\n%s", said)
		}
	}
	store, err := os.ReadFile(d.store)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(store), shown) || strings.Contains(string(store), strings.Repeat("k", 44)) {
		t.Error("the store holds the recovery key, or its own")
	}
}
