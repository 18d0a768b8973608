package bot

import (
	"fmt"
	"strings"
	"time"

	"torchbearer/bot/msg"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// Key names one thing to be said or decided, for ever: it is never said twice.
// A plugin writes the part that is its own, "spec-freeze/2026-12-10/T-7d"; the
// machinery puts team and plugin in front of it. A key holds an event's id and
// civil date, never an instant, so that a corrected clock time is not news.
type Key string

// Check refuses a key that could not be stored or read back.
func (k Key) Check() error {
	switch {
	case k == "" || len(k) > 512:
		return fmt.Errorf("key of %d bytes; 1 to 512 are allowed", len(k))
	case strings.HasPrefix(string(k), "/") || strings.HasSuffix(string(k), "/") || strings.Contains(string(k), "//"):
		return fmt.Errorf("key %q has an empty part", k)
	}
	for _, c := range []byte(k) {
		if c <= ' ' || c >= 0x7f {
			return fmt.Errorf("key %q holds a byte that is no printable ASCII character", k)
		}
	}
	return nil
}

// Effects are what a plugin wants to happen. They are carried out together in
// one store transaction, or not at all: not, with an error, when they take half of
// what a store takes at least, 2,048 writes or 512 KiB. A message counts as 4 writes
// and 4 KiB in each room, an Unsay as 16 writes.
type Effects struct {
	// Reply answers the command; it is light: not stored, lost in a crash.
	Reply *msg.Message

	// Unsay drops what has not been sent yet: the message of a key, and
	// every message whose key lies below it. "spec-freeze/2026-12-10" drops
	// all steps of that ladder.
	Unsay []Key

	// Say is durable: stored before it is sent, tried until it expires. It
	// happens after Unsay.
	Say []Say

	// Mark lets every list know something about a change of the team's. A mark
	// replaces the plugin's own of that change and kind; one that Until has
	// ended takes it off.
	Mark []review.Mark

	// Put sets the plugin's own records for this team, as JSON; nil deletes.
	Put map[string]any
}

// Empty reports whether nothing has to be stored.
func (e Effects) Empty() bool { return len(e.Unsay)+len(e.Say)+len(e.Mark)+len(e.Put) == 0 }

// Reply is the effects of a command that only answers, in one paragraph.
func Reply(p msg.Para, link ...string) Effects {
	m := msg.New(msg.Answer, p)
	if len(link) > 0 {
		m.Link = link[0]
	}
	return Effects{Reply: &m}
}

// Say is one durable message.
type Say struct {
	Key     Key
	To      Target
	Message msg.Message
	Expires time.Time // not said at or after this instant; zero is an error of the plugin's

	// NotBefore is the first instant at which it may be said; zero: at once.
	NotBefore time.Time

	// Daily makes it an ask, of which a person gets at most so many on one of
	// their days, from everybody over all teams; beyond them it waits for the
	// next day. 0: it is no ask, and is not counted.
	Daily int

	// Tell sends the plugin an Outcome when the message has been delivered, or
	// never will be.
	Tell bool

	// Amend replaces the message of a Key that still waits, and says nothing
	// where it has been sent or was never said.
	Amend bool

	// Edit changes what has been said with the Key to the same target: the
	// living message of an ask, or of a countdown. It notifies nobody, so it
	// never carries news. Where nothing was said it does nothing, and where a
	// network can't edit it is dropped. Of several that wait the newest counts.
	// Daily, Tell and NotBefore mean nothing to it.
	Edit bool
}

// Target says where a Say goes: to a person, to one room, or to every room of
// the team. The zero Target is every room of the team.
type Target struct {
	// Person is the id of somebody the message is for. It goes to Room if the
	// person is there, otherwise to the room of the team where the person was
	// last seen, otherwise it waits for them. It is not said in their quiet
	// hours, nor while they are away, and never to who has opted out.
	Person string
	Room   Room

	// Direct says it to the person alone.
	Direct bool
}

// Rooms returns the rooms of a target that is no person.
func (t Target) Rooms(team Team) []Room {
	if t.Room != (Room{}) {
		return []Room{t.Room}
	}
	return team.Announced()
}

// Reach is where and when a person can be told something.
type Reach struct {
	Room Room   // zero: nowhere for now
	Nick string // what the person is called there; hostile text
	User string // their id there, where a mention takes one (Principal.User)

	// Wait is why not now, and At the instant from which on it could be; zero
	// where nobody can say (the person is gone, or has opted out).
	Wait people.Wait
	At   time.Time
}
