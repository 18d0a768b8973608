package matrix

import (
	"context"
	"encoding/json"
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
}

func (t *Transport) cryptoOptions(client *mautrix.Client) cryptoOptions {
	return cryptoOptions{t.store, t.cfg.Network, t.cfg.Key, client, t.states, t.now, t.log}
}

// encrypter is what the transport needs of end-to-end encryption. It is made by
// newEncrypter, which a build without the tag goolm refuses.
type encrypter interface {
	// Start is called at every login, before sync: it uploads keys and says
	// what is wrong with the device or its store.
	Start(ctx context.Context) error

	// Encrypt makes the content of an m.room.encrypted event, after the room's
	// members were sent its key.
	Encrypt(ctx context.Context, room id.RoomID, kind event.Type, content json.RawMessage) (json.RawMessage, error)

	// Decrypt reads an m.room.encrypted event.
	Decrypt(ctx context.Context, e *event.Event) (*event.Event, error)

	// Sync takes what is not of rooms out of a sync's answer (messages to the
	// device, device lists, key counts), before the rooms are looked at and
	// the token is stored.
	Sync(ctx context.Context, resp *mautrix.RespSync, since string) error
}
