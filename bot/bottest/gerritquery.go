package bottest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// refusal is what Gerrit answers, with its capitals, to a search it can't do.
type refusal string

// Error returns Gerrit's words.
func (r refusal) Error() string { return string(r) }

func refused(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// matcher tells whether a search finds a change.
type matcher func(*gerritChange) bool

// queryParser reads Gerrit's query language as far as the bot uses it: terms,
// "quoted" values, -, AND (which may be left out), OR and parentheses.
// OR binds tighter than AND: Documentation/user-search.html.
type queryParser struct {
	g    *Gerrit
	rest []string
}

func (g *Gerrit) parse(query string) (matcher, error) {
	p := &queryParser{g: g, rest: tokens(query)}
	if len(p.rest) == 0 {
		return func(c *gerritChange) bool { return c.status == "NEW" }, nil
	}
	m, err := p.all()
	if err == nil && len(p.rest) > 0 {
		err = refused("line 1:0 no viable alternative at input %q", p.rest[0])
	}
	return m, err
}

// tokens splits at spaces and parentheses outside of quotes.
func tokens(query string) []string {
	var list []string
	var word strings.Builder
	quoted := false
	flush := func() {
		if word.Len() > 0 {
			list = append(list, word.String())
			word.Reset()
		}
	}
	for _, r := range query {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (r == '(' || r == ')'):
			flush()
			list = append(list, string(r))
		case !quoted && r == ' ':
			flush()
		case !quoted && r == '-' && word.Len() == 0:
			list = append(list, "-")
		default:
			word.WriteRune(r)
		}
	}
	flush()
	return list
}

func (p *queryParser) peek() string {
	if len(p.rest) == 0 {
		return ""
	}
	return p.rest[0]
}

func (p *queryParser) all() (matcher, error) {
	m, err := p.any()
	for err == nil && p.peek() != "" && p.peek() != ")" {
		if strings.EqualFold(p.peek(), "AND") {
			p.rest = p.rest[1:]
		}
		var next matcher
		left := m
		next, err = p.any()
		m = func(c *gerritChange) bool { return left(c) && next(c) }
	}
	return m, err
}

func (p *queryParser) any() (matcher, error) {
	m, err := p.not()
	for err == nil && strings.EqualFold(p.peek(), "OR") {
		p.rest = p.rest[1:]
		var next matcher
		left := m
		next, err = p.not()
		m = func(c *gerritChange) bool { return left(c) || next(c) }
	}
	return m, err
}

func (p *queryParser) not() (matcher, error) {
	token := p.peek()
	if token == "" {
		return nil, refused("line 1:0 no viable alternative at input '<EOF>'")
	}
	p.rest = p.rest[1:]
	switch token {
	case "-", "NOT":
		m, err := p.not()
		return func(c *gerritChange) bool { return !m(c) }, err
	case "(":
		m, err := p.all()
		if err == nil && p.peek() != ")" {
			return nil, refused("line 1:0 missing ')'")
		}
		if err == nil {
			p.rest = p.rest[1:]
		}
		return m, err
	}
	return p.term(token)
}

func (p *queryParser) term(token string) (matcher, error) {
	operator, value, _ := strings.Cut(token, ":")
	switch operator {
	case "project":
		return func(c *gerritChange) bool { return c.project == value }, nil
	case "change":
		return func(c *gerritChange) bool { return strconv.Itoa(c.number) == value || c.id == value }, nil
	case "owner":
		return func(c *gerritChange) bool { return c.owner.user == value }, nil
	case "is", "status":
		return p.is(token, value)
	case "label":
		return label(token, value)
	case "after", "since", "before", "until":
		at, err := time.Parse("2006-01-02 15:04:05 -0700", value)
		if err != nil {
			return nil, refused("Invalid time: %s", value)
		}
		if operator == "after" || operator == "since" {
			return func(c *gerritChange) bool { return !c.updated.Before(at) }, nil
		}
		return func(c *gerritChange) bool { return !c.updated.After(at) }, nil
	}
	return nil, refused("Unsupported operator %s", token)
}

func (p *queryParser) is(token, value string) (matcher, error) {
	switch value {
	case "open", "new":
		return func(c *gerritChange) bool { return c.status == "NEW" }, nil
	case "merged":
		return func(c *gerritChange) bool { return c.status == "MERGED" }, nil
	case "abandoned":
		return func(c *gerritChange) bool { return c.status == "ABANDONED" }, nil
	case "wip":
		return func(c *gerritChange) bool { return c.wip }, nil
	case "private":
		return func(c *gerritChange) bool { return c.private }, nil
	case "mergeable":
		if !p.g.opts.Mergeability {
			return nil, refused("'is:mergeable' operator is not supported on this gerrit host")
		}
		return func(c *gerritChange) bool { return c.status != "ABANDONED" && !c.conflict }, nil
	}
	return nil, refused("Unsupported operator %s", token)
}

// label reads NAME(=|>=|<=)VALUE[,user=NAME]: some vote is like that, or, for a
// value of 0, nobody's is another.
func label(token, value string) (matcher, error) {
	value, user, _ := strings.Cut(value, ",user=")
	i := strings.IndexAny(value, "<>=")
	if i < 0 {
		return nil, refused("Unsupported operator %s", token)
	}
	name, operator, number := value[:i], value[i:i+1], strings.TrimLeft(value[i:], "<>=")
	want, err := strconv.Atoi(number)
	if err != nil {
		return nil, refused("Unsupported operator %s", token)
	}
	fits := func(v int) bool {
		return v == want || operator == ">" && v > want || operator == "<" && v < want
	}
	return func(c *gerritChange) bool {
		voted := false
		for by, v := range c.votes[name] {
			if v.value == 0 || user != "" && by.user != user {
				continue
			}
			if voted = true; fits(v.value) {
				return true
			}
		}
		return !voted && fits(0)
	}, nil
}
