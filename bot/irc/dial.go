package irc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

const dialTimeout = 30 * time.Second // TLS included

// tlsConfig reads the PEM files of the configuration. It is nil without TLS.
// ServerName is always set: nothing else would do it for a connection that was
// dialled by hand.
func (c *Config) tlsConfig() (*tls.Config, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("read address %q: %w", c.Address, err)
	}
	if !c.TLS {
		return nil, nil
	}
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("read certificate authority: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read certificate authority: no certificate in %s", c.CA)
		}
	}
	if c.Cert != "" {
		key := c.Key
		if key == "" {
			key = c.Cert
		}
		cert, err := tls.LoadX509KeyPair(c.Cert, key)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}

// connect dials and shakes hands. It returns the connection to talk through and
// the one beneath it, whose Close never waits.
func (t *Transport) connect(ctx context.Context, conf *tls.Config) (conn, raw net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err = t.dial(ctx, "tcp", t.cfg.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	raw = prompt(raw)
	if conf == nil {
		return raw, raw, nil
	}
	secure := tls.Client(raw, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, nil, fmt.Errorf("negotiate TLS: %w", err)
	}
	return secure, raw, nil
}

// dialFault says how long to stay away after a failed connect: a certificate
// that nobody trusts won't be trusted in a second. The error may quote names from
// the certificate, which are as hostile as anything else.
func dialFault(err error) fault {
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return fault{why: printable(err.Error()), wait: longStop}
	}
	return fault{why: printable(err.Error())}
}
