package matrix

import (
	"math/rand/v2"
	"time"
)

const (
	maxBackoff = 5 * time.Minute
	stable     = 5 * time.Minute  // connected for so long, the next fault is a new one
	longStop   = 10 * time.Minute // after what a retry hardly mends: refused credentials, bans
)

// backoff is how long to wait after so many failures in a row (0: the first):
// 1-2 s, 2-4 s, and so on up to 5 minutes. The jitter keeps the clients of a
// server from coming back together after its restart.
func backoff(failures int) time.Duration {
	d := time.Second << min(failures, 9)
	d += rand.N(d)
	if d > maxBackoff {
		d = maxBackoff/2 + rand.N(maxBackoff/2)
	}
	return d
}

// bucket paces messages: burst of them at once, then one each pace.
type bucket struct {
	burst  float64
	pace   time.Duration // negative: no pacing
	tokens float64
	last   time.Time
}

func newBucket(burst int, pace time.Duration, now time.Time) bucket {
	b := float64(max(burst, 1))
	return bucket{burst: b, pace: pace, tokens: b, last: now}
}

// take takes a token where so many are left then, as far as the bucket holds them,
// or says how long until that is so.
func (b *bucket) take(now time.Time, left int) (wait time.Duration, ok bool) {
	if b.pace <= 0 {
		return 0, true
	}
	b.tokens = min(b.burst, b.tokens+float64(now.Sub(b.last))/float64(b.pace))
	b.last = now
	if need := min(float64(1+left), b.burst); b.tokens < need {
		return max(time.Duration((need-b.tokens)*float64(b.pace)), time.Millisecond), false
	}
	b.tokens--
	return 0, true
}

// drain empties the bucket: the server counts otherwise than we do.
func (b *bucket) drain(now time.Time) { b.tokens, b.last = 0, now }
