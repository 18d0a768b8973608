package ircd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is one server program that can be started more than once.
type process struct {
	name string // of the program
	args []string
	dir  string   // working folder
	logs []string // what to show when a test fails, besides its output

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{} // closed when cmd has ended
	frozen bool
}

// start runs the program; it must not be running.
func (p *process) start() error {
	path, err := find(p.name)
	if err != nil {
		return err
	}
	cred, err := serverUser()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(p.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open output: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(path, p.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, out, out
	// The kernel ends the server when the test dies without cleaning up, as it
	// does on a time-out.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Pdeathsig: syscall.SIGKILL}

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
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.ended, p.frozen = cmd, ended, false
	return nil
}

// stop ends the program: politely, then after five seconds not. A program that
// does not run is fine.
func (p *process) stop() {
	if !p.running() {
		return
	}
	if p.thaw() != nil || p.signal(syscall.SIGTERM) != nil {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		_ = p.signal(syscall.SIGKILL)
		<-p.ended
	}
}

// freeze suspends the program.
func (p *process) freeze() error {
	p.mu.Lock()
	p.frozen = true
	p.mu.Unlock()
	return p.signal(syscall.SIGSTOP)
}

// thaw resumes the program; one that is not suspended is fine.
func (p *process) thaw() error {
	p.mu.Lock()
	frozen := p.frozen
	p.frozen = false
	p.mu.Unlock()
	if !frozen {
		return nil
	}
	return p.signal(syscall.SIGCONT)
}

func (p *process) signal(sig os.Signal) error {
	if !p.running() {
		return errors.New("not running")
	}
	return p.cmd.Process.Signal(sig)
}

func (p *process) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) output() string { return filepath.Join(p.dir, p.name+".out") }

// tail returns the last n lines of each log.
func (p *process) tail(n int) string {
	var b bytes.Buffer
	for _, path := range append([]string{p.output()}, p.logs...) {
		matches, _ := filepath.Glob(path)
		for _, m := range matches {
			text, err := os.ReadFile(m)
			if err != nil {
				fmt.Fprintf(&b, "%v\n", err)
				continue
			}
			lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
			fmt.Fprintf(&b, "--- %s, last of %d lines\n", filepath.Base(m), len(lines))
			b.Write(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// serverUser is who the servers run as: they refuse root. Nil is the present
// user.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"irc", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read uid of %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read gid of %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("find a user to run servers as: neither irc nor nobody exists")
}

// serverDir is a folder of the test that the servers may write to.
func serverDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	cred, err := serverUser()
	if err != nil {
		refuse(t, err.Error())
	}
	if cred == nil {
		return dir
	}
	if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
		t.Fatalf("give folder to the servers: %v", err)
	}
	// The testing package keeps the folder above to the present user.
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatalf("open folder to the servers: %v", err)
	}
	for up := filepath.Dir(dir); up != "/"; up = filepath.Dir(up) {
		if info, err := os.Stat(up); err == nil && info.Mode()&0o001 == 0 {
			t.Fatalf("servers can't reach their folder: %s is closed to others; set TMPDIR", up)
		}
	}
	return dir
}
