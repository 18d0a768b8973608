package scenario

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"torchbearer/bot/bottest"
)

// longest is how many bytes a line of a Plain network may have.
const longest = 400

// triggers are what commands begin with: the bot's own and those of others.
const triggers = "!#+~."

// harm says what a message does beyond being read; nothing of what the bot says
// may.
func harm(kind bottest.Kind, s bottest.Seen) string {
	for _, line := range s.Lines {
		if fault := bottest.Harm(line); fault != "" {
			return fault
		}
		if kind == bottest.Plain && (len(line) > longest || strings.ContainsAny(line[:min(1, len(line))], triggers)) {
			return fmt.Sprintf("%q is too long, or a command", line)
		}
	}
	return ""
}

// calls says whom a message highlights: on a Plain network by their name in it, on
// a Rich one by mentions and nothing else.
func calls(w *world, arg string) error {
	want := strings.Fields(arg)
	if arg == "nobody" {
		want = nil
	}
	n, err := w.network(w.last.Room.Network)
	if err != nil {
		return err
	}
	var got []string
	for _, t := range w.life.transports {
		if t.Network() != n.name {
			continue
		}
		for _, m := range t.Members(w.last.Room) {
			if n.kind == bottest.Plain && word(strings.Join(w.last.Lines, "\n"), m.Nick) || slices.Contains(w.last.Mentions, m.User) && m.User != "" {
				got = append(got, m.Nick)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%q calls %v, want %v", w.last.Lines, got, want)
	}
	return nil
}

// word reports whether a nick stands in a text by itself, as clients look for it.
func word(text, nick string) bool {
	part := func(r rune) bool {
		return r == '\u200b' || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("[]\\`_^{|}-", r)
	}
	for from := 0; ; {
		i := strings.Index(text[from:], nick)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:from+i])
		after, _ := utf8.DecodeRuneInString(text[from+i+len(nick):])
		if !part(before) && !part(after) {
			return true
		}
		from += i + len(nick)
	}
}
