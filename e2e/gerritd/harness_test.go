package gerritd

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// verdict is a test that records how it ended instead of ending.
type verdict struct {
	testing.TB
	got string
}

func (v *verdict) Helper()               {}
func (v *verdict) Skip(...any)           { v.got = "skipped"; runtime.Goexit() }
func (v *verdict) Fatalf(string, ...any) { v.got = "failed"; runtime.Goexit() }

func TestRequire(t *testing.T) {
	for _, tc := range []struct {
		name, env string
		missing   []string
		want      string
	}{
		{"missing", "", []string{packageFake}, "skipped"},
		{"missing but required", "required", []string{packageFake}, "failed"},
		{"there", "required", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv(requiredEnv, tc.env)
			v, done := &verdict{TB: t}, make(chan struct{})
			go func() {
				defer close(done)
				gate(v, tc.missing)
			}()
			<-done
			if v.got != tc.want {
				t.Errorf("got %q, want %q", v.got, tc.want)
			}
		})
	}
}

func TestPack(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"etc/gerrit.config": "[gerrit]", "git/All-Users.git/refs/users/00/1": "abc", "logs/old": "said", "empty": "",
	} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed := filepath.Join(t.TempDir(), "site.tar.gz")
	if err := pack(from, packed); err != nil {
		t.Fatal(err)
	}
	if err := unpack(packed, to); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(to, path)
		got[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"etc/gerrit.config": "[gerrit]", "git/All-Users.git/refs/users/00/1": "abc", "empty": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files after packing and unpacking (-want +got):\n%s", diff)
	}
}
