package ircd

import (
	"slices"
	"strings"
	"time"
)

// oftcCaps is all that OFTC's server offers.
const oftcCaps = "multi-prefix"

// oftcToServer makes what a client of OFTC says fit ircd-hybrid and Anope.
func oftcToServer(line string) (forward, answer string) {
	l := parseLine(line, time.Time{})
	switch {
	case l.Command == "CAP" && len(l.Params) > 0 && strings.EqualFold(l.Params[0], "LS"):
		// Version 302 switches cap-notify on, and OFTC does not know it.
		return "CAP LS", ""
	case l.Command == "CAP" && len(l.Params) > 1 && strings.EqualFold(l.Params[0], "REQ"):
		for name := range strings.FieldsSeq(l.Text()) {
			if strings.TrimPrefix(name, "-") != oftcCaps {
				return "", ":irc.test.example CAP * NAK :" + l.Text()
			}
		}
		return line, ""
	case l.Command == "PRIVMSG" && len(l.Params) == 2 && strings.EqualFold(l.Params[0], "NickServ"):
		// IDENTIFY password [nick] there, IDENTIFY [nick] password here.
		words := strings.Fields(l.Text())
		if len(words) == 3 && strings.EqualFold(words[0], "IDENTIFY") {
			return "PRIVMSG NickServ :IDENTIFY " + words[2] + " " + words[1], ""
		}
		return line, ""
	default:
		return line, ""
	}
}

// oftcToClient takes from what ircd-hybrid says what OFTC's server lacks.
func oftcToClient(line string) (forward, answer string) {
	l := parseLine(line, time.Time{})
	switch {
	case l.Command == "CAP" && len(l.Params) > 1 && l.Params[1] == "LS":
		return ":" + l.Source + " CAP " + l.Params[0] + " LS :" + oftcCaps, ""
	case l.Command == "005":
		words := strings.Split(line, " ")
		words = slices.DeleteFunc(words, func(w string) bool {
			name, _, _ := strings.Cut(w, "=")
			return name == "WHOX" || name == "MONITOR" || name == "BOT"
		})
		return strings.Join(words, " "), ""
	default:
		return line, ""
	}
}
