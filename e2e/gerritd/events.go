package gerritd

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// HostKey is the public key of the server's ssh, as a known_hosts file has it:
// "ssh-ed25519 AAAA…".
func (s *Server) HostKey() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.site, "etc", "ssh_host_ed25519_key.pub"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// SSHKey makes an ssh key, and returns the path of its private half. The account
// has it once AddSSHKey gave it the public half.
func (s *Server) SSHKey() (path, public string) {
	s.t.Helper()
	key, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		s.t.Fatal(err)
	}
	path = filepath.Join(s.t.TempDir(), "ssh-key")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		s.t.Fatal(err)
	}
	// RFC 8709, section 4: the name and the key, each after its length.
	var blob []byte
	for _, part := range [][]byte{[]byte("ssh-ed25519"), key} {
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(part))), part...)
	}
	return path, "ssh-ed25519 " + base64.StdEncoding.EncodeToString(blob)
}

// AddSSHKey lets an account in with a key.
func (s *Server) AddSSHKey(user, public string) {
	s.t.Helper()
	s.Must(Admin, "POST", "/accounts/"+url.PathEscape(user)+"/sshkeys", public, nil)
}

// AllowEvents lets the accounts of a group hear events.
func (s *Server) AllowEvents(group string) {
	s.t.Helper()
	s.allow("All-Projects", map[string]map[string]any{
		"GLOBAL_CAPABILITIES": {"streamEvents": rules(s.groupID(group))},
	})
}
