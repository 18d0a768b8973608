//go:build goolm

package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// The crypto store's key space, below matrix/<network>/crypto/:
//
//	check                                          salt and proof of the secret
//	restored                                       put there by whoever lays an older copy of the
//	                                               store over this one; see distrust
//	owner                                          whose device that is; see ownerRecord
//	account                                        the device: identity and one-time keys
//	olm/<sender key>/<session>                     an Olm session
//	hash/<SHA-256>                                 an Olm message that was handled, and when
//	inbound/<room>/<session>                       a Megolm session to decrypt with
//	withheld/<room>/<session>                      why there is none
//	outbound/<room>                                the Megolm session to encrypt with
//	audience/<room>                                whom that is for; see megolm.audience
//	shared/<session>/<user>/<identity key>         a device that has the key of an outbound session
//	index/<session>                                which messages were decrypted; see messageIndex
//	devices/<user>                                 a user's devices
//	cross/<user>                                   a user's cross-signing keys
//	signature/<user>/<key>/<signer>/<signer's key> a signature over a key
//	secret/<name>                                  cross-signing seeds, the backup's key
//
// Every value but check and restored is sealed (see cryptoKeys). The keys are
// not: whoever reads the file learns rooms, users and sessions, but nothing that
// decrypts or signs. Each part of a key stands escaped, or, when it is long or
// odd, as its hash: all of them are hostile.

// cryptoStore keeps the bot's end-to-end encryption in a bot.Store. It is a
// crypto.Store that holds the library to three things that a store in memory
// can't:
//
//   - What left the process is stored. A ratchet that falls back encrypts two
//     messages with one key, so guard stores all that waits before it lets a
//     request pass, and a store that can't write stops the request.
//   - What arrived together is stored together. An Olm message moves a session,
//     uses up a one-time key, is remembered as handled and brings a room key: a
//     crash between these would lose the room's messages for good, as the server
//     sends the message again and the library drops it as known. So a sync
//     response is handled inside together, which is one transaction.
//   - There is one copy of an Olm session, as two that were read from the store
//     would each encrypt at the same index. The store holds what it gave out
//     weakly: memory does not grow with the rooms.
//
// All else is read from the store when it is asked for. It is safe for
// concurrent use; it must not be used inside a View or an Update of its own
// bot.Store, which deadlocks.
//
//	keys, err := openCryptoStore(ctx, store, "main", secret, time.Now, log)
//	client.Client = &http.Client{Transport: keys.guard(http.DefaultTransport)}
//	machine := crypto.NewOlmMachine(client, nil, keys, rooms)
//	err = keys.together(ctx, func(ctx context.Context) error {
//		machine.ProcessSyncResponse(ctx, response, since)
//		return nil
//	})
type cryptoStore struct {
	store  bot.Store
	prefix string // matrix/<network>/crypto/
	keys   cryptoKeys
	now    func() time.Time
	log    *slog.Logger

	// restored says that the store was found to be older than what was sent
	// (see distrust): the device's one-time keys want RepairOneTimeKeys.
	restored atomic.Bool

	// write is held by who writes, or hands out an Olm session, until it is
	// stored; state only while the fields below it are looked at.
	write   sync.Mutex
	account *crypto.OlmAccount
	rooms   map[id.SessionID]id.RoomID // whose current outbound session it is

	state    sync.RWMutex
	pending  map[string]cryptoWaiting
	sessions map[string]weak.Pointer[crypto.OlmSession]
}

var _ crypto.Store = (*cryptoStore)(nil)

// openCryptoStore opens what a network's device knows, or begins it. secret
// protects it and is stored nowhere; another one than last time is errStoreKey,
// and nothing is written. now is the application's clock.
func openCryptoStore(ctx context.Context, store bot.Store, network string, secret []byte, now func() time.Time, log *slog.Logger) (*cryptoStore, error) {
	s := &cryptoStore{
		store:    store,
		prefix:   "matrix/" + cryptoKeyPart(network) + "/crypto/",
		now:      now,
		log:      log,
		rooms:    map[id.SessionID]id.RoomID{},
		pending:  map[string]cryptoWaiting{},
		sessions: map[string]weak.Pointer[crypto.OlmSession]{},
	}
	if err := s.unlockWith(ctx, secret); err != nil {
		return nil, fmt.Errorf("open crypto store of %s: %w", network, err)
	}
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("open crypto store of %s: %w", network, err)
	}
	return s, nil
}

// unlockWith gets the keys from the secret, and makes them for a store that has
// nothing yet.
func (s *cryptoStore) unlockWith(ctx context.Context, secret []byte) error {
	at := s.prefix + "check"
	var check []byte
	used := false
	err := s.store.View(ctx, func(tx bot.ReadTx) (err error) {
		check, err = tx.Get(at)
		for range tx.Scan(s.prefix) {
			used = true
			break
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case check != nil:
		s.keys, err = openKeyCheck(at, check, secret)
		return err
	case used:
		return errors.New("its keys are there but the proof of the secret is not: restore a backup, or log in anew, as a new device")
	}
	keys, check, err := newKeyCheck(at, secret)
	if err != nil {
		return err
	}
	s.keys = keys
	return s.store.Update(ctx, func(tx bot.Tx) error { return tx.Put(at, check) })
}

// load reads what is kept in memory, and distrusts a store that was restored.
func (s *cryptoStore) load(ctx context.Context) error {
	err := s.each(ctx, "outbound/", func(_ string, open func(any) error) error {
		var r outboundRecord
		if err := open(&r); err != nil {
			return err
		}
		s.rooms[r.ID] = r.Room
		return nil
	})
	if err != nil {
		return err
	}
	var restored []byte
	err = s.store.View(ctx, func(tx bot.ReadTx) (err error) {
		restored, err = tx.Get(s.prefix + "restored")
		return err
	})
	if err != nil || restored == nil {
		return err
	}
	return s.change(ctx, func(w *cryptoWriter) error {
		w.drop("restored")
		return s.distrust(ctx, w)
	})
}

// distrust makes the bot encrypt with nothing that is in the store, as messages
// were sent after that was written: with the next message each room gets a new
// Megolm session, each device a new Olm session. What there is still decrypts.
//
// A store that is older than what was sent is noticed in two ways: whoever
// restores a backup says so (the key restored), and an own message that comes
// back from the server with an index that the store thinks unused gives it away
// (see ValidateMessageIndex). A copy that was laid over the file by hand and
// never meets an own message is not noticed; then the first messages reuse
// indices, and receivers drop them as replays.
func (s *cryptoStore) distrust(ctx context.Context, w *cryptoWriter) error {
	s.restored.Store(true)
	s.log.Warn("Matrix keys in the store are older than what was sent: beginning new sessions")
	err := s.each(ctx, "outbound/", func(key string, _ func(any) error) error {
		w.drop(key)
		return nil
	})
	if err != nil {
		return err
	}
	clear(s.rooms)
	return s.each(ctx, "olm/", func(key string, open func(any) error) error {
		var r olmRecord
		if err := open(&r); err != nil {
			return err
		}
		r.Stale = true
		return w.put(key, r)
	})
}

// cryptoKeyPart is one part of a key. Identifiers come from strangers: they may hold
// slashes, be empty or be longer than a key may be.
func cryptoKeyPart(s string) string {
	if escaped := url.PathEscape(s); s != "" && len(escaped) <= 120 && !strings.HasPrefix(s, "~") {
		return escaped
	}
	sum := sha256.Sum256([]byte(s))
	return "~" + hex.EncodeToString(sum[:])
}

// cryptoKey joins a kind and its parts to the key below the prefix.
func cryptoKey(kind string, parts ...string) string {
	for _, p := range parts {
		kind += "/" + cryptoKeyPart(p)
	}
	return kind
}
