//go:build goolm

package matrix

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"
)

type outboundRecord struct {
	ID                        id.SessionID
	Room                      id.RoomID
	Pickle                    []byte
	Index                     uint // the next message's
	Created, Encrypted        time.Time
	MaxAge                    time.Duration
	MaxMessages, MessageCount int
	SharedHistory             *bool
	Shared                    bool
}

// errIndexUsed says that a session would turn back. It is not sent with.
var errIndexUsed = errors.New("the store has this session at the same message or a later one")

// AddOutboundGroupSession implements crypto.Store.
func (s *cryptoStore) AddOutboundGroupSession(ctx context.Context, session *crypto.OutboundGroupSession) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		var old outboundRecord
		if _, err := s.get(ctx, cryptoKey("outbound", session.RoomID.String()), &old); err != nil {
			return err
		}
		if err := s.putOutbound(w, old, session); err != nil {
			return err
		}
		delete(s.rooms, old.ID)
		s.rooms[session.ID()] = session.RoomID
		return nil
	})
	return cryptoErr(err, "add outbound group session")
}

// UpdateOutboundGroupSession implements crypto.Store. A session that was removed
// or replaced since it was read stays so: somebody left the room.
func (s *cryptoStore) UpdateOutboundGroupSession(ctx context.Context, session *crypto.OutboundGroupSession) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		var old outboundRecord
		found, err := s.get(ctx, cryptoKey("outbound", session.RoomID.String()), &old)
		if err != nil || !found || old.ID != session.ID() {
			return err
		}
		return s.putOutbound(w, old, session)
	})
	return cryptoErr(err, "update outbound group session")
}

// putOutbound stores a session after old, the record in its place.
func (s *cryptoStore) putOutbound(w *cryptoWriter, old outboundRecord, session *crypto.OutboundGroupSession) error {
	next := session.Internal.MessageIndex()
	if old.ID == session.ID() && next <= old.Index && !session.LastEncryptedTime.Equal(old.Encrypted) {
		return errIndexUsed
	}
	pickle, err := session.Internal.Pickle(s.keys.pickle)
	if err != nil {
		return err
	}
	return w.put(cryptoKey("outbound", session.RoomID.String()), outboundRecord{
		ID: session.ID(), Room: session.RoomID, Pickle: pickle, Index: next,
		Created: session.CreationTime, Encrypted: session.LastEncryptedTime, MaxAge: session.MaxAge,
		MaxMessages: session.MaxMessages, MessageCount: session.MessageCount,
		SharedHistory: session.SharedHistory, Shared: session.Shared,
	})
}

// GetOutboundGroupSession implements crypto.Store; nil when there is none.
func (s *cryptoStore) GetOutboundGroupSession(ctx context.Context, room id.RoomID) (*crypto.OutboundGroupSession, error) {
	var r outboundRecord
	if found, err := s.get(ctx, cryptoKey("outbound", room.String()), &r); err != nil || !found {
		return nil, cryptoErr(err, "get outbound group session")
	}
	internal := olm.NewBlankOutboundGroupSession()
	if err := internal.Unpickle(r.Pickle, s.keys.pickle); err != nil {
		return nil, fmt.Errorf("unpickle outbound group session: %w", err)
	}
	session := &crypto.OutboundGroupSession{
		Internal: internal, RoomID: r.Room, Users: map[crypto.UserDevice]crypto.OGSState{},
		MaxMessages: r.MaxMessages, MessageCount: r.MessageCount, SharedHistory: r.SharedHistory, Shared: r.Shared,
	}
	session.CreationTime, session.LastEncryptedTime, session.MaxAge = r.Created, r.Encrypted, r.MaxAge
	return session, nil
}

// RemoveOutboundGroupSession implements crypto.Store.
func (s *cryptoStore) RemoveOutboundGroupSession(ctx context.Context, room id.RoomID) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		for session, of := range s.rooms {
			if of == room {
				delete(s.rooms, session)
			}
		}
		w.drop(cryptoKey("outbound", room.String()))
		return nil
	})
	return cryptoErr(err, "remove outbound group session")
}

type sharedRecord struct{}

// MarkOutboundGroupSessionShared implements crypto.Store.
func (s *cryptoStore) MarkOutboundGroupSessionShared(ctx context.Context, user id.UserID, device id.IdentityKey, session id.SessionID) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return w.put(cryptoKey("shared", session.String(), user.String(), device.String()), sharedRecord{})
	})
	return cryptoErr(err, "mark outbound group session shared")
}

// IsOutboundGroupSessionShared implements crypto.Store.
func (s *cryptoStore) IsOutboundGroupSessionShared(ctx context.Context, user id.UserID, device id.IdentityKey, session id.SessionID) (bool, error) {
	var r sharedRecord
	shared, err := s.get(ctx, cryptoKey("shared", session.String(), user.String(), device.String()), &r)
	return shared, cryptoErr(err, "look for shared outbound group session")
}

// keptIndices is how many messages of one session are remembered; most clients
// begin a new session after 100.
const keptIndices = 256

// messageIndex remembers which message was seen at which index of a Megolm
// session, so that a server can't show an old one as new, not even to a bot that
// was restarted. It keeps the highest indices; what was at a lower one than it
// ever dropped is taken for a replay. It goes with its session.
type messageIndex struct {
	Floor uint32 // nothing below is accepted that is not in Seen
	Seen  []seenIndex
}

type seenIndex struct {
	Index   uint32
	Message []byte // of the event's id and time
}

func indexSum(event id.EventID, timestamp int64) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", timestamp, event))
	return sum[:12]
}

// ValidateMessageIndex implements crypto.Store: false for a replay. It also
// notices that the store is older than what was sent, by an own message at an
// index that was not used yet.
func (s *cryptoStore) ValidateMessageIndex(ctx context.Context, session id.SessionID, event id.EventID, index uint, timestamp int64) (valid bool, err error) {
	if index > math.MaxUint32 {
		return false, nil
	}
	key, at, sum := cryptoKey("index", session.String()), uint32(index), indexSum(event, timestamp)
	err = s.change(ctx, func(w *cryptoWriter) error {
		var r messageIndex
		if _, err := s.get(ctx, key, &r); err != nil {
			return err
		}
		i, seen := slices.BinarySearchFunc(r.Seen, at, func(m seenIndex, at uint32) int { return int(int64(m.Index) - int64(at)) })
		switch {
		case seen:
			valid = slices.Equal(r.Seen[i].Message, sum)
			return nil
		case at < r.Floor:
			return nil
		}
		valid = true
		if err := s.noticeRollback(ctx, w, session, index); err != nil {
			return err
		}
		if event == "" && timestamp == 0 {
			return nil
		}
		r.Seen = slices.Insert(r.Seen, i, seenIndex{at, sum})
		if over := len(r.Seen) - keptIndices; over > 0 {
			r.Floor = r.Seen[over-1].Index + 1
			r.Seen = r.Seen[over:]
		}
		return w.put(key, r)
	})
	return valid && err == nil, cryptoErr(err, "validate message index")
}

// noticeRollback distrusts the store if a message that arrived proves it older
// than what was sent: a session is stored before it is sent with.
func (s *cryptoStore) noticeRollback(ctx context.Context, w *cryptoWriter, session id.SessionID, index uint) error {
	room, own := s.rooms[session]
	if !own {
		return nil
	}
	var r outboundRecord
	if found, err := s.get(ctx, cryptoKey("outbound", room.String()), &r); err != nil || !found || index < r.Index {
		return err
	}
	return s.distrust(ctx, w)
}
