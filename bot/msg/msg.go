// Package msg holds messages as values: what the bot says, before a network
// gives it bytes. A message is kept in the store and rendered when it is first
// attempted, so that "in 7 days" is true when it is read:
//
//	m := msg.New(msg.Para{
//		msg.Text("Spec freeze "), msg.Left(at, zone), msg.Text(": "), msg.Instant(at, zone), msg.Text("."),
//	})
//	text := msg.Plain(m, now) // "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC."
//
// Text that comes from outside (a nick, a change subject, an event's name) goes
// into a Text inline like any other; renderers strip and escape, so it can
// never format, mention or inject.
package msg

import "time"

// Kind says how loudly a network should deliver a message.
type Kind string

// The kinds of message.
const (
	Answer   Kind = "answer"   // to a command; never highlights
	Announce Kind = "announce" // scheduled; meant for the room
	Ping     Kind = "ping"     // meant for one person; may highlight
)

// Message is one message as a value. The zero Message says nothing.
type Message struct {
	Kind   Kind    `json:"kind"`
	Blocks []Block `json:"blocks"`
	// Link is said last, after everything else, and survives shortening:
	// the page or the query where the rest can be read. Empty: none.
	Link string `json:"link,omitempty"`
}

// Block is a paragraph or a list; exactly one field is set. Tables and code
// blocks come with the first message that needs them.
type Block struct {
	Para Para   `json:"para,omitempty"`
	List []Para `json:"list,omitempty"`
}

// Para is a run of inlines.
type Para []Inline

// Inline is a piece of a paragraph; exactly one field is set.
type Inline struct {
	Text string `json:"text,omitempty"`
	Bold string `json:"bold,omitempty"` // emphasis where a network has it, plain text elsewhere
	Code string `json:"code,omitempty"`
	URL  string `json:"url,omitempty"`
	When *When  `json:"when,omitempty"`
}

// When is an instant that is put into words at the moment of rendering.
type When struct {
	At    time.Time `json:"at"`   // UTC
	Zone  string    `json:"zone"` // IANA name; days are this zone's days
	Style Style     `json:"style"`
}

// Style says which words a When becomes.
type Style string

// The styles of a When, with what they render to.
const (
	StyleInstant Style = "instant" // "Thu 2026-12-10 23:59 UTC"
	StyleClock   Style = "clock"   // "23:59 UTC"
	StyleDay     Style = "day"     // "today", "tomorrow", otherwise "Thu 2026-12-10"
	StyleLeft    Style = "left"    // "in 7 days", "in 9 h 59 min", "in 20 s", "now", "3 h ago"
	StylePassed  Style = "passed"  // "23:59 UTC"; a minute or more later "23:59 UTC, was 3 h ago"
)
