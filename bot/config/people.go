package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// accounts is a services account, or a list of them.
type accounts []string

func (a *accounts) decodeNode(d *decoder, path string, n *node) {
	items := []*node{n}
	if n.kind == listKind {
		items = n.items
		if len(items) == 0 {
			d.report(n.line, path, `is an empty list; want a services account, such as "maria", or a list of them`)
		}
	}
	*a = make(accounts, len(items))
	for i, item := range items {
		if d.is(path, item, textKind, "a services account (or registered nick)") {
			(*a)[i] = item.text
			if why := account(item.text); why != "" {
				d.reportf(item.line, path, "%s is no account: %s", quote(item.text), why)
			}
		}
	}
}

// account says what is wrong with a services account, or "". "*" and "0" are
// how servers say that somebody is not logged in (IRCv3 account-tag, WHOX).
func account(s string) string {
	switch {
	case s == "":
		return "it is empty"
	case s == "*" || s == "0":
		return "networks use it for somebody without account"
	case len(s) > 64:
		return "at most 64 bytes are allowed"
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == ',' || r == 0x7f }) || s[0] == ':':
		return "no spaces, commas, control characters or leading colon are allowed"
	}
	return ""
}

// id says what is wrong with a name that a section is given, or "".
func id(s string) string {
	ok := s != "" && len(s) <= 32
	for i, c := range []byte(s) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '-' || c == '_'))
	}
	if ok {
		return ""
	}
	return "is no name for a section; want 1 to 32 lower-case letters, digits, hyphens and underscores, a letter or digit first"
}

// printable says what is wrong with a text that people will see, or "". Joiners
// are let through, because names and emoji are written with them.
func printable(s string, most int) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "is empty"
	case len(s) > most:
		return fmt.Sprintf("is longer than %d bytes", most)
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' }):
		return "holds characters that can't be printed; want one line of plain text"
	}
	return ""
}

// zone loads a time zone; UTC where none is named or it is wrong.
func (b *builder) zone(n *node, path string) *time.Location {
	if n == nil || n.kind != textKind {
		return time.UTC
	}
	loc, err := civil.LoadZone(n.text)
	if err != nil {
		b.report(n.line, path+".zone", err.Error())
		return time.UTC
	}
	return loc
}

// owner is who said that something is theirs, and where.
type owner struct {
	id   string
	line int
}

func (b *builder) people() {
	owners := map[string]owner{}
	// unique reports a second person with what only one can have: whoever
	// holds the account would be taken for both.
	unique := func(id, where, value, path string, line int) {
		key := where + "/" + bot.FoldAccount(value)
		if first, taken := owners[key]; taken && first.id == id {
			b.reportf(line, path, "%s is listed twice", quote(value))
		} else if taken {
			b.reportf(line, path, "%s is already %s's, on line %d; two people can't share one", quote(value), first.id, first.line)
		} else {
			owners[key] = owner{id: id, line: line}
		}
	}
	for _, pid := range sortedByLine(b.raw.People, b.root.get("people")) {
		raw, n, path := b.raw.People[pid], b.root.get("people", pid), join("people", pid)
		if why := id(pid); why != "" {
			b.report(n.line, path, why)
		}
		p := bot.Person{ID: pid, Name: pid, Gerrit: raw.Gerrit, Matrix: raw.Matrix, Quiet: raw.Quiet}
		if at := n.get("name"); at != nil && at.kind == textKind {
			p.Name = raw.Name
			if why := printable(raw.Name, 100); why != "" {
				b.report(at.line, path+".name", why)
			}
		}
		p.Zone = b.zone(n.get("zone"), path)
		if at := n.get("gerrit"); at != nil && at.kind == textKind {
			if why := username(raw.Gerrit); why != "" {
				b.reportf(at.line, path+".gerrit", "%s is no Gerrit username: %s", quote(raw.Gerrit), why)
			}
			unique(pid, "gerrit", raw.Gerrit, path+".gerrit", at.line)
		}
		if at := n.get("matrix"); at != nil && at.kind == textKind {
			if why := userID(raw.Matrix); why != "" {
				b.report(at.line, path+".matrix", why)
			}
			unique(pid, "matrix", raw.Matrix, path+".matrix", at.line)
			for _, m := range b.out.Matrix {
				if m.User == raw.Matrix {
					b.reportf(at.line, path+".matrix", "is the bot's own user, in %s", join("matrix", m.Name))
				}
			}
		}
		p.Accounts = map[string][]string{}
		for _, network := range slices.Sorted(maps.Keys(raw.IRC)) {
			at, path := n.get("irc", network), join(path+".irc", network)
			switch {
			case b.raw.IRC[network] != nil:
			case b.raw.Matrix[network] != nil:
				b.report(at.line, path, "is a Matrix network, where people are known by matrix = \"@name:server\"; leave it out here")
			default:
				b.reportf(at.line, path, "unknown network %s; %s", quote(network), known(network, "known", slices.Collect(maps.Keys(b.raw.IRC))))
			}
			for i, a := range raw.IRC[network] {
				if account(a) == "" {
					unique(pid, "irc/"+network, a, path, at.item(i))
				}
			}
			p.Accounts[network] = raw.IRC[network]
		}
		if raw.Matrix != "" {
			for network := range b.raw.Matrix {
				p.Accounts[network] = []string{raw.Matrix}
			}
		}
		b.out.People[pid] = p
	}
}

// sortedByLine orders a map's sections as the file has them, so that of two that
// clash the later one is told.
func sortedByLine[V any](m map[string]V, n *node) []string {
	names := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(names, func(a, c string) int { return n.near(a) - n.near(c) })
	return names
}

// ids checks a list of people that a key of a section names.
func (b *builder) ids(path string, n *node, list []string) []string {
	for i, person := range list {
		line := n.item(i)
		switch {
		case n.items[i].kind != textKind:
		case strings.HasPrefix(person, "group:"):
			b.reportf(line, path, "%s: only cores can be a group; name people", quote(person))
		case b.raw.People[person] == nil:
			b.reportf(line, path, "unknown person %s; %s", quote(person),
				known(person, "known", slices.Collect(maps.Keys(b.raw.People))))
		case slices.Contains(list[:i], person):
			b.reportf(line, path, "%s is listed twice", quote(person))
		}
	}
	return list
}
