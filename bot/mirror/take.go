package mirror

import (
	"cmp"
	"slices"
	"time"

	"torchbearer/bot/review"
)

const (
	// kept is how long a change is known after it was merged or abandoned: a
	// review day counts merges.
	kept = 35 * 24 * time.Hour

	// lag is by how much a server's index may be late with a change. A poll
	// looks back as far, and so a change that appears may be that much older
	// than the last poll, and yet be news.
	lag = 10 * time.Minute

	// mostWeight is what a batch takes at most, in sixteenths of a change; a
	// deletion is one. With the largest changes that are kept it writes 512 KiB,
	// half of what a store takes: the rest is for what follows from the events.
	mostWeight   = 1024
	changeWeight = 16

	// mostTidied is how many old records go with one batch.
	mostTidied = 200
)

// Reading is what was read from a server.
type Reading struct {
	At time.Time // when it was asked for, or soon after

	// Since is the instant that the server's mark speaks of, as long as it is
	// the mark that Mark returns: everything written before is in the mirror.
	// Zero: there is no mark, this belongs to a first full read.
	Since time.Time

	Changes []review.Raw
	Gone    []int // numbers of changes that don't exist for the bot

	// Mark says up to where the server has been read when all of this is kept.
	// It is the caller's and not looked into; nil: as before.
	Mark []byte
}

// Take divides what was read into batches, oldest news first, of which each fits
// into a transaction: 64 changes or some 1,000 deletions. They are used one
// after the other; a batch is compared with what is known when it is first asked
// for something, so that another reading may be kept between two. If one can't
// be written the rest is dropped and the same is read again.
//
// Private changes don't exist. An older reading of a change that was read just
// now is left out: what is read from the change itself can overtake a page of a
// poll or the server's index. Closed changes are known for 35 days; older ones
// go with what else is written, some at a time.
func (m *Mirror) Take(server string, r Reading) []*Batch {
	if _, ok := m.servers[server]; !ok {
		return nil
	}
	r.At = r.At.UTC()
	var batches []*Batch
	room := 0
	next := func(weight int) *Batch {
		if room < weight {
			room = mostWeight
			batches = append(batches, &Batch{mirror: m, server: server, at: r.At, since: r.Since})
		}
		room -= weight
		return batches[len(batches)-1]
	}
	for _, raw := range newest(server, r) {
		weight := changeWeight
		if raw.Private {
			weight = 1
		}
		b := next(weight)
		b.raws = append(b.raws, raw)
	}
	if r.Mark != nil {
		b := next(1)
		b.mark = slices.Clone(r.Mark)
	}
	return batches
}

// newest returns one reading of each change, in order of what was last written;
// those that are gone are private, whatever else is said of them.
func newest(server string, r Reading) []review.Raw {
	of := make(map[int]review.Raw, len(r.Changes)+len(r.Gone))
	for _, raw := range r.Changes {
		before, twice := of[raw.Number]
		switch {
		case twice && (before.Private || raw.Updated.Before(before.Updated) && !raw.Private):
		default:
			raw.Server = server
			of[raw.Number] = raw
		}
	}
	for _, n := range r.Gone {
		of[n] = review.Raw{Number: n, Private: true}
	}
	raws := make([]review.Raw, 0, len(of))
	for _, raw := range of {
		raws = append(raws, raw)
	}
	slices.SortFunc(raws, func(a, b review.Raw) int {
		return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.Number, b.Number))
	})
	return raws
}
