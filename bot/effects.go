package bot

import (
	"fmt"
	"strings"
	"time"

	"torchbearer/bot/msg"
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
// one store transaction, or not at all.
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

	// Put sets the plugin's own records for this team, as JSON; nil deletes.
	Put map[string]any
}

// Empty reports whether nothing has to be stored.
func (e Effects) Empty() bool { return len(e.Unsay)+len(e.Say)+len(e.Put) == 0 }

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

	// Amend replaces the message of a Key that still waits, and says nothing
	// where it has been sent or was never said.
	Amend bool
}

// Target says where a Say goes: to one room, or to every room of the team.
// The zero Target is every room of the team.
type Target struct {
	Room Room
}

// Rooms returns the target's rooms for a team.
func (t Target) Rooms(team Team) []Room {
	if t.Room != (Room{}) {
		return []Room{t.Room}
	}
	return team.Rooms
}
