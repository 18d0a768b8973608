package review

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MarshalText writes the vote as "Code-Review+2 <account> <Unix time> <flags>",
// a third of what an object would take: a mirror holds thousands.
func (v Vote) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%s %d %d %s", Given{v.Label, v.Value}, v.By, v.Cast.Unix(), flags(flag{'a', v.Answered})), nil
}

// UnmarshalText reads what MarshalText writes.
func (v *Vote) UnmarshalText(b []byte) error {
	f := strings.Fields(string(b))
	if len(f) != 4 {
		return fmt.Errorf("read vote %q: want 4 words", b)
	}
	given, err := parseGiven(f[0])
	if err != nil {
		return fmt.Errorf("read vote %q: %w", b, err)
	}
	n, err := numbers(f[1:3])
	if err != nil {
		return fmt.Errorf("read vote %q: %w", b, err)
	}
	*v = Vote{
		Label: given.Label, Value: given.Value, By: int(n[0]), Cast: time.Unix(n[1], 0).UTC(),
		Answered: strings.Contains(f[3], "a"),
	}
	return nil
}

// MarshalText writes the act as "<account> <Unix time> <patch set> <flags>" and
// its votes.
func (a Act) MarshalText() ([]byte, error) {
	b := fmt.Appendf(nil, "%d %d %d %s", a.By, a.At.Unix(), a.PatchSet,
		flags(flag{'c', a.Comment}, flag{'r', a.Review}, flag{'a', a.Answered}))
	for _, v := range a.Votes {
		b = append(append(b, ' '), v.String()...)
	}
	return b, nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Act) UnmarshalText(b []byte) error {
	f := strings.Fields(string(b))
	if len(f) < 4 {
		return fmt.Errorf("read act %q: want 4 words or more", b)
	}
	n, err := numbers(f[:3])
	if err != nil {
		return fmt.Errorf("read act %q: %w", b, err)
	}
	act := Act{
		By: int(n[0]), At: time.Unix(n[1], 0).UTC(), PatchSet: int(n[2]),
		Comment: strings.Contains(f[3], "c"), Review: strings.Contains(f[3], "r"), Answered: strings.Contains(f[3], "a"),
	}
	for _, w := range f[4:] {
		given, err := parseGiven(w)
		if err != nil {
			return fmt.Errorf("read act %q: %w", b, err)
		}
		act.Votes = append(act.Votes, given)
	}
	*a = act
	return nil
}

// String writes "Code-Review+2"; a vote taken back is "Code-Review+0".
func (g Given) String() string { return fmt.Sprintf("%s%+d", g.Label, g.Value) }

func parseGiven(s string) (Given, error) {
	i := strings.LastIndexAny(s, "+-")
	if i < 1 {
		return Given{}, fmt.Errorf("%q is no vote", s)
	}
	value, err := strconv.Atoi(s[i:])
	return Given{Label: s[:i], Value: value}, err
}

type flag struct {
	letter byte
	on     bool
}

// flags writes the letters of those that are on, after a hyphen, so that there
// is always a word.
func flags(of ...flag) string {
	b := []byte{'-'}
	for _, f := range of {
		if f.on {
			b = append(b, f.letter)
		}
	}
	return string(b)
}

func numbers(words []string) ([]int64, error) {
	var ns []int64
	for _, w := range words {
		n, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return nil, err
		}
		ns = append(ns, n)
	}
	return ns, nil
}
