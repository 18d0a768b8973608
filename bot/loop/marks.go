package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// markRecord checks a mark and makes it a record; one whose time is over
// deletes.
func markRecord(now time.Time, team bot.Team, plugin string, m review.Mark) (record, error) {
	if m.Server == "" {
		m.Server = team.Gerrit.Name
	}
	switch {
	case m.Server == "":
		return record{}, errors.New("the team has no review server")
	case bot.Key(m.Server).Check() != nil || strings.Contains(m.Server, "/"):
		return record{}, fmt.Errorf("%q is no review server's name", m.Server)
	case m.Change <= 0:
		return record{}, fmt.Errorf("%d is no change's number", m.Change)
	case !isKind(m.Kind):
		return record{}, fmt.Errorf("kind %q; 1 to 32 lower-case letters, digits and hyphens are allowed", m.Kind)
	}
	r := record{key: markSpace + team.ID + "/" + plugin + "/" + m.Server + "/" + strconv.Itoa(m.Change) + "/" + m.Kind}
	if isOver(m, now) {
		return r, nil
	}
	b, err := json.Marshal(m)
	r.value = b
	return r, err
}

func isKind(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

func isOver(m review.Mark, now time.Time) bool { return !m.Until.IsZero() && !m.Until.After(now) }

// marks reads the marks of a team's changes, plugin by plugin. Those of a plugin
// that is not on for the team don't count: nothing would ever take them off.
// Those whose time is over are for review.NewRow to leave out.
func marks(tx bot.ReadTx, team Team) []review.Mark {
	var all []review.Mark
	for _, p := range team.Plugins {
		for _, value := range tx.Scan(markSpace + team.ID + "/" + p.Name + "/") {
			var m review.Mark
			if json.Unmarshal(value, &m) == nil {
				all = append(all, m)
			}
		}
	}
	return all
}

const (
	// pruneEvery is how often marks whose time is over are deleted. They are
	// never shown, so nothing depends on it.
	pruneEvery = time.Hour
	// mostPruned bounds what one transaction deletes of them.
	mostPruned = 1000
)

// prune deletes marks whose time is over, and what is no mark.
func (l *Loop) prune(ctx context.Context, now time.Time) error {
	if !l.pruned.IsZero() && now.Sub(l.pruned) < pruneEvery && !now.Before(l.pruned) {
		return nil
	}
	l.pruned = now
	var old []string
	err := l.Store.View(ctx, func(tx bot.ReadTx) error {
		for key, value := range tx.Scan(markSpace) {
			var m review.Mark
			err := json.Unmarshal(value, &m)
			if err != nil {
				l.Log.Error("a mark can't be read and is dropped", "key", key, "err", err)
			}
			if err != nil || isOver(m, now) {
				old = append(old, key)
			}
			if len(old) == mostPruned {
				break
			}
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return err
	}
	return l.Store.Update(ctx, func(tx bot.Tx) error {
		for _, key := range old {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
}
