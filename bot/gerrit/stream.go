package gerrit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	mostLine   = 1 << 20          // bytes of one event
	answerIn   = 30 * time.Second // for everything that the server is asked over ssh
	keepAlive  = 30 * time.Second // between two questions whether it is there
	streamUp   = 3 * time.Second  // a server that refuses the stream has said so by then
	soonest    = 5 * time.Second  // from a failure to the next attempt
	latest     = 5 * time.Minute  // the same, at most
	longEnough = time.Minute      // a stream that held so long was a good one
)

// StreamConfig says where a server's events are, and who may hear them.
type StreamConfig struct {
	Name    string // of the server's section
	Address string // host:port of its ssh; 29418 is usual
	User    string
	KeyFile string // path of the account's private key, PEM, no passphrase; read at each attempt
	HostKey string // the server's public key as in a known_hosts file: "ssh-ed25519 AAAA…"
}

// StreamOptions is a StreamConfig with what tests replace.
type StreamOptions struct {
	StreamConfig
	// Dial connects; nil: over TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	Log  *slog.Logger // nil: slog.Default
}

// Stream hears what happens on a server, by "gerrit stream-events" over ssh
// (Documentation/cmd-stream-events.html). Nothing is learnt from it but that
// there is something to read: events get lost, their fields may be missing, and
// what is read later is what holds.
//
//	stream, err := gerrit.NewStream(gerrit.StreamOptions{StreamConfig: …})
//	poller, err := gerrit.NewPoller(client, gerrit.PollOptions{Stream: stream, …})
type Stream struct {
	o   StreamOptions
	key ssh.PublicKey // the server's
	log *slog.Logger

	mu      sync.Mutex
	trouble string
}

// refusal is what another attempt soon would not change.
type refusal string

func (r refusal) Error() string { return string(r) }

// NewStream returns a stream; it does not connect.
func NewStream(o StreamOptions) (*Stream, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(o.HostKey))
	if err != nil {
		return nil, fmt.Errorf("read host key of %s: %w", o.Address, err)
	}
	s := &Stream{o: o, key: key, log: o.Log}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.log = s.log.With("server", o.Name)
	if o.Dial == nil {
		s.o.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		}
	}
	return s, nil
}

// Trouble says in one line why the stream is not there; "" while it is, and
// before the first attempt has failed.
func (s *Stream) Trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

func (s *Stream) set(trouble string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = trouble
}

// Run calls wake for each change of the projects that something happens to, and
// whenever a stream begins: nobody knows what was missed. It connects again
// after every failure, less and less often, and returns when the context ends.
func (s *Stream) Run(ctx context.Context, projects []string, wake func()) {
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		err := s.follow(ctx, func() {
			s.set("")
			s.log.Info("hearing events")
			wake()
		}, func(line []byte) {
			if concerns(line, projects) {
				wake()
			}
		})
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) >= longEnough {
			failures = 0
		}
		if _, refused := errors.AsType[refusal](err); refused {
			failures = 6
		}
		// Everybody loses the stream when the server starts again, so not all
		// come back at once: after 5 to 6.7 s at first, then up to 5 minutes.
		wait := min(soonest<<min(failures, 6), latest*3/4)
		wait += rand.N(wait / 3)
		failures++
		s.log.Warn("no event stream", "error", err, "again", wait)
		s.set(words("", []byte(err.Error())))
		if sleep(ctx, wait) != nil {
			return
		}
	}
}

// Try connects as Run does, and leaves as soon as the server has let the account
// have the stream. The error says what is missing, and who can grant it.
func (s *Stream) Try(ctx context.Context) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	granted := false
	err := s.follow(ctx, func() {
		granted = true
		leave()
	}, func([]byte) {})
	if granted || err == nil {
		return nil
	}
	return errors.New(words("", []byte(err.Error())))
}

// follow has one stream from its begin to its end, and says why it ended. Up is
// called once it is sure that the server grants it, hear for each line.
func (s *Stream) follow(ctx context.Context, up func(), hear func(line []byte)) error {
	config, err := s.login()
	if err != nil {
		return err
	}
	asking, answered := context.WithTimeout(ctx, answerIn)
	defer answered()
	conn, err := s.o.Dial(asking, s.o.Address)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", s.o.Address, err)
	}
	// What ends the connection ends everything that waits for it.
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	early := context.AfterFunc(asking, func() { conn.Close() })
	session, client, err := s.begin(conn, config)
	if !early() && err == nil {
		err = errors.New("closed")
	}
	if err != nil {
		if errors.Is(asking.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("connect to %s: no answer within %s", s.o.Address, answerIn)
		}
		return s.plain(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- session.read(hear, func() { conn.Close() }) }()
	defer func() {
		conn.Close()
		<-ended
	}()
	granted := time.NewTimer(streamUp)
	defer granted.Stop()
	alive := time.NewTicker(keepAlive)
	defer alive.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err // for the end
			return err
		case <-granted.C:
			up()
		case <-alive.C:
			dead := time.AfterFunc(answerIn, func() { conn.Close() })
			// Any answer is one, "no" included.
			_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
			if !dead.Stop() {
				return fmt.Errorf("no sign of life for %s", answerIn)
			}
			if err != nil {
				return fmt.Errorf("connection lost: %w", err)
			}
		}
	}
}

// login is how the bot and the server prove to each other who they are.
func (s *Stream) login() (*ssh.ClientConfig, error) {
	pem, err := os.ReadFile(s.o.KeyFile)
	if err != nil {
		// Without the path: people in chat read this.
		if path, ok := errors.AsType[*os.PathError](err); ok {
			err = path.Err
		}
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	// A server has several keys and offers the kind that is asked for.
	kinds := []string{s.key.Type()}
	if s.key.Type() == ssh.KeyAlgoRSA {
		kinds = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return &ssh.ClientConfig{
		User: s.o.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyAlgorithms: kinds,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if !bytes.Equal(key.Marshal(), s.key.Marshal()) {
				return refusal(fmt.Sprintf("%s has another host key than the configured one: %s; compare it with what its administrators publish", s.o.Address, ssh.FingerprintSHA256(key)))
			}
			return nil
		},
		ClientVersion: "SSH-2.0-torchbearer",
	}, nil
}

// plain puts what the library says into words for those who have to mend it.
func (s *Stream) plain(err error) error {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	if strings.Contains(err.Error(), "unable to authenticate") {
		return refusal(fmt.Sprintf("%s does not take the ssh key of %s; its public half belongs into the account's settings, SSH Keys", s.o.Address, s.o.User))
	}
	return fmt.Errorf("connect to %s: %w", s.o.Address, err)
}

// session is a command that runs on the server.
type session struct {
	*ssh.Session
	out io.Reader
	err *short
}

// begin logs in and starts the stream.
func (s *Stream) begin(conn net.Conn, config *ssh.ClientConfig) (session, *ssh.Client, error) {
	c, channels, requests, err := ssh.NewClientConn(conn, s.o.Address, config)
	if err != nil {
		return session{}, nil, err
	}
	client := ssh.NewClient(c, channels, requests)
	ss, err := client.NewSession()
	if err != nil {
		return session{}, nil, err
	}
	out, err := ss.StdoutPipe()
	if err != nil {
		return session{}, nil, err
	}
	said := &short{}
	ss.Stderr = said
	return session{Session: ss, out: out, err: said}, client, ss.Start("gerrit stream-events")
}

// read hands on lines until the stream ends, and says why it did. Closed ends
// the connection.
func (s session) read(hear func(line []byte), closed func()) error {
	lines := bufio.NewScanner(s.out)
	lines.Buffer(make([]byte, 0, 64<<10), mostLine)
	for lines.Scan() {
		hear(lines.Bytes())
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("an event of more than %d MiB", mostLine>>20)
	}
	// Why, the server says now or never.
	defer time.AfterFunc(streamUp/2, closed).Stop()
	err := s.Wait()
	switch said := s.err.text(); {
	case strings.Contains(said, "not permitted") || strings.Contains(said, "capability"):
		return refusal("not permitted; the server's administrators can grant the account the global capability Stream Events")
	case said != "":
		return fmt.Errorf("the server ended it: %s", words("", []byte(said)))
	case err != nil:
		return fmt.Errorf("the server ended it: %w", err)
	}
	return errors.New("the server ended it")
}

// short keeps the begin of what is written to it.
type short struct {
	mu   sync.Mutex
	kept []byte
}

func (s *short) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, p[:min(len(p), 4<<10-len(s.kept))]...)
	return len(p), nil
}

func (s *short) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(string(s.kept))
}

// concerns reports whether an event is about a change of one of the projects, or
// says that events were left out, of which nobody knows what they were about.
func concerns(line []byte, projects []string) bool {
	var event struct {
		Type   string
		Change struct{ Project string }
	}
	if json.Unmarshal(line, &event) != nil {
		return false
	}
	return event.Type == "dropped-output" || slices.Contains(projects, event.Change.Project)
}
