package review

import (
	"slices"
	"time"
)

// Happening is what kind of thing happened to a change.
type Happening string

// The happenings.
const (
	Uploaded     Happening = "patch-set"
	Voted        Happening = "vote"    // with or without a comment
	Commented    Happening = "comment" // and no vote
	HasMerged    Happening = "merge"
	WasAbandoned Happening = "abandon"
	WasRestored  Happening = "restore"

	// Altered is that nothing of the above happened, and yet it may be
	// somebody else's turn: CI has a result, the author set work in progress, a
	// merge conflict came or went, a vote was removed.
	Altered Happening = "state"
)

// Event is one thing that happened to a change between two readings of it.
type Event struct {
	Change Change // as it is now
	What   Happening
	At     time.Time // zero if the server does not tell
	By     int       // account; 0 if it is not known
	Act    Act       // of Voted and Commented
	First  bool      // the change's first review ever
}

// Diff says what happened between two readings of a change, in order. Older is
// the zero Change where the change was not known before; then its newest patch
// set and every act it remembers are news. Of an account that acted several
// times in between, the newest vote and the newest comment remain, see Act.
func Diff(older, newer Change) []Event {
	var events []Event
	if newer.PatchSet.Number > older.PatchSet.Number {
		e := Event{Change: newer, What: Uploaded, At: newer.PatchSet.At}
		if newer.PatchSet.Kind.Rework() {
			e.By = newer.Uploader.ID
		}
		events = append(events, e)
	}
	first := older.FirstReview.IsZero()
	forgotten := len(older.Acts) == mostActs // it may have known older acts than its list shows
	for _, a := range newer.Acts {
		if slices.ContainsFunc(older.Acts, a.same) || forgotten && a.At.Before(older.Acts[0].At) {
			continue
		}
		e := Event{Change: newer, What: Commented, At: a.At, By: a.By, Act: a}
		if len(a.Votes) > 0 {
			e.What = Voted
		}
		if a.Review && first {
			e.First, first = true, false
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	if newer.Status != older.Status {
		what := map[Status]Happening{Merged: HasMerged, Abandoned: WasAbandoned, Open: WasRestored}[newer.Status]
		events = append(events, Event{Change: newer, What: what, At: newer.Closed})
	}
	if len(events) == 0 && older.state() != newer.state() {
		events = append(events, Event{Change: newer, What: Altered, At: newer.Updated})
	}
	return events
}

// state is what a turn depends on and no act tells of.
type state struct {
	private, wip, rerun bool
	conflict            Fact
	verified            int
	votes               int
}

func (c Change) state() state {
	return state{
		private: c.Private, wip: c.WIP, rerun: c.CI.Rerun,
		conflict: c.Conflict(), verified: c.CI.Vote, votes: len(c.Votes),
	}
}

// same reports whether two readings speak of one act: an author update since
// then may have answered it.
func (a Act) same(b Act) bool {
	return a.By == b.By && a.At.Equal(b.At) && a.PatchSet == b.PatchSet && a.Comment == b.Comment && slices.Equal(a.Votes, b.Votes)
}
