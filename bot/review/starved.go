package review

import "time"

// patience is how long a change may wait before its reviewers, not its author,
// are late.
const patience = 14 * 24 * time.Hour

// Starved reports whether reviewers have neglected the change:
//
//	Starved: in the backlog, no review since the last author update, and that
//	is 14 days or more ago.
func (c Change) Starved(now time.Time) bool {
	return c.Backlog() && !c.Reviewed && now.Sub(c.AuthorUpdate) >= patience
}

// Spared reports whether reviewers had neglected the change and have not come
// back to it:
//
//	Spared: was starved at any time since the last author update and has not
//	been reviewed since (read from the history […]).
//
// A review after the last author update ends it in every case, so it is enough
// to know when the change was last in the backlog. Queued says so, as well as
// messages tell; see Digest for where they do not. Now is no earlier than the
// reading of the change: a server's clock that is ahead does not end it.
func (c Change) Spared(now time.Time) bool {
	return !c.Reviewed && (c.Starved(now) || c.Queued.After(c.AuthorUpdate.Add(patience)))
}

// Remember carries into a newer reading of a change what the older one, taken at
// that instant, knows better: that the change was in the backlog, of which a
// server's messages may keep no trace.
func Remember(older, newer Change, at time.Time) Change {
	last := older.Queued
	if older.Backlog() && !newer.Backlog() {
		last = second(at)
	}
	if last.After(newer.Queued) {
		newer.Queued = last
	}
	return newer
}
