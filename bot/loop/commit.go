package loop

import (
	"encoding/json"
	"fmt"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// effects are a plugin's Effects, checked and in the form they are stored in.
type effects struct {
	reply *msg.Message
	drop  []bot.Key // whole
	say   []said
	put   []record
}

// said is one message for one room.
type said struct {
	key  bot.Key // whole
	room bot.Room
	bot.Say
}

// record is one record of a plugin; a nil value deletes it.
type record struct {
	key   string // whole
	value []byte
}

func (e effects) empty() bool { return len(e.drop)+len(e.say)+len(e.put) == 0 }

// prepare checks what a plugin wants, before any transaction.
func (l *Loop) prepare(team, plugin string, e bot.Effects) (effects, error) {
	out := effects{reply: e.Reply}
	for _, key := range e.Unsay {
		if err := key.Check(); err != nil {
			return effects{}, fmt.Errorf("unsay: %w", err)
		}
		out.drop = append(out.drop, key.Of(team, plugin))
	}
	for _, say := range e.Say {
		if err := say.Key.Check(); err != nil {
			return effects{}, fmt.Errorf("say: %w", err)
		}
		if say.Expires.IsZero() {
			return effects{}, fmt.Errorf("say %s: no expiry", say.Key)
		}
		for _, room := range say.To.Rooms(l.team(team).Team) {
			out.say = append(out.say, said{say.Key.Of(team, plugin), room, say})
		}
	}
	for key, value := range e.Put {
		if err := bot.Key(key).Check(); err != nil {
			return effects{}, fmt.Errorf("put: %w", err)
		}
		r := record{key: bot.RecordPrefix(team, plugin) + key}
		if value != nil {
			b, err := json.Marshal(value)
			if err != nil {
				return effects{}, fmt.Errorf("put %s: %w", key, err)
			}
			r.value = b
		}
		out.put = append(out.put, r)
	}
	return out, nil
}

// apply is the one door: it stores effects and hands what is to be said to the
// outbox, in the caller's transaction.
func (l *Loop) apply(tx bot.Tx, now time.Time, e effects) error {
	for _, key := range e.drop {
		if err := l.Outbox.Drop(tx, key); err != nil {
			return fmt.Errorf("drop %s: %w", key, err)
		}
	}
	for _, s := range e.say {
		add := func() error { return l.Outbox.Add(tx, now, s.key, s.room, s.Say) }
		if s.Amend {
			add = func() error { return l.Outbox.Amend(tx, s.key, s.room, s.Say) }
		}
		if err := add(); err != nil {
			return fmt.Errorf("say %s in %s: %w", s.key, s.room, err)
		}
	}
	for _, r := range e.put {
		var err error
		if r.value == nil {
			err = tx.Delete(r.key)
		} else {
			err = tx.Put(r.key, r.value)
		}
		if err != nil {
			return fmt.Errorf("put %s: %w", r.key, err)
		}
	}
	return nil
}

func (l *Loop) team(id string) Team {
	for _, t := range l.Teams {
		if t.ID == id {
			return t
		}
	}
	return Team{}
}

func getJSON(tx bot.ReadTx, key string, into any) (bool, error) {
	value, err := tx.Get(key)
	if err != nil || value == nil {
		return false, err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, fmt.Errorf("decode %s: %w", key, err)
	}
	return true, nil
}

func putJSON(tx bot.Tx, key string, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return tx.Put(key, b)
}
