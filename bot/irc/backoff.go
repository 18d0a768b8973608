package irc

import (
	"math/rand/v2"
	"strings"
	"time"
)

const (
	maxBackoff = 5 * time.Minute
	stable     = 5 * time.Minute  // connected for so long, the next fault is a new one
	longStop   = 10 * time.Minute // after what a retry hardly mends: bans, refused credentials
	coolDown   = time.Minute      // after a server said that it was too much
)

// fault is why a connection ended.
type fault struct {
	why  string        // for people; no secret, no control characters
	wait time.Duration // stay away at least so long; 0: as the backoff says
}

// backoff is how long to wait after so many failures in a row (0: the first):
// 1-2 s, 2-4 s, and so on up to 5 minutes. The jitter keeps the bots of a network
// from coming back together after its restart.
func backoff(failures int) time.Duration {
	d := time.Second << min(failures, 9)
	d += rand.N(d)
	if d > maxBackoff {
		d = maxBackoff/2 + rand.N(maxBackoff/2)
	}
	return d
}

// classify reads from a server's last words how long to stay away.
func classify(words string) time.Duration {
	words = strings.ToLower(words)
	for _, c := range []struct {
		wait  time.Duration
		signs []string
	}{
		{longStop, []string{"k-line", "kline", "k:line", "g-line", "gline", "g:line", "z-line", "zline", "z:line", "d-line", "dline", "akill", "autokill", "banned"}},
		{coolDown, []string{"throttl", "too fast", "too many", "flood", "sendq", "recvq", "killed"}},
	} {
		for _, sign := range c.signs {
			if strings.Contains(words, sign) {
				return c.wait
			}
		}
	}
	return 0
}
