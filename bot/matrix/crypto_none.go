//go:build !goolm

package matrix

import (
	"errors"
	"log/slog"

	"maunium.net/go/mautrix"

	"torchbearer/bot"
)

// newEncrypter refuses: this build has no encryption.
func newEncrypter(bot.Store, *mautrix.Client, *roomStates, *slog.Logger) (encrypter, error) {
	return nil, errors.New("this build of torchbearer has no end-to-end encryption: build it with go build -tags goolm")
}
