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

// said is one message for one room or person.
type said struct {
	key bot.Key // whole
	to  bot.Target
	bot.Say
}

// record is one record or mark of a plugin; a nil value deletes it.
type record struct {
	key   string // whole
	value []byte
}

func (e effects) empty() bool { return len(e.drop)+len(e.say)+len(e.put) == 0 }

// size is about what effects take of a transaction. A message is counted as
// what a long one takes, and dropping as a ladder of messages in two rooms.
type size struct{ writes, bytes int }

// Half of what a store takes at least in one transaction (see bot.Store); the
// other half is for what is stored beside effects.
const (
	mostWrites = 4096 / 2
	mostBytes  = 1 << 20 / 2
)

func (s size) full() bool { return s.writes >= mostWrites || s.bytes >= mostBytes }

func (s *size) add(e effects) {
	s.writes += len(e.put) + 4*len(e.say) + 16*len(e.drop)
	s.bytes += 4 << 10 * len(e.say)
	for _, r := range e.put {
		s.bytes += len(r.key) + len(r.value)
	}
}

// prepare checks what a plugin wants, before any transaction.
func (l *Loop) prepare(now time.Time, team, plugin string, e bot.Effects) (effects, error) {
	if e.Empty() {
		return effects{reply: e.Reply}, nil
	}
	t := l.team(team).Team
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
		if say.To.Person == "" && say.To.Direct {
			return effects{}, fmt.Errorf("say %s: direct, to nobody", say.Key)
		}
		for _, to := range targets(say.To, t) {
			out.say = append(out.say, said{say.Key.Of(team, plugin), to, say})
		}
	}
	for _, m := range e.Mark {
		r, err := markRecord(now, t, plugin, m)
		if err != nil {
			return effects{}, fmt.Errorf("mark change %d: %w", m.Change, err)
		}
		out.put = append(out.put, r)
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
	var s size
	if s.add(out); s.full() {
		return effects{}, fmt.Errorf("%d writes, %d bytes: more than one transaction may hold", s.writes, s.bytes)
	}
	return out, nil
}

// targets is where a message goes, one for each that is stored: a person, or
// each room.
func targets(to bot.Target, team bot.Team) []bot.Target {
	if to.Person != "" {
		return []bot.Target{to}
	}
	var all []bot.Target
	for _, r := range to.Rooms(team) {
		all = append(all, bot.Target{Room: r})
	}
	return all
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
		if err := l.Outbox.Say(tx, now, s.key, s.to, s.Say); err != nil {
			return fmt.Errorf("say %s: %w", s.key, err)
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
