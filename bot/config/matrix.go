package config

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// Matrix is one account on a Matrix homeserver.
type Matrix struct {
	Name       string // of its section: "main"
	Homeserver string // without slash at the end: https://matrix.example.org
	User       string // @glancebot:example.org
	Password   Secret // logs in once; or
	Token      Secret // of a device that somebody else has logged in
	Encryption bool
	Burst      int           // messages at once
	Pace       time.Duration // then one message each; 0: no pacing
	Ignore     []string      // users whose words are nobody's; a star stands for any text
}

// setDefaults suits Synapse, which takes ten messages at once and then one every
// five seconds (rc_message); the tenth not always.
func (s *matrixSection) setDefaults() { s.Burst, s.Pace = 9, civil.ClockSpan(5*time.Second) }

// matrices checks the homeservers' sections.
func (b *builder) matrices() {
	users := map[string]owner{}
	for _, name := range sortedByLine(b.raw.Matrix, b.root.get("matrix")) {
		n := b.root.get("matrix", name)
		if b.raw.IRC[name] != nil {
			b.reportf(n.line, join("matrix", name), "is the IRC network's name already, on line %d; rooms could not be told apart, so choose another", b.root.near("irc", name))
		}
		m := b.matrix(name, b.raw.Matrix[name])
		if at := n.get("user"); at != nil && m.User != "" {
			if first, taken := users[m.User]; taken {
				b.reportf(at.line, join("matrix", name)+".user", "is %s's already, on line %d; one section for each user", first.id, first.line)
			} else {
				users[m.User] = owner{id: name, line: at.line}
			}
		}
		b.out.Matrix = append(b.out.Matrix, m)
	}
	slices.SortFunc(b.out.Matrix, func(a, c Matrix) int { return strings.Compare(a.Name, c.Name) })
}

// matrix checks one homeserver's section.
func (b *builder) matrix(name string, raw *matrixSection) Matrix {
	n, path := b.root.get("matrix", name), join("matrix", name)
	if why := id(name); why != "" {
		b.report(n.line, path, why)
	}
	m := Matrix{
		Name: name, Encryption: raw.Encryption, Burst: raw.Burst, Pace: raw.Pace.Duration(), Ignore: raw.Ignore,
		Password: b.secret(path+".password", n.get("password"), raw.Password),
		Token:    b.secret(path+".token", n.get("token"), raw.Token),
	}
	if at := n.get("homeserver"); at != nil && at.kind == textKind {
		clean, why := serverURL(raw.Homeserver, "https://matrix.example.org")
		if why != "" {
			b.report(at.line, path+".homeserver", why)
		}
		m.Homeserver = clean
	}
	if at := n.get("user"); at != nil && at.kind == textKind {
		if why := userID(raw.User); why != "" {
			b.report(at.line, path+".user", why)
		} else {
			m.User = raw.User
		}
	}
	switch password, token := n.get("password"), n.get("token"); {
	case password != nil && token != nil:
		b.report(token.line, path+".token", "stands beside password; want one of them: with a password the bot logs in once and keeps the token itself")
	case password == nil && token == nil:
		b.report(n.line, path+".password", "is missing; want password or token, "+secretForms)
	}
	if at := n.get("burst"); at != nil && at.kind == intKind && (raw.Burst < 1 || raw.Burst > 50) {
		b.reportf(at.line, path+".burst", "%d messages at once; 1 to 50 are allowed", raw.Burst)
	}
	if at := n.get("pace"); at != nil && raw.Pace.Duration() > time.Minute {
		b.reportf(at.line, path+".pace", "%s for each message; 0s to 60s are allowed", raw.Pace)
	}
	b.ignore(n.get("ignore"), path+".ignore", raw.Ignore, b.users)
	b.encryption(n.get("encryption"), path+".encryption", raw.Encryption)
	return m
}

// encryption checks that what encryption needs is there: a key that protects what
// it keeps in the store, and a build that has it.
func (b *builder) encryption(n *node, path string, on bool) {
	if !on {
		return
	}
	if b.root.get("store", "key") == nil {
		b.report(n.line, path, "needs key in [store], the secret that protects the keys of the encryption there, "+secretForms+"; "+keyHelp)
	}
	if b.disk && !b.encrypts {
		b.report(n.line, path, "is not in this build of torchbearer; build it with go build -tags goolm, or set encryption = false and stay out of encrypted rooms")
	}
}

// ignore checks patterns of whom not to hear; wrong says what is wrong with one.
func (b *builder) ignore(n *node, path string, patterns []string, wrong func(pattern string) string) {
	for i, pattern := range patterns {
		at := n.items[i]
		if at.kind != textKind {
			continue
		}
		why := wrong(pattern)
		switch {
		case why != "":
		case strings.Trim(pattern, "@*:") == "":
			why = "fits everybody, and nobody would be heard; want a part of a name"
		case slices.Contains(patterns[:i], pattern):
			why = "is listed twice"
		}
		if why != "" {
			b.reportf(at.line, path, "%s %s", quote(pattern), why)
		}
	}
}

// users says what is wrong with a pattern of Matrix users, or "". One that fits a
// person of the configuration would take their rights away, and nobody would know
// why.
func (b *builder) users(pattern string) string {
	if !strings.HasPrefix(pattern, "@") && !strings.HasPrefix(pattern, "*") || !idText(pattern) || len(pattern) > mostID || strings.ContainsAny(pattern, `[]\?`) {
		return "is no pattern of users; want a user id in which a star stands for any text, such as \"@oftc_*:example.org\""
	}
	for _, pid := range slices.Sorted(maps.Keys(b.raw.People)) {
		if user := b.raw.People[pid].Matrix; user != "" && fits(pattern, user) && strings.Trim(pattern, "@*:") != "" {
			return fmt.Sprintf("fits %s's %s; whoever is ignored can't be a person here", pid, quote(user))
		}
	}
	return ""
}

// fits reports whether a pattern in which only stars are special fits a user.
func fits(pattern, user string) bool {
	// A user id may hold a slash, which is not for a star otherwise.
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(user, "/", "\x00"))
	return ok && err == nil
}

// mostID is how many bytes a user id, room id or alias has at most (Matrix
// specification, appendices, common identifier format).
const mostID = 255

// idText reports whether s holds what an identifier can: printable ASCII. Aliases
// may hold more.
func idText(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// userID says what is wrong with a Matrix user id, or "" (Matrix specification,
// appendices, user identifiers; old ones hold more than new ones may).
func userID(s string) string {
	local, server, ok := strings.Cut(s, ":")
	if !ok || len(local) < 2 || local[0] != '@' || !serverName(server) || !idText(s) || len(s) > mostID {
		return fmt.Sprintf("%s is no Matrix user; want \"@name:server\", as the profile shows it", quote(s))
	}
	return ""
}

// serverName reports whether s can be the name of a homeserver: a host, perhaps
// with a port (Matrix specification, appendices, server name).
func serverName(s string) bool {
	name, port, err := net.SplitHostPort(s)
	if err != nil {
		bare, six := strings.CutPrefix(s, "[")
		if six {
			ip, closed := strings.CutSuffix(bare, "]")
			return closed && net.ParseIP(ip) != nil
		}
		return host(s) && !strings.Contains(s, ":")
	}
	p, err := strconv.ParseUint(port, 10, 16)
	return err == nil && p > 0 && host(name)
}

// matrixRoom says what is wrong with a room's alias or id, or "". The id of a
// room of version 12 or later names no server (MSC4291).
func matrixRoom(name string) string {
	const want = `want an alias such as "#glance:example.org", or a room's id such as "!abc:example.org"`
	local, server, cut := strings.Cut(name, ":")
	switch {
	case len(name) > mostID:
		return fmt.Sprintf("at most %d bytes are allowed", mostID)
	case printable(name, mostID) != "" || strings.ContainsAny(name, " \u00a0"):
		return "no spaces or control characters are allowed"
	case len(local) < 2 || local[0] != '#' && local[0] != '!':
		return want
	case cut && !serverName(server):
		return quote(server) + " is no server; " + want
	case local[0] == '#' && !cut:
		return "its server is missing; " + want
	case local[0] == '!' && !idText(name):
		return want
	}
	return ""
}

// mirrors checks the groups of a team's rooms that a bridge joins.
func (b *builder) mirrors(n *node, path string, raw [][]bot.Room, rooms []bot.Room) (mirrors [][]bot.Room) {
	lines := map[bot.Room]int{}
	for i, group := range raw {
		at := n.items[i]
		if at.kind != listKind {
			continue
		}
		if len(group) < 2 {
			b.reportf(at.line, path, "a mirror of %s; want at least two, the one to post to first", count(len(group), "room"))
		}
		var mirror []bot.Room
		for j, r := range group {
			line := at.item(j)
			first, taken := lines[r]
			switch {
			case r == (bot.Room{}): // reported while it was read
			case !slices.Contains(rooms, r):
				var names []string
				for _, other := range rooms {
					names = append(names, other.String())
				}
				b.reportf(line, path, "%s is none of the team's rooms; %s", quote(r.String()), known(r.String(), "rooms", names))
			case taken:
				b.reportf(line, path, "%s stands on line %d already; a room is in one mirror, once", quote(r.String()), first)
			default:
				lines[r] = line
				mirror = append(mirror, r)
			}
		}
		mirrors = append(mirrors, mirror)
	}
	return mirrors
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
