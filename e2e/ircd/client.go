package ircd

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Client is a person at a raw connection. It answers PING by itself and records
// every line. Its methods end the test when something is not as expected, so
// they belong to the goroutine of the test.
type Client struct {
	// Nick is what it registered as.
	Nick string

	t    testing.TB // nil while the harness itself uses the client
	conn net.Conn

	mu      sync.Mutex
	lines   []Line
	seen    int           // how many of them Expect has passed
	changed chan struct{} // closed and replaced with each line, closed for good with the last
	err     error         // why the connection ended
}

// ClientOpts says how a Client connects.
type ClientOpts struct {
	// Nick is also the user name.
	Nick string
	// Caps are the capabilities to ask for; those that the server lacks are left
	// out. Nil: message-tags, server-time and account-tag.
	Caps []string
	// Account logs in before Dial returns: by SASL where the server has it,
	// otherwise with NickServ. Zero: no login.
	Account Account
	// CA is the PEM file of a TLS server's authority. Empty: no TLS.
	CA string
	// Cert is the client certificate to show. With Account.Name and no password
	// SASL uses it (EXTERNAL).
	Cert KeyPair
	// From is the local address. Empty: TesterIP.
	From string
}

// Dial connects a client and returns when it is registered and logged in.
func Dial(t testing.TB, addr string, opts ClientOpts) *Client {
	t.Helper()
	c, err := connect(addr, opts)
	if err != nil {
		t.Fatalf("connect %s to %s: %v", opts.Nick, addr, err)
	}
	c.t = t
	t.Cleanup(c.Close)
	return c
}

// Send sends a line as it is.
func (c *Client) Send(line string) {
	c.t.Helper()
	if err := c.send(line); err != nil {
		c.t.Fatalf("%s: %v", c.Nick, err)
	}
}

// Join enters a channel and returns when the server has said who is there.
func (c *Client) Join(channel string) {
	c.t.Helper()
	c.Send("JOIN " + channel)
	// 366 RPL_ENDOFNAMES.
	c.Expect(`^:\S+ 366 \S+ `+regexp.QuoteMeta(channel)+` `, readyWithin)
}

// Say sends a PRIVMSG to a channel or a nick.
func (c *Client) Say(target, text string) {
	c.t.Helper()
	c.Send("PRIVMSG " + target + " :" + text)
}

// Expect returns the first line that matches among those that arrived since the
// line of the previous Expect, and waits for one if there is none. The
// expression sees the line without its tags.
func (c *Client) Expect(expr string, within time.Duration) Line {
	c.t.Helper()
	re, err := regexp.Compile(expr)
	if err != nil {
		c.t.Fatalf("compile what %s expects: %v", c.Nick, err)
	}
	l, err := c.expect(func(l Line) bool { return re.MatchString(untagged(l.Raw)) }, within)
	if err != nil {
		c.t.Fatalf("%s waited for %s: %v", c.Nick, expr, err)
	}
	return l
}

// ExpectFunc is Expect with a function in place of an expression; what names it
// when the test fails.
func (c *Client) ExpectFunc(what string, match func(Line) bool, within time.Duration) Line {
	c.t.Helper()
	l, err := c.expect(match, within)
	if err != nil {
		c.t.Fatalf("%s waited for %s: %v", c.Nick, what, err)
	}
	return l
}

// Sync returns when the server has answered everything sent before.
func (c *Client) Sync() {
	c.t.Helper()
	token := fmt.Sprintf("sync-%d", time.Now().UnixNano())
	c.Send("PING " + token)
	c.Expect(`^:\S+ PONG .*`+token, readyWithin)
}

// Lines returns every line so far, since the connection began.
func (c *Client) Lines() []Line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lines)
}

// Quit leaves the network, and returns when the server has let go: the nick is
// free then, whichever connection asks for it next.
func (c *Client) Quit() {
	// A server that is gone already is as good.
	if c.send("QUIT") == nil {
		_ = c.Wait(readyWithin)
	}
	c.Close()
}

// Close ends the connection without a word.
func (c *Client) Close() { c.conn.Close() }

// Wait returns when the server has ended the connection.
func (c *Client) Wait(within time.Duration) error {
	timeout := time.After(within)
	for {
		c.mu.Lock()
		changed, ended := c.changed, c.err
		c.mu.Unlock()
		if ended != nil {
			return nil
		}
		select {
		case <-changed:
		case <-timeout:
			return fmt.Errorf("connection of %s is open after %v", c.Nick, within)
		}
	}
}

func untagged(raw string) string {
	if strings.HasPrefix(raw, "@") {
		_, raw, _ = strings.Cut(raw, " ")
	}
	return raw
}

func (c *Client) send(line string) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("send %q: %w", line, err)
	}
	if _, err := c.conn.Write([]byte(line + "\r\n")); err != nil {
		return fmt.Errorf("send %q: %w", line, err)
	}
	return nil
}

// expect is Expect without a test. When it fails nothing counts as passed.
func (c *Client) expect(match func(Line) bool, within time.Duration) (Line, error) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	c.mu.Lock()
	next := c.seen
	c.mu.Unlock()
	for {
		c.mu.Lock()
		fresh, changed, ended := c.lines[next:], c.changed, c.err
		for i, l := range fresh {
			if match(l) {
				c.seen = next + i + 1
				c.mu.Unlock()
				return l, nil
			}
		}
		next += len(fresh)
		c.mu.Unlock()
		if ended != nil {
			return Line{}, fmt.Errorf("connection ended: %w\n%s", ended, c.tail(20))
		}
		select {
		case <-changed:
		case <-timeout.C:
			return Line{}, fmt.Errorf("nothing in %v\n%s", within, c.tail(20))
		}
	}
}

// tail returns the last n lines for people.
func (c *Client) tail(n int) string {
	lines := c.Lines()
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s, last of %d lines\n", c.Nick, len(lines))
	for _, l := range lines[max(0, len(lines)-n):] {
		fmt.Fprintf(&b, "%s %s\n", l.At.Format("15:04:05.000"), l.Raw)
	}
	return b.String()
}

// read records lines until the connection ends.
func (c *Client) read() {
	r := bufio.NewReader(c.conn)
	for {
		raw, err := r.ReadString('\n')
		l := parseLine(strings.TrimRight(raw, "\r\n"), time.Now())
		if err == nil && l.Command == "PING" {
			err = c.send("PONG :" + l.Text())
		}
		c.mu.Lock()
		if err != nil {
			c.err = err
			close(c.changed)
			c.mu.Unlock()
			return
		}
		c.lines = append(c.lines, l)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
}

// waitNickServ returns when NickServ is on the network.
func (c *Client) waitNickServ(within time.Duration) error {
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) {
		if err := c.send("ISON NickServ"); err != nil {
			return err
		}
		// 303 RPL_ISON.
		l, err := c.expect(func(l Line) bool { return l.Command == "303" }, within)
		if err != nil {
			return err
		}
		if strings.EqualFold(strings.TrimSpace(l.Text()), "NickServ") {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("NickServ is not there")
}

// loggedIn matches what proves a login: 900 RPL_LOGGEDIN, or the mode of a
// registered nick.
func (c *Client) loggedIn(l Line) bool {
	switch l.Command {
	case "900":
		return true
	case "MODE":
		return len(l.Params) > 1 && l.Params[0] == c.Nick &&
			strings.HasPrefix(l.Params[1], "+") && strings.Contains(l.Params[1], "r")
	default:
		return false
	}
}

func saysCertAdded(text string) bool {
	return strings.Contains(text, "added to")
}
