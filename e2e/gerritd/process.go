package gerritd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// process is one run of the server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// startJava runs the war in a folder, which also gets its output.
func startJava(war, dir string, env []string, args ...string) (*process, error) {
	out, err := os.OpenFile(outputOf(dir), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start Gerrit: %w", err)
	}
	defer out.Close()
	// One client and a small queue: quick to start matters more than to run.
	java := []string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-jar", war}
	cmd := exec.Command("java", append(java, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	// GERRIT_TMP: the jars of the war are unpacked to it.
	cmd.Env = append(append(os.Environ(), "GERRIT_TMP="+filepath.Join(dir, "tmp")), env...)
	// The kernel ends the server when the test dies without cleaning up, as it
	// does on a time-out.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// That signal is tied to the thread that started the process, so the
		// thread has to stay for as long as the process does.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			// How a server ends is its own business.
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start Gerrit: %w", err)
	}
	return &process{cmd: cmd, ended: ended}, nil
}

func (p *process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// stop ends the server: politely, then after ten seconds not.
func (p *process) stop() {
	if !p.running() {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // it may be frozen
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *process) signal(s os.Signal) error {
	if !p.running() {
		return errors.New("not running")
	}
	return p.cmd.Process.Signal(s)
}

// outputOf is not in the site's logs: Gerrit compresses what is old there, also
// by a clock that was moved.
func outputOf(site string) string { return filepath.Join(site, "console.out") }

// outputSize is how much the servers of a site have written so far.
func outputSize(site string) int64 {
	info, err := os.Stat(outputOf(site))
	if err != nil {
		return 0
	}
	return info.Size()
}

// portTaken reports whether a server has said, after so many bytes of output,
// that it found a port in use.
func portTaken(site string, from int64) bool {
	text, err := os.ReadFile(outputOf(site))
	return err == nil && bytes.Contains(text[min(from, int64(len(text))):], []byte("Address already in use"))
}

// tail is the last n lines that the server of a site wrote, without its chatter.
func tail(site string, n int) string {
	text, err := os.ReadFile(outputOf(site))
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	lines = slices.DeleteFunc(lines, func(line []byte) bool {
		return bytes.Contains(line, []byte("] INFO ")) || bytes.HasPrefix(line, []byte("\tat "))
	})
	return fmt.Sprintf("--- Gerrit, last of %d lines\n%s", len(lines), bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}
