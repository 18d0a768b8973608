package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// There is no moment at which others could open the socket.
func TestTheSocketIsPrivateFromTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	var open atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if info, err := os.Lstat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
				open.Add(1)
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("look at the socket: %v", err)
				return
			}
		}
	}()
	for range 500 {
		l, err := listenControl(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	if n := open.Load(); n > 0 {
		t.Errorf("others could open the socket at %d moments", n)
	}
}
