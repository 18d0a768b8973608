// Package synapsed runs a real Synapse for end-to-end tests: a homeserver on
// loopback, for one test or for several, with users that the test drives.
//
//	srv := synapsed.Start(t) // or shared.For(t), of one that synapsed.Open has started
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
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"torchbearer/e2e/local"
)

const (
	// Name is the server's part of every user id and alias.
	Name = "test.example"

	secret = "registration-of-the-tests"
)

// Server is a Synapse as one test sees it. Make it with Start, or with For.
type Server struct {
	// URL is the address for clients, without slash at the end.
	URL string

	t testing.TB
	p *Shared
}

// Start runs a Synapse until the test ends, and skips the test, or fails it,
// as Require does.
func Start(t testing.TB) *Server {
	t.Helper()
	p, err := Open(Require(t), t.TempDir(), local.Port(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p.For(t)
}

// Up starts the server again after Down, and waits until it answers.
func (s *Server) Up() {
	s.t.Helper()
	if err := s.p.up(); err != nil {
		s.t.Fatal(err)
	}
}

// Down stops the server: politely, then after ten seconds not.
func (s *Server) Down() { s.p.down() }

// User is somebody who is logged in.
type User struct {
	ID       string
	Password string
	token    string
	url      string
	s        *Server // of the test that fails with it
}

// User makes a user whom no limit on messages holds up.
func (s *Server) User(name string) *User {
	s.t.Helper()
	u := s.Account(name)
	admin := *s.p.admin
	admin.s = s
	admin.Call("POST", "/_synapse/admin/v1/users/"+url.PathEscape(u.ID)+"/override_ratelimit", map[string]any{"messages_per_second": 0, "burst_count": 0})
	return u
}

// Account makes a user under the server's default limits: the bot.
func (s *Server) Account(name string) *User {
	s.t.Helper()
	u, err := s.p.register(name, false)
	if err != nil {
		s.t.Fatal(err)
	}
	u.s = s
	return u
}

// Login logs somebody in once more, with a device of its own.
func (s *Server) Login(who *User) *User {
	s.t.Helper()
	u := &User{ID: who.ID, Password: who.Password, url: s.p.url, s: s}
	u.token, _ = u.Call("POST", v3+"login", map[string]any{
		"type": "m.login.password", "password": who.Password,
		"identifier": map[string]any{"type": "m.id.user", "user": who.ID},
	})["access_token"].(string)
	return u
}

// register makes a user by the shared secret (Synapse: Shared-Secret
// Registration).
func (p *Shared) register(name string, admin bool) (*User, error) {
	u := &User{Password: name + "-of-the-tests", url: p.url}
	const path = "/_synapse/admin/v1/register"
	asked, err := u.Try("GET", path, nil)
	if err != nil {
		return nil, fmt.Errorf("register %s: %w", name, err)
	}
	nonce, _ := asked["nonce"].(string)
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
	made, err := u.Try("POST", path, map[string]any{
		"nonce": nonce, "username": name, "password": u.Password, "admin": admin, "mac": hex.EncodeToString(mac.Sum(nil)),
	})
	if err != nil {
		return nil, fmt.Errorf("register %s: %w", name, err)
	}
	u.ID, _ = made["user_id"].(string)
	u.token, _ = made["access_token"].(string)
	return u, nil
}

// Token is the access token of the user's login.
func (u *User) Token() string { return u.token }

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
	req, err := http.NewRequest(method, u.url+path, data)
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
