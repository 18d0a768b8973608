package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// cryptoOptions are what an encrypter is made of.
type cryptoOptions struct {
	store   bot.Store // below matrix/<network>/crypto/
	network string
	key     []byte          // protects the keys in the store
	client  *mautrix.Client // logged in when Start is called
	states  *roomStates     // mautrix.StateStore and crypto.StateStore
	now     func() time.Time
	log     *slog.Logger
	trust   func(string) // told how far others can trust the device, in words
	arrived func()       // told that what was errLater may be readable now
}

// errLater says that an event's key, or the device that sent it, is not known yet.
var errLater = errors.New("the message's key has not come")

// wayOut is an error that no retry mends, but a person: it says how.
type wayOut string

func (w wayOut) Error() string { return string(w) }

// runLogin is what mends most of them.
func runLogin(network string) string {
	return "run torchbearer login -config FILE " + network
}

// encrypter is what the transport needs of end-to-end encryption. It is made by
// newEncrypter, which a build without the tag goolm refuses.
type encrypter interface {
	// Start is called at every login, before sync: it says what is wrong with
	// the device or its store. An error that a person has to mend is a wayOut.
	Start(ctx context.Context) error

	// Run does what comes up beside, from Start until ctx ends.
	Run(ctx context.Context)

	// Encrypt makes the content of an m.room.encrypted event, after the room's
	// members were sent its key.
	Encrypt(ctx context.Context, room id.RoomID, kind event.Type, content json.RawMessage) (json.RawMessage, error)

	// Decrypt reads an m.room.encrypted event. errLater: it is worth another
	// try when arrived was called.
	Decrypt(ctx context.Context, e *event.Event) (*event.Event, error)

	// Sync takes what is not of rooms out of a sync's answer (messages to the
	// device, device lists, key counts), and then calls take, with a context
	// for Decrypt. When it returns nil all of that is stored.
	Sync(ctx context.Context, resp *mautrix.RespSync, since string, take func(context.Context)) error
}

func (t *Transport) cryptoOptions(client *mautrix.Client) cryptoOptions {
	return cryptoOptions{
		store: t.store, network: t.cfg.Network, key: t.cfg.Key, client: client, states: t.states, now: t.now, log: t.log,
		trust: t.trusted, arrived: t.keysArrived,
	}
}

// loggedInOnce reports whether Login was run, where encryption needs it: a device
// that makes itself is one that nobody has verified, and one more each time its
// store is lost.
func (t *Transport) loggedInOnce(ctx context.Context) fault {
	if !t.cfg.Encryption {
		return fault{}
	}
	known, err := t.knownLogin(ctx)
	switch {
	case err != nil:
		return fault{fatal: err}
	case known.Ready:
		return fault{}
	case known.Ended:
		return fault{why: "the server has ended the login, and the device with it: " + runLogin(t.cfg.Network), wait: longStop}
	}
	if known.Device != "" {
		return fault{why: "device " + known.Device.String() + " is not ready for encryption: " + runLogin(t.cfg.Network), wait: longStop}
	}
	return fault{why: "not logged in yet: " + runLogin(t.cfg.Network), wait: longStop}
}

// startCrypto begins encryption for a session.
func (t *Transport) startCrypto(ctx context.Context) fault {
	if t.crypt == nil {
		return fault{}
	}
	t.use.Lock()
	defer t.use.Unlock()
	err := t.crypt.Start(ctx)
	var person wayOut
	switch {
	case err == nil:
		return fault{}
	case errors.As(err, &person):
		return fault{why: person.Error(), wait: longStop}
	case account(err) != "":
		return t.loginFault(ctx, err)
	}
	return fault{why: "encryption is not ready: " + words(err)}
}

// trusted notes how far others can trust the device.
func (t *Transport) trusted(trust string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if trust != t.trust {
		t.log.Info("encryption", "device", trust)
	}
	t.trust = trust
}
