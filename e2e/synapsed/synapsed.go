// Package synapsed runs a real Synapse for end-to-end tests: a homeserver of its
// own on loopback for each test, with users that the test drives.
//
//	srv := synapsed.Start(t)
//	zoe := srv.User("zoe")
//	room := zoe.CreateRoom(map[string]any{"preset": "public_chat", "room_alias_name": "glance"})
//	bot := srv.Account("glancebot") // under the default limits; log in with bot.Password
//
// The server is as its authors ship it where the bot is concerned: rc_message is
// the default, 0.2 messages a second and 10 at once. Testers are free of it.
package synapsed

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

const (
	// Name is the server's part of every user id and alias.
	Name = "test.example"

	secret     = "registration-of-the-tests"
	upWithin   = 60 * time.Second
	downWithin = 10 * time.Second
)

// Server is one Synapse. Make it with Start.
type Server struct {
	// URL is the address for clients, without slash at the end.
	URL string

	t     testing.TB
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
	admin *User
}

// Start runs a Synapse until the test ends, and skips the test, or fails it,
// as Require does.
func Start(t testing.TB) *Server {
	t.Helper()
	Require(t)
	s := &Server{t: t, dir: t.TempDir()}
	port := local.Port(t)
	s.URL = "http://127.0.0.1:" + port
	s.configure(port)
	s.Up()
	t.Cleanup(s.Down)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("--- synapse\n%s", s.tail(40))
		}
	})
	s.admin = s.register("admin", true)
	return s
}

// configure writes the server's configuration. There is no public_baseurl: with
// it a login's answer would lead clients past any proxy.
func (s *Server) configure(port string) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	free := map[string]any{"per_second": 1000, "burst_count": 1000}
	conf := map[string]any{
		"server_name": Name, "report_stats": false, "trusted_key_servers": []any{},
		"listeners": []any{map[string]any{
			"port": json.Number(port), "type": "http", "tls": false, "bind_addresses": []string{"127.0.0.1"},
			"resources": []any{map[string]any{"names": []string{"client"}}},
		}},
		"database":         map[string]any{"name": "sqlite3", "args": map[string]any{"database": filepath.Join(s.dir, "homeserver.db")}},
		"media_store_path": filepath.Join(s.dir, "media"), "signing_key_path": filepath.Join(s.dir, "signing.key"),
		"pid_file": filepath.Join(s.dir, "pid"), "registration_shared_secret": secret, "bcrypt_rounds": 4, "url_preview_enabled": false,
		"log_config":      filepath.Join(s.dir, "log.json"),
		"rc_registration": free, "rc_joins": map[string]any{"local": free, "remote": free}, "rc_room_creation": free,
		"rc_login":   map[string]any{"address": free, "account": free, "failed_attempts": free},
		"rc_invites": map[string]any{"per_room": free, "per_user": free, "per_issuer": free},
	}
	logs := map[string]any{
		"version": 1, "disable_existing_loggers": false,
		"handlers": map[string]any{"console": map[string]any{"class": "logging.StreamHandler"}},
		"root":     map[string]any{"level": "WARNING", "handlers": []string{"console"}},
	}
	for name, data := range map[string]any{"homeserver.json": conf, "log.json": logs} {
		raw, err := json.Marshal(data)
		if err == nil {
			err = os.WriteFile(filepath.Join(s.dir, name), raw, 0o600)
		}
		if err != nil {
			s.t.Fatalf("write configuration of synapse: %v", err)
		}
	}
	line := "ed25519 a_test " + base64.RawStdEncoding.EncodeToString(key) + "\n"
	if err := os.WriteFile(filepath.Join(s.dir, "signing.key"), []byte(line), 0o600); err != nil {
		s.t.Fatalf("write signing key: %v", err)
	}
}

// Up starts the server, which must not be running, and waits until it answers.
func (s *Server) Up() {
	s.t.Helper()
	out, err := os.OpenFile(s.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatalf("open output: %v", err)
	}
	defer out.Close()
	python, err := python()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(python, "-m", "synapse.app.homeserver", "--config-path", filepath.Join(s.dir, "homeserver.json"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, out, out
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
		s.t.Fatalf("start synapse: %v", err)
	}
	s.cmd, s.ended = cmd, ended
	for deadline := time.Now().Add(upWithin); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(s.URL + "/_matrix/client/versions")
		if err == nil {
			resp.Body.Close()
			return
		}
		select {
		case <-ended:
			s.t.Fatalf("synapse ended at once:\n%s", s.tail(40))
		default:
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("synapse does not answer:\n%s", s.tail(40))
		}
	}
}

// Down stops the server: politely, then after ten seconds not.
func (s *Server) Down() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(downWithin):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	s.cmd = nil
}

func (s *Server) output() string { return filepath.Join(s.dir, "synapse.out") }

// tail returns the last n lines of what the server said.
func (s *Server) tail(n int) string {
	text, err := os.ReadFile(s.output())
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-n):], []byte("\n")))
}

// User is somebody who is logged in.
type User struct {
	ID       string
	Password string
	token    string
	s        *Server
}

// User makes a user whom no limit on messages holds up.
func (s *Server) User(name string) *User {
	s.t.Helper()
	u := s.register(name, false)
	s.admin.Call("POST", "/_synapse/admin/v1/users/"+url.PathEscape(u.ID)+"/override_ratelimit", map[string]any{"messages_per_second": 0, "burst_count": 0})
	return u
}

// Account makes a user under the server's default limits: the bot.
func (s *Server) Account(name string) *User {
	s.t.Helper()
	return s.register(name, false)
}

// register makes a user by the shared secret (Synapse: Shared-Secret
// Registration).
func (s *Server) register(name string, admin bool) *User {
	s.t.Helper()
	u := &User{Password: name + "-of-the-tests", s: s}
	const path = "/_synapse/admin/v1/register"
	nonce, _ := u.Call("GET", path, nil)["nonce"].(string)
	role := "notadmin"
	if admin {
		role = "admin"
	}
	mac := hmac.New(sha1.New, []byte(secret))
	for i, part := range []string{nonce, name, u.Password, role} {
		if i > 0 {
			mac.Write([]byte{0})
		}
		mac.Write([]byte(part))
	}
	made := u.Call("POST", path, map[string]any{
		"nonce": nonce, "username": name, "password": u.Password, "admin": admin, "mac": hex.EncodeToString(mac.Sum(nil)),
	})
	u.ID, _ = made["user_id"].(string)
	u.token, _ = made["access_token"].(string)
	return u
}

// Call asks the server something as the user; the test fails where it does not
// answer 200.
func (u *User) Call(method, path string, body any) map[string]any {
	u.s.t.Helper()
	answer, err := u.Try(method, path, body)
	if err != nil {
		u.s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// Try is Call with an error for the test to look at.
func (u *User) Try(method, path string, body any) (answer map[string]any, err error) {
	var data io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		data = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, u.s.URL+path, data)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if u.token != "" {
		req.Header.Set("Authorization", "Bearer "+u.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask synapse: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d: %s", resp.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	return answer, nil
}
