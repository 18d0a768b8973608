package irc

import "time"

// bucket paces lines: burst of them at once, then one each pace. It may be in
// debt: what can't wait is charged all the same, and others wait for it.
type bucket struct {
	burst  float64
	pace   time.Duration // 0: no pacing
	tokens float64
	last   time.Time
}

func newBucket(burst int, pace time.Duration, now time.Time) bucket {
	b := float64(max(burst, 1))
	return bucket{burst: b, pace: pace, tokens: b, last: now}
}

// take takes a token, or says how long until there is one.
func (b *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	if b.pace <= 0 {
		return 0, true
	}
	b.fill(now)
	if b.tokens < 1 {
		return max(time.Duration((1-b.tokens)*float64(b.pace)), time.Millisecond), false
	}
	b.tokens--
	return 0, true
}

// charge takes a token that may not be there.
func (b *bucket) charge(now time.Time) {
	if b.pace > 0 {
		b.fill(now)
		b.tokens--
	}
}

// full reports whether burst lines could leave at once.
func (b *bucket) full(now time.Time) bool {
	if b.pace <= 0 {
		return true
	}
	b.fill(now)
	return b.tokens >= b.burst
}

func (b *bucket) fill(now time.Time) {
	b.tokens = min(b.burst, b.tokens+float64(now.Sub(b.last))/float64(b.pace))
	b.last = now
}
