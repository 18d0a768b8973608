package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"torchbearer/bot/msg"
)

// Transport is one network: an IRC network, a Matrix homeserver, the terminal.
// Its methods may be called from several goroutines at once.
type Transport interface {
	Sender
	Replier

	// Network is the name of its section in the configuration.
	Network() string

	// Run connects and stays connected, handing what it hears to in, until
	// ctx ends; then it leaves politely and returns nil. Faults of the
	// network are its own business: it returns an error only for what a
	// retry can't mend (refused credentials, a wrong certificate authority).
	Run(ctx context.Context, in Receiver) error

	// Status is what a person wants to know of it. It never blocks.
	Status() NetworkStatus

	// Members lists who is in a room now, the bot left out, with what the
	// network has said about who they are, which may be less than what
	// Identify would find out. It never blocks.
	Members(Room) []Principal
}

// Sender is a transport as the outbox sees it.
type Sender interface {
	// Ready reports whether a message to the room could be sent now:
	// connected, logged in as configured, joined.
	Ready(Room) bool

	// Render turns a message into the bytes to keep and send, as true at the
	// instant at. The bytes are the transport's own form.
	Render(r Room, m msg.Message, at time.Time) ([]byte, error)

	// Deliver sends rendered bytes and returns nil when the network has
	// acknowledged them. The id is the same at every attempt; a network that
	// can drops the second of two. Errors are ErrNotReady (nothing was
	// sent), a Refusal, or anything else for "nobody knows whether it
	// arrived".
	Deliver(ctx context.Context, id string, r Room, payload []byte) error
}

// Editor is a Sender of a network where what was said can be changed.
type Editor interface {
	// Edit puts rendered bytes in the place of those delivered to the room with
	// the id of, without notifying anybody. The id is the edit's own, the same
	// at every attempt; errors are those of Deliver. A message that is no more
	// is a final Refusal.
	Edit(ctx context.Context, id, of string, r Room, payload []byte) error
}

// Replier is a transport as commands see it.
type Replier interface {
	// Reply answers a command at once and without acknowledgement; what can't
	// be sent soon is dropped. It never blocks.
	Reply(to Incoming, m msg.Message, at time.Time)

	// Identify asks the network who a principal is, for commands that need a
	// role. It takes at most a few seconds, and returns the principal
	// unproven when the network has no proof.
	Identify(ctx context.Context, p Principal) (Principal, error)
}

// Receiver is what a transport talks to. Its methods never block.
type Receiver interface {
	Incoming(Incoming)
	// Changed says that Ready may answer otherwise now.
	Changed(network string)
	// Seen says that somebody came into a room or spoke there.
	Seen(r Room, who Principal, at time.Time)
}

// Incoming is one line somebody said where the bot can hear it. A transport
// hands on no line of the bot's own, no replayed history and no notice.
type Incoming struct {
	Room   Room
	Direct bool // said to the bot alone
	From   Principal
	Text   string    // formatting stripped, otherwise hostile
	ID     string    // the network's id of the message, empty where it has none
	At     time.Time // when it was received, UTC
	// Addressed says that the line began with the bot's name and a colon
	// ("glancebot: freeze"); Text is what followed.
	Addressed bool

	// React is set of a reaction, which has no Text.
	React *React

	// Once is a key of the store. Whoever stores the effects of this line writes
	// it in the same transaction, with any value; then the line is not handed on
	// again after a crash. Empty: it never is.
	Once string
}

// React is a sign put to a message of the bot's, or taken back.
type React struct {
	Of     string // the id with which the message was delivered
	Sign   Sign
	Undone bool
}

// ErrNotReady says that nothing was sent, because the room can't be reached now or
// the message's turn did not come.
var ErrNotReady = errors.New("not connected to the room")

// Refusal says that the network took note of a message and did not deliver it.
type Refusal struct {
	Why   string        // for people: "muted in the channel (404)"
	After time.Duration // earliest next attempt; 0: the outbox's own backoff
	Final bool          // no attempt will do better
}

// Error returns the reason.
func (r *Refusal) Error() string { return fmt.Sprintf("not delivered: %s", r.Why) }

// NetworkStatus is the state of one network, for status and check.
type NetworkStatus struct {
	Network   string        `json:"network"`
	Connected bool          `json:"connected"`        // registered and logged in as configured
	Since     time.Time     `json:"since,omitzero"`   // of that state, UTC
	Lag       time.Duration `json:"lag_ns,omitempty"` // round trip of the last PING
	Login     string        `json:"login,omitempty"`  // "account glancebot (SASL PLAIN)", "not logged in"; Matrix, not connected: empty
	Trust     string        `json:"trust,omitempty"`  // of the bot's encryption: "cross-signed", "not verified: …"; empty: it has none
	Detail    string        `json:"detail,omitempty"` // why not connected
	Retry     time.Time     `json:"retry,omitzero"`   // not connected: the next attempt, UTC; zero: one is under way
	Rooms     []RoomStatus  `json:"rooms,omitempty"`
}

// RoomStatus is the state of one room.
type RoomStatus struct {
	Room  Room   `json:"room"`
	Ready bool   `json:"ready"`
	Why   string `json:"why,omitempty"` // not ready: "banned from the channel (474)"

	// Retry is when the bot tries to get in again, UTC; zero while it is in,
	// or on its way.
	Retry time.Time `json:"retry,omitzero"`

	// Lacks is what the bot needs in the room and does not have, a line each, with
	// who can grant it: "power level 50 to speak, the bot has 0: @zoe:example.org
	// can give it". A room may be ready all the same.
	Lacks []string `json:"lacks,omitempty"`
}
