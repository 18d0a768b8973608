package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/review"
)

// Gerrit is one review server.
type Gerrit struct {
	Name     string // of its section: "opendev"
	URL      string // without slash at the end: https://review.opendev.org
	User     string // to log in as; empty: anonymous, which can't read groups
	Password Secret
	Every    time.Duration // between two looks at what is new
	Stream   Stream        // of events; zero: none

	// CI are the accounts whose Verified vote counts. Empty: the server's
	// projects have no CI, and nothing waits for one.
	CI []string

	// Automatic are the display names of accounts that are no people: those
	// of review.DefaultAutomatic, and the configured ones.
	Automatic []*regexp.Regexp
}

// Equal reports whether both say the same; patterns are compared as written.
func (g Gerrit) Equal(o Gerrit) bool {
	same := func(a, b *regexp.Regexp) bool { return a.String() == b.String() }
	return g.Name == o.Name && g.URL == o.URL && g.User == o.User && g.Password == o.Password && g.Every == o.Every && g.Stream == o.Stream &&
		slices.Equal(g.CI, o.CI) && slices.EqualFunc(g.Automatic, o.Automatic, same)
}

// setDefaults suits a public server: a change is known within minutes, for one
// request each.
func (s *gerritSection) setDefaults() { s.Every = civil.ClockSpan(5 * time.Minute) }

// gerrits checks the review servers' sections.
func (b *builder) gerrits() {
	urls := map[string]owner{}
	for _, name := range sortedByLine(b.raw.Gerrit, b.root.get("gerrit")) {
		g := b.gerrit(name, b.raw.Gerrit[name])
		if g.URL != "" {
			path, line := join("gerrit", name)+".url", b.root.near("gerrit", name, "url")
			if first, taken := urls[g.URL]; taken {
				b.reportf(line, path, "is %s's already, on line %d; one section for each server", first.id, first.line)
			} else {
				urls[g.URL] = owner{id: name, line: line}
			}
		}
		b.out.Gerrit = append(b.out.Gerrit, g)
	}
	slices.SortFunc(b.out.Gerrit, func(a, c Gerrit) int { return strings.Compare(a.Name, c.Name) })
}

// gerrit checks one server's section.
func (b *builder) gerrit(name string, raw *gerritSection) Gerrit {
	n, path := b.root.get("gerrit", name), join("gerrit", name)
	if why := id(name); why != "" {
		b.report(n.line, path, why)
	}
	g := Gerrit{
		Name: name, User: raw.User, Every: raw.Every.Duration(), CI: raw.CI, Automatic: review.DefaultAutomatic(),
		Password: b.secret(path+".password", n.get("password"), raw.Password),
	}
	if at := n.get("url"); at != nil && at.kind == textKind {
		clean, why := serverURL(raw.URL, "https://review.opendev.org")
		if why != "" {
			b.report(at.line, path+".url", why)
		}
		g.URL = clean
	}
	user, password := n.get("user"), n.get("password")
	switch {
	case user != nil && password == nil:
		b.report(user.line, path+".user", "needs password, the account's HTTP password, "+secretForms+"; or leave out both, and read as anybody can")
	case password != nil && user == nil:
		b.report(password.line, path+".password", "needs user, the account that it is of; or leave out both, and read as anybody can")
	}
	if user != nil && user.kind == textKind {
		if why := username(raw.User); why != "" {
			b.reportf(user.line, path+".user", "%s is no Gerrit username: %s", quote(raw.User), why)
		}
	}
	if at := n.get("every"); at != nil && at.kind == textKind && (g.Every < 30*time.Second || g.Every > time.Hour) {
		b.reportf(at.line, path+".every", "%s between two looks; 30s to 1h are allowed", raw.Every)
	}
	g.Stream = b.stream(n, path, raw.Stream)
	b.ci(n.get("ci"), path+".ci", raw.CI)
	for i, pattern := range raw.Automatic {
		if at := n.get("automatic").items[i]; at.kind == textKind {
			if p := b.pattern(at.line, path+".automatic", pattern); p != nil {
				g.Automatic = append(g.Automatic, p)
			}
		}
	}
	return g
}

// ci checks the accounts of the CI that counts. Display names are allowed,
// because some servers show no usernames.
func (b *builder) ci(n *node, path string, names []string) {
	for i, name := range names {
		at := n.items[i]
		if at.kind != textKind {
			continue
		}
		if why := printable(name, 100); why != "" {
			b.report(at.line, path, "an account "+why)
		} else if slices.ContainsFunc(names[:i], func(other string) bool { return strings.EqualFold(other, name) }) {
			b.reportf(at.line, path, "%s is listed twice", quote(name))
		}
	}
}

// pattern compiles a pattern of display names; nil if it is none.
func (b *builder) pattern(line int, path, text string) *regexp.Regexp {
	if len(text) > 200 {
		b.report(line, path, "is a pattern longer than 200 bytes")
		return nil
	}
	p, err := regexp.Compile(text)
	switch {
	case err != nil:
		b.reportf(line, path, "%s is no pattern: %s; want a regular expression (RE2), such as \"Bot$\"", quote(text),
			brief(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
		return nil
	case p.MatchString(""):
		b.reportf(line, path, "%s fits an empty text, so probably every name, and nobody would be a person; want a part of a name", quote(text))
		return nil
	}
	return p
}

// username says what is wrong with a Gerrit username, or "". HTTP ends it at
// the first colon (RFC 7617, section 2).
func username(s string) string {
	if strings.Contains(s, ":") {
		return "no colon is allowed"
	}
	return account(s)
}

// serverURL returns the address of a server without slash at the end, or what is
// wrong with it and one that would do.
func serverURL(s, such string) (clean, why string) {
	want := fmt.Sprintf("want the server's address, such as %q", such)
	if strings.Contains(s, "@") {
		return "", "holds a user; user and password have keys of their own" // not quoted: it may hold the password
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", !host(u.Hostname()):
		return "", fmt.Sprintf("%s is no address; %s", quote(s), want)
	case strings.ContainsAny(s, "?#"):
		return "", fmt.Sprintf("%s goes on behind the address; %s", quote(s), want)
	case len(s) > 200:
		return "", "is longer than 200 bytes"
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", "holds spaces or characters beyond ASCII; write them as %20 and the like"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Sprintf("%s is not encrypted; want https://…, or http://… for a server on this machine (localhost, 127.0.0.1)", quote(s))
	}
	if port := u.Port(); port != "" {
		if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
			return "", fmt.Sprintf("%s is no port; 1 to 65535 are allowed", quote(port))
		}
	}
	return u.Scheme + "://" + strings.ToLower(strings.TrimSuffix(u.Host, ":")) + strings.TrimRight(u.EscapedPath(), "/"), ""
}

// loopback reports whether a host is this machine (RFC 6761, section 6.3).
func loopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
