package follow

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// A place that comes in another's stead, as an address that was corrected or moved, may
// have a slip, or a server that is away. Until it is read, what was read last at the
// other goes on to count: no channel hears that all its dates are gone. One that is taken
// out, and for which none comes, is gone.

// inStead finds what stands in for places of which nothing has been read. Fresh are
// those that the store does not know.
func (f *Follower) inStead(tx bot.ReadTx, fresh []*place) error {
	left := f.replaced(tx)
	for _, p := range fresh {
		of := p.team.ID + "/" + string(p.Form) + "-"
		if i := slices.IndexFunc(left, func(key string) bool { return strings.HasPrefix(key, of) }); i >= 0 {
			p.mu.Lock()
			p.state.Instead = left[i]
			p.mu.Unlock()
			left = slices.Delete(left, i, i+1)
		}
	}
	for _, p := range f.places {
		p.mu.Lock()
		key, known := p.state.Instead, p.copy != nil
		p.mu.Unlock()
		if key == "" || known {
			continue
		}
		if f.names(key) { // it was put back, and speaks for itself
			p.mu.Lock()
			p.state.Instead = ""
			p.mu.Unlock()
			continue
		}
		stand, err := p.standIn(tx, key, civil.DateOf(f.Now(), p.team.Zone))
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.stand = stand
		p.mu.Unlock()
	}
	return nil
}

// replaced lists the places, by key, that the store has and no configuration names, and
// that stand in for none: with what stood in for those that were never read.
func (f *Follower) replaced(tx bot.ReadTx) []string {
	taken := map[string]bool{}
	for _, p := range f.places {
		taken[p.key()] = true
		p.mu.Lock()
		taken[p.state.Instead] = true
		p.mu.Unlock()
	}
	var left []string
	add := func(key string) {
		if !taken[key] {
			taken[key] = true
			left = append(left, key)
		}
	}
	for at, value := range tx.Scan(sourceSpace) {
		at = strings.TrimPrefix(at, sourceSpace)
		if key, ok := strings.CutSuffix(at, "/copy"); ok {
			add(key)
			continue
		}
		var s state
		if key, ok := strings.CutSuffix(at, "/state"); ok && !taken[key] && json.Unmarshal(value, &s) == nil {
			add(s.Instead)
		}
	}
	return left
}

// standIn reads what the store has under another place's key. Nil: nothing that can be
// read.
func (p *place) standIn(tx bot.ReadTx, key string, today civil.Date) (*parsed, error) {
	packed, err := tx.Get(sourceSpace + key + "/copy")
	if err != nil || packed == nil {
		return nil, err
	}
	value, err := tx.Get(sourceSpace + key + "/state")
	if err != nil {
		return nil, err
	}
	c, err := unpack(packed)
	var s state
	if err != nil || json.Unmarshal(value, &s) != nil {
		return nil, nil // such a copy is none, here as at its own place
	}
	at := Place{Form: p.Form, Name: cmp.Or(s.Name, p.Name)}
	return parse(p.team, at, c, s.datedBy(at, p.team, today)), nil
}

// names reports whether a place, by key, is one of those that are followed.
func (f *Follower) names(key string) bool {
	return slices.ContainsFunc(f.places, func(p *place) bool { return p.key() == key })
}

// standsIn reports whether what the store has under a key stands in for a place.
func (f *Follower) standsIn(key string) bool {
	return slices.ContainsFunc(f.places, func(p *place) bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.copy == nil && p.state.Instead == key
	})
}
