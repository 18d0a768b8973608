//go:build goolm

package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/msg"
)

// encryptTries is how often a session may be taken away between its sharing and
// its use: by the news that somebody has a new device.
const encryptTries = 5

// errNotWhole says that it is not known who is in a room.
var errNotWhole = errors.New("not everybody in the room is known yet")

// Encrypt makes the content of an m.room.encrypted event, after the devices of
// all who may read it were sent its key. It fails rather than leave somebody out
// whom the bot knows of; what it returns was never encrypted with before.
func (m *megolm) Encrypt(ctx context.Context, room id.RoomID, kind event.Type, content json.RawMessage) (sealed json.RawMessage, err error) {
	defer func() { // the library panics where it can't encrypt for a device
		if p := recover(); p != nil {
			m.log.Error("message not encrypted", "panic", p, "stack", string(debug.Stack()))
			sealed, err = nil, errors.New("internal error")
		}
	}()
	keys, mach := m.keys.Load(), m.mach.Load()
	if mach == nil {
		return nil, errors.New("encryption has not begun")
	}
	lock, _ := m.turn.LoadOrStore(room, new(sync.Mutex))
	turn := lock.(*sync.Mutex) // what is stored just above
	turn.Lock()
	defer turn.Unlock()
	users, sum, err := m.audience(room)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := m.refresh(ctx, users); err != nil {
		return nil, err
	}
	var made *event.EncryptedEventContent
	err = keys.together(ctx, func(ctx context.Context) error {
		if err := keys.keepAudience(ctx, room, sum); err != nil {
			return err
		}
		for tries := 0; ; tries++ {
			if err := m.share(ctx, keys, mach, room, users); err != nil {
				return err
			}
			var err error
			made, err = mach.EncryptMegolmEvent(ctx, room, kind, content)
			if err == nil || !crypto.IsShareError(err) || tries >= encryptTries {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(made)
}

// audience is who may read what is said in a room, with a sum of all that its
// session was made for: another sum is another session. Somebody who has left
// must not read on, and who has come must be sent the key.
func (m *megolm) audience(room id.RoomID) (users []id.UserID, sum []byte, err error) {
	var how event.EncryptionEventContent
	if _, ok := m.states.content(room, "m.room.encryption", &how); !ok || how.Algorithm != id.AlgorithmMegolmV1 {
		return nil, nil, fmt.Errorf("the room's encryption, %q, is none that the bot knows", msg.Cut(msg.Clean(string(how.Algorithm)), 60))
	}
	var history event.HistoryVisibilityEventContent
	m.states.content(room, "m.room.history_visibility", &history)
	whole := false
	hash := sha256.New()
	m.states.look(room, func(r *roomMemory) {
		whole = r.Whole
		for user, member := range r.members {
			// Who is invited may read it once inside, unless the room hides it.
			if member.Membership == event.MembershipJoin ||
				member.Membership == event.MembershipInvite && history.HistoryVisibility != event.HistoryVisibilityJoined {
				users = append(users, user)
			}
		}
		hash.Write(r.State["m.room.encryption"].Content)
	})
	if !whole {
		return nil, nil, errNotWhole
	}
	slices.Sort(users)
	fmt.Fprintf(hash, "\n%s\n%q", history.HistoryVisibility, users)
	return users, hash.Sum(nil), nil
}

// share sends a room's session to who is to read it, if that was not done.
func (m *megolm) share(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine, room id.RoomID, users []id.UserID) error {
	session, err := keys.GetOutboundGroupSession(ctx, room)
	if err != nil {
		return err
	}
	if session != nil && session.Shared && !session.Expired() {
		return nil
	}
	known, err := keys.FilterTrackedUsers(ctx, users)
	if err != nil {
		return err
	}
	if len(known) < len(users) {
		// They are not asked for by ShareGroupSession, to which one server
		// that does not answer would be the end of it.
		var strangers []id.UserID
		m.mu.Lock()
		for _, user := range users {
			if _, waits := m.stale[user]; !waits && !slices.Contains(known, user) {
				m.serial++
				m.stale[user] = staleDevices{serial: m.serial}
				strangers = append(strangers, user)
			}
		}
		m.mu.Unlock()
		if err := m.refresh(ctx, strangers); err != nil {
			return err
		}
		if known, err = keys.FilterTrackedUsers(ctx, users); err != nil {
			return err
		}
	}
	m.own.RLock()
	defer m.own.RUnlock()
	return mach.ShareGroupSession(ctx, room, known)
}
