// Package msg holds messages as values: what the bot says, before a network
// gives it bytes. A message is kept in the store and rendered when it is first
// attempted, so that "in 7 days" is true when it is read:
//
//	m := msg.New(msg.Announce, msg.Para{
//		msg.Text("Spec freeze "), msg.Left(at, "UTC"), msg.Text(": "), msg.Instant(at, "UTC"), msg.Text("."),
//	})
//	m.Link = "https://releases.openstack.org/2027.1/schedule.html"
//	text := msg.Plain(m, now) // "Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://releases.…"
//
// Text that comes from outside (a nick, a change subject, an event's name) goes
// into an inline like any other: every renderer passes it through the rules of
// [Clean], so it can never format, inject or break a line. Use [CleanOr] where
// an empty text needs words of its own, and [Name] for a person who is named
// but must not be highlighted.
package msg

import (
	"slices"
	"time"
)

// Kind says how loudly a network should deliver a message.
type Kind string

// The kinds of message.
const (
	Answer   Kind = "answer"   // to a command; never highlights
	Announce Kind = "announce" // scheduled; meant for the room
	Ask      Kind = "ask"      // for the people it mentions
)

// Message is one message as a value. The zero Message says nothing.
type Message struct {
	Kind   Kind    `json:"kind"`
	Blocks []Block `json:"blocks"`
	// Link is said last, after everything else, and survives shortening:
	// the page or the query where the rest can be read. Empty: none.
	Link string `json:"link,omitempty"`
}

// New returns a message of paragraphs. A list is added to Blocks, a link set
// in Link.
func New(kind Kind, paras ...Para) Message {
	m := Message{Kind: kind, Blocks: make([]Block, len(paras))}
	for i, p := range paras {
		m.Blocks[i].Para = p
	}
	return m
}

// Block is a paragraph or a list; exactly one of the two is set. Tables and code
// blocks come with the first message that needs them.
//
// Where lines are dear (IRC) a list continues the line of a paragraph before it
// that ends in a colon, its items parted by semicolons: so items have no full
// stop of their own.
type Block struct {
	Para Para   `json:"para,omitempty"`
	List []Para `json:"list,omitempty"`

	// From and Until, where set, are the first instant at which the block is
	// true and the first at which it is no longer: a message that is said
	// later than it was meant to be says something else.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Para is a run of inlines, set one after the other without a space between.
type Para []Inline

// Inline is a piece of a paragraph; exactly one field is set.
type Inline struct {
	Text string `json:"text,omitempty"`
	Bold string `json:"bold,omitempty"` // emphasis where a network has it, plain text elsewhere
	Code string `json:"code,omitempty"` // fixed width where a network has it, plain text elsewhere
	URL  string `json:"url,omitempty"`  // never cut; a space in it becomes %20
	Name string `json:"name,omitempty"` // a person who is named, not pinged; see NoHighlight
	When *When  `json:"when,omitempty"`

	Mention *Mention `json:"mention,omitempty"`
}

// Mention is a person who is spoken to, and so highlighted.
type Mention struct {
	Person string `json:"person"`         // id
	Called string `json:"called"`         // what they are called in the room, hostile text
	User   string `json:"user,omitempty"` // their address where a network has one; empty elsewhere
}

// Text is a piece of text as it is.
func Text(s string) Inline { return Inline{Text: s} }

// Bold is text that matters most; networks without emphasis show it plain.
func Bold(s string) Inline { return Inline{Bold: s} }

// Code is text to be typed or compared letter by letter: a command, a branch.
func Code(s string) Inline { return Inline{Code: s} }

// URL is an address inside a paragraph. The address of the whole message
// belongs in [Message.Link].
func URL(s string) Inline { return Inline{URL: s} }

// Name is a person who is spoken about, not spoken to: no network may
// highlight the name for its bearer.
func Name(s string) Inline { return Inline{Name: s} }

// To is a person who is spoken to: networks highlight them. What they are called
// is put right when the message is on its way, see [Message.Call].
func To(person, called string) Inline {
	return Inline{Mention: &Mention{Person: person, Called: called}}
}

// Call returns the message with everybody it speaks to called as f says; where f
// says nothing the name stays. The message itself is left as it is.
func (m Message) Call(f func(person string) (called, user string)) Message {
	para := func(p Para) Para {
		p = slices.Clone(p)
		for i, in := range p {
			if in.Mention == nil {
				continue
			}
			if called, user := f(in.Mention.Person); called != "" {
				p[i].Mention = &Mention{Person: in.Mention.Person, Called: called, User: user}
			}
		}
		return p
	}
	m.Blocks = slices.Clone(m.Blocks)
	for i, b := range m.Blocks {
		m.Blocks[i].Para = para(b.Para)
		m.Blocks[i].List = slices.Clone(b.List)
		for j, item := range b.List {
			m.Blocks[i].List[j] = para(item)
		}
	}
	return m
}

// Instant is a point in time as date and clock, in the zone (IANA name) and,
// where that differs, in UTC. See [StyleInstant].
func Instant(at time.Time, zone string) Inline { return when(at, zone, StyleInstant) }

// Clock is the clock time alone, for a day that the text has named. See
// [StyleClock].
func Clock(at time.Time, zone string) Inline { return when(at, zone, StyleClock) }

// Day is the civil day in the zone. See [StyleDay].
func Day(at time.Time, zone string) Inline { return when(at, zone, StyleDay) }

// Date is the civil day in the zone, for what has no time: it claims none. See
// [StyleDate].
func Date(at time.Time, zone string) Inline { return when(at, zone, StyleDate) }

// Days is how many civil days in the zone are left, or have gone by. See
// [StyleDays].
func Days(at time.Time, zone string) Inline { return when(at, zone, StyleDays) }

// Left is the time left until the instant, or since, as it is when the message
// is rendered. See [StyleLeft].
func Left(at time.Time, zone string) Inline { return when(at, zone, StyleLeft) }

// Passed is the clock time that admits when it has gone by. See
// [StylePassed].
func Passed(at time.Time, zone string) Inline { return when(at, zone, StylePassed) }

func when(at time.Time, zone string, style Style) Inline {
	return Inline{When: &When{At: at.UTC(), Zone: zone, Style: style}}
}

// When is an instant that is put into words at the moment of rendering.
type When struct {
	At    time.Time `json:"at"`   // UTC
	Zone  string    `json:"zone"` // IANA name; days are this zone's days; unknown or empty: UTC
	Style Style     `json:"style"`
}

// Style says which words a When becomes.
type Style string

// The styles of a When, with what they render to. A clock shows seconds only
// where they are not zero ("23:59:30 UTC"). An unknown style renders as
// StyleInstant.
const (
	// StyleInstant: "Thu 2026-12-10 23:59 UTC"; in a zone that is not at UTC
	// then "Thu 2026-12-10 23:59 EST (Fri 04:59 UTC)", with the second weekday
	// only where it differs.
	StyleInstant Style = "instant"
	// StyleClock: "23:59 UTC", elsewhere "23:59 EST (04:59 UTC)".
	StyleClock Style = "clock"
	// StyleDay: "today", "tomorrow", otherwise "Thu 2026-12-10".
	StyleDay Style = "day"
	// StyleDate: "Thu 2026-12-10", be that today.
	StyleDate Style = "date"
	// StyleDays: "in 7 days", "tomorrow", "today", "yesterday", "7 days ago".
	StyleDays Style = "days"
	// StyleLeft: "in 7 days", "in 9 h 59 min", "in 20 s", "now", "3 h ago".
	// Under 48 h hours and minutes, otherwise civil days in the zone.
	StyleLeft Style = "left"
	// StylePassed: "23:59 UTC", elsewhere "23:59 EST, 04:59 UTC", and from one
	// minute after the instant "23:59 UTC, was 3 h ago".
	StylePassed Style = "passed"
)
