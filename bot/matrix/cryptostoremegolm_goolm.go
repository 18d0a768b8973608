//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// defaultRotation is how long a Megolm session is used at most where a room
// doesn't say (spec, m.room.encryption: rotation_period_ms).
const defaultRotation = 7 * 24 * time.Hour

// maxWithheldReason is how much of the reason for withholding a key is kept: it comes
// unencrypted, from anybody.
const maxWithheldReason = 500

type inboundRecord struct {
	ID               id.SessionID
	Pickle           []byte
	SigningKey       id.Ed25519
	SenderKey        id.Curve25519
	Room             id.RoomID
	ForwardingChains []string
	Ratchet          crypto.RatchetSafety
	ReceivedAt       time.Time
	MaxAge           int64 // ms; 0: not said
	MaxMessages      int
	SharedHistory    *bool
	IsScheduled      bool
	KeyBackupVersion id.KeyBackupVersion
	KeySource        id.KeySource
	SourceUser       id.UserID
}

// expired is the library's rule: twice the age at which the sender changes the
// session. One that doesn't say has the spec's default, or strangers could fill
// the store for good.
func (r inboundRecord) expired(now time.Time) bool {
	age := time.Duration(r.MaxAge) * time.Millisecond
	if age <= 0 {
		age = defaultRotation
	}
	return !r.ReceivedAt.IsZero() && !r.IsScheduled && now.Sub(r.ReceivedAt)/2 > age
}

func (s *cryptoStore) inbound(r inboundRecord) (*crypto.InboundGroupSession, error) {
	internal := olm.NewBlankInboundGroupSession()
	if err := internal.Unpickle(r.Pickle, s.keys.pickle); err != nil {
		return nil, fmt.Errorf("unpickle group session: %w", err)
	}
	session := &crypto.InboundGroupSession{
		Internal: internal, SigningKey: r.SigningKey, SenderKey: r.SenderKey, RoomID: r.Room,
		ForwardingChains: r.ForwardingChains, RatchetSafety: r.Ratchet, ReceivedAt: r.ReceivedAt,
		MaxAge: r.MaxAge, MaxMessages: r.MaxMessages, SharedHistory: r.SharedHistory, IsScheduled: r.IsScheduled,
		KeyBackupVersion: r.KeyBackupVersion, KeySource: r.KeySource, SourceUser: r.SourceUser,
	}
	session.ID()
	return session, nil
}

// PutGroupSession implements crypto.Store.
func (s *cryptoStore) PutGroupSession(ctx context.Context, session *crypto.InboundGroupSession) error {
	room, name := session.RoomID.String(), session.ID().String()
	err := s.change(ctx, func(w *cryptoWriter) error {
		pickle, err := session.Internal.Pickle(s.keys.pickle)
		if err != nil {
			return err
		}
		w.drop(cryptoKey("withheld", room, name))
		return w.put(cryptoKey("inbound", room, name), inboundRecord{
			ID: session.ID(), Pickle: pickle, SigningKey: session.SigningKey, SenderKey: session.SenderKey, Room: session.RoomID,
			ForwardingChains: session.ForwardingChains, Ratchet: session.RatchetSafety, ReceivedAt: session.ReceivedAt,
			MaxAge: session.MaxAge, MaxMessages: session.MaxMessages, SharedHistory: session.SharedHistory, IsScheduled: session.IsScheduled,
			KeyBackupVersion: session.KeyBackupVersion, KeySource: session.KeySource, SourceUser: session.SourceUser,
		})
	})
	return cryptoErr(err, "put group session")
}

// GetGroupSession implements crypto.Store; nil for one that is unknown, an error
// that is crypto.ErrGroupSessionWithheld for one that the sender kept back.
func (s *cryptoStore) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	var r inboundRecord
	found, err := s.get(ctx, cryptoKey("inbound", room.String(), session.String()), &r)
	if err != nil {
		return nil, fmt.Errorf("get group session: %w", err)
	}
	if found {
		return s.inbound(r)
	}
	withheld, err := s.GetWithheldGroupSession(ctx, room, session)
	if err == nil && withheld != nil {
		err = withheld
	}
	return nil, cryptoErr(err, "get group session")
}

// RedactGroupSession implements crypto.Store. Nothing remains of the session:
// of who is forgotten, what was read of theirs is, too.
func (s *cryptoStore) RedactGroupSession(ctx context.Context, room id.RoomID, session id.SessionID, _ string) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return s.forget(ctx, w, inboundRecord{Room: room, ID: session})
	})
	return cryptoErr(err, "redact group session")
}

// forget drops a session with all that is known about it.
func (s *cryptoStore) forget(ctx context.Context, w *cryptoWriter, r inboundRecord) error {
	w.drop(cryptoKey("inbound", r.Room.String(), r.ID.String()))
	w.drop(cryptoKey("index", r.ID.String()))
	return w.dropAll(ctx, cryptoKey("shared", r.ID.String())+"/")
}

// RedactGroupSessions implements crypto.Store: of a room, of a device, or both.
func (s *cryptoStore) RedactGroupSessions(ctx context.Context, room id.RoomID, sender id.SenderKey, _ string) ([]id.SessionID, error) {
	if room == "" && sender == "" {
		return nil, errors.New("redact group sessions: neither a room nor a device was given")
	}
	under := "inbound/"
	if room != "" {
		under = cryptoKey("inbound", room.String()) + "/"
	}
	return s.redact(ctx, under, func(r inboundRecord) bool { return sender == "" || r.SenderKey == sender })
}

// RedactExpiredGroupSessions implements crypto.Store, and drops old word of
// withheld ones. The library's ExpiredKeyDeleteLoop calls it once a day; without
// it the store grows.
func (s *cryptoStore) RedactExpiredGroupSessions(ctx context.Context) ([]id.SessionID, error) {
	now := s.now()
	err := s.change(ctx, func(w *cryptoWriter) error {
		return s.each(ctx, "withheld/", func(key string, open func(any) error) error {
			var r withheldRecord
			if err := open(&r); err != nil {
				return err
			}
			if now.Sub(r.At) > 2*defaultRotation {
				w.drop(key)
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("drop old withheld sessions: %w", err)
	}
	return s.redact(ctx, "inbound/", func(r inboundRecord) bool { return r.expired(now) })
}

// RedactOutdatedGroupSessions implements crypto.Store: those from before
// sessions were dated.
func (s *cryptoStore) RedactOutdatedGroupSessions(ctx context.Context) ([]id.SessionID, error) {
	return s.redact(ctx, "inbound/", func(r inboundRecord) bool { return r.ReceivedAt.IsZero() })
}

func (s *cryptoStore) redact(ctx context.Context, under string, which func(inboundRecord) bool) (gone []id.SessionID, err error) {
	err = s.change(ctx, func(w *cryptoWriter) error {
		var found []inboundRecord
		err := s.each(ctx, under, func(_ string, open func(any) error) error {
			var r inboundRecord
			if err := open(&r); err != nil {
				return err
			}
			if which(r) {
				found = append(found, inboundRecord{Room: r.Room, ID: r.ID})
			}
			return nil
		})
		for _, r := range found {
			err = errors.Join(err, s.forget(ctx, w, r))
			gone = append(gone, r.ID)
		}
		return err
	})
	return gone, cryptoErr(err, "redact group sessions")
}

type withheldRecord struct {
	At      time.Time
	Content event.RoomKeyWithheldEventContent
}

// PutWithheldGroupSession implements crypto.Store. A session that did come is
// not replaced.
func (s *cryptoStore) PutWithheldGroupSession(ctx context.Context, content event.RoomKeyWithheldEventContent) error {
	room, session := content.RoomID.String(), content.SessionID.String()
	content.Reason = content.Reason[:min(len(content.Reason), maxWithheldReason)]
	err := s.change(ctx, func(w *cryptoWriter) error {
		var have inboundRecord
		if found, err := s.get(ctx, cryptoKey("inbound", room, session), &have); err != nil || found {
			return err
		}
		return w.put(cryptoKey("withheld", room, session), withheldRecord{s.now(), content})
	})
	return cryptoErr(err, "put withheld group session")
}

// GetWithheldGroupSession implements crypto.Store; nil for one that nobody
// withheld.
func (s *cryptoStore) GetWithheldGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*event.RoomKeyWithheldEventContent, error) {
	var r withheldRecord
	if found, err := s.get(ctx, cryptoKey("withheld", room.String(), session.String()), &r); err != nil || !found {
		return nil, cryptoErr(err, "get withheld group session")
	}
	return &r.Content, nil
}

// GetGroupSessionsForRoom implements crypto.Store.
func (s *cryptoStore) GetGroupSessionsForRoom(ctx context.Context, room id.RoomID) dbutil.RowIter[*crypto.InboundGroupSession] {
	return &sessionIter{s: s, ctx: ctx, under: cryptoKey("inbound", room.String()) + "/", which: func(inboundRecord) bool { return true }}
}

// GetAllGroupSessions implements crypto.Store.
func (s *cryptoStore) GetAllGroupSessions(ctx context.Context) dbutil.RowIter[*crypto.InboundGroupSession] {
	return &sessionIter{s: s, ctx: ctx, under: "inbound/", which: func(inboundRecord) bool { return true }}
}

// GetGroupSessionsWithoutKeyBackupVersion implements crypto.Store.
func (s *cryptoStore) GetGroupSessionsWithoutKeyBackupVersion(ctx context.Context, version id.KeyBackupVersion) dbutil.RowIter[*crypto.InboundGroupSession] {
	return &sessionIter{s: s, ctx: ctx, under: "inbound/", which: func(r inboundRecord) bool { return r.KeyBackupVersion != version }}
}

// sessionIter reads one session at a time, in a transaction of its own, so that
// who gets it may write to the store. It goes once.
type sessionIter struct {
	s     *cryptoStore
	ctx   context.Context
	under string
	which func(inboundRecord) bool
	done  bool
}

var _ dbutil.RowIter[*crypto.InboundGroupSession] = (*sessionIter)(nil)

// Iter implements dbutil.RowIter.
func (i *sessionIter) Iter(fn func(*crypto.InboundGroupSession) (bool, error)) error {
	if i.done {
		return dbutil.ErrAlreadyIterated
	}
	i.done = true
	var keys []string
	err := i.s.each(i.ctx, i.under, func(key string, _ func(any) error) error {
		keys = append(keys, key)
		return nil
	})
	for n := 0; n < len(keys) && err == nil; n++ {
		var r inboundRecord
		found, err := i.s.get(i.ctx, keys[n], &r)
		if err != nil {
			return fmt.Errorf("list group sessions: %w", err)
		}
		if !found || !i.which(r) {
			continue
		}
		session, err := i.s.inbound(r)
		if err != nil {
			return fmt.Errorf("list group sessions: %w", err)
		}
		if more, err := fn(session); err != nil || !more {
			return err
		}
	}
	return cryptoErr(err, "list group sessions")
}

// AsList implements dbutil.RowIter.
func (i *sessionIter) AsList() (list []*crypto.InboundGroupSession, err error) {
	err = i.Iter(func(session *crypto.InboundGroupSession) (bool, error) {
		list = append(list, session)
		return true, nil
	})
	return list, err
}
