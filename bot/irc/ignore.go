package irc

import (
	"slices"
	"strings"
)

// ignored reports whether the configuration says that a nick's words are nobody's:
// the puppets of a bridge, whose people the bot hears where they are, other bots.
func (s *session) ignored(nick string) bool {
	return len(s.t.cfg.Ignore) > 0 && slices.ContainsFunc(s.t.cfg.Ignore, func(pattern string) bool {
		return fits(s.fold(pattern), s.fold(nick))
	})
}

// fits reports whether a text is of a form in which a star stands for any text. The
// brackets of path.Match are letters of a nick.
func fits(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		_, rest, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = rest
	}
	return strings.HasSuffix(text, parts[last])
}
