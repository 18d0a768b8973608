package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// Sources are where a team's official dates come from; its own events are laid
// over them.
type Sources struct {
	As      string        // what the sources call the team: "glance"
	Places  []Place       // in the order of the forms
	Release civil.Date    // of the release whose cycle is estimated; zero: none is
	Page    string        // address of the page that shows a schedule, {series} for its name
	Kinds   []cycle.Kind  // what the team says of kinds, before cycle.DefaultKinds
	Every   time.Duration // between two readings, an hour at least
}

// Place is where official dates are published.
type Place struct {
	Form Form
	Name string // as it is written, of an address without its query
	Path string // of a folder or a file, absolute; or an address
	Line int    // of the configuration
}

// Form is what is published at a place; also its key.
type Form string

// The forms.
const (
	OpenStack Form = "openstack" // a folder with schedule.yaml and schedule.rst
	Elections Form = "elections" // the configuration of an election
	ICS       Form = "ics"       // an iCalendar file
)

// defaultPage is where OpenStack shows its schedules.
const defaultPage = "https://releases.openstack.org/{series}/schedule.html"

// mostPlaces bounds how many of a form a team has: the cycle, the one before it
// and the next.
const mostPlaces = 8

// texts is a text, or a list of them.
type texts []string

// decodeNode implements nodeDecoder.
func (t *texts) decodeNode(d *decoder, path string, n *node) {
	items := n.items
	if n.kind != listKind {
		items = []*node{n}
	}
	for _, item := range items {
		if d.is(path, item, textKind, "a path or an address, or a list of them") {
			*t = append(*t, item.text)
		} else {
			*t = append(*t, "")
		}
	}
}

// sources checks where a team's official dates come from.
func (b *builder) sources(n *node, path, team string, raw calendarSection) Sources {
	s := Sources{As: team, Release: raw.Release, Page: defaultPage, Every: time.Hour}
	if n == nil || n.kind != tableKind {
		return s
	}
	for _, form := range []struct {
		form Form
		raw  texts
	}{{OpenStack, raw.OpenStack}, {Elections, raw.Elections}, {ICS, raw.ICS}} {
		s.Places = append(s.Places, b.places(n.get(string(form.form)), join(path, string(form.form)), form.form, form.raw)...)
	}
	if at := n.get("as"); at != nil && at.kind == textKind {
		s.As = raw.As
		if kindName(raw.As) != "" {
			b.reportf(at.line, path+".as", "%s: want the team's name as labels have it, 1 to 48 lower-case letters, digits and hyphens, such as \"glance\"", quote(raw.As))
		}
	}
	if at := n.get("every"); at != nil && at.kind == textKind && isSpan(at.text) {
		s.Every = raw.Every.Duration()
		if s.Every < time.Hour || s.Every > 28*24*time.Hour {
			b.reportf(at.line, path+".every", "%s between two readings; 1h to 28d are allowed", raw.Every)
		}
	}
	if at := n.get("page"); at != nil && at.kind == textKind {
		s.Page = raw.Page
		filled := strings.ReplaceAll(raw.Page, "{series}", "series")
		if why := link(filled); why != "" {
			b.report(at.line, path+".page", why)
		} else if strings.ContainsAny(filled, "{}") {
			b.reportf(at.line, path+".page", "%s: only {series} is filled in", quote(raw.Page))
		}
	}
	if at := n.get("release"); at != nil {
		if !raw.Release.IsZero() {
			b.plausible(path+".release", at, raw.Release.Year)
		}
		if there := n.get("openstack"); there != nil {
			b.reportf(at.line, path+".release", "stands beside openstack, on line %d, which has the weeks; want one of them", there.line)
		}
	}
	s.Kinds = b.kinds(n.get("kinds"), path+".kinds", raw.Kinds)
	return s
}

// isSpan reports whether a text is a length of time; reading it said so if not.
func isSpan(s string) bool {
	_, err := civil.ParseSpan(s)
	return err == nil
}

// places checks the folders, files and addresses of a form.
func (b *builder) places(n *node, path string, form Form, names []string) []Place {
	if n == nil {
		return nil
	}
	if n.kind == listKind && len(names) > mostPlaces {
		b.reportf(n.line, path, "lists %d; at most %d are allowed", len(names), mostPlaces)
		return nil
	}
	var all []Place
	for i, name := range names {
		line := n.item(i)
		if n.kind == listKind && n.items[i].kind != textKind || n.kind != listKind && n.kind != textKind {
			continue // reported while it was read
		}
		p := Place{Form: form, Name: filepath.ToSlash(name), Path: name, Line: line}
		why := ""
		switch {
		case strings.Contains(name, "://"):
			p.Path, why = published(name, form)
			p.Name, _, _ = strings.Cut(name, "?") // what is behind it may be a secret
			if why == "" && strings.ContainsAny(p.Name, "{}") {
				why = quote(p.Name) + " holds braces, and nothing is filled in here; want the whole address"
			}
		case !plainPath(name):
			why = "is no path; want one line, not empty"
		default:
			p.Path = resolve(b.dir, name)
		}
		if slices.ContainsFunc(all, func(o Place) bool { return o.Path == p.Path }) {
			why = fmt.Sprintf("%s is listed twice", quote(name))
		}
		if why != "" {
			b.report(line, path, why)
			continue
		}
		all = append(all, p)
	}
	return all
}

// published returns the address of a calendar, or what is wrong with it. A folder's
// has nothing behind its path, as its files' names are added there.
func published(s string, form Form) (clean, why string) {
	if before, _, _ := strings.Cut(s, "?"); strings.Contains(before, "@") {
		return "", "holds a user; want the address of a calendar that everybody can read" // not quoted: it may hold a password
	}
	if form == OpenStack {
		return serverURL(s, "https://opendev.org/openstack/releases/raw/branch/master/doc/source/indri")
	}
	base, query, asks := strings.Cut(s, "?")
	clean, why = serverURL(base, "https://example.org/calendar.ics")
	if u, err := url.Parse(s); why == "" && (err != nil || u.Fragment != "" || len(s) > 500 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })) {
		why = "is no address of a file; want https://…, at most 500 bytes, nothing behind a #"
	}
	if asks {
		clean += "?" + query
	}
	return clean, why
}

// kinds checks what a team says of kinds, in the order of the file.
func (b *builder) kinds(n *node, path string, raw map[string]*kindSection) []cycle.Kind {
	if n == nil || n.kind != tableKind {
		return nil
	}
	var out []cycle.Kind
	for _, name := range n.names {
		at, k, path := n.field[name], raw[name], join(path, name)
		if k == nil || at.kind != tableKind {
			continue
		}
		if why := kindName(name); why != "" {
			b.report(at.line, path, why)
		}
		text := func(key, value string) {
			if n := at.get(key); n != nil && n.kind == textKind {
				if why := printable(value, 120); why != "" {
					b.report(n.line, join(path, key), why)
				}
			}
		}
		text("means", k.Means)
		text("grants", k.Grants)
		for i, phrase := range k.Phrases {
			if item := at.get("phrases").items[i]; item.kind == textKind && !isPhrase(phrase) {
				b.reportf(item.line, path+".phrases", "%s: want lower-case words, letters or digits, apart by spaces; * stands for a word's end: \"spec* freeze\"", quote(phrase))
			}
		}
		b.spans(at.get("remind"), path)
		out = append(out, cycle.Kind{Name: name, Phrases: k.Phrases, Means: k.Means, Grants: k.Grants, Remind: k.Remind})
	}
	return out
}

// isPhrase reports whether a text could be found in a title or label, which is
// taken apart at everything but letters, and between letters and digits.
func isPhrase(s string) bool {
	words := strings.Fields(s)
	for _, w := range words {
		w = strings.TrimSuffix(w, "*")
		letters, digits := strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "", strings.Trim(w, "0123456789") == ""
		if w == "" || letters == digits {
			return false
		}
	}
	return len(words) > 0 && len(s) <= 120
}
