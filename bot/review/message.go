package review

import (
	"regexp"
	"strconv"
	"strings"
)

// said is what one message of a change's log says.
type said struct {
	patchSet int // of its first line; 0 if there is none
	votes    []Given
	comment  bool // text or inline comments
	recheck  bool // a line asks the CI for another run
	only     bool // and nothing else: no act of a person
}

var (
	firstLine = regexp.MustCompile(`^Patch Set ([0-9]{1,6}):?(.*)$`)
	cast      = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]{0,63}?)([+-][0-9]{1,2})$`)
	takenBack = regexp.MustCompile(`^-([A-Za-z][A-Za-z0-9-]{0,63})$`)
	labelName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	counted   = regexp.MustCompile(`^\(([0-9]{1,6}) (?:inline )?comments?\)`)

	// Zuul's trigger is a line that begins with recheck; other CIs are asked
	// by name ("pkvm: recheck", "arista-recheck").
	recheckLine = regexp.MustCompile(`(?i)^\s*recheck\b`)
	recheckAny  = regexp.MustCompile(`(?i)^\s*(?:[\w.-]+:\s*|[\w.-]+-)?recheck\b`)
)

// read takes a message of a review apart. Its first line is the server's:
// "Patch Set 3: Code-Review+2 -Workflow", a number of comments may follow, what
// the person wrote comes after an empty line.
func read(m RawMessage) said {
	var s said
	line, body, _ := strings.Cut(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n")
	if f := firstLine.FindStringSubmatch(line); f != nil {
		s.patchSet, _ = strconv.Atoi(f[1])
		rest := strings.TrimSpace(f[2])
		votes, left := readVotes(rest)
		s.votes = votes
		body = left + "\n" + body
	} else {
		body = line + "\n" + body
	}
	comments, body := countComments(body)
	body = strings.TrimSpace(body)
	if comments > 0 && len(m.Notes) == comments {
		comments = 0
		body = strings.TrimSpace(body + "\n\n" + strings.Join(m.Notes, "\n\n"))
	}
	s.comment = comments > 0 || body != ""
	for line := range strings.Lines(body) {
		s.recheck = s.recheck || recheckLine.MatchString(line)
	}
	s.only = len(s.votes) == 0 && comments == 0 && recheckAny.MatchString(body) && !strings.Contains(body, "\n\n")
	return s
}

// readVotes reads the votes at the beginning of a line, up to the first word
// that is none.
func readVotes(line string) (votes []Given, rest string) {
	words := strings.Fields(line)
	for i, w := range words {
		if v := cast.FindStringSubmatch(w); v != nil {
			value, _ := strconv.Atoi(v[2])
			votes = append(votes, Given{Label: v[1], Value: value})
		} else if v := takenBack.FindStringSubmatch(w); v != nil {
			votes = append(votes, Given{Label: v[1]})
		} else {
			return votes, strings.Join(words[i:], " ")
		}
	}
	return votes, ""
}

// countComments takes the line "(3 comments)" out, if it comes first.
func countComments(body string) (int, string) {
	body = strings.TrimSpace(body)
	f := counted.FindStringSubmatch(body)
	if f == nil {
		return 0, body
	}
	n, _ := strconv.Atoi(f[1])
	return n, body[len(f[0]):]
}
