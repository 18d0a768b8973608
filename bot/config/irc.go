package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// IRC is one IRC network.
type IRC struct {
	Name     string // of its section: "oftc"
	Address  string // host:port
	TLS      bool
	CA       string // PEM file of the authorities to trust; empty: the system's
	Cert     string // PEM file of the client certificate; empty: none
	Key      string // PEM file of its key
	Nick     string
	Realname string
	Login    Login
	Account  string // to log in to; the nick where none is configured
	Password Secret
	Burst    int           // lines at once
	Pace     time.Duration // then one line each; 0: no pacing
	Ignore   []string      // nicks whose words are nobody's; a star stands for any text
}

// Login is how the bot proves to a network who it is.
type Login string

// The ways to log in.
const (
	LoginNone         Login = "none"
	LoginSASLPlain    Login = "sasl-plain"
	LoginSASLExternal Login = "sasl-external" // by client certificate
	LoginNickServ     Login = "nickserv"
)

// UnmarshalText reads one of the ways.
func (l *Login) UnmarshalText(text []byte) error {
	switch way := Login(text); way {
	case LoginNone, LoginSASLPlain, LoginSASLExternal, LoginNickServ:
		*l = way
		return nil
	}
	return fmt.Errorf("%s is no way to log in; %s", quote(string(text)), known(string(text), "allowed",
		[]string{string(LoginNone), string(LoginSASLPlain), string(LoginSASLExternal), string(LoginNickServ)}))
}

// setDefaults suits networks that throttle as most do: a few lines at once,
// then one every two seconds (RFC 2813, section 5.8).
func (s *ircSection) setDefaults() {
	s.TLS, s.Login = true, LoginNone
	s.Realname = "Torchbearer, a bot for code review"
	s.Burst, s.Pace = 5, civil.ClockSpan(2*time.Second)
}

// irc checks one network's section.
func (b *builder) irc(name string, raw *ircSection) {
	n, path := b.root.get("irc", name), join("irc", name)
	if why := id(name); why != "" {
		b.report(n.line, path, why)
	}
	// wrong reports what the tags could not say, for keys that could be read.
	wrong := func(key, why string) {
		if at := n.get(key); why != "" && at != nil {
			b.report(at.line, join(path, key), why)
		}
	}
	if n.get("address") != nil && n.get("address").kind == textKind {
		wrong("address", address(raw.Address))
	}
	if n.get("nick") != nil && n.get("nick").kind == textKind {
		wrong("nick", nick(raw.Nick))
	}
	if n.get("realname") != nil && n.get("realname").kind == textKind {
		wrong("realname", printable(raw.Realname, 100))
	}
	if at := n.get("account"); at != nil && at.kind == textKind {
		if why := account(raw.Account); why != "" {
			wrong("account", fmt.Sprintf("%s is no account: %s", quote(raw.Account), why))
		}
	}
	if n.get("burst") != nil && n.get("burst").kind == intKind && (raw.Burst < 1 || raw.Burst > 50) {
		wrong("burst", fmt.Sprintf("%d lines at once; 1 to 50 are allowed", raw.Burst))
	}
	if raw.Pace.Duration() > time.Minute {
		wrong("pace", fmt.Sprintf("%s for each line; 0s to 60s are allowed", raw.Pace))
	}
	b.ignore(n.get("ignore"), path+".ignore", raw.Ignore, func(pattern string) string {
		if nick(strings.ReplaceAll(pattern, "*", "a")) != "" {
			return "is no pattern of nicks; want a nick in which a star stands for any text, such as \"*[m]\""
		}
		return ""
	})
	b.login(n, path, raw)
	b.certificates(n, path, raw)
	out := IRC{
		Name: name, Address: raw.Address, TLS: raw.TLS,
		CA: resolve(b.dir, raw.CA), Cert: resolve(b.dir, raw.Cert), Key: resolve(b.dir, raw.Key),
		Nick: raw.Nick, Realname: raw.Realname, Login: raw.Login, Account: raw.Account,
		Password: b.secret(path+".password", n.get("password"), raw.Password),
		Burst:    raw.Burst, Pace: raw.Pace.Duration(), Ignore: raw.Ignore,
	}
	if out.Account == "" {
		out.Account = out.Nick
	}
	b.out.IRC = append(b.out.IRC, out)
}

// address says what is wrong with a host and port, or "".
func address(s string) string {
	name, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Sprintf("%s is no address; want host:port, such as \"irc.oftc.net:6697\"", quote(s))
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
		return fmt.Sprintf("%s is no port; 1 to 65535 are allowed, 6697 is usual with TLS", quote(port))
	}
	if !host(name) {
		return fmt.Sprintf("%s is no host; want a name such as \"irc.oftc.net\" or an IP address", quote(name))
	}
	return ""
}

// host reports whether s can be a host's name or IP address.
func host(s string) bool {
	notInHost := func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	return net.ParseIP(s) != nil || s != "" && len(s) <= 253 && !strings.ContainsFunc(s, notInHost)
}

// nick says what is wrong with a nick, or "" (RFC 2812, section 2.3.1; networks
// of today allow 30 bytes where it allows nine).
func nick(s string) string {
	ok := s != "" && len(s) <= 30
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("[]\\`_^{|}", c) >= 0
		ok = ok && (letter || i > 0 && (c >= '0' && c <= '9' || c == '-'))
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s is no nick; want 1 to 30 letters, digits, hyphens and any of []\\`_^{|}, a digit or hyphen not first", quote(s))
}

// login checks that a way to log in has what it needs, and that nothing is
// configured that it would not use.
func (b *builder) login(n *node, path string, raw *ircSection) {
	if at := n.get("login"); at != nil && at.text != string(raw.Login) {
		return // no way that exists; reported while it was read
	}
	has := func(key string) bool { return n.get(key) != nil }
	line := n.near("login")
	needs := func(what string) { b.reportf(line, path+".login", "%s needs %s", raw.Login, what) }
	unused := func(key string) {
		if has(key) {
			b.reportf(n.near(key), path+"."+key, "is not used with login = %q; leave it out, or log in with sasl-plain or nickserv", string(raw.Login))
		}
	}
	switch raw.Login {
	case LoginSASLPlain:
		if !has("account") {
			needs("an account")
		}
		if !has("password") {
			needs("a password, " + secretForms)
		}
	case LoginSASLExternal:
		if !has("cert") {
			needs("cert and key, the client certificate that the account knows")
		}
		unused("password")
	case LoginNickServ:
		if !has("password") && !has("cert") {
			needs("a password, " + secretForms + ", or cert and key that NickServ knows")
		}
	case LoginNone:
		unused("account")
		unused("password")
	}
}

// certificates checks the PEM files.
func (b *builder) certificates(n *node, path string, raw *ircSection) {
	usable := true
	for _, f := range []struct{ key, path string }{{"ca", raw.CA}, {"cert", raw.Cert}, {"key", raw.Key}} {
		at := n.get(f.key)
		switch {
		case at == nil || at.kind != textKind:
			continue
		case !plainPath(f.path):
			b.report(at.line, join(path, f.key), "is no file's path; want one line, not empty")
			usable = false
		case !raw.TLS:
			b.report(at.line, join(path, f.key), "is not used with tls = false; leave one of them out")
		}
	}
	switch cert, key := n.get("cert"), n.get("key"); {
	case cert != nil && key == nil:
		b.report(cert.line, path+".cert", "needs key, the PEM file of its private key (the same file, if both are in one)")
		return
	case key != nil && cert == nil:
		b.report(key.line, path+".key", "needs cert, the PEM file of its certificate")
		return
	}
	if !usable || !b.disk {
		return
	}
	if raw.CA != "" {
		switch pem, err := os.ReadFile(resolve(b.dir, raw.CA)); {
		case err != nil:
			b.reportf(n.near("ca"), path+".ca", "%s can't be read: %v", strconv.Quote(resolve(b.dir, raw.CA)), cause(err))
		case !x509.NewCertPool().AppendCertsFromPEM(pem):
			b.reportf(n.near("ca"), path+".ca", "%s holds no certificate; want PEM", strconv.Quote(resolve(b.dir, raw.CA)))
		}
	}
	if raw.Cert == "" || raw.Key == "" {
		return
	}
	cert, key := resolve(b.dir, raw.Cert), resolve(b.dir, raw.Key)
	readable := true
	for _, f := range []struct{ key, path string }{{"cert", cert}, {"key", key}} {
		if file, err := os.Open(f.path); err != nil {
			b.reportf(n.near(f.key), join(path, f.key), "%s can't be read: %v", strconv.Quote(f.path), cause(err))
			readable = false
		} else if err := file.Close(); err != nil {
			readable = false
		}
	}
	if !readable {
		return
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		b.reportf(n.near("cert"), path+".cert", "%s and key %s are no pair: %s", strconv.Quote(cert), strconv.Quote(key), quoteless(err))
	}
}

// quoteless is the text of an error of crypto/tls without its prefix; it quotes
// nothing of the files.
func quoteless(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), "tls: ")
}

// secret resolves where a secret is, and tries it when the disk is looked at.
func (b *builder) secret(path string, n *node, s Secret) Secret {
	s.file = resolve(b.dir, s.file)
	if b.disk && n != nil && !s.IsZero() && (s.file == "" || s.env == "") {
		if _, err := s.Value(); err != nil {
			b.report(n.line, path, err.Error())
		}
	}
	return s
}
