package mirror

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"torchbearer/bot"
)

// Load reads the configured servers' changes from the store, in place of what
// was known. A record that can't be read is logged and left out; then there is
// no Mark, so that all is read again, and the record goes with the next batch.
// So do changes of projects that are not read any more: nobody would tell what
// becomes of them. Records of servers that are not configured stay: they may come
// back.
func (m *Mirror) Load(tx bot.ReadTx) error {
	for name, s := range m.servers {
		h, err := m.load(tx, name)
		if err != nil {
			return fmt.Errorf("load mirror of %s: %w", name, err)
		}
		if h.mark != nil && h.rules != s.fingerprint {
			m.log.Info("the rules for reading changes are new: all changes are read again", "server", name)
		}
		m.publish(name, h)
	}
	return nil
}

func (m *Mirror) load(tx bot.ReadTx, server string) (*held, error) {
	h := &held{}
	var first error
	lost := 0
	spoilt := func(key string, err error) {
		h.waste = append(h.waste, key)
		first = cmp.Or(first, err)
		lost++
	}
	for key, value := range tx.Scan(space + server + changes) {
		c, err := decode(server, key, value)
		if err != nil {
			spoilt(key, err)
			continue
		}
		if !m.servers[server].reads(c.Project) {
			h.waste = append(h.waste, key)
			continue
		}
		h.entries = append(h.entries, &entry{change: c})
	}
	// The keys' order is that of their bytes, 10 before 9.
	slices.SortFunc(h.entries, func(a, b *entry) int { return cmp.Compare(a.change.Number, b.change.Number) })

	value, err := tx.Get(markKey(server))
	if err != nil {
		return nil, err
	}
	if value != nil {
		var rec marked
		if err := json.Unmarshal(value, &rec); err != nil {
			spoilt(markKey(server), fmt.Errorf("decode %s: %w", markKey(server), err))
		} else {
			h.rules, h.mark = rec.Rules, rec.Mark
		}
	}
	if first != nil {
		h.mark = nil
		m.log.Error("records of the mirror can't be read: all changes are read again", "server", server,
			"records", lost, "error", strings.ToValidUTF8(first.Error(), "?"))
	}
	return h, nil
}
