package outbox_test

import (
	"fmt"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/msg"
	"torchbearer/bot/people"
)

// somebody is a person as the roster knows them; the zero one is in no room.
type somebody struct {
	nick    string
	user    string
	rooms   []bot.Room // the last one seen first
	zone    *time.Location
	quiet   *people.Quiet
	consent people.Consent
}

// roster is a Register that does as the tests say, and keeps its count in the
// store, as a real one does.
type roster struct {
	mu     sync.Mutex
	people map[string]somebody
}

func (s *roster) get(id string) somebody {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people[id]
}

func (s *roster) set(id string, p somebody) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people == nil {
		s.people = map[string]somebody{}
	}
	s.people[id] = p
}

func counted(id string, day time.Time, zone *time.Location) string {
	return fmt.Sprintf("asked/%s/%s/", id, people.Day(day, zone))
}

func (s *roster) Reach(tx bot.ReadTx, now time.Time, team string, to bot.Target, daily int) bot.Reach {
	p := s.get(to.Person)
	switch {
	case p.consent.OptedOut:
		return bot.Reach{Wait: people.OptedOut}
	case len(p.rooms) == 0 || team != "glance":
		return bot.Reach{Wait: people.Gone}
	}
	r := bot.Reach{Room: p.rooms[0], Nick: p.nick, User: p.user}
	if slices.Contains(p.rooms, to.Room) {
		r.Room = to.Room
	}
	if to.Direct {
		r.Room = bot.Room{Network: r.Room.Network, Name: p.nick}
	}
	if at, wait := p.consent.Next(now, p.quiet, p.zone); wait != people.No {
		r.At, r.Wait = at, wait
		return r
	}
	n := 0
	for range tx.Scan(counted(to.Person, now, p.zone)) {
		n++
	}
	if daily > 0 && n >= daily {
		r.Wait = people.Capped
		r.At, _ = p.consent.Next(people.Tomorrow(now, p.zone), p.quiet, p.zone)
	}
	return r
}

func (s *roster) Count(tx bot.Tx, now time.Time, person, id string) error {
	return tx.Put(counted(person, now, s.get(person).zone)+id, []byte("1"))
}

// enter puts somebody into rooms, and into no others.
func (w *world) enter(id string, rooms ...bot.Room) {
	p := w.people.get(id)
	p.rooms = rooms
	if p.nick == "" {
		p.nick = id + "_"
	}
	w.people.set(id, p)
	w.box.Seen()
	synctest.Wait()
}

// pinging is a ping of somebody; the plugin did not know what they are called.
func pinging(id, text string, expires time.Time) bot.Say {
	return bot.Say{Message: msg.New(msg.Ask, msg.Para{msg.To(id, "?"), msg.Text(": " + text)}), Expires: expires, Tell: true}
}

// ping pings somebody, for a day.
func (w *world) ping(key, id string, change func(*bot.Target, *bot.Say)) {
	w.t.Helper()
	w.do(func(tx bot.Tx) error {
		to, say := bot.Target{Person: id}, pinging(id, key, w.now().Add(24*time.Hour))
		if change != nil {
			change(&to, &say)
		}
		return w.box.Add(tx, w.now(), bot.Key("glance/ask/"+key), to, say)
	})
}

// outcomes are what a plugin would hear, as "key what room why".
func (w *world) outcomes() (out []string) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(tx bot.ReadTx) error {
		for _, o := range w.box.Outcomes(tx) {
			out = append(out, fmt.Sprintf("%s %s %s %s", o.Outcome.Key, o.Outcome.What, o.Outcome.Room.Name, o.Outcome.Why))
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}
