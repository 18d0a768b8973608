//go:build goolm

package matrix

import (
	"bytes"
	"context"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
)

// ownerRecord is whose keys are in the store.
type ownerRecord struct {
	User   id.UserID
	Device id.DeviceID
	Master id.Ed25519 // of the account's identity, as Login found or made it
	Shown  bool       // somebody has the recovery key
}

func (s *cryptoStore) owner(ctx context.Context) (r ownerRecord, err error) {
	_, err = s.get(ctx, "owner", &r)
	return r, cryptoErr(err, "get owner of keys")
}

func (s *cryptoStore) own(ctx context.Context, r ownerRecord) error {
	err := s.change(ctx, func(w *cryptoWriter) error { return w.put("owner", r) })
	return cryptoErr(err, "put owner of keys")
}

// disown drops what belongs to a device, and keeps what belongs to the account
// and what was received.
func (s *cryptoStore) disown(ctx context.Context) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		s.account = nil
		clear(s.rooms)
		s.state.Lock()
		clear(s.sessions)
		s.state.Unlock()
		w.drop("account")
		for _, kind := range []string{"olm/", "hash/", "outbound/", "shared/", "audience/"} {
			if err := w.dropAll(ctx, kind); err != nil {
				return err
			}
		}
		return nil
	})
	return cryptoErr(err, "drop keys of another device")
}

type audienceRecord struct{ Sum []byte }

// keepAudience notes whom a room's session is for; if that is another than
// before, the session goes.
func (s *cryptoStore) keepAudience(ctx context.Context, room id.RoomID, sum []byte) error {
	key := cryptoKey("audience", room.String())
	var r audienceRecord
	if _, err := s.get(ctx, key, &r); err != nil {
		return cryptoErr(err, "get audience")
	}
	if bytes.Equal(r.Sum, sum) {
		return nil
	}
	if err := s.RemoveOutboundGroupSession(ctx, room); err != nil {
		return err
	}
	err := s.change(ctx, func(w *cryptoWriter) error { return w.put(key, audienceRecord{sum}) })
	return cryptoErr(err, "put audience")
}

// trackedUsers are all whose devices are known.
func (s *cryptoStore) trackedUsers(ctx context.Context) (users []id.UserID, err error) {
	err = s.each(ctx, "devices/", func(_ string, open func(any) error) error {
		var r devicesRecord
		if err := open(&r); err != nil {
			return err
		}
		if r.Tracked {
			users = append(users, r.User)
		}
		return nil
	})
	return users, cryptoErr(err, "get tracked users")
}

// Start opens the store and compares the device with the server's. What a
// person has to mend is a wayOut.
func (m *megolm) Start(ctx context.Context) error {
	m.starting.Lock()
	defer m.starting.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	keys, err := m.open(ctx)
	if err != nil {
		return wayOut(err.Error()) // a wrong key, or a store that is broken
	}
	owner, err := keys.owner(ctx)
	switch {
	case err != nil:
		return wayOut(err.Error())
	case owner.Device == "":
		return wayOut("the store has no encryption keys of this device: it is another, or was lost: " + m.runLogin())
	case owner.User != m.client.UserID || owner.Device != m.client.DeviceID:
		return wayOut(fmt.Sprintf("logged in as device %s, but the keys in the store are of device %s: %s", m.client.DeviceID, owner.Device, m.runLogin()))
	}
	mach, err := m.machine(ctx, keys, false)
	if err != nil {
		return err
	}
	server, err := m.onServer(ctx, mach)
	switch {
	case err != nil:
		return err
	case server == lostKeys:
		return wayOut("the server no longer has the keys of device " + m.client.DeviceID.String() + ": " + m.runLogin())
	case server == otherKeys:
		return wayOut(errOtherKeys.Error() + ": " + m.runLogin())
	}
	outdated, err := keys.GetOutdatedTrackedUsers(ctx)
	if err != nil {
		return err
	}
	trust, err := m.verify(ctx, keys, mach)
	if err != nil {
		return err
	}
	m.trust(trust)
	m.outdated(outdated)
	return nil
}

// runLogin is what mends a device.
func (m *megolm) runLogin() string { return runLogin(m.network) }

// serverKeys is what a server has of the device's keys.
type serverKeys int

const (
	ourKeys serverKeys = iota
	lostKeys
	otherKeys
)

// onServer compares the device's keys with those that the server gives to
// others.
func (m *megolm) onServer(ctx context.Context, mach *crypto.OlmMachine) (serverKeys, error) {
	resp, err := m.queryOwn(ctx)
	if err != nil {
		return 0, err
	}
	own := mach.OwnIdentity()
	device, ok := resp.DeviceKeys[own.UserID][own.DeviceID]
	switch {
	case !ok || len(device.Keys) == 0:
		return lostKeys, nil
	case device.Keys.GetEd25519(own.DeviceID) != own.SigningKey || device.Keys.GetCurve25519(own.DeviceID) != own.IdentityKey:
		return otherKeys, nil
	}
	return ourKeys, nil
}

func (m *megolm) queryOwn(ctx context.Context) (*mautrix.RespQueryKeys, error) {
	resp, err := m.client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{m.client.UserID: {}}})
	if err != nil {
		return nil, fmt.Errorf("ask for own keys: %w", err)
	}
	return resp, nil
}

// masterOf is the key of the account's identity on the server; empty: it has
// none.
func (m *megolm) masterOf(resp *mautrix.RespQueryKeys) id.Ed25519 {
	keys := resp.MasterKeys[m.client.UserID]
	return keys.FirstKey()
}

// crossSigned is what a device is that others trust who trust the account.
const crossSigned = "cross-signed"

// verify says how much others can trust the device, in words.
func (m *megolm) verify(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine) (string, error) {
	resp, err := m.queryOwn(ctx)
	if err != nil {
		return "", err
	}
	m.asking.Lock()
	_, err = m.fetch(ctx, mach, []id.UserID{m.client.UserID})
	m.asking.Unlock()
	if err != nil {
		return "", fmt.Errorf("ask for own keys: %w", err)
	}
	owner, err := keys.owner(ctx)
	if err != nil {
		return "", err
	}
	master := m.masterOf(resp)
	switch {
	case master == "":
		return "not verified: the account has no cross-signing identity: " + m.runLogin(), nil
	case master != owner.Master:
		return "not verified: the account's cross-signing identity was replaced: " + m.runLogin(), nil
	}
	// As others see it: what the store remembers is nothing to them.
	own := mach.OwnIdentity()
	identity, device := resp.SelfSigningKeys[own.UserID], resp.DeviceKeys[own.UserID][own.DeviceID]
	self := identity.FirstKey()
	byMaster, _ := signatures.VerifySignatureJSON(identity, own.UserID, master.String(), master)
	bySelf, _ := signatures.VerifySignatureJSON(device, own.UserID, self.String(), self)
	if !byMaster || !bySelf || device.Keys.GetEd25519(own.DeviceID) != own.SigningKey {
		return "device not verified: " + m.runLogin(), nil
	}
	return crossSigned, nil
}

// dropAll deletes what is stored below a prefix.
func dropAll(ctx context.Context, store bot.Store, prefix string) error {
	for {
		var keys []string
		err := store.Update(ctx, func(tx bot.Tx) error {
			keys = nil
			for key := range tx.Scan(prefix) {
				if keys = append(keys, key); len(keys) == maxDrop {
					break
				}
			}
			for _, key := range keys {
				if err := tx.Delete(key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(keys) < maxDrop {
			return err
		}
	}
}

// maxDrop is how many keys one transaction deletes; a bot.Store takes 4,096
// writes.
const maxDrop = 2000
