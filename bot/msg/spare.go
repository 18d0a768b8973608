package msg

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Spare returns the message with every word of its text that somebody is called as
// a [Name]: text comes from outside, and only [To] may highlight anybody. Words
// are what clients take for nicks: letters, digits and the signs of RFC 2812,
// section 2.3.1. A message that names nobody is returned as it is, without a copy.
//
//	Spare(New(Answer, Para{Text("zoe: look")}), present) // … Para{Name("zoe"), Text(": look")}
func Spare(m Message, called func(word string) bool) Message {
	spared := m
	for i, b := range m.Blocks {
		if para, ok := sparePara(b.Para, called); ok {
			spared.block(m, i).Para = para
		}
		for j, item := range b.List {
			if para, ok := sparePara(item, called); ok {
				block := spared.block(m, i)
				if &block.List[0] == &b.List[0] {
					block.List = slices.Clone(b.List)
				}
				block.List[j] = para
			}
		}
	}
	return spared
}

// block returns a block that may be changed without changing that of the original.
func (m *Message) block(original Message, i int) *Block {
	if &m.Blocks[0] == &original.Blocks[0] {
		m.Blocks = slices.Clone(m.Blocks)
	}
	return &m.Blocks[i]
}

// sparePara reports false where nobody is named.
func sparePara(p Para, called func(string) bool) (spared Para, ok bool) {
	for i, in := range p {
		text, make := in.Text, Text
		if in.Bold != "" {
			text, make = in.Bold, Bold
		}
		done := 0
		for from, to := nextWord(text, 0); from < to; from, to = nextWord(text, to) {
			if !called(text[from:to]) {
				continue
			}
			if !ok {
				spared, ok = slices.Clone(p[:i]), true
			}
			if from > done {
				spared = append(spared, make(text[done:from]))
			}
			spared, done = append(spared, Name(text[from:to])), to
		}
		switch {
		case !ok:
		case done == 0:
			spared = append(spared, in)
		case done < len(text):
			spared = append(spared, make(text[done:]))
		}
	}
	return spared, ok
}

// nextWord returns where the next word is; from = to: there is none.
func nextWord(s string, at int) (from, to int) {
	for from = at; from < len(s); {
		r, size := utf8.DecodeRuneInString(s[from:])
		if nickRune(r) {
			break
		}
		from += size
	}
	for to = from; to < len(s); {
		r, size := utf8.DecodeRuneInString(s[to:])
		if !nickRune(r) {
			break
		}
		to += size
	}
	return from, to
}

func nickRune(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return unicode.IsLetter(r) || unicode.IsDigit(r)
	case 'a' <= r && r <= 'z', 'A' <= r && r <= '}', '0' <= r && r <= '9':
		return true // from A to } are letters and []\^_`{|}
	}
	return r == '-'
}
