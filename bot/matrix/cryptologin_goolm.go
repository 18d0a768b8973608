//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/msg"
)

// recoveryTries is how often a recovery key may be mistyped.
const recoveryTries = 3

var _ setter = (*megolm)(nil)

// setUp makes the device that is logged in one that others trust. Each step looks
// at what there is, so that an interrupted one is done when it runs again.
func (m *megolm) setUp(ctx context.Context, password string, p Person) error {
	m.starting.Lock()
	defer m.starting.Unlock()
	keys, err := m.open(ctx)
	if errors.Is(err, errStoreKey) {
		if err := m.forget(ctx, p); err != nil {
			return err
		}
		keys, err = m.open(ctx)
	}
	if err != nil {
		return err
	}
	owner, anew, err := m.takeOver(ctx, keys, p)
	if err != nil {
		return err
	}
	mach, err := m.machine(ctx, keys, anew)
	if err != nil {
		return err
	}
	server, err := m.onServer(ctx, mach)
	switch {
	case err != nil:
		return people("ask for the device's keys", err)
	case server == otherKeys:
		return errOtherKeys
	case server == lostKeys:
		mach.GetAccount().Shared = false
	default:
		mach.GetAccount().Shared = true // also if it ended before that was stored
	}
	if err := mach.ShareKeys(ctx, -1); err != nil {
		return people("upload the device's keys", err)
	}
	p.Say("The device's encryption keys are on the server.")
	if err := m.identity(ctx, keys, mach, &owner, password, p); err != nil {
		return err
	}
	if err := m.sign(ctx, keys, mach, p); err != nil {
		return err
	}
	if owner.Shown {
		return nil
	}
	return m.recovery(ctx, keys, mach, owner, p)
}

// forget drops all that the store has of encryption, if a person wants it: the key
// that it was written with is lost.
func (m *megolm) forget(ctx context.Context, p Person) error {
	word, err := p.Ask(ctx, "The store's key is not the one that its Matrix keys were written with. Put that one back, "+
		"or type forget to drop those keys and to begin as a new device: ", false)
	if err != nil {
		return err
	}
	if strings.TrimSpace(word) != "forget" {
		return errStoreKey
	}
	return dropAll(ctx, m.store, "matrix/"+cryptoKeyPart(m.network)+"/crypto/")
}

// takeOver makes the store's keys those of the device that is logged in: they are,
// or there are none, or they go.
func (m *megolm) takeOver(ctx context.Context, keys *cryptoStore, p Person) (owner ownerRecord, anew bool, err error) {
	if owner, err = keys.owner(ctx); err != nil {
		return owner, false, err
	}
	user, device := m.client.UserID, m.client.DeviceID
	if owner.User == user && owner.Device == device {
		return owner, false, nil
	}
	if owner.Device != "" {
		p.Say(fmt.Sprintf("The keys in the store are of device %s of %s: device %s gets its own.", owner.Device, owner.User, device))
	}
	if err := keys.disown(ctx); err != nil {
		return owner, false, err
	}
	if owner.User != user {
		owner = ownerRecord{User: user}
	}
	owner.Device = device
	return owner, true, keys.own(ctx, owner)
}

// seeds are the names of the identity's private keys in the store.
var seeds = []id.Secret{id.SecretXSMaster, id.SecretXSSelfSigning, id.SecretXSUserSigning}

// identity sees to it that the account has a cross-signing identity whose private
// keys are in the store and in the machine.
func (m *megolm) identity(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine, owner *ownerRecord, password string, p Person) error {
	resp, err := m.queryOwn(ctx)
	if err != nil {
		return people("ask for the account's identity", err)
	}
	master := m.masterOf(resp)
	if master != "" {
		if found, err := m.loadSeeds(ctx, keys, mach, master); err != nil || found {
			if err == nil && owner.Master != master {
				owner.Master = master
				err = keys.own(ctx, *owner)
			}
			return err
		}
		p.Say("The account has a cross-signing identity already, and the store does not have its keys.")
		switch done, err := m.recover(ctx, mach, master, p); {
		case err != nil:
			return err
		case done:
			owner.Master, owner.Shown = master, true
			if err := m.keepSeeds(ctx, keys, mach.CrossSigningKeys); err != nil {
				return err
			}
			return keys.own(ctx, *owner)
		}
		word, err := p.Ask(ctx, "Without it the account can only begin a new identity: everybody who has verified the bot sees that it changed. "+
			"Type reset to do that: ", false)
		if err != nil {
			return err
		}
		if strings.TrimSpace(word) != "reset" {
			return errors.New("the device is not verified: run login again with the account's recovery key, or type reset")
		}
	}
	made, err := mach.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("make cross-signing keys: %w", err)
	}
	// First into the store: an identity that is published and whose keys
	// nobody has is lost.
	if err := m.keepSeeds(ctx, keys, made); err != nil {
		return err
	}
	owner.Master, owner.Shown = made.MasterKey.PublicKey(), false
	if err := keys.own(ctx, *owner); err != nil {
		return err
	}
	if err := m.publish(ctx, mach, made, password, p); err != nil {
		return err
	}
	p.Say("The account has a new cross-signing identity.")
	return nil
}

// loadSeeds takes the identity's private keys out of the store, if they are those
// of the identity on the server.
func (m *megolm) loadSeeds(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine, master id.Ed25519) (bool, error) {
	var raw [3][]byte
	for i, name := range seeds {
		text, err := keys.GetSecret(ctx, name)
		if err != nil || text == "" {
			return false, err
		}
		if raw[i], err = base64.RawStdEncoding.DecodeString(text); err != nil {
			return false, fmt.Errorf("decode %s: %w", name, err)
		}
	}
	list := crypto.CrossSigningSeeds{MasterKey: raw[0], SelfSigningKey: raw[1], UserSigningKey: raw[2]}
	cache, err := list.Decode()
	if err != nil {
		return false, fmt.Errorf("decode cross-signing keys: %w", err)
	}
	if cache.MasterKey.PublicKey() != master {
		return false, nil
	}
	return true, mach.ImportCrossSigningKeys(list)
}

func (m *megolm) keepSeeds(ctx context.Context, keys *cryptoStore, cache *crypto.CrossSigningKeysCache) error {
	list := cache.Seeds()
	for i, seed := range [][]byte{list.MasterKey, list.SelfSigningKey, list.UserSigningKey} {
		if err := keys.PutSecret(ctx, seeds[i], base64.RawStdEncoding.EncodeToString(seed)); err != nil {
			return err
		}
	}
	return nil
}

// recover gets the identity's private keys from the server by the recovery key;
// false: the person has none.
func (m *megolm) recover(ctx context.Context, mach *crypto.OlmMachine, master id.Ed25519, p Person) (bool, error) {
	name, about, err := mach.SSSS.GetDefaultKeyData(ctx)
	switch {
	case errors.Is(err, ssss.ErrNoDefaultKeyAccountDataEvent), errors.Is(err, ssss.ErrNoKeyFieldInAccountDataEvent), errors.Is(err, mautrix.MNotFound):
		p.Say("No recovery key was ever made for it.")
		return false, nil
	case err != nil:
		return false, people("ask for the recovery key's description", err)
	}
	for range recoveryTries {
		text, err := p.Ask(ctx, "Recovery key of the account (empty if it is lost): ", true)
		if err != nil {
			return false, err
		}
		if text = strings.TrimSpace(text); text == "" {
			return false, nil
		}
		key, err := about.VerifyRecoveryKey(name, text)
		if err != nil && !errors.Is(err, ssss.ErrUnverifiableKey) {
			p.Say("That is not the account's recovery key.")
			continue
		}
		if err := mach.FetchCrossSigningKeysFromSSSS(ctx, key); err != nil {
			return false, people("read the identity's keys with the recovery key", err)
		}
		if mach.CrossSigningKeys.MasterKey.PublicKey() != master {
			mach.CrossSigningKeys = nil
			p.Say("The recovery key is of an older identity of the account.")
			return false, nil
		}
		p.Say("The recovery key fits.")
		return true, nil
	}
	return false, errors.New("the recovery key did not fit: look it up, and run login again")
}

// publish uploads a new identity. Servers ask for the password where there was one
// before (spec: client-server API, POST /keys/device_signing/upload).
func (m *megolm) publish(ctx context.Context, mach *crypto.OlmMachine, made *crypto.CrossSigningKeysCache, password string, p Person) error {
	var stopped error
	err := mach.PublishCrossSigningKeys(ctx, made, func(ui *mautrix.RespUserInteractive) any {
		base := mautrix.BaseAuthData{Session: ui.Session}
		if ui.HasSingleStageFlow(mautrix.AuthTypePassword) {
			if password == "" {
				password, stopped = p.Ask(ctx, fmt.Sprintf("The server wants the password of %s for that: ", m.client.UserID), true)
				if stopped == nil && password == "" {
					stopped = errors.New("a new identity needs the account's password, or somebody who makes it in another client")
				}
				if stopped != nil {
					return nil
				}
			}
			base.Type = mautrix.AuthTypePassword
			return &mautrix.ReqUIAuthLogin{BaseAuthData: base, User: m.client.UserID.String(), Password: password}
		}
		for _, stage := range []mautrix.AuthType{mautrix.AuthTypeOAuth, "org.matrix.cross_signing_reset"} {
			params, _ := ui.Params[stage].(map[string]any)
			where, _ := params["url"].(string)
			if !ui.HasSingleStageFlow(stage) || where == "" {
				continue
			}
			_, stopped = p.Ask(ctx, "Open "+msg.Cut(msg.Clean(where), 500)+" in a browser as the bot, allow it a new identity there, then press Enter: ", false)
			if stopped != nil {
				return nil
			}
			base.Type = stage
			return &mautrix.ReqUIAuthLogin{BaseAuthData: base}
		}
		stopped = errors.New("the server wants a proof for the new identity that can only be given in another client: make it there, and run login again")
		return nil
	})
	switch {
	case stopped != nil:
		return stopped
	case code(err) == "M_FORBIDDEN":
		return errors.New("the server does not take the password: no new identity was made")
	case err != nil:
		return people("publish the identity", err)
	}
	return nil
}

// sign signs the device with the identity, and the identity with the device.
func (m *megolm) sign(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine, p Person) error {
	master := mach.CrossSigningKeys.MasterKey.PublicKey()
	trust, err := m.verify(ctx, keys, mach)
	if err != nil {
		return people("ask for the device's signatures", err)
	}
	if trust == crossSigned {
		p.Say("The device is verified: it is signed by the account's identity.")
		return nil
	}
	if err := mach.SignOwnDevice(ctx, mach.OwnIdentity()); err != nil {
		return people("sign the device", err)
	}
	if err := mach.SignOwnMasterKey(ctx); err != nil {
		return people("sign the identity", err)
	}
	if trust, err = m.verify(ctx, keys, mach); err != nil {
		return people("ask for the device's signatures", err)
	}
	if trust != crossSigned {
		return errors.New("the server does not show the device as signed: " + trust)
	}
	if err := keys.ResetMasterKeyTOFU(ctx, m.client.UserID, master); err != nil {
		return err
	}
	p.Say("The device is now verified: it was signed by the account's identity.")
	return nil
}

// recovery puts the identity's keys on the server under a new recovery key, and
// shows it.
func (m *megolm) recovery(ctx context.Context, keys *cryptoStore, mach *crypto.OlmMachine, owner ownerRecord, p Person) error {
	key, err := mach.SSSS.GenerateAndUploadKey(ctx, "")
	if err != nil {
		return people("make a recovery key", err)
	}
	if err := mach.UploadCrossSigningKeysToSSSS(ctx, key, mach.CrossSigningKeys); err != nil {
		return people("put the identity's keys under the recovery key", err)
	}
	if err := mach.SSSS.SetDefaultKeyID(ctx, key.ID); err != nil {
		return people("put the recovery key in place", err)
	}
	if err := p.Recovery(key.RecoveryKey()); err != nil {
		return fmt.Errorf("show recovery key: %w", err)
	}
	owner.Shown = true
	return keys.own(ctx, owner)
}

// people is an error of a request for people.
func people(what string, err error) error {
	if slices.Contains([]string{"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}, code(err)) {
		return fmt.Errorf("%s: %s", what, account(err))
	}
	return fmt.Errorf("%s: %s", what, words(err))
}
