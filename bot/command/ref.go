package command

import (
	"net/url"
	"strconv"
	"strings"

	"torchbearer/bot"
)

// Ref is what somebody typed for a change; exactly one field is set. Nothing
// says yet that there is such a change.
type Ref struct {
	Number int    // 1 to 2³¹−1
	ID     string // its Change-Id: "I" and 40 hexadecimal digits in lower case
}

// String is the reference in an answer; it holds nothing that anybody chose.
func (r Ref) String() string {
	if r.ID != "" {
		return r.ID
	}
	return strconv.Itoa(r.Number)
}

// refLimit bounds, in bytes, what is looked at: addresses have the path of a
// file behind them.
const refLimit = 1024

// around is what people put before and behind a reference when they paste it
// into a sentence.
const around = "<>()[]{}\"'`“”‘’«».,:;!?…"

// parseRef reads a change's number ("912345", "#912345", "912345,3" with a
// patch set), its Change-Id or its address on
// the team's server. The zero Ref: the
// word is no reference. An error for the person: it is one, but not to a change
// of the team's server; a team without one takes every server's.
//
//	parseRef("<https://review.opendev.org/c/openstack/glance/+/912345/3?tab=checks>,", glance) // 912345
func parseRef(word string, team bot.Team) (Ref, error) {
	if len(word) > refLimit {
		return Ref{}, nil
	}
	word = strings.Trim(word, around)
	if r := bareRef(word); r != (Ref{}) {
		return r, nil
	}
	u := address(word)
	if u == nil {
		return Ref{}, nil
	}
	path := u.Path
	if server := address(team.Gerrit.URL); server != nil {
		below, ok := strings.CutPrefix(path, strings.TrimRight(server.Path, "/"))
		if place(u) != place(server) || !ok || below != "" && below[0] != '/' {
			return Ref{}, bot.Userf("%s's changes are on %s, not on %s.", team.Name, team.Gerrit.URL, quote(u.Host))
		}
		path = below
	}
	// Before Gerrit 3 an address was "https://review.example.org/#/c/912345/".
	if strings.Trim(path, "/") == "" {
		path = u.Fragment
	}
	if r := pathRef(path); r != (Ref{}) {
		return r, nil
	}
	return Ref{}, bot.Userf("%s is no change's address. %s", quote(word), changeHint)
}

// bareRef reads a number or a Change-Id.
func bareRef(s string) Ref {
	if len(s) == 41 && (s[0] == 'I' || s[0] == 'i') && strings.Trim(s[1:], "0123456789abcdefABCDEF") == "" {
		return Ref{ID: "I" + strings.ToLower(s[1:])}
	}
	number, patchSet, more := s, "", false
	if i := strings.IndexAny(s, ",/"); i >= 0 {
		number, patchSet, more = s[:i], s[i+1:], true
	}
	if more && digits(patchSet) == 0 {
		return Ref{}
	}
	return Ref{Number: digits(strings.TrimPrefix(number, "#"))}
}

// digits reads a number from 1 to 2³¹−1; 0: it is none.
func digits(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// address reads an address, with or without its scheme; nil: the word is none.
func address(s string) *url.URL {
	if !strings.Contains(s, "://") {
		host, _, ok := strings.Cut(s, "/")
		if !ok || !strings.Contains(host, ".") {
			return nil
		}
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return u
}

// place is the host of an address in the form in which hosts are compared. HTTP
// and HTTPS are the same server: one leads to the other.
func place(u *url.URL) string {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if port == "" || port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return host
	}
	return host + ":" + port
}

// pathRef reads what follows the server in an address, as Gerrit's links have
// had it (gr-router.ts of its web interface): /912345, /c/912345/3,
// /c/project/+/912345/3/file, /q/I8f…
func pathRef(path string) Ref {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, part := range parts {
		if part == "+" && i+1 < len(parts) {
			return Ref{Number: digits(parts[i+1])}
		}
	}
	switch {
	case len(parts) > 1 && parts[0] == "c":
		return Ref{Number: digits(parts[1])}
	case len(parts) > 1 && parts[0] == "q":
		return bareRef(parts[1])
	case len(parts) > 0:
		return Ref{Number: digits(parts[0])}
	}
	return Ref{}
}
