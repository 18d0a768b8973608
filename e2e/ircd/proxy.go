package ircd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// Direction is which way a line goes through a proxy.
type Direction int

// The two ways of a line.
const (
	ToServer Direction = iota
	ToClient
)

// ProxiedLine is a line that a proxy was given to forward.
type ProxiedLine struct {
	At      time.Time
	Way     Direction
	Text    string // as it came, without its end
	Dropped bool
}

// Proxy forwards lines between clients and a server over TLS on both sides,
// and breaks the way between them on demand. It shows the server the client's
// own certificate and loopback address. Its methods may be called from any
// goroutine.
type Proxy struct {
	// Addr is where clients connect: host:port, TLS with the certificate of the
	// server.
	Addr string

	opts     proxyOpts
	identity tls.Certificate
	roots    *x509.CertPool
	listener net.Listener
	open     sync.WaitGroup

	mu    sync.Mutex
	links map[*link]struct{}
	drop  map[Direction]*regexp.Regexp
	lines []ProxiedLine
}

type proxyOpts struct {
	listen, upstream string
	certs            *authority
	// toServer and toClient change lines: forward goes on, answer goes back;
	// either may be empty. Nil changes nothing.
	toServer, toClient func(line string) (forward, answer string)
}

// startProxy starts a proxy that ends with the test.
func startProxy(t testing.TB, opts proxyOpts) *Proxy {
	t.Helper()
	identity, err := tls.LoadX509KeyPair(opts.certs.server.Cert, opts.certs.server.Key)
	if err != nil {
		t.Fatalf("load certificate of the proxy: %v", err)
	}
	listener, err := net.Listen("tcp", opts.listen)
	if err != nil {
		t.Fatalf("listen as proxy: %v", err)
	}
	p := &Proxy{
		Addr:     listener.Addr().String(),
		opts:     opts,
		identity: identity,
		roots:    x509.NewCertPool(),
		listener: listener,
		links:    make(map[*link]struct{}),
		drop:     make(map[Direction]*regexp.Regexp),
	}
	p.roots.AddCert(opts.certs.ca)
	p.open.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.Cut()
		p.open.Wait()
	})
	return p
}

// Cut closes every connection. New ones are served.
func (p *Proxy) Cut() {
	for _, l := range p.current() {
		l.close()
	}
}

// Freeze stops forwarding on the present connections and leaves them open, as a
// dead link or a forgetful firewall does. New ones are served.
func (p *Proxy) Freeze() {
	for _, l := range p.current() {
		l.freeze()
	}
}

// Thaw lets frozen connections run on; what was held back arrives now.
func (p *Proxy) Thaw() {
	for _, l := range p.current() {
		l.release()
	}
}

// Drop loses the lines that match, one expression for each way at a time. Nil
// lets everything through again.
func (p *Proxy) Drop(way Direction, lines *regexp.Regexp) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop[way] = lines
}

// Lines returns every line given to the proxy so far, of all connections.
func (p *Proxy) Lines() []ProxiedLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

func (p *Proxy) current() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	return links
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.open.Go(func() { p.serve(conn) })
	}
}

// serve connects the server first, so that a client of a stopped server sees its
// connection closed before any TLS.
func (p *Proxy) serve(client net.Conn) {
	host, _, _ := net.SplitHostPort(client.RemoteAddr().String())
	server, err := dialFrom(host, p.opts.upstream, 10*time.Second)
	if err != nil {
		client.Close()
		return
	}
	l := newLink(client, server)
	p.mu.Lock()
	p.links[l] = struct{}{}
	p.mu.Unlock()
	defer func() {
		l.close()
		p.mu.Lock()
		delete(p.links, l)
		p.mu.Unlock()
	}()
	clientTLS, serverTLS, err := p.handshake(client, server)
	if err != nil {
		return
	}
	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(l, ToServer, clientTLS, serverTLS) })
	pumps.Go(func() { p.pump(l, ToClient, serverTLS, clientTLS) })
	pumps.Wait()
}

// handshake sets up TLS to both sides. A client certificate that the network
// made is shown to the server in turn, with its key.
func (p *Proxy) handshake(client, server net.Conn) (clientTLS, serverTLS *tls.Conn, err error) {
	deadline := time.Now().Add(10 * time.Second)
	if err := client.SetDeadline(deadline); err != nil {
		return nil, nil, err
	}
	clientTLS = tls.Server(client, &tls.Config{
		Certificates: []tls.Certificate{p.identity},
		ClientAuth:   tls.RequestClientCert,
	})
	if err := clientTLS.Handshake(); err != nil {
		return nil, nil, fmt.Errorf("shake hands with client: %w", err)
	}
	cfg := &tls.Config{RootCAs: p.roots, ServerName: "127.0.0.1"}
	for _, cert := range clientTLS.ConnectionState().PeerCertificates {
		if pair, ok := p.opts.certs.known(cert); ok {
			cfg.Certificates = []tls.Certificate{pair}
		}
	}
	if err := client.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	return clientTLS, tls.Client(server, cfg), nil
}

// record logs a line and tells whether it is to be lost.
func (p *Proxy) record(way Direction, text string) (dropped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	re := p.drop[way]
	dropped = re != nil && re.MatchString(text)
	p.lines = append(p.lines, ProxiedLine{At: time.Now(), Way: way, Text: text, Dropped: dropped})
	return dropped
}
