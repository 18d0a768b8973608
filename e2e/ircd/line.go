package ircd

import (
	"strings"
	"time"
)

// Line is one line from the server, taken apart.
type Line struct {
	At      time.Time // when it arrived
	Raw     string    // without its end
	Tags    map[string]string
	Source  string // nick!user@host or a server's name
	Command string
	Params  []string
}

// Nick is the nick of the source, or the server's name.
func (l Line) Nick() string {
	nick, _, _ := strings.Cut(l.Source, "!")
	return nick
}

// Text is the last parameter: what was said, or a numeric's explanation.
func (l Line) Text() string {
	if len(l.Params) == 0 {
		return ""
	}
	return l.Params[len(l.Params)-1]
}

// parseLine takes a line apart, as modern IRC does:
// https://modern.ircdocs.horse/#message-format. Whatever does not fit comes out
// empty: the servers are the real thing, and the raw text is always there.
func parseLine(raw string, at time.Time) Line {
	l := Line{At: at, Raw: raw}
	rest := raw
	if tags, ok := strings.CutPrefix(rest, "@"); ok {
		tags, rest, _ = strings.Cut(tags, " ")
		l.Tags = make(map[string]string)
		for tag := range strings.SplitSeq(tags, ";") {
			key, value, _ := strings.Cut(tag, "=")
			l.Tags[key] = unescapeTag(value)
		}
	}
	rest = strings.TrimLeft(rest, " ")
	if source, ok := strings.CutPrefix(rest, ":"); ok {
		l.Source, rest, _ = strings.Cut(source, " ")
	}
	rest, text, hasText := strings.Cut(" "+rest, " :")
	fields := strings.Fields(rest)
	if hasText {
		fields = append(fields, text)
	}
	if len(fields) > 0 {
		l.Command, l.Params = strings.ToUpper(fields[0]), fields[1:]
	}
	return l
}

// unescapeTag undoes the escaping of tag values:
// https://ircv3.net/specs/extensions/message-tags#escaping-values.
func unescapeTag(v string) string {
	var b strings.Builder
	escaped := false
	for _, r := range v {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped:
			b.WriteRune(r)
		case r == ':':
			b.WriteByte(';')
		case r == 's':
			b.WriteByte(' ')
		case r == 'r':
			b.WriteByte('\r')
		case r == 'n':
			b.WriteByte('\n')
		default:
			b.WriteRune(r)
		}
		escaped = false
	}
	return b.String()
}
