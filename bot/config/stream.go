package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Stream is where a review server tells what happens on it: Gerrit's
// stream-events, over ssh.
type Stream struct {
	Address string // host:port
	Key     string // path of the private key of the account; PEM, no passphrase
	HostKey string // the server's public key: "ssh-ed25519 AAAA…"
}

// mostKey is the largest private key in bytes: RSA's with 16384 bits has 13 KiB.
const mostKey = 32 << 10

// stream checks a review server's stream of events; the zero Stream if there is
// none.
func (b *builder) stream(server *node, path string, raw *streamSection) Stream {
	n := server.get("stream")
	if n == nil || n.kind != tableKind {
		return Stream{}
	}
	path = join(path, "stream")
	if server.get("user") == nil {
		b.report(n.line, path, "needs user and password: only an account can be let hear events")
	}
	text := func(key string) *node {
		if at := n.get(key); at != nil && at.kind == textKind {
			return at
		}
		return nil
	}
	if at := text("address"); at != nil {
		if why := sshAddress(raw.Address); why != "" {
			b.report(at.line, path+".address", why)
		}
	}
	if at := text("host_key"); at != nil {
		if why := hostKey(raw.HostKey); why != "" {
			b.report(at.line, path+".host_key", why)
		}
	}
	s := Stream{Address: raw.Address, Key: resolve(b.dir, raw.Key), HostKey: raw.HostKey}
	if at := text("key"); at != nil {
		if !plainPath(raw.Key) {
			b.report(at.line, path+".key", "is no file's path; want one line, not empty")
		} else if b.disk {
			if why := privateKey(s.Key); why != "" {
				b.report(at.line, path+".key", why)
			}
		}
	}
	return s
}

// sshAddress says what is wrong with the address of a Gerrit's ssh, or "".
func sshAddress(s string) string {
	name, port, err := net.SplitHostPort(s)
	if err != nil || !host(name) {
		return quote(s) + " is no address; want host:port of Gerrit's ssh, such as \"review.opendev.org:29418\""
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
		return quote(port) + " is no port; 1 to 65535 are allowed, 29418 is usual"
	}
	return ""
}

// hostKey says what is wrong with a server's public key, or "".
func hostKey(s string) string {
	const want = `want the server's public key, as "ssh-keyscan -p 29418 HOST" prints it behind the name: "ssh-ed25519 AAAA…"`
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(s))
	switch {
	case strings.HasPrefix(s, "SHA256:") || strings.HasPrefix(s, "MD5:"):
		return "is a fingerprint; " + want
	case err != nil, len(options) > 0, len(rest) > 0:
		return "is no public key; " + want
	}
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoRSA, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
		return ""
	}
	return fmt.Sprintf("is a key of the kind %s; want one that begins with ssh-ed25519, ecdsa-sha2-nistp… or ssh-rsa", quote(key.Type()))
}

// privateKey says what is wrong with the file of a private key, or "". Nothing
// of its content is told.
func privateKey(path string) string {
	pem, err := readSecret(path, mostKey)
	if err != nil {
		return err.Error()
	}
	_, err = ssh.ParsePrivateKey(pem)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return strconv.Quote(path) + " has a passphrase, which nobody could enter; want a key without (ssh-keygen -N '' makes one)"
	}
	if err != nil {
		return strconv.Quote(path) + " holds no private key; want one as ssh-keygen makes it"
	}
	return ""
}
