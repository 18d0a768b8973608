package ircd

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
)

// link is one client of a proxy and its connection to the server.
type link struct {
	client, server net.Conn
	gone           chan struct{} // closed with the link
	closing        sync.Once

	mu     sync.Mutex
	thawed chan struct{} // what a frozen link waits for; nil when it is not
}

func newLink(client, server net.Conn) *link {
	return &link{client: client, server: server, gone: make(chan struct{})}
}

func (l *link) close() {
	l.closing.Do(func() {
		close(l.gone)
		l.client.Close()
		l.server.Close()
	})
}

func (l *link) freeze() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thawed == nil {
		l.thawed = make(chan struct{})
	}
}

func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thawed != nil {
		close(l.thawed)
		l.thawed = nil
	}
}

// wait returns when the link is not frozen; false means that it is gone.
func (l *link) wait() bool {
	l.mu.Lock()
	thawed := l.thawed
	l.mu.Unlock()
	if thawed != nil {
		select {
		case <-thawed:
		case <-l.gone:
		}
	}
	select {
	case <-l.gone:
		return false
	default:
		return true
	}
}

// pump carries the lines of one direction until either side ends. What a
// rewriting proxy answers goes back to where the line came from.
func (p *Proxy) pump(l *link, way Direction, from, to io.ReadWriter) {
	defer l.close()
	rewrite := p.opts.toServer
	if way == ToClient {
		rewrite = p.opts.toClient
	}
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		// Before the error is looked at: the end of one side must not reach the
		// other through a frozen link either.
		if !l.wait() || err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if p.record(way, line) {
			continue
		}
		var answer string
		if rewrite != nil {
			line, answer = rewrite(line)
		}
		if writeLine(to, line) != nil || writeLine(from, answer) != nil {
			return
		}
	}
}

// writeLine writes a line in one piece; an empty one is none.
func writeLine(w io.Writer, line string) error {
	if line == "" {
		return nil
	}
	_, err := io.WriteString(w, line+"\r\n")
	return err
}
