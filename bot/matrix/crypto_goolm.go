//go:build goolm

package matrix

import "errors"

// newEncrypter refuses as long as the crypto store is not wired to it.
func newEncrypter(cryptoOptions) (encrypter, error) {
	return nil, errors.New("end-to-end encryption is not part of this version")
}

// Encryption reports whether this build can encrypt: true with the tag goolm.
func Encryption() bool { return true }
