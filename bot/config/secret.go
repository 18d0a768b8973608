package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Secret says where a password is kept: in a file, or in a variable of the
// environment. It never holds the password itself, so it can't leak one; even
// the place is kept out of logs and messages.
//
//	password = { file = "secrets/oftc" }
//	password = { env = "OFTC_PASSWORD" }
type Secret struct {
	file string // absolute once resolved
	env  string
}

// hidden is what a Secret shows of itself.
const hidden = "(secret)"

// secretForms is what is allowed, in the words of every message about it.
const secretForms = `{ file = "secrets/…" } or { env = "…" }`

// IsZero reports that no secret was configured.
func (s Secret) IsZero() bool { return s == Secret{} }

// String, GoString, LogValue and MarshalText never show more than "(secret)".
func (s Secret) String() string { return hidden }

// GoString is String, for %#v.
func (s Secret) GoString() string { return hidden }

// LogValue is String, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is String, for JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// mostSecret is the largest secret in bytes; nothing that is sent in one line
// is longer.
const mostSecret = 4096

// Value reads the secret, without the newline that editors put at a file's
// end. It is read anew each time, so a changed password needs no restart.
// Errors name the place and what it needs, never the content. A Secret that
// was not configured is an empty value.
func (s Secret) Value() (string, error) {
	var value, place string
	switch {
	case s.file != "":
		place = "secret file " + strconv.Quote(s.file)
		b, err := readSecret(s.file, mostSecret+2) // and a newline
		if err != nil {
			return "", err
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	case s.env != "":
		place = "environment variable " + s.env
		v, set := os.LookupEnv(s.env)
		if !set {
			return "", fmt.Errorf("%s is not set", place)
		}
		value = v
	default:
		return "", nil
	}
	switch {
	case value == "":
		return "", fmt.Errorf("%s is empty", place)
	case len(value) > mostSecret:
		return "", fmt.Errorf("%s holds more than %d bytes", place, mostSecret)
	case strings.ContainsAny(value, "\r\n\x00"):
		return "", fmt.Errorf("%s holds more than one line; want the secret alone", place)
	}
	return value, nil
}

// readSecret reads a file that nobody else can, up to one byte more than allowed.
func readSecret(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read secret file %s: %w", strconv.Quote(path), cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("secret file %s is no regular file", strconv.Quote(path))
	}
	if info.Mode().Perm()&0o066 != 0 {
		return nil, fmt.Errorf("secret file %s is open to other users (mode %04o); chmod 600 it", strconv.Quote(path), info.Mode().Perm())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read secret file %s: %w", strconv.Quote(path), cause(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("read secret file %s: %w", strconv.Quote(path), cause(err))
	}
	return b, nil
}

// cause strips the path from an error of the file system, for messages that
// name it already.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (s *Secret) decodeNode(d *decoder, path string, n *node) {
	if n.kind != tableKind {
		// Never with the value: it is probably the password.
		d.reportf(n.line, path, "a secret is not written into the configuration; want %s", secretForms)
		return
	}
	for _, name := range n.names {
		at := n.field[name]
		switch {
		case name != "file" && name != "env":
			d.report(at.line, join(path, name), "unknown key; allowed: env, file")
		case at.kind != textKind:
			d.reportf(at.line, join(path, name), "is %s; want text, in quotes", at.kind)
		case name == "file" && !plainPath(at.text):
			d.report(at.line, join(path, name), "is no file's path; want one line, not empty")
		case name == "file":
			s.file = at.text
		case !variable(at.text):
			// Unquoted, for the same reason.
			d.report(at.line, join(path, name), "is no name of an environment variable; want letters, digits and _, not a digit first")
		default:
			s.env = at.text
		}
	}
	if n.get("file") != nil && n.get("env") != nil {
		d.reportf(n.line, path, "has both a file and a variable; want %s", secretForms)
	}
	if len(n.names) == 0 {
		d.reportf(n.line, path, "is empty; want %s", secretForms)
	}
}

func variable(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// plainPath reports whether s can be a path at all.
func plainPath(s string) bool {
	return s != "" && len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// resolve makes a path of the configuration absolute: relative ones begin at
// the configuration's folder. An empty path stays empty.
func resolve(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
