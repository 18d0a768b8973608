package follow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
)

// What the store keeps of a place that no configuration names any more is removed an
// hour after it was asked last: who takes a place out by mistake and puts it back must
// not wait for its dates until it may be asked again.

// unnamed lists such places, by key, with the end of their hour. It stores what is known
// of the others and not kept: it is shared with another team, or the follower before
// removed it while this one read it.
func (f *Follower) unnamed(ctx context.Context) (map[string]time.Time, error) {
	left := map[string]time.Time{}
	if f.Store == nil || f.Offline {
		return left, nil
	}
	lost := map[string]*place{}
	named := map[string]bool{}
	for _, p := range f.places {
		named[p.key()] = true
		if p.known() {
			lost[p.key()] = p
		}
	}
	err := f.Store.View(ctx, func(tx bot.ReadTx) error {
		for at, value := range tx.Scan(sourceSpace) {
			at = strings.TrimPrefix(at, sourceSpace)
			key, isCopy := strings.CutSuffix(at, "/copy")
			key, isState := strings.CutSuffix(key, "/state")
			switch {
			case isCopy:
				delete(lost, key)
				fallthrough
			case isState:
				var s state
				if isState && json.Unmarshal(value, &s) != nil {
					s = state{}
				}
				if until := s.Asked.Add(askAgain); !named[key] && !until.Before(left[key]) {
					left[key] = until
				}
			}
		}
		return nil
	})
	for _, key := range slices.Sorted(maps.Keys(lost)) {
		if err == nil {
			err = f.keep(ctx, lost[key], true, "")
		}
	}
	if err != nil {
		return left, fmt.Errorf("look for calendars that are not followed any more: %w", err)
	}
	return left, nil
}

// forget removes the places whose hour has passed. One of a time to come was asked by
// a clock that was ahead.
func (f *Follower) forget(ctx context.Context, left map[string]time.Time) error {
	now := f.Now()
	over := map[string]time.Time{}
	for key, until := range left {
		if (!until.After(now) || until.After(now.Add(askAgain))) && !f.standsIn(key) {
			over[key] = until
			delete(left, key)
		}
	}
	if len(over) == 0 {
		return nil
	}
	err := f.Store.Update(ctx, func(tx bot.Tx) error {
		for key := range over {
			for _, what := range []string{"/copy", "/state"} {
				if err := tx.Delete(sourceSpace + key + what); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		maps.Copy(left, over)
		return fmt.Errorf("forget calendars that are not followed any more: %w", err)
	}
	return nil
}
