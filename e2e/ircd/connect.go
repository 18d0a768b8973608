package ircd

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// connect is Dial without a test.
func connect(addr string, opts ClientOpts) (*Client, error) {
	if opts.From == "" {
		opts.From = TesterIP
	}
	if opts.Caps == nil {
		opts.Caps = []string{"message-tags", "server-time", "account-tag"}
	}
	conn, err := dialFrom(opts.From, addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	if opts.CA != "" {
		cfg, err := opts.tls()
		if err != nil {
			conn.Close()
			return nil, err
		}
		conn = tls.Client(conn, cfg)
	}
	c := &Client{Nick: opts.Nick, conn: conn, changed: make(chan struct{})}
	go c.read()
	if err := c.register(opts); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// dialFrom connects from a loopback address of one's own choice.
func dialFrom(from, addr string, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return d.Dial("tcp", addr)
}

func (o ClientOpts) tls() (*tls.Config, error) {
	text, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	cfg := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"}
	if !cfg.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("read authority: no certificate in %s", o.CA)
	}
	if o.Cert == (KeyPair{}) {
		return cfg, nil
	}
	pair, err := tls.LoadX509KeyPair(o.Cert.Cert, o.Cert.Key)
	if err != nil {
		return nil, fmt.Errorf("load client certificate: %w", err)
	}
	cfg.Certificates = []tls.Certificate{pair}
	return cfg, nil
}

// register goes through capabilities, login and the welcome.
func (c *Client) register(opts ClientOpts) error {
	for _, line := range []string{"CAP LS 302", "NICK " + opts.Nick, "USER " + opts.Nick + " 0 * :a tester"} {
		if err := c.send(line); err != nil {
			return err
		}
	}
	offered, err := c.offered()
	if err != nil {
		return err
	}
	login := opts.Account != Account{}
	bySASL := login && slices.Contains(offered, "sasl")
	var want []string
	for _, name := range opts.Caps {
		if slices.Contains(offered, name) {
			want = append(want, name)
		}
	}
	if bySASL {
		want = append(want, "sasl")
	}
	if len(want) > 0 {
		if err := c.send("CAP REQ :" + strings.Join(want, " ")); err != nil {
			return err
		}
		if _, err := c.expect(func(l Line) bool {
			return l.Command == "CAP" && slices.Contains(l.Params, "ACK")
		}, readyWithin); err != nil {
			return fmt.Errorf("see capabilities granted: %w", err)
		}
	}
	if bySASL {
		if err := c.sasl(opts.Account); err != nil {
			return err
		}
	}
	if err := c.send("CAP END"); err != nil {
		return err
	}
	// 376 RPL_ENDOFMOTD, 422 ERR_NOMOTD: the welcome is complete.
	welcome, err := c.expect(func(l Line) bool {
		return l.Command == "376" || l.Command == "422" || l.Command == "433"
	}, readyWithin)
	if err != nil {
		return fmt.Errorf("see welcome: %w", err)
	}
	if welcome.Command == "433" {
		return errors.New(welcome.Raw)
	}
	if login && !bySASL {
		return c.identify(opts.Account)
	}
	return nil
}

// offered returns the names of the server's capabilities. The list may come in
// several lines, all but the last with a star.
func (c *Client) offered() ([]string, error) {
	var names []string
	for {
		l, err := c.expect(func(l Line) bool { return l.Command == "CAP" }, readyWithin)
		if err != nil {
			return nil, fmt.Errorf("see capabilities: %w", err)
		}
		for field := range strings.FieldsSeq(l.Text()) {
			name, _, _ := strings.Cut(field, "=")
			names = append(names, name)
		}
		if len(l.Params) < 4 {
			return names, nil
		}
	}
}

func (c *Client) sasl(a Account) error {
	mechanism, response := "PLAIN", base64.StdEncoding.EncodeToString([]byte("\x00"+a.Name+"\x00"+a.Password))
	if a.Password == "" {
		mechanism, response = "EXTERNAL", "+"
	}
	if err := c.send("AUTHENTICATE " + mechanism); err != nil {
		return err
	}
	if _, err := c.expect(func(l Line) bool { return l.Command == "AUTHENTICATE" }, readyWithin); err != nil {
		return fmt.Errorf("log in by SASL: %w", err)
	}
	if err := c.send("AUTHENTICATE " + response); err != nil {
		return err
	}
	// 903 RPL_SASLSUCCESS; 902 and 904 to 908 are the ways to fail.
	l, err := c.expect(func(l Line) bool { return l.Command > "901" && l.Command < "909" }, readyWithin)
	if err != nil {
		return fmt.Errorf("log in by SASL: %w", err)
	}
	if l.Command != "903" {
		return fmt.Errorf("log in by SASL: %s", l.Raw)
	}
	return nil
}

// identify logs in with NickServ. The nick is left out, because networks differ
// in where it goes.
func (c *Client) identify(a Account) error {
	if err := c.send("PRIVMSG NickServ :IDENTIFY " + a.Password); err != nil {
		return err
	}
	if _, err := c.expect(c.loggedIn, readyWithin); err != nil {
		return fmt.Errorf("log in with NickServ: %w", err)
	}
	return nil
}
