//go:build !goolm

package matrix

import "errors"

// newEncrypter refuses: this build has no encryption.
func newEncrypter(cryptoOptions) (encrypter, error) {
	return nil, errors.New("this build of torchbearer has no end-to-end encryption: build it with go build -tags goolm")
}

// Encryption reports whether this build can encrypt: true with the tag goolm.
func Encryption() bool { return false }
