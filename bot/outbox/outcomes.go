package outbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"torchbearer/bot"
)

// note is a bot.Told as it is stored.
type note struct {
	Key  bot.Key      `json:"key"`
	What bot.Delivery `json:"what"`
	At   time.Time    `json:"at"`
	Room bot.Room     `json:"room,omitzero"`
	Why  string       `json:"why,omitempty"`
}

// note leaves what became of a record that is done, if somebody wants to know.
func (o *Outbox) note(tx bot.Tx, r *record) error {
	if !r.Tell {
		return nil
	}
	n := note{Key: r.Key, At: r.Done, Room: r.Room, Why: r.Why}
	switch r.State {
	case sent:
		n.What, n.Why = bot.Delivered, ""
	case refused:
		n.What = bot.Refused
	case expired:
		n.What = bot.Expired
	}
	value, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode outcome of %s: %w", r.ID, err)
	}
	return tx.Put(outcomeSpace+o.outcomes.next(tx, r.Done)+"-"+r.ID, value)
}

// Outcomes lists what became of messages whose plugin wants to know, in order of
// happening, until Forget.
func (o *Outbox) Outcomes(tx bot.ReadTx) []bot.Told {
	var out []bot.Told
	for key, value := range tx.Scan(outcomeSpace) {
		id := strings.TrimPrefix(key, outcomeSpace)
		var n note
		if err := json.Unmarshal(value, &n); err != nil {
			o.log.Error("outcome passed over", "id", id, "err", err)
			continue
		}
		out = append(out, bot.Told{ID: id, Key: n.Key, Outcome: bot.Outcome{
			Key: own(n.Key), What: n.What, At: n.At, Room: n.Room, Why: n.Why,
		}})
	}
	return out
}

// Forget drops an outcome that has been dealt with, by its ID.
func (o *Outbox) Forget(tx bot.Tx, id string) error { return tx.Delete(outcomeSpace + id) }

// own is a whole key without team and plugin.
func own(key bot.Key) bot.Key {
	parts := strings.SplitN(string(key), "/", 3)
	return bot.Key(parts[len(parts)-1])
}
