//go:build goolm

package matrix

import (
	"errors"
	"log/slog"

	"maunium.net/go/mautrix"

	"torchbearer/bot"
)

// newEncrypter refuses as long as the crypto store is not wired to it.
func newEncrypter(bot.Store, *mautrix.Client, *roomStates, *slog.Logger) (encrypter, error) {
	return nil, errors.New("end-to-end encryption is not part of this version")
}
