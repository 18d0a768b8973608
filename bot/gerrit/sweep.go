package gerrit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sweepHour is when the night is, UTC: after the day of the Americas and before
// that of Europe.
const sweepHour = 4

// lastNight is the newest hour of sweeping that is past.
func lastNight(now time.Time) time.Time {
	now = now.UTC()
	night := time.Date(now.Year(), now.Month(), now.Day(), sweepHour, 0, 0, 0, time.UTC)
	if night.After(now) {
		night = night.AddDate(0, 0, -1)
	}
	return night
}

// sweep reads all open changes, and asks about every change that the mirror
// holds as open and the search did not find: merged, abandoned, deleted, turned
// private, or lost by the index. At the end the mirror is at the mark.
func (p *Poller) sweep(ctx context.Context, mark Mark) error {
	mark.Swept, mark.Missing = p.client.now().UTC(), p.missing
	p.set(func(s *State) { s.Reading, s.Read = true, 0 })
	defer p.set(func(s *State) { s.Reading = false })
	found := map[int]bool{}
	for _, scope := range p.scopes {
		err := p.client.walk(ctx, scope+" is:open", true, func(rows []row) error {
			for _, r := range rows {
				found[r.raw.Number] = true
			}
			if err := p.take(ctx, split(rows)); err != nil {
				return err
			}
			p.progress(len(found))
			return nil
		})
		if err != nil {
			return err
		}
	}
	open, err := p.o.Sink.Open(ctx)
	if err != nil {
		return fmt.Errorf("list open changes of the mirror: %w", err)
	}
	rest, err := p.reread(ctx, slices.DeleteFunc(open, func(n int) bool { return found[n] }))
	if err != nil {
		return err
	}
	rest.Mark = mark
	if err := p.take(ctx, rest); err != nil {
		return err
	}
	p.mark = mark
	p.set(func(s *State) { s.Partial = false })
	p.log.Info("read all open changes", "open", len(found), "requests", p.client.Cost().Requests)
	return nil
}

// progress tells how far a full read has come.
func (p *Poller) progress(read int) {
	p.set(func(s *State) { s.Read = read })
	if p.o.Progress != nil {
		p.o.Progress(read)
	}
}

// reread reads changes one by one, from the changes themselves.
func (p *Poller) reread(ctx context.Context, numbers []int) (Update, error) {
	var u Update
	for _, n := range numbers {
		raw, err := p.client.change(ctx, fmt.Sprint(n))
		switch {
		case errors.Is(err, ErrNotFound):
			u.Gone = append(u.Gone, n)
		case err != nil:
			return Update{}, err
		default:
			u.Changes = append(u.Changes, raw)
		}
	}
	return u, nil
}
