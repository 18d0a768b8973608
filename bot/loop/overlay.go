package loop

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"time"

	"torchbearer/bot"
)

// moment is one instant in which several plugin calls run before one commit.
// Each sees what those before it put, as if it were stored: two jobs of one
// second that count in the same record both count. It ends with the
// transaction that it reads.
type moment struct {
	l   *Loop
	now time.Time
	tx  *overlay
}

func (l *Loop) moment(tx bot.ReadTx, now time.Time) *moment {
	return &moment{l: l, now: now, tx: &overlay{tx: tx, put: map[string][]byte{}}}
}

func (m *moment) view(team, plugin string) bot.View { return m.l.view(m.tx, m.now, team, plugin) }

// call runs plugin code; the calls after it see what it wants to be stored,
// unless it failed.
func (m *moment) call(team, plugin string, f func(bot.View) (bot.Effects, error)) (effects, error) {
	eff, err := m.l.ask(m.now, team, plugin, func() (bot.Effects, error) { return f(m.view(team, plugin)) })
	for _, r := range eff.put {
		m.tx.put[r.key] = r.value
	}
	return eff, err
}

// overlay is a transaction as it would be read with records put over it.
type overlay struct {
	tx  bot.ReadTx
	put map[string][]byte // by whole key; nil: deleted
}

// Get implements bot.ReadTx.
func (o *overlay) Get(key string) ([]byte, error) {
	if value, ok := o.put[key]; ok {
		return bytes.Clone(value), nil
	}
	return o.tx.Get(key)
}

// Scan implements bot.ReadTx.
func (o *overlay) Scan(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		var own []string // what is put, and still to come
		for key := range o.put {
			if strings.HasPrefix(key, prefix) {
				own = append(own, key)
			}
		}
		slices.Sort(own)
		yieldOwn := func() bool {
			key := own[0]
			own = own[1:]
			value := o.put[key]
			return value == nil || yield(key, bytes.Clone(value))
		}
		for key, value := range o.tx.Scan(prefix) {
			for len(own) > 0 && own[0] < key {
				if !yieldOwn() {
					return
				}
			}
			if len(own) > 0 && own[0] == key {
				if !yieldOwn() {
					return
				}
				continue
			}
			if !yield(key, value) {
				return
			}
		}
		for len(own) > 0 {
			if !yieldOwn() {
				return
			}
		}
	}
}
