package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/civil"
)

// defaultPer is the span of the limit on commands when none is configured.
const defaultPer = time.Minute

// Rate is how often something may happen: N times in each span Per. The zero
// Rate is no limit.
type Rate struct {
	N   int
	Per time.Duration
}

// UnmarshalText reads "12/1m", up to 1000 times in 1s to 1d, or "off".
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "off" {
		*r = Rate{}
		return nil
	}
	wrong := fmt.Errorf("%s is no rate; want 1 to 1000 commands in 1s to 1d, such as \"12/1m\", or \"off\"", quote(s))
	number, span, ok := strings.Cut(s, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil || n < 1 || n > 1000 {
		return wrong
	}
	per, err := civil.ParseSpan(span)
	if err != nil || per.Duration() < time.Second || per.Duration() > 24*time.Hour {
		return wrong
	}
	*r = Rate{N: int(n), Per: per.Duration()}
	return nil
}
