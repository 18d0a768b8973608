package bottest

import (
	"encoding/json"
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
	// Rich is like Matrix: one event for a message, the account proven with
	// each line, and a second event with the same id is dropped.
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

// Seen is one message as people saw it.
type Seen struct {
	Room  bot.Room
	At    time.Time
	Lines []string
	Reply bool // to a command
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
	ids      map[string]bool // of messages that arrived, on a Rich network
	session  *Session
	accounts map[string]string // by nick, as services know them
	origins  map[string]string // by nick
	present  map[bot.Room][]string
}

// NewNetwork makes a network that is up, with services. The bot is called nick
// there; now tells the time at which people see things.
func NewNetwork(kind Kind, name, nick string, now func() time.Time) *Network {
	return &Network{
		Kind: kind, Name: name, nick: nick, now: now,
		up: true, services: true, fault: NoFault,
		muted: map[bot.Room]bool{}, kicked: map[bot.Room]bool{}, rooms: map[bot.Room]bool{},
		ids: map[string]bool{}, accounts: map[string]string{}, origins: map[string]string{},
		present: map[bot.Room][]string{},
	}
}

// Speaker is somebody who says something.
type Speaker struct {
	Nick    string
	Account string // logged in as; empty: not at all
	Origin  string // empty: a host of the nick's own
}

// Say lets somebody speak in a room, which they join if they are not there, or to
// the bot alone when the room is named after the nick.
func (n *Network) Say(room bot.Room, who Speaker, text string) {
	n.mu.Lock()
	p, heard := n.enter(room, who)
	s := n.session
	in := bot.Incoming{Room: room, Direct: room.Name == who.Nick, From: p, Text: text, At: n.now()}
	n.mu.Unlock()
	if !heard {
		return
	}
	if rest, ok := strings.CutPrefix(text, n.nick+": "); ok {
		in.Text, in.Addressed = rest, true
	}
	if !in.Direct {
		s.in.Seen(room, p, in.At)
	}
	s.in.Incoming(in)
}

// Up connects everybody to the network, Down disconnects them.
func (n *Network) Up() { n.change(func() { n.up = true }) }

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
	i := slices.IndexFunc(n.seen, func(s Seen) bool { return s.Room == r })
	if i < 0 {
		return Seen{}, false
	}
	s := n.seen[i]
	n.seen = slices.Delete(n.seen, i, i+1)
	return s, true
}

// Left returns the messages that were not taken.
func (n *Network) Left() []Seen {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.seen)
}

// arrive shows lines to a room; the lock is held.
func (n *Network) arrive(r bot.Room, lines []string, reply bool) Seen {
	s := Seen{Room: r, At: n.now(), Lines: lines, Reply: reply}
	n.seen = append(n.seen, s)
	return s
}

// decode reads what Render wrote.
func decode(payload []byte) (lines []string, err error) {
	err = json.Unmarshal(payload, &lines)
	return lines, err
}
