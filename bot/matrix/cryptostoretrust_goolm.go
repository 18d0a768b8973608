//go:build goolm

package matrix

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/id"
)

// devicesRecord is what is known of a user's devices.
type devicesRecord struct {
	User     id.UserID
	Tracked  bool // the list is whole, as the server had it
	Outdated bool // the server said that it has changed
	Devices  map[id.DeviceID]*id.Device
}

func (s *cryptoStore) devices(ctx context.Context, user id.UserID) (r devicesRecord, err error) {
	_, err = s.get(ctx, cryptoKey("devices", user.String()), &r)
	if r.Devices == nil {
		r.Devices = map[id.DeviceID]*id.Device{}
	}
	return r, err
}

// GetDevices implements crypto.Store; nil for a user whose list was never
// stored, even if a device of theirs was, or the others would get no keys.
func (s *cryptoStore) GetDevices(ctx context.Context, user id.UserID) (map[id.DeviceID]*id.Device, error) {
	r, err := s.devices(ctx, user)
	if err != nil || !r.Tracked {
		return nil, cryptoErr(err, "get devices")
	}
	return r.Devices, nil
}

// GetDevice implements crypto.Store; nil for an unknown one.
func (s *cryptoStore) GetDevice(ctx context.Context, user id.UserID, device id.DeviceID) (*id.Device, error) {
	r, err := s.devices(ctx, user)
	return r.Devices[device], cryptoErr(err, "get device")
}

// FindDeviceByKey implements crypto.Store; nil for an unknown one.
func (s *cryptoStore) FindDeviceByKey(ctx context.Context, user id.UserID, key id.IdentityKey) (*id.Device, error) {
	r, err := s.devices(ctx, user)
	for _, d := range r.Devices {
		if d.IdentityKey == key {
			return d, nil
		}
	}
	return nil, cryptoErr(err, "find device")
}

// PutDevice implements crypto.Store.
func (s *cryptoStore) PutDevice(ctx context.Context, user id.UserID, device *id.Device) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		r, err := s.devices(ctx, user)
		if err != nil {
			return err
		}
		r.User, r.Devices[device.DeviceID] = user, device
		return w.put(cryptoKey("devices", user.String()), r)
	})
	return cryptoErr(err, "put device")
}

// PutDevices implements crypto.Store: the list is whole and fresh.
func (s *cryptoStore) PutDevices(ctx context.Context, user id.UserID, devices map[id.DeviceID]*id.Device) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return w.put(cryptoKey("devices", user.String()), devicesRecord{User: user, Tracked: true, Devices: devices})
	})
	return cryptoErr(err, "put devices")
}

// FilterTrackedUsers implements crypto.Store. Other implementations reuse the
// slice that they are given; this one leaves it alone.
func (s *cryptoStore) FilterTrackedUsers(ctx context.Context, users []id.UserID) ([]id.UserID, error) {
	var tracked []id.UserID
	for _, user := range users {
		r, err := s.devices(ctx, user)
		if err != nil {
			return nil, fmt.Errorf("filter tracked users: %w", err)
		}
		if r.Tracked {
			tracked = append(tracked, user)
		}
	}
	return tracked, nil
}

// MarkTrackedUsersOutdated implements crypto.Store.
func (s *cryptoStore) MarkTrackedUsersOutdated(ctx context.Context, users []id.UserID) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		for _, user := range users {
			r, err := s.devices(ctx, user)
			if err != nil {
				return err
			}
			if !r.Tracked || r.Outdated {
				continue
			}
			r.Outdated = true
			if err := w.put(cryptoKey("devices", user.String()), r); err != nil {
				return err
			}
		}
		return nil
	})
	return cryptoErr(err, "mark tracked users outdated")
}

// GetOutdatedTrackedUsers implements crypto.Store.
func (s *cryptoStore) GetOutdatedTrackedUsers(ctx context.Context) (users []id.UserID, err error) {
	err = s.each(ctx, "devices/", func(_ string, open func(any) error) error {
		var r devicesRecord
		if err := open(&r); err != nil {
			return err
		}
		if r.Outdated {
			users = append(users, r.User)
		}
		return nil
	})
	return users, cryptoErr(err, "get outdated users")
}

type crossRecord map[id.CrossSigningUsage]id.CrossSigningKey

// PutCrossSigningKey implements crypto.Store. The first key of a user is kept
// as such: a later one is another identity until ResetMasterKeyTOFU.
func (s *cryptoStore) PutCrossSigningKey(ctx context.Context, user id.UserID, usage id.CrossSigningUsage, key id.Ed25519) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		r := crossRecord{}
		if _, err := s.get(ctx, cryptoKey("cross", user.String()), &r); err != nil {
			return err
		}
		known, found := r[usage]
		if !found {
			known.First = key
		}
		known.Key = key
		r[usage] = known
		return w.put(cryptoKey("cross", user.String()), r)
	})
	return cryptoErr(err, "put cross-signing key")
}

// GetCrossSigningKeys implements crypto.Store.
func (s *cryptoStore) GetCrossSigningKeys(ctx context.Context, user id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	r := crossRecord{}
	_, err := s.get(ctx, cryptoKey("cross", user.String()), &r)
	return r, cryptoErr(err, "get cross-signing keys")
}

// ResetMasterKeyTOFU implements crypto.Store: the key is the user's first from
// here on; an error if it is not the user's key.
func (s *cryptoStore) ResetMasterKeyTOFU(ctx context.Context, user id.UserID, key id.Ed25519) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		r := crossRecord{}
		if _, err := s.get(ctx, cryptoKey("cross", user.String()), &r); err != nil {
			return err
		}
		master, found := r[id.XSUsageMaster]
		if !found || master.Key != key {
			return fmt.Errorf("%s has another master key, or none", user)
		}
		master.First = key
		r[id.XSUsageMaster] = master
		return w.put(cryptoKey("cross", user.String()), r)
	})
	return cryptoErr(err, "reset master key")
}

type signatureRecord struct {
	Signer    id.UserID
	SignerKey id.Ed25519
	Signature string
}

// PutSignature implements crypto.Store.
func (s *cryptoStore) PutSignature(ctx context.Context, user id.UserID, key id.Ed25519, signer id.UserID, signerKey id.Ed25519, signature string) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return w.put(cryptoKey("signature", user.String(), key.String(), signer.String(), signerKey.String()),
			signatureRecord{signer, signerKey, signature})
	})
	return cryptoErr(err, "put signature")
}

// IsKeySignedBy implements crypto.Store.
func (s *cryptoStore) IsKeySignedBy(ctx context.Context, user id.UserID, key id.Ed25519, signer id.UserID, signerKey id.Ed25519) (bool, error) {
	var r signatureRecord
	found, err := s.get(ctx, cryptoKey("signature", user.String(), key.String(), signer.String(), signerKey.String()), &r)
	return found, cryptoErr(err, "look for signature")
}

// GetSignaturesForKeyBy implements crypto.Store.
func (s *cryptoStore) GetSignaturesForKeyBy(ctx context.Context, user id.UserID, key id.Ed25519, signer id.UserID) (map[id.Ed25519]string, error) {
	signatures := map[id.Ed25519]string{}
	err := s.each(ctx, cryptoKey("signature", user.String(), key.String(), signer.String())+"/", func(_ string, open func(any) error) error {
		var r signatureRecord
		if err := open(&r); err != nil {
			return err
		}
		signatures[r.SignerKey] = r.Signature
		return nil
	})
	return signatures, cryptoErr(err, "get signatures")
}

// DropSignaturesByKey implements crypto.Store.
func (s *cryptoStore) DropSignaturesByKey(ctx context.Context, signer id.UserID, signerKey id.Ed25519) (dropped int64, err error) {
	err = s.change(ctx, func(w *cryptoWriter) error {
		return s.each(ctx, "signature/", func(key string, open func(any) error) error {
			var r signatureRecord
			if err := open(&r); err != nil {
				return err
			}
			if r.Signer == signer && r.SignerKey == signerKey {
				w.drop(key)
				dropped++
			}
			return nil
		})
	})
	return dropped, cryptoErr(err, "drop signatures")
}

type secretRecord struct{ Value string }

// PutSecret implements crypto.Store.
func (s *cryptoStore) PutSecret(ctx context.Context, name id.Secret, value string) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		return w.put(cryptoKey("secret", string(name)), secretRecord{value})
	})
	return cryptoErr(err, "put secret")
}

// GetSecret implements crypto.Store; "" for an unknown one.
func (s *cryptoStore) GetSecret(ctx context.Context, name id.Secret) (string, error) {
	var r secretRecord
	_, err := s.get(ctx, cryptoKey("secret", string(name)), &r)
	return r.Value, cryptoErr(err, "get secret")
}

// DeleteSecret implements crypto.Store.
func (s *cryptoStore) DeleteSecret(ctx context.Context, name id.Secret) error {
	err := s.change(ctx, func(w *cryptoWriter) error {
		w.drop(cryptoKey("secret", string(name)))
		return nil
	})
	return cryptoErr(err, "delete secret")
}
