package irc

import (
	"strconv"
	"strings"
)

// casemap says which bytes a network takes for the same in nicks and channel
// names (ISUPPORT CASEMAPPING). All three fold A-Z.
type casemap byte

const (
	rfc1459 casemap = iota // also []\~ to {}|^; what a silent server means
	strict                 // also []\ to {}|
	ascii
)

func (m casemap) lower(b byte) byte {
	switch {
	case 'A' <= b && b <= 'Z':
		return b + 'a' - 'A'
	case m != ascii && '[' <= b && b <= ']':
		return b + '{' - '['
	case m == rfc1459 && b == '~':
		return '^'
	}
	return b
}

// fold returns the form in which names are compared.
func (m casemap) fold(s string) string {
	for i := range len(s) {
		if m.lower(s[i]) == s[i] {
			continue
		}
		folded := []byte(s)
		for j := i; j < len(folded); j++ {
			folded[j] = m.lower(folded[j])
		}
		return string(folded)
	}
	return s
}

// same reports whether two names are one to the network.
func (m casemap) same(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if m.lower(a[i]) != m.lower(b[i]) {
			return false
		}
	}
	return true
}

// isupport is what the bot uses of numeric 005 (modern.ircdocs.horse, RPL_ISUPPORT
// parameters). LINELEN is left alone: 512 bytes are right everywhere.
type isupport struct {
	names     casemap
	chanTypes string // CHANTYPES: what a channel's name begins with
	nickLen   int    // NICKLEN; 0: unknown
	botMode   string // BOT: the letter of the mode that marks a bot; empty: none
	monitor   bool   // MONITOR
	whox      bool   // WHOX
	prefixes  string // PREFIX: what stands before a nick in NAMES
}

func newISupport() isupport { return isupport{chanTypes: "#&", prefixes: "@+"} }

// add reads the tokens of one 005 line, without the nick before and the words
// after them.
func (is *isupport) add(tokens []string) {
	for _, token := range tokens {
		name, value, _ := strings.Cut(token, "=")
		name, gone := strings.CutPrefix(name, "-")
		before := *is
		switch name {
		case "CASEMAPPING":
			switch {
			case gone || value == "rfc1459":
				is.names = rfc1459
			case value == "strict-rfc1459" || value == "rfc1459-strict":
				is.names = strict
			default: // rfc7613 and the like fold ASCII as ascii does
				is.names = ascii
			}
		case "CHANTYPES":
			is.chanTypes = value
			if gone {
				is.chanTypes = newISupport().chanTypes
			}
		case "NICKLEN":
			is.nickLen = 0
			if n, err := strconv.Atoi(value); err == nil && n > 0 && !gone {
				is.nickLen = n
			}
		case "BOT":
			is.botMode = ""
			if len(value) == 1 && isLetter(value[0]) && !gone {
				is.botMode = value
			}
		case "MONITOR":
			is.monitor = !gone
		case "WHOX":
			is.whox = !gone
		case "PREFIX": // (ov)@+
			_, is.prefixes, _ = strings.Cut(value, ")")
			if gone {
				is.prefixes = newISupport().prefixes
			}
		}
		if is.chanTypes == "" && before.chanTypes != "" && !gone {
			is.chanTypes = before.chanTypes // a network without channels is a typing error
		}
	}
}

// channel reports whether a target is a channel's name.
func (is *isupport) channel(name string) bool {
	return name != "" && strings.IndexByte(is.chanTypes, name[0]) >= 0
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
