//go:build goolm

package matrix

import (
	"context"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"time"
	"weak"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"
)

type accountRecord struct {
	Pickle           []byte
	Shared           bool
	KeyBackupVersion id.KeyBackupVersion
}

type olmRecord struct {
	ID                            id.SessionID
	Pickle                        []byte
	Created, Encrypted, Decrypted time.Time
	Stale                         bool `json:",omitempty"` // decrypts, but must not encrypt; see distrust
}

// PutAccount implements crypto.Store.
func (s *cryptoStore) PutAccount(ctx context.Context, account *crypto.OlmAccount) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		s.account = account
		pickle, err := account.Internal.Pickle(s.keys.pickle)
		if err != nil {
			return err
		}
		return w.put("account", accountRecord{pickle, account.Shared, account.KeyBackupVersion})
	})
	if err != nil {
		return fmt.Errorf("put account: %w", err)
	}
	return nil
}

// GetAccount implements crypto.Store; nil when there is none.
func (s *cryptoStore) GetAccount(ctx context.Context) (*crypto.OlmAccount, error) {
	s.write.Lock()
	defer s.write.Unlock()
	if s.account != nil {
		return s.account, nil
	}
	var r accountRecord
	if found, err := s.get(ctx, "account", &r); err != nil || !found {
		return nil, cryptoErr(err, "get account")
	}
	account := &crypto.OlmAccount{Internal: olm.NewBlankAccount(), Shared: r.Shared, KeyBackupVersion: r.KeyBackupVersion}
	if err := account.Internal.Unpickle(r.Pickle, s.keys.pickle); err != nil {
		return nil, fmt.Errorf("unpickle account: %w", err)
	}
	s.account = account
	return account, nil
}

// AddSession implements crypto.Store.
func (s *cryptoStore) AddSession(ctx context.Context, senderKey id.SenderKey, session *crypto.OlmSession) error {
	key := cryptoKey("olm", senderKey.String(), session.ID().String())
	err := s.change(ctx, func(w *cryptoWriter) error {
		s.lend(key, session)
		return s.putOlm(w, key, session, false)
	})
	if err != nil {
		return fmt.Errorf("add Olm session: %w", err)
	}
	return nil
}

// UpdateSession implements crypto.Store. A session that was deleted stays so.
func (s *cryptoStore) UpdateSession(ctx context.Context, senderKey id.SenderKey, session *crypto.OlmSession) error {
	key := cryptoKey("olm", senderKey.String(), session.ID().String())
	err := s.change(ctx, func(w *cryptoWriter) error {
		var old olmRecord
		if found, err := s.get(context.WithoutCancel(ctx), key, &old); err != nil || !found {
			return err
		}
		return s.putOlm(w, key, session, old.Stale)
	})
	if err != nil {
		return fmt.Errorf("update Olm session: %w", err)
	}
	return nil
}

func (s *cryptoStore) putOlm(w *cryptoWriter, key string, session *crypto.OlmSession, stale bool) error {
	pickle, err := session.Internal.Pickle(s.keys.pickle)
	if err != nil {
		return err
	}
	return w.put(key, olmRecord{
		session.ID(), pickle, session.CreationTime, session.LastEncryptedTime, session.LastDecryptedTime, stale,
	})
}

// DeleteSession implements crypto.Store.
func (s *cryptoStore) DeleteSession(ctx context.Context, senderKey id.SenderKey, session *crypto.OlmSession) error {
	key := cryptoKey("olm", senderKey.String(), session.ID().String())
	err := s.change(ctx, func(w *cryptoWriter) error {
		s.state.Lock()
		delete(s.sessions, key)
		s.state.Unlock()
		w.drop(key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete Olm session: %w", err)
	}
	return nil
}

// olmRecords are the sessions with a device by key, the one that decrypted
// last first: with it both sides are known to agree.
func (s *cryptoStore) olmRecords(ctx context.Context, senderKey id.SenderKey) (keys []string, records map[string]olmRecord, err error) {
	records = map[string]olmRecord{}
	err = s.each(ctx, cryptoKey("olm", senderKey.String())+"/", func(key string, open func(any) error) error {
		var r olmRecord
		if err := open(&r); err != nil {
			return err
		}
		keys, records[key] = append(keys, key), r
		return nil
	})
	slices.SortFunc(keys, func(a, b string) int { return records[b].Decrypted.Compare(records[a].Decrypted) })
	return keys, records, err
}

// HasSession implements crypto.Store: whether there is a session to encrypt
// with. If the store can't be read there is none, and the library makes one.
func (s *cryptoStore) HasSession(ctx context.Context, senderKey id.SenderKey) bool {
	_, records, err := s.olmRecords(ctx, senderKey)
	if err != nil {
		s.log.Error("cannot look for an Olm session", "error", err)
	}
	for _, r := range records {
		if !r.Stale {
			return true
		}
	}
	return false
}

// GetSessions implements crypto.Store, the latest first.
func (s *cryptoStore) GetSessions(ctx context.Context, senderKey id.SenderKey) (crypto.OlmSessionList, error) {
	s.write.Lock()
	defer s.write.Unlock()
	keys, records, err := s.olmRecords(ctx, senderKey)
	if err != nil {
		return nil, fmt.Errorf("get Olm sessions: %w", err)
	}
	list := make(crypto.OlmSessionList, len(keys))
	for i, key := range keys {
		if list[i], err = s.borrow(key, records[key]); err != nil {
			return nil, fmt.Errorf("get Olm sessions: %w", err)
		}
	}
	return list, nil
}

// GetLatestSession implements crypto.Store: the session to encrypt with, nil
// when there is none.
func (s *cryptoStore) GetLatestSession(ctx context.Context, senderKey id.SenderKey) (*crypto.OlmSession, error) {
	s.write.Lock()
	defer s.write.Unlock()
	keys, records, err := s.olmRecords(ctx, senderKey)
	keys = slices.DeleteFunc(keys, func(key string) bool { return records[key].Stale })
	if err != nil || len(keys) == 0 {
		return nil, cryptoErr(err, "get latest Olm session")
	}
	session, err := s.borrow(keys[0], records[keys[0]])
	return session, cryptoErr(err, "get latest Olm session")
}

// GetNewestSessionCreationTS implements crypto.Store; zero when there is none.
func (s *cryptoStore) GetNewestSessionCreationTS(ctx context.Context, senderKey id.SenderKey) (newest time.Time, err error) {
	_, records, err := s.olmRecords(ctx, senderKey)
	for _, r := range records {
		if r.Created.After(newest) {
			newest = r.Created
		}
	}
	return newest, cryptoErr(err, "get newest Olm session")
}

// borrow returns the one copy of a session that is in memory. The caller holds
// write since before it read the record, so that no copy that was given back
// meanwhile is newer.
func (s *cryptoStore) borrow(key string, r olmRecord) (*crypto.OlmSession, error) {
	s.state.RLock()
	session := s.sessions[key].Value()
	s.state.RUnlock()
	if session != nil {
		return session, nil
	}
	session = &crypto.OlmSession{Internal: olm.NewBlankSession()}
	if err := session.Internal.Unpickle(r.Pickle, s.keys.pickle); err != nil {
		return nil, fmt.Errorf("unpickle Olm session: %w", err)
	}
	session.CreationTime, session.LastEncryptedTime, session.LastDecryptedTime = r.Created, r.Encrypted, r.Decrypted
	session.ID() // sets it, while nobody else has the session
	s.lend(key, session)
	return session, nil
}

// lend remembers a session for as long as the library holds it.
func (s *cryptoStore) lend(key string, session *crypto.OlmSession) {
	s.state.Lock()
	s.sessions[key] = weak.Make(session)
	s.state.Unlock()
	runtime.AddCleanup(session, func(key string) {
		s.state.Lock()
		defer s.state.Unlock()
		if s.sessions[key].Value() == nil {
			delete(s.sessions, key)
		}
	}, key)
}

type hashRecord struct{ At time.Time }

// PutOlmHash implements crypto.Store.
func (s *cryptoStore) PutOlmHash(ctx context.Context, hash [32]byte, at time.Time) error {
	key := cryptoKey("hash", hex.EncodeToString(hash[:]))
	err := s.change(ctx, func(w *cryptoWriter) error {
		var old hashRecord
		if found, err := s.get(ctx, key, &old); err != nil || found {
			return err
		}
		return w.put(key, hashRecord{at})
	})
	return cryptoErr(err, "put Olm hash")
}

// GetOlmHash implements crypto.Store: when the message was handled first, zero
// for one that was not.
func (s *cryptoStore) GetOlmHash(ctx context.Context, hash [32]byte) (time.Time, error) {
	var r hashRecord
	_, err := s.get(ctx, cryptoKey("hash", hex.EncodeToString(hash[:])), &r)
	return r.At, cryptoErr(err, "get Olm hash")
}

// DeleteOldOlmHashes implements crypto.Store.
func (s *cryptoStore) DeleteOldOlmHashes(ctx context.Context, before time.Time) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return s.each(ctx, "hash/", func(key string, open func(any) error) error {
			var r hashRecord
			if err := open(&r); err != nil {
				return err
			}
			if r.At.Before(before) {
				w.drop(key)
			}
			return nil
		})
	})
	return cryptoErr(err, "delete old Olm hashes")
}

// cryptoErr says what could not be done, nil if nothing.
func cryptoErr(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
