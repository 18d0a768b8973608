package gerrit_test

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"torchbearer/bot/gerrit"
)

// sshd is a server's ssh in memory. What it does with those who want the stream
// is what a test says.
type sshd struct {
	t       *testing.T
	address string
	host    ssh.Signer
	second  ssh.Signer // another host key; nil: none
	public  string     // of the host key
	keyFile string     // of the account

	mu     sync.Mutex
	dials  int
	refuse error                 // what connecting says
	serve  func(c *heard)        // a stream that was asked for; it ends when this returns
	raw    func(net.Conn)        // instead of ssh; nil: ssh
	alive  bool                  // it answers when asked whether it is there
	knows  func(key string) bool // whether an account has a key; nil: it has
}

// heard is one who has asked for the stream.
type heard struct {
	ssh.Channel
	closed <-chan struct{}
}

// says sends lines.
func (h *heard) says(lines ...string) {
	for _, line := range lines {
		if _, err := io.WriteString(h, line+"\n"); err != nil {
			return
		}
	}
}

// event is a line about a change of a project.
func event(kind, project string) string {
	return `{"type":"` + kind + `","change":{"project":"` + project + `","number":7},"eventCreatedOn":1}`
}

func newSSHD(t *testing.T, serve func(*heard)) *sshd {
	t.Helper()
	s := &sshd{t: t, address: "review.example.org:29418", host: newKey(t, 1), keyFile: filepath.Join(t.TempDir(), "key"), serve: serve, alive: true}
	s.public = authorized(s.host)
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(seed(2)), "glancebot")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.keyFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// authorized is the public half of a key, as files have it.
func authorized(key ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}

func seed(n byte) []byte { return slices.Repeat([]byte{n}, ed25519.SeedSize) }

func newKey(t *testing.T, n byte) ssh.Signer {
	t.Helper()
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed(n)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// stream is one that hears the server.
func (s *sshd) stream(hostKey string) *gerrit.Stream {
	s.t.Helper()
	stream, err := gerrit.NewStream(gerrit.StreamOptions{
		StreamConfig: gerrit.StreamConfig{Name: "opendev", Address: s.address, User: "glancebot", KeyFile: s.keyFile, HostKey: hostKey},
		Dial:         s.dial, Log: quiet(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return stream
}

// set changes what the server does from the next connection on.
func (s *sshd) set(change func(*sshd)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// count is how often somebody connected, or wanted to.
func (s *sshd) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dials
}

func (s *sshd) dial(ctx context.Context, address string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials++
	if s.refuse != nil {
		return nil, s.refuse
	}
	if address != s.address {
		return nil, errors.New("no such host")
	}
	near, far := wires()
	if raw := s.raw; raw != nil {
		go func() {
			defer far.Close()
			raw(far)
		}()
	} else {
		go s.shell(far, s.serve, s.alive, s.knows)
	}
	return near, ctx.Err()
}

// shell is one connection.
func (s *sshd) shell(conn net.Conn, serve func(*heard), alive bool, knows func(string) bool) {
	defer conn.Close()
	config := &ssh.ServerConfig{PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if c.User() != "glancebot" || knows != nil && !knows(ssh.FingerprintSHA256(key)) {
			return nil, errors.New("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(s.host)
	if s.second != nil {
		config.AddHostKey(s.second)
	}
	c, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for r := range requests {
			if alive {
				_ = r.Reply(false, nil)
			}
		}
	}()
	for asked := range channels {
		channel, commands, err := asked.Accept()
		if err != nil {
			return
		}
		for r := range commands {
			if r.Type != "exec" || string(r.Payload[4:]) != "gerrit stream-events" {
				_ = r.Reply(false, nil)
				continue
			}
			_ = r.Reply(true, nil)
			go ssh.DiscardRequests(commands)
			serve(&heard{Channel: channel, closed: closed})
			c.Close()
			return
		}
	}
}

// exit ends a stream as a program does that failed.
func (h *heard) exit(status byte, why string) {
	_, _ = io.WriteString(h.Stderr(), why)
	_, _ = h.SendRequest("exit-status", false, []byte{0, 0, 0, status})
	_ = h.Close()
	<-h.closed
}

// wire is an end of a connection that, other than net.Pipe's, takes what is
// written before the other end reads it, as a network does.
type wire struct {
	net.Conn
	out    chan []byte
	closed chan struct{}
	once   sync.Once
}

func wires() (near, far net.Conn) {
	a, b := net.Pipe()
	return newWire(a), newWire(b)
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, out: make(chan []byte, 4096), closed: make(chan struct{})}
	go func() {
		for {
			select {
			case <-w.closed:
				return
			case p := <-w.out:
				if _, err := c.Write(p); err != nil {
					return
				}
			}
		}
	}()
	return w
}

func (w *wire) Write(p []byte) (int, error) {
	select {
	case <-w.closed:
		return 0, net.ErrClosed
	case w.out <- slices.Clone(p):
		return len(p), nil
	}
}

// Close cuts the connection: what has not arrived does not.
func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}
