package mirror

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"torchbearer/bot/review"
)

// compare finds out what the batch changes of what is known now.
func (b *Batch) compare() {
	if b.writes != nil {
		return
	}
	b.writes = map[string][]byte{}
	b.rules, b.old = b.mirror.servers[b.server], b.mirror.of(b.server)
	for _, raw := range b.raws {
		if raw.Private {
			b.gone(raw.Number)
		} else {
			b.read(raw)
		}
	}
	b.setMark()
	if len(b.writes) > 0 {
		b.tidy()
	}
	b.raws = nil
}

// gone forgets a change.
func (b *Batch) gone(number int) {
	if b.old.find(number) != nil {
		b.forget(number, nil)
	}
}

// read takes one reading of a change.
func (b *Batch) read(raw review.Raw) {
	older := b.old.find(raw.Number)
	if older != nil && b.overtaken(older, raw) {
		return
	}
	c := review.Digest(raw, b.rules.of(raw.Project))
	if older != nil {
		c = review.Remember(older.change, c, b.trueAt(older))
		if reflect.DeepEqual(older.change, c) {
			b.know(&entry{change: older.change, read: b.at}, nil, nil)
			return
		}
	}
	value, c, err := encode(c)
	switch {
	case err != nil:
		// Left as it is known; what is wrong is in the log, and every full read
		// tries again.
		b.mirror.log.Error("a change can't be kept", "server", b.server, "change", raw.Number, "error", err)
	case over(c, b.at) && older == nil:
	case over(c, b.at):
		b.forget(c.Number, b.events(older, c))
	case older != nil && reflect.DeepEqual(older.change, c):
		b.know(&entry{change: older.change, read: b.at}, nil, nil)
	default:
		b.know(&entry{change: c, read: b.at}, value, b.events(older, c))
	}
}

// overtaken reports whether a reading shows a change as it was before what is
// known of it. A server that was set back to an older copy does so too: so it
// holds only for as long as a server's index may lag.
func (b *Batch) overtaken(older *entry, raw review.Raw) bool {
	return raw.Updated.UTC().Truncate(time.Second).Before(older.change.Updated) && b.at.Sub(older.read) < lag
}

// trueAt returns the last instant at which a change is known to have been as
// the entry has it: when it was read, or what the mark says. What was read by
// other rules never was so.
func (b *Batch) trueAt(e *entry) time.Time {
	at := e.change.Queued
	if !b.sameRules() {
		return at
	}
	for _, t := range []time.Time{e.read, b.since} {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// sameRules reports whether all that is known was read by the rules of now.
func (b *Batch) sameRules() bool { return b.old.rules == b.rules.fingerprint }

// events says what happened to a change. What is seen for the first time is
// news only if it is new: projects may have been added, and a first reading
// tells of years. Between two readings by different rules nothing can be told.
func (b *Batch) events(older *entry, c review.Change) []review.Event {
	switch {
	case !b.sameRules():
		return nil
	case older != nil:
		return review.Diff(older.change, c)
	case b.since.IsZero() || c.Created.Before(b.since.Add(-lag)):
		return nil
	default:
		return review.Diff(review.Change{}, c)
	}
}

// over reports whether a change was closed so long ago that it goes.
func over(c review.Change, now time.Time) bool {
	if c.Status == review.Open {
		return false
	}
	closed := c.Closed
	if closed.IsZero() {
		closed = c.Updated
	}
	return now.Sub(closed) > kept
}

// setMark writes a mark that is not known yet.
func (b *Batch) setMark() {
	if b.mark == nil || slices.Equal(b.mark, b.old.mark) && b.sameRules() {
		return
	}
	value, err := json.Marshal(marked{Rules: b.rules.fingerprint, Mark: b.mark})
	if err != nil {
		panic(err) // strings and bytes always have a JSON form
	}
	b.writes[markKey(b.server)] = value
}

// tidy lets old records go with what is written anyway.
func (b *Batch) tidy() {
	room := mostTidied
	for _, key := range b.old.waste {
		// What is written in its place needs no deleting.
		if _, written := b.writes[key]; room > 0 && !written {
			room--
			b.writes[key] = nil
		}
	}
	read := map[int]bool{}
	for _, s := range b.steps {
		read[s.number] = true
	}
	for _, e := range b.old.entries {
		if room > 0 && over(e.change, b.at) && !read[e.change.Number] {
			room--
			b.forget(e.change.Number, nil)
		}
	}
}
