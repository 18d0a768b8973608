package synapsed

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	upWithin   = 2 * time.Minute // on a machine that has much else to do
	downWithin = 10 * time.Second
)

// Shared is a Synapse that belongs to no test. Make it with Open.
type Shared struct {
	url, dir, python string
	admin            *User

	mu    sync.Mutex // of what Up and Down change
	cmd   *exec.Cmd
	ended chan struct{}
}

// Open starts a Synapse in a folder, on a loopback port. Python is the
// interpreter that Require returns. Who opens it closes it.
func Open(python, dir, port string) (*Shared, error) {
	p := &Shared{url: "http://127.0.0.1:" + port, dir: dir, python: python}
	if err := p.configure(port); err != nil {
		return nil, err
	}
	err := p.up()
	if err == nil {
		p.admin, err = p.register("admin", true)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close stops the server.
func (p *Shared) Close() { p.down() }

// For is the server as one test sees it: what goes wrong is that test's fault.
// Its users and rooms need names that no other test takes.
func (p *Shared) For(t testing.TB) *Server {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- synapse\n%s", p.tail(40))
		}
	})
	return &Server{URL: p.url, t: t, p: p}
}

// configure writes the server's configuration. There is no public_baseurl: with
// it a login's answer would lead clients past any proxy.
func (p *Shared) configure(port string) error {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	free := map[string]any{"per_second": 1000, "burst_count": 1000}
	conf := map[string]any{
		"server_name": Name, "report_stats": false, "trusted_key_servers": []any{},
		"listeners": []any{map[string]any{
			"port": json.Number(port), "type": "http", "tls": false, "bind_addresses": []string{"127.0.0.1"},
			"resources": []any{map[string]any{"names": []string{"client"}}},
		}},
		"database":         map[string]any{"name": "sqlite3", "args": map[string]any{"database": filepath.Join(p.dir, "homeserver.db")}},
		"media_store_path": filepath.Join(p.dir, "media"), "signing_key_path": filepath.Join(p.dir, "signing.key"),
		"pid_file": filepath.Join(p.dir, "pid"), "registration_shared_secret": secret, "bcrypt_rounds": 4, "url_preview_enabled": false,
		"log_config":      filepath.Join(p.dir, "log.json"),
		"rc_registration": free, "rc_joins": map[string]any{"local": free, "remote": free}, "rc_room_creation": free,
		"rc_login":   map[string]any{"address": free, "account": free, "failed_attempts": free},
		"rc_invites": map[string]any{"per_room": free, "per_user": free, "per_issuer": free},
	}
	logs := map[string]any{
		"version": 1, "disable_existing_loggers": false,
		"handlers": map[string]any{"console": map[string]any{"class": "logging.StreamHandler"}},
		"root":     map[string]any{"level": "WARNING", "handlers": []string{"console"}},
	}
	line := "ed25519 a_test " + base64.RawStdEncoding.EncodeToString(key) + "\n"
	files := map[string][]byte{"signing.key": []byte(line)}
	for name, data := range map[string]any{"homeserver.json": conf, "log.json": logs} {
		raw, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("encode configuration of synapse: %w", err)
		}
		files[name] = raw
	}
	for name, raw := range files {
		if err := os.WriteFile(filepath.Join(p.dir, name), raw, 0o600); err != nil {
			return fmt.Errorf("write configuration of synapse: %w", err)
		}
	}
	return nil
}

// up starts the server, which must not be running, and waits until it answers.
func (p *Shared) up() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, err := os.OpenFile(p.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open output of synapse: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(p.python, "-m", "synapse.app.homeserver", "--config-path", filepath.Join(p.dir, "homeserver.json"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, out, out
	// The kernel ends the server when the test dies without cleaning up. That
	// signal is tied to the thread, which so has to stay.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start synapse: %w", err)
	}
	p.cmd, p.ended = cmd, ended
	for deadline := time.Now().Add(upWithin); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(p.url + "/_matrix/client/versions")
		if err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("synapse ended at once:\n%s", p.tail(40))
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("synapse does not answer:\n%s", p.tail(40))
		}
	}
}

// down stops the server: politely, then after ten seconds not.
func (p *Shared) down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(downWithin):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	p.cmd = nil
}

func (p *Shared) output() string { return filepath.Join(p.dir, "synapse.out") }

// tail returns the last n lines of what the server said.
func (p *Shared) tail(n int) string {
	text, err := os.ReadFile(p.output())
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}
