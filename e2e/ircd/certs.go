package ircd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// KeyPair is a certificate and its private key, as paths of PEM files.
type KeyPair struct {
	Cert, Key string
}

// authority makes the certificates of one network.
type authority struct {
	dir    string
	ca     *x509.Certificate
	caKey  *ecdsa.PrivateKey
	server KeyPair

	mu      sync.Mutex
	clients map[string]tls.Certificate // by DER
}

// newAuthority writes ca.pem and the certificate of the server into a folder.
func newAuthority(dir string) (*authority, error) {
	a := &authority{dir: dir, clients: make(map[string]tls.Certificate)}
	template := a.template("Torchbearer test authority")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	pair, err := a.make("ca", template, nil)
	if err != nil {
		return nil, err
	}
	loaded, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	a.ca, a.caKey = loaded.Leaf, loaded.PrivateKey.(*ecdsa.PrivateKey)

	template = a.template("irc.test.example")
	template.DNSNames = []string{"localhost", "irc.test.example"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	a.server, err = a.make("server", template, a.ca)
	return a, err
}

// client makes a client certificate, signed by itself as those of real bots are.
func (a *authority) client(name string) (KeyPair, error) {
	template := a.template(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	pair, err := a.make("client-"+name, template, nil)
	if err != nil {
		return KeyPair{}, err
	}
	loaded, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return KeyPair{}, fmt.Errorf("load certificate of %s: %w", name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clients[string(loaded.Certificate[0])] = loaded
	return pair, nil
}

// known returns the key pair of a certificate that client made: a proxy shows it
// to the server in the client's place.
func (a *authority) known(cert *x509.Certificate) (tls.Certificate, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pair, ok := a.clients[string(cert.Raw)]
	return pair, ok
}

func (a *authority) template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// make signs a template, by itself if parent is nil, and writes both files.
func (a *authority) make(name string, template, parent *x509.Certificate) (KeyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return KeyPair{}, fmt.Errorf("make key: %w", err)
	}
	signer := a.caKey
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return KeyPair{}, fmt.Errorf("sign certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return KeyPair{}, fmt.Errorf("encode key: %w", err)
	}
	pair := KeyPair{Cert: filepath.Join(a.dir, name+".pem"), Key: filepath.Join(a.dir, name+".key")}
	if err := writePEM(pair.Cert, "CERTIFICATE", der); err != nil {
		return KeyPair{}, err
	}
	// Readable for the user that the server runs as; the folder is private.
	if err := writePEM(pair.Key, "PRIVATE KEY", keyDER); err != nil {
		return KeyPair{}, err
	}
	return pair, nil
}

func writePEM(path, kind string, der []byte) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write certificate: %w", err)
	}
	return nil
}
