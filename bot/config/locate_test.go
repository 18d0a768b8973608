package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStorePath(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		text string
		want string // "": the file does not say
	}{
		"mistakes elsewhere": {"[store]\npath = \"bot.db\"\n[team.glance]\nroms = 3\n", filepath.Join(dir, "bot.db")},
		"no store":           {"[team.glance]\n", ""},
		"another kind":       {"[store]\npath = 3\n", ""},
		"no TOML":            {"[store\n", ""},
	} {
		file := filepath.Join(dir, "c.toml")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := StorePath(file); got != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, ok, tc.want)
		}
	}
	if got, ok := StorePath(filepath.Join(dir, "missing.toml")); ok {
		t.Errorf("a file that is not there says %q", got)
	}
}
