package bolt

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// ordinary makes the rest of the test an ordinary user's, whose the folder is
// then: root, as whom CI runs, may write anywhere. File access alone changes
// hands, and on this thread alone (setfsuid(2)).
func ordinary(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chown(d, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	runtime.LockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setfsuid(0); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
}
