//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// errUnproven says that a message may be by somebody else than the server says.
var errUnproven = errors.New("the key is not one that the sender's own device sent")

// Decrypt reads an m.room.encrypted event: what it says was said by a device of
// the user whom the server names, or it is an error.
func (m *megolm) Decrypt(ctx context.Context, e *event.Event) (*event.Event, error) {
	mach := m.mach.Load()
	if mach == nil {
		return nil, errLater
	}
	var content event.EncryptedEventContent
	if err := json.Unmarshal(e.Content.VeryRaw, &content); err != nil {
		return nil, fmt.Errorf("read encrypted event: %w", err)
	}
	in := *e
	in.Type.Class = event.MessageEventType
	in.StateKey = nil
	in.Content = event.Content{VeryRaw: e.Content.VeryRaw, Parsed: &content}
	clear, err := m.opened(ctx, mach, &in)
	switch {
	case errors.Is(err, crypto.ErrNoSessionFound), errors.Is(err, crypto.ErrGroupSessionWithheld), errors.Is(err, olm.ErrUnknownMessageIndex):
		return nil, fmt.Errorf("%w: %w", errLater, err)
	case err != nil:
		return nil, err
	}
	if err := m.proven(ctx, e.RoomID, e.Sender, content.SessionID); err != nil {
		return nil, err
	}
	return clear, nil
}

func (m *megolm) opened(ctx context.Context, mach *crypto.OlmMachine, e *event.Event) (*event.Event, error) {
	m.own.RLock()
	defer m.own.RUnlock()
	return mach.DecryptMegolmEvent(ctx, e)
}

// proven returns nil if a Megolm session came to the bot straight from a device
// of that user, whose keys are those that the server lists. The library also
// decrypts with sessions that somebody has passed on, and leaves the sender to
// their word: such a message could be anybody's, and gives nobody a role.
//
// A device that nobody has heard of yet is asked for, and is errLater.
func (m *megolm) proven(ctx context.Context, room id.RoomID, sender id.UserID, session id.SessionID) error {
	keys, mach := m.keys.Load(), m.mach.Load()
	s, err := keys.GetGroupSession(ctx, room, session)
	if err != nil {
		return err
	}
	if s == nil || s.KeySource != id.KeySourceDirect || len(s.ForwardingChains) > 0 || s.SourceUser != sender {
		return errUnproven
	}
	own := mach.OwnIdentity()
	if sender == own.UserID && s.SenderKey == own.IdentityKey && s.SigningKey == own.SigningKey {
		return nil
	}
	device, err := keys.FindDeviceByKey(ctx, sender, s.SenderKey)
	if err != nil {
		return err
	}
	if device == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		if _, waits := m.stale[sender]; !waits && time.Since(m.unknown[sender]) >= unknownWait {
			for user, at := range m.unknown {
				if time.Since(at) >= unknownWait {
					delete(m.unknown, user)
				}
			}
			m.unknown[sender] = time.Now()
			m.serial++
			m.stale[sender] = staleDevices{serial: m.serial}
			m.wake()
		}
		return fmt.Errorf("%w: the sender's device is not known", errLater)
	}
	if device.SigningKey != s.SigningKey || device.Trust == id.TrustStateDeviceKeyMismatch || device.Trust == id.TrustStateBlacklisted {
		return errUnproven
	}
	return nil
}
