package bottest

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"torchbearer/bot"
)

// Kind is a kind of network.
type Kind string

// The two kinds, which differ in everything a plugin might come to rely on.
const (
	// Plain is like IRC: lines of so many bytes, no account with a line (but
	// services that know), no memory of ids: what is sent twice is seen twice.
	Plain Kind = "plain"
	// Rich is like Matrix: one event for a message, a user id proven with each
	// line and a name beside it that anybody may have; edits and reactions; a
	// second event with the same id is dropped; what was said while the bot was
	// away is told when it is back.
	Rich Kind = "rich"
)

// lineLimit is the bytes of text that a line of a Plain network carries.
const lineLimit = 400

// Fault is what a network does to an announcement.
type Fault string

// The faults. Each but NoFault leaves the sender not knowing.
const (
	NoFault Fault = "no"
	AckLost Fault = "lost"    // the message arrives, its acknowledgement does not
	Dropped Fault = "dropped" // nothing arrives
)

// Seen is one message as people saw it. A direct message is in the room that is
// named by what the person is called.
type Seen struct {
	Room  bot.Room
	At    time.Time
	Lines []string
	Reply bool // to a command

	// What follows a Rich network alone knows.
	To       string   // the id of the line that it answers
	Mentions []string // user ids of whom it notifies
	User     string   // of whom a direct message is for
}

// Text is the message in one line, as it reads: without the marks that keep
// names from highlighting and lines from triggering other bots.
func (s Seen) Text() string {
	var parts []string
	for _, l := range s.Lines {
		parts = append(parts, strings.TrimPrefix(strings.ReplaceAll(l, "\u200b", ""), "· "))
	}
	return strings.Join(parts, " ")
}

// Network is a network in memory. It outlives the bot: a bot that was killed
// and one that was started again connect to the same rooms, with Connect.
//
//	net := bottest.NewNetwork(bottest.Plain, "oftc", "glancebot", now)
//	go net.Connect().Run(ctx, receiver)
//	net.Say(room, bottest.Speaker{Nick: "alice"}, "!freeze")
//	seen := net.Take(room)
type Network struct {
	Kind Kind
	Name string

	// OnArrival is called after a message of the bot's arrived, before it is
	// acknowledged. Set it before the network is used.
	OnArrival func(Seen)

	// Ran reports whether a line's key is in the bot's store: then a Rich
	// network does not tell it again after a kill. Nil: none is. Set it before
	// Connect.
	Ran func(once string) bool

	nick string
	now  func() time.Time

	mu       sync.Mutex
	up       bool
	services bool
	fault    Fault
	slow     time.Duration
	muted    map[bot.Room]bool
	kicked   map[bot.Room]bool
	rooms    map[bot.Room]bool // announced to, for status
	seen     []Seen
	ids      map[string]bool // of messages and edits that arrived
	posts    []*post         // of the bot's, oldest first
	told     []told          // what the bot may have to be told again
	serial   int             // of lines
	session  *Session
	accounts map[string]string // by user, as services know them
	origins  map[string]string // by user
	names    map[string]string // by user: what they are called
	present  map[bot.Room][]string
}

// NewNetwork makes a network that is up, with services. The bot is called nick
// there; now tells the time at which people see things.
func NewNetwork(kind Kind, name, nick string, now func() time.Time) *Network {
	return &Network{
		Kind: kind, Name: name, nick: nick, now: now,
		up: true, services: true, fault: NoFault,
		muted: map[bot.Room]bool{}, kicked: map[bot.Room]bool{}, rooms: map[bot.Room]bool{},
		ids: map[string]bool{}, accounts: map[string]string{}, origins: map[string]string{}, names: map[string]string{},
		present: map[bot.Room][]string{},
	}
}

// Say lets somebody speak in a room, which they join if they are not there, or to
// the bot alone when the room is no channel.
func (n *Network) Say(room bot.Room, who Speaker, text string) {
	n.mu.Lock()
	user := n.enter(room, who)
	in := n.line(room, user)
	in.Text = text
	if rest, ok := strings.CutPrefix(text, n.nick+": "); ok {
		in.Text, in.Addressed = rest, true
	}
	hand := n.tell(in)
	n.mu.Unlock()
	hand()
}

// Up connects the bot to the network again.
func (n *Network) Up() {
	n.change(func() { n.up = true })
	n.catchUp()
}

// Down disconnects the bot: nothing arrives, and acknowledgements that were on
// their way never do.
func (n *Network) Down() {
	n.change(func() {
		n.up = false
		n.session.cut()
	})
}

// Mute makes a room refuse what the bot says (404 on IRC), Unmute ends it.
func (n *Network) Mute(r bot.Room) { n.change(func() { n.muted[r] = true }) }

// Unmute lets the bot speak again.
func (n *Network) Unmute(r bot.Room) { n.change(func() { delete(n.muted, r) }) }

// Kick takes the bot out of a room.
func (n *Network) Kick(r bot.Room) { n.change(func() { n.kicked[r] = true }) }

// Rejoin lets the bot back in.
func (n *Network) Rejoin(r bot.Room) { n.change(func() { delete(n.kicked, r) }) }

// Services says whether anybody's login can be proven.
func (n *Network) Services(there bool) { n.change(func() { n.services = there }) }

// Fail sets what becomes of announcements from here on.
func (n *Network) Fail(f Fault) { n.change(func() { n.fault = f }) }

// Slow sets how long an acknowledgement takes.
func (n *Network) Slow(d time.Duration) { n.change(func() { n.slow = d }) }

func (n *Network) change(f func()) {
	n.mu.Lock()
	f()
	s := n.session
	n.mu.Unlock()
	if s != nil {
		s.in.Changed(n.Name)
	}
}

// Take returns the oldest message in a room that was not taken yet.
func (n *Network) Take(r bot.Room) (Seen, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.seen, func(s Seen) bool { return s.in(r) })
	if i < 0 {
		return Seen{}, false
	}
	s := n.seen[i]
	n.seen = slices.Delete(n.seen, i, i+1)
	return s, true
}

// in reports whether a message was said in a room, which may be named after the
// user.
func (s Seen) in(r bot.Room) bool { return s.Room == r || s.User != "" && s.User == r.Name }

// Left returns the messages that were not taken.
func (n *Network) Left() []Seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.seen)
}

// rendered is what Render makes of a message.
type rendered struct {
	Lines    []string `json:"lines"`
	Mentions []string `json:"mentions,omitempty"`
}

// arrive shows a message to a room; the lock is held.
func (n *Network) arrive(r bot.Room, m rendered) Seen {
	s := Seen{Room: r, At: n.now(), Lines: m.Lines, Mentions: m.Mentions}
	if direct(r) {
		s.Room.Name = n.called(n.userAt(r))
		if n.Kind == Rich {
			s.User = n.userAt(r)
		}
	}
	return s
}

// decode reads what Render wrote.
func decode(payload []byte) (m rendered, err error) {
	if err = json.Unmarshal(payload, &m); err == nil && len(m.Lines) == 0 {
		err = errors.New("the stored message says nothing")
	}
	return m, err
}
