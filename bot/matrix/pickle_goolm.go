//go:build goolm

package matrix

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// minCryptoSecret is how many bytes a store's secret has at least. HKDF does not make
// a guessable secret strong: 32 random bytes are meant, not a word.
const minCryptoSecret = 16

// errStoreKey is the answer to a secret that the store was not written with.
var errStoreKey = errors.New("the store's key is another than the one that its Matrix keys were written with: " +
	"put the old key back, or log in anew, as a new device")

// cryptoKeys seals what the crypto store writes. Both keys come from one secret
// by HKDF-SHA256 (RFC 5869), over a salt of the store's, so that neither is the
// same in two stores of one secret.
type cryptoKeys struct {
	seal   cipher.AEAD // AES-256-GCM, a random nonce in front
	pickle []byte      // what the library wants for its own, weaker, encryption
}

func newCryptoKeys(secret, salt []byte) (cryptoKeys, error) {
	if len(secret) < minCryptoSecret {
		return cryptoKeys{}, fmt.Errorf("the store's key has %d bytes, wanted are %d random ones or more", len(secret), minCryptoSecret)
	}
	seal, err := hkdf.Key(sha256.New, secret, salt, "torchbearer matrix crypto 1: records", 32)
	if err != nil {
		return cryptoKeys{}, fmt.Errorf("derive record key: %w", err)
	}
	pickle, err := hkdf.Key(sha256.New, secret, salt, "torchbearer matrix crypto 1: pickles", 32)
	if err != nil {
		return cryptoKeys{}, fmt.Errorf("derive pickle key: %w", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return cryptoKeys{}, fmt.Errorf("make record cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return cryptoKeys{}, fmt.Errorf("make record cipher: %w", err)
	}
	return cryptoKeys{seal: aead, pickle: pickle}, nil
}

// lock makes the bytes to store under key. The key is authenticated with them:
// a record that somebody moved to another key does not open.
func (k cryptoKeys) lock(key string, record any) ([]byte, error) {
	plain, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode crypto record: %w", err)
	}
	return k.seal.Seal(nil, nil, plain, []byte(key)), nil
}

// unlock reads what lock made.
func (k cryptoKeys) unlock(key string, sealed []byte, record any) error {
	plain, err := k.seal.Open(nil, nil, sealed, []byte(key))
	if err != nil {
		return fmt.Errorf("open crypto record %q: %w", key, err)
	}
	if err := json.Unmarshal(plain, record); err != nil {
		return fmt.Errorf("decode crypto record %q: %w", key, err)
	}
	return nil
}

// keyCheck is the one record that is not sealed as a whole: it has the salt, and
// a sealed word that only the right secret opens.
type keyCheck struct {
	Salt []byte `json:"salt"`
	Word []byte `json:"word"`
}

// newKeyCheck makes the keys of a store that has none, and their check.
func newKeyCheck(key string, secret []byte) (cryptoKeys, []byte, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	keys, err := newCryptoKeys(secret, salt)
	if err != nil {
		return cryptoKeys{}, nil, err
	}
	word, err := keys.lock(key, "torchbearer")
	if err != nil {
		return cryptoKeys{}, nil, err
	}
	check, err := json.Marshal(keyCheck{Salt: salt, Word: word})
	if err != nil {
		return cryptoKeys{}, nil, fmt.Errorf("encode key check: %w", err)
	}
	return keys, check, nil
}

// openKeyCheck returns the keys of a store; errStoreKey if the secret is not its.
func openKeyCheck(key string, stored, secret []byte) (cryptoKeys, error) {
	var check keyCheck
	if err := json.Unmarshal(stored, &check); err != nil {
		return cryptoKeys{}, fmt.Errorf("decode key check %q: %w", key, err)
	}
	keys, err := newCryptoKeys(secret, check.Salt)
	if err != nil {
		return cryptoKeys{}, err
	}
	var word string
	if keys.unlock(key, check.Word, &word) != nil {
		return cryptoKeys{}, errStoreKey
	}
	return keys, nil
}
