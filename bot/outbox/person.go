package outbox

import (
	"fmt"
	"strings"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/people"
)

// Register knows where people are, what they consent to, and how often they
// were asked. Its methods are called from several goroutines at once, within
// transactions, and never block.
type Register interface {
	// Reach says where and when the target's person can be told something of
	// the team's, as bot.People does.
	Reach(tx bot.ReadTx, now time.Time, team string, to bot.Target, daily int) bot.Reach

	// Count notes that an ask is on its way to a person. An id is counted
	// once; an ask that has to be repeated on a later day counts there too,
	// under another id.
	Count(tx bot.Tx, now time.Time, person, id string) error
}

// A message to a person is at least once, like one to a room, and its window for
// a double is the same round trip:
//
//   - Room and nick are stored when it is marked as being sent, so whoever is
//     killed then says it again to the same person in the same place.
//   - Where nobody knows whether it arrived, it stays with its room for as long
//     as the person is there. If they have left meanwhile it follows them, or
//     waits until they are back: they may have gone without seeing it, and a
//     ping that was seen twice harms less than one that was never seen.
//   - After an attempt of which the network knows that nothing arrived, it is
//     free to go wherever the person is.
//
// Quiet hours, absence and consent hold for every attempt. The daily cap holds
// for the first of a day: what is repeated on that day has been counted. One
// that was counted and in the end not said leaves the person with an ask less
// that day, never with one too many.

// target is the person a message is for, and where it would have them told.
type target struct {
	Person string   `json:"person"`
	Room   bot.Room `json:"room,omitzero"`
	Direct bool     `json:"direct,omitempty"`
}

// unasked is why somebody who has opted out is not told.
const unasked = "does not want to be asked"

// find says where the record can go now.
func (o *Outbox) find(tx bot.ReadTx, now time.Time, r *record) bot.Reach {
	if !r.roams() {
		return bot.Reach{Room: r.Room}
	}
	to := bot.Target(r.To)
	if r.State == sending && !to.Direct {
		to.Room = r.Room // nobody knows whether it arrived there
	}
	daily := r.Daily
	if now.Before(r.Counted) {
		daily = 0
	}
	return o.ask(tx, now, r, to, daily)
}

func (o *Outbox) ask(tx bot.ReadTx, now time.Time, r *record, to bot.Target, daily int) bot.Reach {
	if o.register == nil {
		return bot.Reach{Wait: people.Gone}
	}
	team, _, _ := strings.Cut(string(r.Key), "/")
	reach := o.register.Reach(tx, now, team, to, daily)
	if reach.Wait == people.No && reach.Room == (bot.Room{}) {
		reach.Wait = people.Gone
	}
	return reach
}

// roams reports whether it is looked anew, at each attempt, where the record goes.
func (r *record) roams() bool { return r.To.Person != "" && r.Of == "" }

// same reports whether two ways lead to somebody by what the network knows them
// by: where that is an id, another name is not another person.
func same(a, b bot.Reach) bool {
	return a.Room == b.Room && a.User == b.User && (a.User != "" || a.Nick == b.Nick)
}

// settleOn makes the record one for the room and nick it was found to go to.
// What it had to wait for elsewhere, and the words it had there, are void.
func (r *record) settleOn(reach bot.Reach) {
	if !r.roams() {
		return
	}
	if r.Room != reach.Room {
		r.Next, r.Why = time.Time{}, ""
	}
	if !same(bot.Reach{Room: r.Room, Nick: r.Nick, User: r.User}, reach) {
		r.Payload = nil
	}
	r.Room, r.Nick, r.User = reach.Room, reach.Nick, reach.User
}

// count notes an ask that is about to be sent, in the transaction that marks it.
func (o *Outbox) count(tx bot.Tx, now time.Time, r *record) error {
	if r.To.Person == "" || r.Daily == 0 || now.Before(r.Counted) {
		return nil
	}
	// Neither the same message on a later day, nor a key that was dropped and
	// said again, is the ask that was counted before.
	id := fmt.Sprintf("%s-%016x", r.ID, uint64(now.UnixNano()))
	if err := o.register.Count(tx, now, r.To.Person, id); err != nil {
		return fmt.Errorf("count an ask: %w", err)
	}
	// When the person's day ends is the register's to know: whoever has had
	// one ask could have a first one then.
	r.Counted = time.Time{}
	if next := o.ask(tx, now, r, bot.Target(r.To), 1); next.Wait == people.Capped {
		r.Counted = next.At
	}
	return nil
}

// called is the message as it is said to the record's person.
func (r *record) called() func(person string) (called, user string) {
	return func(person string) (string, string) {
		if person == r.To.Person {
			return r.Nick, r.User
		}
		return "", ""
	}
}

// tooLate says for people why a message was not delivered in its time.
func (r *record) tooLate() string {
	switch r.reach.Wait {
	case people.Gone:
		return "its time passed before the person came back"
	case people.Away:
		return "its time passed while the person was away"
	case people.Asleep:
		return "its time passed in the person's quiet hours"
	case people.Capped:
		return "its time passed on days with enough asks"
	}
	if r.Why != "" {
		return r.Why
	}
	return "its time passed before the room could be reached"
}
