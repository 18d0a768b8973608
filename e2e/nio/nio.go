// Package nio is a Matrix client of another implementation than the bot's, which
// a test drives: matrix-nio with vodozemac, in a process of its own. What it
// decrypts others can decrypt too, and what it encrypts the bot has to
// understand.
//
//	zoe := nio.Login(t, srv.URL, user.ID, user.Password)
//	zoe.Join(room)
//	asked := zoe.Say(room, "!freeze")
//	said := zoe.Expect(room, "an answer", func(e nio.Event) bool { return e.Sender == bot && e.Thread() == asked })
package nio

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/local"
	"torchbearer/e2e/pyenv"
	"torchbearer/e2e/synapsed"
)

// Version is that of matrix-nio.
const Version = "0.26.0"

// within bounds the wait for whatever the client does or hears, on a machine
// that has much else to do.
const within = 2 * time.Minute

//go:embed requirements.txt
var requirements string

//go:embed client.py
var program []byte

// Client is somebody who is logged in. Its methods may be called from any
// goroutine of its test.
type Client struct {
	ID     string
	Device string // of this login
	Key    string // its ed25519 key

	t      testing.TB
	in     io.WriteCloser
	broken chan struct{} // closed when the process has ended

	mu    sync.Mutex
	last  int
	calls map[int]chan answer
}

type answer struct {
	ID              int
	Error           string
	Device, Ed25519 string
	Event           string
	Events          []Event
	Encrypted       bool
}

// Event is one event as the client understands it: decrypted, where it could.
type Event struct {
	synapsed.Event
	Decrypted bool // it came encrypted, and was understood
}

// Require skips or fails the test where the client can't be had, as
// [pyenv.Require] does.
func Require(t testing.TB) { t.Helper(); python(t) }

func python(t testing.TB) string {
	t.Helper()
	return pyenv.Require(t, "nio-"+Version, requirements)
}

// Login starts a client, which ends with the test.
func Login(t testing.TB, homeserver, user, password string) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.py")
	if err := os.WriteFile(path, program, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), path)
	log := new(local.Log)
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{ID: user, t: t, in: in, broken: make(chan struct{}), calls: map[int]chan answer{}}
	// The kernel ends the client when the test dies without cleaning up. That is
	// tied to the thread that started it, so the thread stays as long.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.read(out)
			_ = cmd.Wait()
		}
		close(c.broken)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start client: %v", err)
	}
	t.Cleanup(func() {
		c.in.Close()
		_ = cmd.Process.Kill()
		<-c.broken
		if t.Failed() {
			t.Logf("--- %s's client\n%s", user, log)
		}
	})
	a := c.call(map[string]any{"do": "login", "homeserver": homeserver, "user": user, "password": password})
	c.Device, c.Key = a.Device, a.Ed25519
	return c
}

// read hands answers to those who wait for them.
func (c *Client) read(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			continue
		}
		c.mu.Lock()
		waits := c.calls[a.ID]
		delete(c.calls, a.ID)
		c.mu.Unlock()
		if waits != nil {
			waits <- a
		}
	}
}

// call gives an order and waits for what came of it.
func (c *Client) call(order map[string]any) answer {
	c.t.Helper()
	waits := make(chan answer, 1)
	c.mu.Lock()
	c.last++
	order["id"] = c.last
	c.calls[c.last] = waits
	line, err := json.Marshal(order)
	if err == nil {
		_, err = c.in.Write(append(line, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		c.t.Fatalf("tell %s's client: %v", c.ID, err)
	}
	select {
	case a := <-waits:
		if a.Error != "" {
			c.t.Fatalf("%s's client: %v: %s", c.ID, order["do"], a.Error)
		}
		return a
	case <-c.broken:
		c.t.Fatalf("%s's client has ended", c.ID)
	case <-time.After(within):
		c.t.Fatalf("%s's client: %v takes longer than %v", c.ID, order["do"], within)
	}
	return answer{}
}

// Join joins a room by its id.
func (c *Client) Join(room string) {
	c.t.Helper()
	c.call(map[string]any{"do": "join", "room": room})
}

// Say sends a text, encrypted where the room is, and returns its event id.
func (c *Client) Say(room, text string) string {
	c.t.Helper()
	return c.Send(room, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// Send sends any event and returns its id.
func (c *Client) Send(room, kind string, content map[string]any) string {
	c.t.Helper()
	return c.call(map[string]any{"do": "send", "room": room, "type": kind, "content": content}).Event
}

// React puts a sign to an event and returns the id of that.
func (c *Client) React(room, event, sign string) string {
	c.t.Helper()
	return c.Send(room, "m.reaction", synapsed.Annotation(event, sign))
}

// Redact takes an event back.
func (c *Client) Redact(room, event string) {
	c.t.Helper()
	c.call(map[string]any{"do": "redact", "room": room, "event": event})
}

// Events lists what has come of a room since the client logged in, oldest first.
func (c *Client) Events(room string) []Event {
	c.t.Helper()
	return c.call(map[string]any{"do": "events", "room": room}).Events
}

// Said lists what somebody has said in a room, oldest first: messages, of which
// those that the client can't decrypt are of type m.room.encrypted.
func (c *Client) Said(room, by string) (said []synapsed.Event) {
	c.t.Helper()
	for _, e := range c.Events(room) {
		if e.Sender == by && (e.Type == "m.room.message" || e.Type == "m.room.encrypted") {
			said = append(said, e.Event)
		}
	}
	return said
}

// Encrypted reports whether the client encrypts what it sends there.
func (c *Client) Encrypted(room string) bool {
	c.t.Helper()
	return c.call(map[string]any{"do": "events", "room": room}).Encrypted
}

// Expect waits for an event, and returns the first that is one.
func (c *Client) Expect(room, what string, is func(Event) bool) Event {
	c.t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		events := c.Events(room)
		for _, e := range events {
			if is(e) {
				return e
			}
		}
		if time.Now().After(deadline) {
			var last strings.Builder
			for _, e := range events[max(0, len(events)-10):] {
				last.WriteString("\n" + e.Sender + " " + e.Type + " " + e.Body())
			}
			c.t.Fatalf("%s has waited %v for %s; the last that came:%s", c.ID, within, what, &last)
		}
	}
}
