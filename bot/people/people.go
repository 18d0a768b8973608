// Package people holds what somebody has said about being asked: hours in which
// they sleep, days on which they are away, or that they want no bot's questions
// at all; and what a working day is. It is pure: the instant is an argument,
// and who somebody is, is decided elsewhere.
//
//	c := people.Consent{Quiet: &people.Quiet{From: ten, To: eight}}
//	at, why := c.Next(now, nil, zone) // 08:00 there, people.Asleep
package people

import (
	"fmt"
	"strconv"
	"strings"

	"torchbearer/bot/civil"
)

// Quiet is a daily span of hours in which a person is not asked, in the person's
// zone; over midnight where To is before From.
type Quiet struct{ From, To civil.Clock }

// String writes "22:00-08:00".
func (q Quiet) String() string { return q.From.String() + "-" + q.To.String() }

// MarshalText writes "22:00-08:00".
func (q Quiet) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads "22:00-08:00".
func (q *Quiet) UnmarshalText(text []byte) error {
	wrong := fmt.Errorf("%s is no span of hours; want from-to, such as \"22:00-08:00\"", strconv.Quote(string(text)))
	from, to, ok := strings.Cut(string(text), "-")
	if !ok {
		return wrong
	}
	f, err := civil.ParseClock(from)
	if err != nil {
		return wrong
	}
	t, err := civil.ParseClock(to)
	if err != nil {
		return wrong
	}
	if f == t {
		return fmt.Errorf("%s is no hours at all, or all of them; want two different times", strconv.Quote(string(text)))
	}
	*q = Quiet{From: f, To: t}
	return nil
}
