package irc

import (
	"errors"
	"strings"
	"unicode/utf8"
)

const (
	maxLine = 512  // bytes as relayed, CR LF included (RFC 1459, 2.3)
	maxTags = 4096 // of a client, "@" and space included (IRCv3 message-tags)
)

// pass is the last check of every line before it leaves, whoever made it. A
// line is refused rather than mended: what is wrong here is a mistake above.
// Prefix is the length of ":nick!user@host " that the server will put before
// the line when it relays it.
func pass(line string, prefix int) error {
	if strings.ContainsAny(line, "\r\n\x00") {
		return errors.New("it holds a line end or NUL")
	}
	if !utf8.ValidString(line) {
		return errors.New("it is not UTF-8")
	}
	body := line
	if strings.HasPrefix(body, "@") {
		i := strings.IndexByte(body, ' ')
		if i < 0 || i+1 > maxTags {
			return errors.New("its tags are too long")
		}
		body = body[i+1:]
	}
	rest, said := strings.CutPrefix(body, "PRIVMSG ")
	if !said {
		if len(body)+2 > maxLine {
			return errors.New("it is longer than 512 bytes")
		}
		return nil
	}
	if prefix+len(body)+2 > maxLine {
		return errors.New("it is longer than 512 bytes as relayed")
	}
	target, text, ok := strings.Cut(rest, " ")
	switch {
	case !ok || !validTarget(target):
		return errors.New("its target is no name")
	case len(text) < 2 || text[0] != ':':
		return errors.New("its target holds a space, or its text is empty")
	case strings.IndexByte(text, '\x01') >= 0:
		return errors.New("its text holds CTCP framing")
	}
	return nil
}

// validTarget reports whether a name can stand as the target of a line without
// becoming something else.
func validTarget(name string) bool {
	if name == "" || len(name) > 200 || name[0] == ':' || name[0] == '@' || name[0] == '$' {
		return false
	}
	for _, b := range []byte(name) {
		if b <= ' ' || b == ',' || b == 0x7f {
			return false
		}
	}
	return utf8.ValidString(name)
}

// validNick reports whether a message to a nick goes to that nick: "nick@server",
// "$$mask" and the like mean more than one person, or another.
func validNick(nick string) bool {
	return validTarget(nick) && !strings.ContainsAny(nick, "!@*?$:#&")
}
