package outbox

import (
	"encoding/json"

	"torchbearer/bot"
)

// Waiting lists the keys of what has not been acknowledged, whole, one for each
// room, and of what is to be edited.
func (o *Outbox) Waiting(tx bot.ReadTx) []bot.Key {
	var keys []bot.Key
	for _, value := range tx.Scan(openSpace) {
		var r struct {
			Key bot.Key `json:"key"`
		}
		if err := json.Unmarshal(value, &r); err != nil {
			continue // logged by Run
		}
		keys = append(keys, r.Key)
	}
	return keys
}
