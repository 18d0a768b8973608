package freeze

import (
	"slices"
	"strconv"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
	"torchbearer/bot/review"
)

// merged is the record "merged": the specs that merged since the bot began to
// count, by number. The mirror forgets them after some weeks.
type merged struct {
	Since time.Time            `json:"since"`
	Specs map[string]time.Time `json:"specs,omitempty"`
}

// remembered is how long ago a spec may have merged: longer than any cycle.
const remembered = 400 * 24 * time.Hour

// begun is the record as it is, or begun now; and whether that is news.
func begun(v bot.View) (m merged, fresh bool, err error) {
	found, err := v.Get("merged", &m)
	if m.Specs == nil {
		m.Specs = map[string]time.Time{}
	}
	if !found {
		m.Since = v.Now()
	}
	return m, !found, err
}

// heardOf counts a spec that merged.
func (p *plugin) heardOf(v bot.View, ev review.Event) (bot.Effects, error) {
	if !slices.Contains(p.team.Specs, ev.Change.Project) {
		return bot.Effects{}, nil
	}
	m, fresh, err := begun(v)
	if err != nil {
		return bot.Effects{}, err
	}
	if ev.What == review.HasMerged {
		at := ev.At
		if at.IsZero() {
			at = v.Now()
		}
		number := strconv.Itoa(ev.Change.Number)
		if known, ok := m.Specs[number]; !ok || !known.Equal(at) {
			m.Specs[number], fresh = at, true
		}
		for number, at := range m.Specs {
			if v.Now().Sub(at) > remembered {
				delete(m.Specs, number)
			}
		}
	}
	if !fresh {
		return bot.Effects{}, nil
	}
	return bot.Effects{Put: map[string]any{"merged": m}}, nil
}

// mergedSpecs is how many specs merged in the cycle of an event: since the
// release before it, if the bot has counted for so long, otherwise since it
// began to; a zero instant where it has not.
func (p *plugin) mergedSpecs(v bot.View, e cycle.Event) (n int, since time.Time, whole bool) {
	m, fresh, err := begun(v)
	if err != nil || fresh {
		return 0, time.Time{}, false
	}
	since = m.Since
	for _, other := range v.Calendar().Events {
		if other.Kind == "release" && other.At.Before(e.At) && !other.At.Before(m.Since) {
			since, whole = other.At, true
		}
	}
	for _, at := range m.Specs {
		if !at.Before(since) && !at.After(v.Now()) {
			n++
		}
	}
	return n, since, whole
}
