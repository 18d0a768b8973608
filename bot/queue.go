package bot

import (
	"time"

	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Waiting lists the changes that wait for somebody's review, in the order of
// every list.
func Waiting(r Reviews) []review.Row {
	return review.Sorted(func(yield func(review.Row) bool) {
		for c := range r.Changes(review.Filter{}) {
			if row := r.Row(c); row.Turn.Who.Reviews() && !yield(row) {
				return
			}
		}
	})
}

const (
	// old is from when on an answer says how old its data is, where it is not
	// read less often on purpose: three polls as they are configured usually.
	old = 15 * time.Minute

	// broken is the same while the server can't be read, and nobody knows for
	// how long.
	broken = time.Minute
)

// AsOf says how old the data is where that matters, as a sentence with a space
// before it; nil while it is fresh, and where there is none. Zone is an IANA
// name.
func (s ReviewState) AsOf(now time.Time, zone string) msg.Para {
	age, fresh := now.Sub(s.ReadAt), max(old, 3*s.Every)
	if s.Failing != "" {
		fresh = broken
	}
	if !s.Known || age < fresh {
		return nil
	}
	text := msg.Para{msg.Text(" That is as of "), msg.Instant(s.ReadAt.Truncate(time.Minute), zone)}
	if s.Failing != "" {
		text = append(text, msg.Text("; Gerrit can't be read"))
	}
	return append(text, msg.Text("."))
}
